"""Hits, ranks and intervals over coded cases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from saphena import Model
from saphena.evaluation.vignettes import evaluate_cases, wilson
from saphena.faults import Faulty
from tests.tiny import condition, finding, model_of


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [
        # Newcombe 1998 (Stat Med 17:857), table I, method 3: score interval without continuity correction.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_the_interval_is_wilsons(hits: int, of: int, low: float, high: float) -> None:
    figure = wilson("top 1", hits, of)
    assert (round(figure.low, 4), round(figure.high, 4)) == (low, high)
    assert figure.share == pytest.approx(hits / of)


def test_no_cases_say_nothing() -> None:
    figure = wilson("top 1", 0, 0)
    assert (figure.low, figure.high) == (0.0, 1.0)


def six() -> Model:
    """Six illnesses that cause the ache the less often the later they come."""
    links = {"a": 0.9, "b": 0.8, "c": 0.7, "d": 0.6, "e": 0.5, "f": 0.4}
    return model_of(*(condition(id_, 0.1, {"ache": p}) for id_, p in links.items()), findings=(finding("ache", 0.01),))


ACHE = {"age": 55, "sex": "female", "setting": "primary_care", "findings": {"ache": "present"}}


def write(folder: Path, gold: dict[str, Any], **cases: Any) -> Path:
    for id_, case in cases.items():
        (folder / f"{id_}.yaml").write_text(json.dumps({"id": id_, "source": "nowhere", "case": case}))
    entries = {id_: {"conditions": conditions, "published": "x"} for id_, conditions in gold.items()}
    (folder / "gold.yaml").write_text(json.dumps({"gold": entries}))
    return folder


def test_ranks_are_counted_in_the_top_1_3_and_5(tmp_path: Path) -> None:
    gold = {f"case_{id_}": [id_] for id_ in "abcdef"}
    result = evaluate_cases(six(), write(tmp_path, gold, **dict.fromkeys(gold, ACHE)))
    assert {c.gold: c.rank for c in result.cases} == {"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6}
    assert [(f.name, f.hits, f.of) for f in result.figures] == [("top 1", 1, 6), ("top 3", 3, 6), ("top 5", 5, 6)]


def test_any_accepted_diagnosis_is_a_hit(tmp_path: Path) -> None:
    [result] = evaluate_cases(six(), write(tmp_path, {"one": ["f", "b"]}, one=ACHE)).cases
    assert (result.gold, result.rank, result.leader) == ("f", 2, "a")


def test_a_case_outside_the_model_is_counted_apart(tmp_path: Path) -> None:
    result = evaluate_cases(six(), write(tmp_path, {"one": ["a"], "two": []}, one=ACHE, two=ACHE))
    assert (result.in_scope, result.out_of_scope) == (1, 1)
    assert result.figures[0].of == 1


def test_a_known_condition_takes_no_place(tmp_path: Path) -> None:
    # Without the ache all are improbable, f the least so; known conditions are listed before the improbable.
    known = {**ACHE, "findings": {"ache": "absent"}, "known_conditions": ["a"]}
    [result] = evaluate_cases(six(), write(tmp_path, {"one": ["f"]}, one=known)).cases
    assert (result.rank, result.leader) == (1, "f")


def test_a_case_that_cannot_be_assessed_is_a_miss_and_says_why(tmp_path: Path) -> None:
    bad = {**ACHE, "findings": {"unheard_of": "present"}}
    result = evaluate_cases(six(), write(tmp_path, {"one": ["a"]}, one=bad))
    assert result.cases[0].rank is None
    assert "there is no finding of this name" in (result.cases[0].fault or "")
    assert result.figures[0].hits == 0


@pytest.mark.parametrize(
    ("gold", "cases", "message"),
    [
        ({"one": ["g"]}, {"one": ACHE}, "there is no condition g"),
        ({"one": ["a"], "two": ["a"]}, {"one": ACHE}, "stands in gold or in a case, but not in both"),
        ({}, {"one": ACHE}, "stands in gold or in a case, but not in both"),
        ({"one": ["a"]}, {"one": {"age": 55}}, "sex is missing"),
    ],
)
def test_a_faulty_folder_is_refused(tmp_path: Path, gold: Any, cases: Any, message: str) -> None:
    with pytest.raises(Faulty, match=message):
        evaluate_cases(six(), write(tmp_path, gold, **cases))


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(Faulty, match="is not a folder"):
        evaluate_cases(six(), tmp_path / "none")
