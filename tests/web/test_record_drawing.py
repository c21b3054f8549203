"""What is drawn of a record: ends of axes, the smallest change that matters, differences of versions."""

from __future__ import annotations

import pytest

from saphena import Model
from saphena.case import Case
from saphena.interfaces.web.language import Language
from saphena.interfaces.web.record.case_lines import differences
from saphena.interfaces.web.record.drawing import axis
from saphena.interfaces.web.record.naming import Names
from saphena.interfaces.web.record.trends import smallest_change
from tests.web.record import CASE


@pytest.mark.parametrize(
    ("words", "first", "expected"),
    [
        ("2 points, or 30 percent", 7, 2),
        ("5 percent of the volume (from memory)", 7600, 380),
        ("0.15 (from memory; 0.10 together with a change of complaints)", 1, 0.15),
        ("More than 1 point: two scores by the same observer differed", 8, 1),
        ("Not firm; studies use 3 to 5 points (from memory).", 8, None),
        ("3 to 5 points, or 30 percent of the first score (from memory)", 8, None),
        (None, 8, None),
    ],
)
def test_smallest_change_as_a_number(words: str | None, first: float, expected: float | None) -> None:
    assert smallest_change(words, first) == expected


@pytest.mark.parametrize(
    ("values", "ends"),
    [
        ([23.5, 25.8], (22, 26)),
        ([1.04, 1.08], (1.04, 1.08)),
        ([0, 10], (0, 10)),
        ([7180, 7620], (7000, 8000)),
        ([4], (4, 5)),
    ],
)
def test_axes_have_round_ends(values: list[float], ends: tuple[float, float]) -> None:
    low, high = axis(values)
    assert low <= min(values)
    assert high >= max(values)
    if len(values) > 1:
        assert (low, high) == pytest.approx(ends)


def test_differences_name_both_sides(model: Model) -> None:
    before = Case.model_validate(CASE)
    after = Case.model_validate(CASE | {"age": 55, "findings": {"leg_heaviness": {"right": "absent"}}})
    found = {str(one.what): (one.before, one.after) for one in differences(before, after, Names(model, Language("en")))}
    assert found["Age"] == ("54", "55")
    assert found["Leg heaviness, both legs"] == ("present", "")
    assert found["Leg heaviness, right"] == ("", "absent")
    assert "Sex" not in found
