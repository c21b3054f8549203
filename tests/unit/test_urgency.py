"""Triage against readings of the texts, counted on paper."""

from __future__ import annotations

from pathlib import Path

import pytest

from saphena import Faulty
from saphena.evaluation.urgency import FILE, Reading, read_triage, urgency
from saphena.evaluation.vignettes import CASES, read_cases
from saphena.model.network import Model


def read(*levels: str, acceptable: tuple[str, ...] = ()) -> dict[str, Reading]:
    shape = {"acceptable": acceptable, "because": "a test"}
    return {f"reader {i}": Reading.model_validate({"level": level, **shape}) for i, level in enumerate(levels)}


READINGS = {
    "alike": read("same_day", "same_day"),
    "between": read("emergency", "urgent"),
    "late": read("emergency", "same_day"),
    "soon": read("routine", "routine"),
    "accepted": read("same_day", "same_day", acceptable=("urgent",)),
    "refused": read("self_care", "routine"),
}
GIVEN = {
    "alike": "same_day",
    "between": "same_day",
    "late": "urgent",
    "soon": "urgent",
    "accepted": "urgent",
    "refused": "-",
}


def test_counts_on_paper() -> None:
    found = urgency(GIVEN, READINGS)
    assert found is not None
    # As a reader: alike. Late: late, refused. Soon: soon. Of one mind: alike, soon, accepted.
    assert [(f.hits, f.of) for f in found.figures] == [(1, 6), (2, 6), (1, 6), (3, 6)]
    assert [(t.id, t.given) for t in found.too_late] == [("late", "urgent"), ("refused", "self_care")]


def test_without_readings_nothing_is_said(tmp_path: Path) -> None:
    assert read_triage(tmp_path, []) == {}
    assert urgency(GIVEN, {}) is None


def test_a_reading_of_no_case_is_refused(tmp_path: Path) -> None:
    line = "{a: {level: routine, because: none}}"
    (tmp_path / FILE).write_text(f"triage:\n  nobody: {line}\n")
    with pytest.raises(Faulty, match="no case of this name"):
        read_triage(tmp_path, ["somebody"])


def test_a_level_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("triage:\n  one: {a: {level: soon, because: none}}\n")
    with pytest.raises(Faulty):
        read_triage(tmp_path, ["one"])


def test_every_published_case_was_read_twice(model: Model) -> None:
    _, coded = read_cases(model, CASES)
    found = read_triage(CASES, [c.id for c in coded])
    assert set(found) == {c.id for c in coded}
    assert all(len(readings) == 2 for readings in found.values())
