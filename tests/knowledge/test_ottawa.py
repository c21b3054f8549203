"""The Ottawa rules for ankle, foot and knee: one item is enough, none is needed, and what is not known stays open."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from saphena import Model
from saphena.case import Case
from saphena.inference.observe import observe
from saphena.pathway.scoring import ScoreResult, score, score_case
from saphena.pathway.truth import Rules

JOINTS = ("ankle", "foot", "knee")


def rule(model: Model, joint: str) -> Any:
    """The instrument of a joint."""
    return model.knowledge.instruments[f"ottawa_{joint}"]


def no_x_ray(joint: str) -> str:
    """Name of the milder result."""
    return f"No X-ray of the {joint}"


def x_ray(joint: str) -> str:
    """Name of the result that asks for the X-ray."""
    return f"X-ray of the {joint}"


def case(model: Model, joint: str, age: float = 30, leg: str = "right", **findings: Any) -> ScoreResult:
    """Result of the right leg of somebody with a painful, newly hurt joint."""
    pain = {"ankle": "ankle_pain", "foot": "midfoot_pain", "knee": "knee_pain"}[joint]
    said = {pain: {"right": "present"}, **findings}
    one = Case.model_validate(
        {
            "age": age,
            "sex": "male",
            "setting": "primary_care",
            "context": {"recent_leg_injury": "present"},
            "findings": said,
        }
    )
    rules = Rules(model, observe(model, one))
    assert rules.holds(rule(model, joint).applies, "right")
    return score_case(rules, rule(model, joint), leg)


@pytest.mark.parametrize("joint", JOINTS)
def test_any_item_asks_for_an_x_ray_and_none_does_not(model: Model, joint: str) -> None:
    """Every combination of answers."""
    items = [item.id for item in rule(model, joint).items]
    for answers in product((False, True), repeat=len(items)):
        result = score(rule(model, joint), dict(zip(items, answers, strict=True)))
        assert result.certain
        assert result.band is not None
        assert result.band.name == (x_ray(joint) if any(answers) else no_x_ray(joint)), answers


@pytest.mark.parametrize("joint", JOINTS)
def test_an_item_that_was_not_examined_leaves_it_open_unless_another_holds(model: Model, joint: str) -> None:
    items = [item.id for item in rule(model, joint).items]
    for left_out in items:
        others = [item for item in items if item != left_out]
        unknown = score(rule(model, joint), dict.fromkeys(others, False))
        assert [band.name for band in unknown.bands] == [no_x_ray(joint), x_ray(joint)]
        assert not unknown.certain
        assert unknown.missing == (left_out,)
        for present in others:
            known = score(rule(model, joint), {**dict.fromkeys(others, False), present: True})
            assert known.band is not None
            assert known.band.name == x_ray(joint)


@pytest.mark.parametrize("joint", JOINTS)
def test_nothing_examined_gives_no_all_clear(model: Model, joint: str) -> None:
    result = score(rule(model, joint), {})
    assert not result.certain
    assert x_ray(joint) in [band.name for band in result.bands]


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (54, "No X-ray of the knee"),
        (54.9, "No X-ray of the knee"),
        (55, "X-ray of the knee"),
        (80, "X-ray of the knee"),
    ],
)
def test_the_knee_rule_counts_age_from_55(model: Model, age: float, expected: str) -> None:
    result = case(
        model,
        "knee",
        age=age,
        ottawa_knee_tenderness={"right": "absent"},
        knee_flexion_reduced={"right": "absent"},
        cannot_bear_weight={"right": "absent"},
    )
    assert result.certain
    assert result.band is not None
    assert result.band.name == expected


@pytest.mark.parametrize("age", [17, 30, 54, 55, 90])
@pytest.mark.parametrize("joint", ["ankle", "foot"])
def test_ankle_and_foot_do_not_count_age(model: Model, joint: str, age: float) -> None:
    tender = {"ankle": "ottawa_ankle_tenderness", "foot": "ottawa_midfoot_tenderness"}[joint]
    said: dict[str, Any] = {tender: {"right": "absent"}, "cannot_bear_weight": {"right": "absent"}}
    clear = case(model, joint, age=age, **said)
    assert clear.band is not None
    assert clear.band.name == no_x_ray(joint)


def test_a_knee_that_does_not_bend_fully_leaves_90_degrees_to_be_asked(model: Model) -> None:
    """The finding means below 120 degrees; the rule asks for 90."""
    rest: dict[str, Any] = {"ottawa_knee_tenderness": {"right": "absent"}, "cannot_bear_weight": {"right": "absent"}}
    stiff = case(model, "knee", **rest, knee_flexion_reduced={"right": "present"})
    assert not stiff.certain
    assert stiff.missing == ("cannot_flex_to_90_degrees",)


def test_tenderness_of_the_midfoot_asks_for_the_foot_and_not_for_the_ankle(model: Model) -> None:
    said: dict[str, Any] = {
        "ankle_pain": {"right": "present"},
        "midfoot_pain": {"right": "present"},
        "ottawa_ankle_tenderness": {"right": "absent"},
        "ottawa_midfoot_tenderness": {"right": "present"},
        "cannot_bear_weight": {"right": "absent"},
    }
    ankle, foot = case(model, "ankle", **said), case(model, "foot", **said)
    assert ankle.band is not None
    assert ankle.band.name == no_x_ray("ankle")
    assert foot.band is not None
    assert foot.band.name == x_ray("foot")


@pytest.mark.parametrize("joint", JOINTS)
def test_somebody_who_cannot_take_four_steps_needs_an_x_ray_of_what_hurts(model: Model, joint: str) -> None:
    result = case(model, joint, cannot_bear_weight={"right": "present"})
    assert result.band is not None
    assert result.band.name == x_ray(joint)


@pytest.mark.parametrize("joint", JOINTS)
def test_the_other_leg_answers_nothing(model: Model, joint: str) -> None:
    """What was found in the right leg clears or accuses no left leg."""
    result = case(model, joint, leg="left", cannot_bear_weight={"right": "present"})
    assert "cannot_bear_weight" in result.missing


@pytest.mark.parametrize("joint", JOINTS)
def test_it_is_not_asked_where_nothing_was_hurt(model: Model, joint: str) -> None:
    pain = {"ankle": "ankle_pain", "foot": "midfoot_pain", "knee": "knee_pain"}[joint]
    injuries = ("ankle_rolled", "twisting_injury", "direct_blow", "fall_or_high_energy_injury")
    one = Case.model_validate(
        {
            "age": 30,
            "sex": "female",
            "setting": "primary_care",
            "context": {"recent_leg_injury": "absent"},
            "findings": {
                pain: {"right": "present"},
                "swelling_within_hours_of_injury": {"both": "absent"},
                **{injury: {"both": "absent"} for injury in injuries},
            },
        }
    )
    assert Rules(model, observe(model, one)).holds(rule(model, joint).applies, "right") is False


@pytest.mark.parametrize("joint", JOINTS)
def test_its_limits_name_drink_feeling_and_other_injuries(model: Model, joint: str) -> None:
    limits = rule(model, joint).limits or ""
    for word in ("alcohol", "feeling", "head injury", "pregnancy", "children"):
        assert word in limits
