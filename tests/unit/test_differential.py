"""The groups and order of the differential, its words and numbers, and what an assessment returns."""

from __future__ import annotations

from dataclasses import replace

import pytest

from saphena import Assessment, Model, assess
from saphena.assessment import frequency, per_cent, shown
from saphena.inference.observe import observe
from saphena.pathway.differential import differential
from saphena.pathway.triage import MustNotMiss, Triage
from tests.tiny import case, condition, finding, model_of
from tests.unit.paper import SEVERAL, inferred, lone, one, two_causes

# --- the differential ------------------------------------------------------------------------


def grouped(explains: float, probability: float, passed: bool = False, known: bool = False) -> str:
    """Group of a condition with these numbers."""
    model = lone(0.2)
    observation = observe(model, case(known_conditions=["blue"] if known else []))
    found = inferred(model)
    numbers = replace(one(found), probability=probability, explains={"ache": explains})
    danger = (MustNotMiss("blue", probability, 0.01, "urgent"),) if passed else ()
    urgency = Triage("routine", "default", (), (), danger)
    [entry] = differential(model, observation, replace(found, conditions=(numbers,)), urgency)
    return entry.group


@pytest.mark.parametrize(
    ("explains", "probability", "passed", "known", "group"),
    [
        (0.5, 0.6, False, False, "explains"),
        (0.5, 0.6, True, False, "explains"),
        (0.49, 0.6, False, False, "may_explain"),
        (0.29, 0.6, False, False, "also_present"),
        (0.06, 0.1, False, False, "may_explain"),
        (0.049, 0.05, False, False, "other"),
        (0.49, 0.6, True, False, "must_not_miss"),
        (0.0, 0.02, True, False, "must_not_miss"),
        (0.0, 0.1, False, False, "also_present"),
        (0.0, 0.099, False, False, "other"),
        (0.9, 1.0, True, True, "known"),
    ],
)
def test_groups(explains: float, probability: float, passed: bool, known: bool, group: str) -> None:
    assert grouped(explains, probability, passed, known) == group


def test_who_explains_most_stands_first_and_not_who_is_most_probable() -> None:
    # The flat foot of the specification: frequent (0.6), but it explains nothing of the complaint.
    model = model_of(
        condition("common", 0.6, {"arch": 0.9}),
        condition("cause", 0.1, {"ache": 0.9, "rash": 0.9}),
        condition("rival", 0.09, {"ache": 0.9}),
        findings=(finding("ache", 0.01), finding("rash", 0.01), finding("arch", 0.1)),
    )
    order = [c.id for c in assess(model, case(findings={"ache": "present", "rash": "present"})).differential]
    assert order == ["cause", "common", "rival"]


def test_of_those_that_explain_the_one_that_explains_more_stands_first() -> None:
    model = two_causes()
    found = inferred(model)
    blue = replace(one(found), probability=0.95, explains={"ache": 0.9})
    green = replace(one(found, "green"), probability=0.6, explains={"ache": 0.6, "rash": 0.5})
    urgency = Triage("routine", "default", (), (), ())
    entries = differential(model, observe(model, case()), replace(found, conditions=(blue, green)), urgency)
    assert [e.posterior.id for e in entries] == ["green", "blue"]


def test_a_known_condition_stands_apart() -> None:
    answer = assess(two_causes(), case(findings={"ache": "present"}, known_conditions=["green"]))
    assert {c.id: c.group for c in answer.differential}["green"] == "known"


@pytest.mark.parametrize(
    ("lump", "warned"),
    [
        ({"left": "present"}, True),
        ({"both": "present"}, True),
        ({"right": "present"}, False),
        ({"left": "absent"}, False),
    ],
)
def test_an_acute_condition_of_one_leg_with_signs_on_the_other_is_warned_of(lump: dict[str, str], warned: bool) -> None:
    model = model_of(
        condition("clot", 0.5, {"ache": 0.8, "lump": 0.8}, one_sided=True),
        findings=(finding("ache", 0.05, sided=True), finding("lump", 0.05, sided=True)),
    )
    answer = assess(model, case(index_leg="right", findings={"ache": {"right": "present"}, "lump": lump}))
    assert [w.startswith("clot is taken to be in the right leg") for w in answer.warnings] == [True] * warned


# --- words and numbers -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0.72, "72 %"),
        (0.0345, "3.5 %"),
        (0.1, "10 %"),
        (0.0999, "10.0 %"),
        (0.001, "0.1 %"),
        (0.0009, "< 0.1 %"),
        (0.0, "< 0.1 %"),
        (0.985, "98 %"),
        (0.99, "99 %"),
        (0.991, "> 99 %"),
        (1.0, "> 99 %"),
    ],
)
def test_per_cent(p: float, text: str) -> None:
    assert per_cent(p) == text


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0.72, "about 7 in 10"),
        (0.1, "about 1 in 10"),
        (0.949, "about 9 in 10"),
        (0.95, "about 95 in 100"),
        (0.99, "about 99 in 100"),
        (0.05, "1 in 20"),
        (1 / 32, "1 in 32"),
        (1 / 140, "1 in 140"),
        (1 / 144, "1 in 140"),
        (1 / 146, "1 in 150"),
        (0.001, "1 in 1,000"),
        (0.00008, "1 in 12,000"),
        (0.0, "0 in 1000"),
    ],
)
def test_natural_frequencies(p: float, text: str) -> None:
    assert frequency(p) == text


@pytest.mark.parametrize(
    ("p", "word"),
    [
        (0.9, "very likely"),
        (0.89, "likely"),
        (0.6, "likely"),
        (0.59, "possible"),
        (0.3, "possible"),
        (0.29, "less likely"),
        (0.1, "less likely"),
        (0.09, "unlikely"),
        (0.01, "unlikely"),
        (0.009, "very unlikely"),
    ],
)
def test_words_for_probabilities(model: Model, p: float, word: str) -> None:
    assert shown(model, p).split(",")[0] == word


@pytest.mark.parametrize("p", [0.991, 0.9999, 1.0])
def test_nothing_is_shown_as_certain(model: Model, p: float) -> None:
    assert shown(model, p) == "very likely, > 99 %, about 99 in 100"


def test_what_is_shown_says_it_three_times(model: Model) -> None:
    assert shown(model, 0.72) == "likely, 72 %, about 7 in 10"


# --- what is returned ------------------------------------------------------------------------


def test_an_assessment_survives_its_own_json(small: Model) -> None:
    answer = assess(small, case(findings=SEVERAL))
    assert Assessment.model_validate_json(answer.model_dump_json()) == answer


def test_an_assessment_carries_versions_and_intended_use(small: Model) -> None:
    answer = assess(small, case(setting="population"))
    assert answer.model == small.version
    assert answer.setting == "population"
    assert "Not certified as a medical device" in answer.intended_use


def test_every_weight_names_the_parent_of_its_number(small: Model) -> None:
    answer = assess(small, case(findings=SEVERAL))
    blue = next(c for c in answer.differential if c.id == "blue_sickness")
    parents = {w.finding: w.parent for w in blue.weights}
    # Blue sickness does not list warmth, but heats half of its patients, and heat warms half.
    assert parents["warmth"] is not None
    assert parents["warmth"].number == "0.5 through heat"
    assert parents["ache"] is not None
    assert (parents["ache"].kind, parents["ache"].number) == ("assumption", "0.6")


def test_what_was_used_is_listed_in_the_words_of_the_case(small: Model) -> None:
    answer = assess(
        small, case(findings={"lump": {"right": "present"}, "itch": "absent"}, context={"blue_food": "absent"})
    )
    assert answer.used == ("Itch: absent", "Lump (right leg): present", "Blue food: absent")


def test_the_same_case_gives_the_same_answer(small: Model) -> None:
    assert assess(small, case(findings=SEVERAL)) == assess(small, case(findings=SEVERAL))
