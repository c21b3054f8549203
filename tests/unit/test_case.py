"""All ways of writing a finding, and what each of them says."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from pydantic import ValidationError

from saphena.case import Case, Statement
from tests.tiny import case


def said(written: Any) -> list[tuple[str, tuple[str | int, ...], Statement]]:
    return case(findings={"ache": written}).statements()


@pytest.mark.parametrize("word", ["present", "absent", "unknown", "severe", "1.2 mg/L FEU"])
def test_a_word(word: str) -> None:
    assert said(word) == [("ache", ("findings", "ache"), Statement(value=word))]


@pytest.mark.parametrize("number", [3, 0.6, -1, 0])
def test_a_number(number: float) -> None:
    assert said(number) == [("ache", ("findings", "ache"), Statement(value=number))]


def test_leg_by_leg() -> None:
    assert said({"right": "present", "left": 0.5}) == [
        ("ache", ("findings", "ache", "right"), Statement(value="present", leg="right")),
        ("ache", ("findings", "ache", "left"), Statement(value=0.5, leg="left")),
    ]


def test_one_leg() -> None:
    assert said({"left": "absent"}) == [("ache", ("findings", "ache", "left"), Statement(value="absent", leg="left"))]


def test_both_legs() -> None:
    assert said({"both": "present"}) == [("ache", ("findings", "ache", "both"), Statement(value="present", leg="both"))]


def test_a_statement_with_its_origin() -> None:
    [(_, place, statement)] = said({"value": "present", "leg": "right", "origin": "examined", "date": "2024-05-01"})
    assert place == ("findings", "ache")
    assert statement == Statement(value="present", leg="right", origin="examined", date=datetime.date(2024, 5, 1))


def test_a_statement_is_certain_unless_it_says_otherwise() -> None:
    [(_, _, plain)], [(_, _, unsure)] = said({"value": "present"}), said({"value": "present", "certainty": 0.8})
    assert (plain.certainty, unsure.certainty) == (1, 0.8)


@pytest.mark.parametrize("bound", ["at_least", "at_most"])
def test_a_bound_on_the_grade(bound: str) -> None:
    [(_, _, statement)] = said({bound: "small"})
    assert getattr(statement, bound) == "small"
    assert statement.value is None


def test_a_list_of_statements() -> None:
    assert said([{"value": "present", "leg": "right"}, {"at_most": "small", "leg": "left"}]) == [
        ("ache", ("findings", "ache", 0), Statement(value="present", leg="right")),
        ("ache", ("findings", "ache", 1), Statement(at_most="small", leg="left")),
    ]


def test_findings_keep_their_order() -> None:
    assert [id_ for id_, _, _ in case(findings={"b": "present", "a": "absent", "c": 1}).statements()] == ["b", "a", "c"]


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ({"right": "present", "both": "absent"}, "both stands beside right or left"),
        ({"right": None}, "no leg has a value"),
        ({"value": "present", "at_least": "small"}, "give exactly one of value, at_least and at_most"),
        ({"leg": "right"}, "give exactly one of value, at_least and at_most"),
        ({"right": "present", "origin": "examined"}, "Extra inputs are not permitted"),
        ({"value": "present", "certainty": 0.5}, "greater than 0.5"),
        ({"value": "present", "certainty": 1.1}, "less than or equal to 1"),
        (True, "present, absent, unknown"),
        (None, "present, absent, unknown"),
        (["present"], "Input should be a valid dictionary"),
    ],
)
def test_a_form_that_does_not_exist(written: Any, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        said(written)


def test_a_case_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        case().age = 3  # type: ignore[misc]


def test_what_is_not_said_is_not_there() -> None:
    unsaid = case()
    assert not unsaid.statements()
    assert not unsaid.context
    assert unsaid.recording == "interviewed"


def test_a_case_survives_its_own_json() -> None:
    full = case(
        findings={
            "a": "present",
            "b": {"right": 1.5},
            "c": [{"value": "absent", "leg": "left"}],
            "d": {"at_least": "x", "certainty": 0.9},
        },
        context={"diabetes": "unknown"},
        pregnancy_weeks=12,
        known_conditions=["gout"],
    )
    assert Case.model_validate_json(full.model_dump_json()) == full
