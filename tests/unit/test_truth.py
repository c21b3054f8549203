"""Rules in three-valued logic: tables of Kleene (1952), every predicate in its three values, legs and scores."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from saphena import Model
from saphena.inference.observe import observe
from saphena.model.rules import Rule
from saphena.pathway.truth import Rules, ScoreRange, Truth, all_of, any_of
from tests.tiny import case, condition, factor, finding, measurement, model_of, score

T, F, U = True, False, None
RANK = {F: 0, U: 1, T: 2}
"""False < unknown < true: all is the least of its parts, any the greatest (Kleene)."""
WORD = {T: "present", F: "absent", U: "unknown"}


@pytest.fixture(scope="module")
def tiny() -> Model:
    return model_of(
        condition("blue", 0.1, {"a": 0.5}),
        findings=(
            *(finding(id_, 0.1) for id_ in "abcd"),
            finding("lump", 0.1, sided=True),
            finding("ache", 0.1, sided=True),
            finding("size", {"small": 0.1, "large": 0.1}),
            finding("pressure", {"low": 0.1, "lowest": 0.1}, sided=True),
        ),
        factors=(factor("diabetes", 0.1), factor("pregnancy", 0.1, only_sex="female", only_ages=(12, 55))),
        measurements=(
            measurement("sugar", "mmol/L", []),
            measurement("girth", "cm", [], sided=True),
        ),
        instruments=(
            score("points", {
                "one": (1, {"present": "a"}),
                "two": (2, {"present": "b"}),
                "other": (-2, {"clinician_says": "other"}),
            }),
            score("legs", {"lump": (1, {"present": "lump"}), "ache": (1, {"present": "ache"})}),
        ),
    )  # fmt: skip


def holds(model: Model, rule: dict[str, Any], leg: str = "", **said: Any) -> Truth:
    return Rules(model, observe(model, case(**said))).holds(Rule.model_validate(rule), leg)


def of_parts(model: Model, rule: dict[str, Any], truths: tuple[Truth, ...]) -> Truth:
    """A rule over findings a, b, c ... that have these truths."""
    return holds(model, rule, findings={id_: WORD[t] for id_, t in zip("abcd", truths, strict=False)})


def parts(count: int) -> list[dict[str, str]]:
    return [{"present": id_} for id_ in "abcd"[:count]]


# --- Kleene ----------------------------------------------------------------------------------


@pytest.mark.parametrize("truths", list(product((T, F, U), repeat=2)))
def test_all(tiny: Model, truths: tuple[Truth, ...]) -> None:
    expected = min(truths, key=RANK.__getitem__)
    assert of_parts(tiny, {"all": parts(2)}, truths) is expected
    assert all_of(truths) is expected


@pytest.mark.parametrize("truths", list(product((T, F, U), repeat=2)))
def test_any(tiny: Model, truths: tuple[Truth, ...]) -> None:
    expected = max(truths, key=RANK.__getitem__)
    assert of_parts(tiny, {"any": parts(2)}, truths) is expected
    assert any_of(truths) is expected


@pytest.mark.parametrize(("truth", "expected"), [(T, F), (F, T), (U, U)])
def test_not(tiny: Model, truth: Truth, expected: Truth) -> None:
    assert of_parts(tiny, {"not": {"present": "a"}}, (truth,)) is expected


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("truths", list(product((T, F, U), repeat=3)))
def test_at_least(tiny: Model, n: int, truths: tuple[Truth, ...]) -> None:
    # By completion: true if it holds however the unknown parts turn out, false if in no way.
    ways = [
        sum(w) >= n for w in product(*([t] if t is not None else [True, False] for t in truths))
    ]  # fmt: skip
    expected = True if all(ways) else None if any(ways) else False
    assert of_parts(tiny, {"at_least": {"n": n, "of": parts(3)}}, truths) is expected


def test_nothing_at_all_is_true_and_some_of_nothing_is_false() -> None:
    assert all_of([]) is True
    assert any_of([]) is False


# --- predicates ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "true", "false", "unknown"),
    [
        ({"present": "a"}, {"findings": {"a": "present"}}, {"findings": {"a": "absent"}}, {}),
        ({"absent": "a"}, {"findings": {"a": "absent"}}, {"findings": {"a": "present"}}, {}),
        ({"present": "size"}, {"findings": {"size": "small"}}, {"findings": {"size": "none"}}, {"findings": {"size": {"at_most": "small"}}}),
        ({"both_legs": "lump"}, {"findings": {"lump": {"both": "present"}}}, {"findings": {"lump": {"right": "absent"}}}, {"findings": {"lump": {"right": "present"}}}),
        ({"one_leg": "lump"}, {"findings": {"lump": {"right": "present"}}}, {"findings": {"lump": {"both": "present"}}}, {"findings": {"lump": "present"}}),
        ({"one_leg": "lump"}, {"findings": {"lump": {"right": "absent", "left": "present"}}}, {"findings": {"lump": "absent"}}, {}),
        ({"both_legs": "a"}, {"findings": {"a": "present"}}, {"findings": {"a": "absent"}}, {}),
        ({"grade": {"finding": "size", "at_least": "large"}}, {"findings": {"size": "large"}}, {"findings": {"size": "small"}}, {"findings": {"size": "present"}}),
        ({"grade": {"finding": "size", "at_most": "small"}}, {"findings": {"size": "small"}}, {"findings": {"size": "large"}}, {"findings": {"size": "present"}}),
        ({"duration": {"finding": "size", "at_least": "small"}}, {"findings": {"size": {"at_least": "small"}}}, {"findings": {"size": "none"}}, {}),
        ({"measure": {"id": "sugar", "at_least": 7}}, {"findings": {"sugar": "7 mmol/L"}}, {"findings": {"sugar": "6.9 mmol/L"}}, {}),
        ({"measure": {"id": "sugar", "above": 7}}, {"findings": {"sugar": "7.1 mmol/L"}}, {"findings": {"sugar": "7 mmol/L"}}, {}),
        ({"measure": {"id": "sugar", "at_most": 7}}, {"findings": {"sugar": "7 mmol/L"}}, {"findings": {"sugar": "7.1 mmol/L"}}, {}),
        ({"measure": {"id": "sugar", "below": 7}}, {"findings": {"sugar": "6.9 mmol/L"}}, {"findings": {"sugar": "7 mmol/L"}}, {}),
        ({"measure": {"id": "girth", "at_least": 40}}, {"findings": {"girth": {"right": "40 cm"}}}, {"findings": {"girth": {"both": "39 cm"}}}, {"findings": {"girth": {"right": "39 cm"}}}),
        ({"difference": {"id": "girth", "at_least": 3}}, {"findings": {"girth": {"right": "37 cm", "left": "40 cm"}}}, {"findings": {"girth": {"right": "38 cm", "left": "40 cm"}}}, {"findings": {"girth": {"right": "40 cm"}}}),
        ({"context": "diabetes"}, {"context": {"diabetes": "present"}}, {"context": {"diabetes": "absent"}}, {"context": {"diabetes": "unknown"}}),
        ({"known": "blue"}, {"known_conditions": ["blue"]}, {"excluded_conditions": ["blue"]}, {}),
        ({"sex": "male"}, {"sex": "male"}, {"sex": "female"}, {"sex": "unknown"}),
        ({"pregnant": True}, {"pregnancy_weeks": 20, "age": 30}, {"age": 70}, {"age": 30}),
        ({"clinician_says": "other"}, {"clinician_says": {"other": "present"}}, {"clinician_says": {"other": "absent"}}, {"clinician_says": {"other": "unknown"}}),
        ({"score": {"id": "points", "at_least": 1}}, {"findings": {"a": "present", "b": "present"}}, {"findings": {"a": "absent", "b": "absent"}}, {}),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) and value else "",
)  # fmt: skip
def test_a_predicate_in_its_three_values(
    tiny: Model, rule: dict[str, Any], true: dict[str, Any], false: dict[str, Any], unknown: dict[str, Any]
) -> None:
    assert [holds(tiny, rule, **said) for said in (true, false, unknown)] == [T, F, U]


@pytest.mark.parametrize(
    ("rule", "true", "false"),
    [
        ({"age": {"at_least": 50}}, {"age": 50}, {"age": 49.9}),
        ({"age": {"above": 50}}, {"age": 50.1}, {"age": 50}),
        ({"age": {"below": 18}}, {"age": 17.9}, {"age": 18}),
        ({"age": {"at_most": 18}}, {"age": 18}, {"age": 18.1}),
        ({"age": {"at_least": 9, "below": 17}}, {"age": 9}, {"age": 17}),
        ({"setting": "population"}, {"setting": "population"}, {"setting": "primary_care"}),
    ],
)
def test_what_is_always_known(tiny: Model, rule: dict[str, Any], true: dict[str, Any], false: dict[str, Any]) -> None:
    assert [holds(tiny, rule, **said) for said in (true, false)] == [T, F]


def test_what_age_and_sex_rule_out_is_absent(tiny: Model) -> None:
    pregnant = {"context": "pregnancy"}
    assert holds(tiny, pregnant, age=30) is U
    assert holds(tiny, pregnant, age=30, sex="male") is F
    assert holds(tiny, pregnant, age=56) is F
    assert holds(tiny, pregnant, age=30, sex="male", context={"pregnancy": "present"}) is T


# --- legs ------------------------------------------------------------------------------------


def test_any_leg_will_do_unless_one_is_asked_for(tiny: Model) -> None:
    said = {"findings": {"lump": {"right": "present", "left": "absent"}}}
    assert [holds(tiny, {"present": "lump"}, leg, **said) for leg in ("", "right", "left")] == [T, T, F]


def test_absent_in_one_leg_says_nothing_of_the_other(tiny: Model) -> None:
    said: dict[str, Any] = {"findings": {"lump": {"right": "absent"}}}
    assert [holds(tiny, {"present": "lump"}, leg, **said) for leg in ("", "right", "left")] == [U, F, U]
    assert holds(tiny, {"absent": "lump"}, **said) is U


def test_without_a_side_it_counts_for_every_leg(tiny: Model) -> None:
    for word, truth in (("present", T), ("absent", F)):
        said: dict[str, Any] = {"findings": {"lump": word}}
        assert [holds(tiny, {"present": "lump"}, leg, **said) for leg in ("", "right", "left")] == [truth] * 3


def test_what_is_said_of_no_leg_settles_only_the_index_leg(tiny: Model) -> None:
    told = case(index_leg="right", findings={"lump": "present", "girth": "41 cm"})
    rules = Rules(tiny, observe(tiny, told))
    for rule in ({"present": "lump"}, {"measure": {"id": "girth", "at_least": 40}}):
        settled = [rules.settled(Rule.model_validate(rule), leg) for leg in ("", "right", "left")]
        assert settled == [T, T, U]


def test_a_kind_of_what_is_absent_is_absent() -> None:
    swelling = model_of(
        condition("blue", 0.1, {"swelling": 0.5}),
        findings=(finding("swelling", 0.1, sided=True), finding("pitting", 0.1, given="swelling")),
    )
    for sides, truth in (
        ({"right": "absent", "left": "absent"}, F),
        ({"right": "absent"}, U),
        ({"right": "present"}, U),
    ):
        assert holds(swelling, {"present": "pitting"}, findings={"swelling": sides}) is truth


def test_both_legs_need_both(tiny: Model) -> None:
    assert holds(tiny, {"both_legs": "lump"}, findings={"lump": {"right": "present", "left": "absent"}}) is F


def test_one_leg_is_this_leg(tiny: Model) -> None:
    said: dict[str, Any] = {"findings": {"lump": {"right": "present"}}}
    assert [holds(tiny, {"one_leg": "lump"}, leg, **said) for leg in ("right", "left")] == [T, None]


def test_what_has_no_side_counts_for_a_leg(tiny: Model) -> None:
    assert holds(tiny, {"present": "a"}, "left", findings={"a": "present"}) is T


def test_parts_of_a_rule_must_meet_on_one_leg(tiny: Model) -> None:
    rule = {"all": [{"present": "lump"}, {"present": "ache"}]}
    crossed = {
        "findings": {"lump": {"right": "present", "left": "absent"}, "ache": {"right": "absent", "left": "present"}}
    }
    assert [holds(tiny, rule, leg, **crossed) for leg in ("", "right", "left")] == [T, F, F]


def test_grades_of_one_leg(tiny: Model) -> None:
    rule = {"grade": {"finding": "pressure", "at_least": "low"}}
    said = {"findings": {"pressure": {"right": "lowest", "left": "none"}}}
    assert [holds(tiny, rule, leg, **said) for leg in ("", "right", "left")] == [T, T, F]


def test_a_measure_of_one_leg(tiny: Model) -> None:
    rule = {"measure": {"id": "girth", "at_least": 40}}
    said = {"findings": {"girth": {"right": "41 cm", "left": "39 cm"}}}
    assert [holds(tiny, rule, leg, **said) for leg in ("", "right", "left")] == [T, T, F]


def test_a_difference_is_this_leg_less_the_other(tiny: Model) -> None:
    rule = {"difference": {"id": "girth", "at_least": 3}}
    said = {"findings": {"girth": {"right": "42 cm", "left": "39 cm"}}}
    assert [holds(tiny, rule, leg, **said) for leg in ("", "right", "left")] == [T, T, F]


# --- scores ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("findings", "other", "expected"),
    [
        ({"a": "present", "b": "present"}, "absent", ScoreRange(3, 3, ())),
        ({"a": "present", "b": "present"}, "present", ScoreRange(1, 1, ())),
        ({"a": "present"}, "absent", ScoreRange(1, 3, ("two",))),
        ({"a": "present", "b": "absent"}, "unknown", ScoreRange(-1, 1, ("other",))),
        ({}, "unknown", ScoreRange(-2, 3, ("one", "two", "other"))),
    ],
)
def test_unknown_items_leave_a_range(tiny: Model, findings: dict[str, str], other: str, expected: ScoreRange) -> None:
    rules = Rules(tiny, observe(tiny, case(findings=findings, clinician_says={"other": other})))
    assert rules.score(tiny.knowledge.instruments["points"]) == expected


@pytest.mark.parametrize(
    ("bounds", "truth"),
    [
        ({"at_least": 1}, T),  # The score is 1 to 3.
        ({"at_least": 2}, U),
        ({"at_least": 4}, F),
        ({"at_most": 3}, T),
        ({"at_most": 2}, U),
        ({"below": 1}, F),
        ({"above": 0, "at_most": 3}, T),
        ({"at_least": 2, "at_most": 2}, U),
        ({"at_least": 4, "at_most": 5}, F),
    ],
)
def test_a_score_within_bounds(tiny: Model, bounds: dict[str, float], truth: Truth) -> None:
    said: dict[str, Any] = {"findings": {"a": "present"}, "clinician_says": {"other": "absent"}}
    assert holds(tiny, {"score": {"id": "points", **bounds}}, **said) is truth


def test_a_score_is_counted_on_one_leg(tiny: Model) -> None:
    rule = {"score": {"id": "legs", "at_least": 2}}
    crossed = {
        "findings": {"lump": {"right": "present", "left": "absent"}, "ache": {"right": "absent", "left": "present"}}
    }
    same = {
        "findings": {"lump": {"right": "present", "left": "absent"}, "ache": {"right": "present", "left": "absent"}}
    }
    assert [holds(tiny, rule, leg, **crossed) for leg in ("right", "left")] == [F, F]
    assert [holds(tiny, rule, leg, **same) for leg in ("right", "left")] == [T, F]


# --- the two-level Wells score (Wells 2003, doi:10.1056/NEJMoa023153) ------------------------

RISKS = ("active_cancer", "recent_immobilisation", "recent_surgery", "previous_venous_thrombosis")
NO_RISK = dict.fromkeys(RISKS, "absent")
NO_SIGN = {
    "calf_tenderness": {"both": "absent"},
    "whole_leg_swelling": {"both": "absent"},
    "calf_circumference_difference": "under_1_cm",
    "leg_swelling": {"both": "absent"},
    "superficial_vein_dilatation": {"both": "absent"},
}
RIGHT = {"right": "present", "left": "absent"}
PITTING = {"leg_swelling": RIGHT, "pitting_oedema": "present"}
ITEMS: list[tuple[dict[str, str], dict[str, Any]]] = [
    *(({risk: "present"}, {}) for risk in RISKS),
    ({}, {"calf_tenderness": RIGHT}),
    ({}, {"whole_leg_swelling": RIGHT}),
    ({}, {"calf_circumference_difference": "over_3_cm"}),
    ({}, PITTING),
    ({}, {"superficial_vein_dilatation": RIGHT}),
]


def wells(
    model: Model, context: dict[str, str], findings: dict[str, Any], other: str = "absent", leg: str = "right"
) -> ScoreRange:
    answered = case(
        index_leg="right",
        context=NO_RISK | context,
        findings=NO_SIGN | findings,
        clinician_says={"alternative_diagnosis_as_likely": other},
    )
    return Rules(model, observe(model, answered)).score(model.knowledge.instruments["wells_dvt"], leg)


def points(count: float) -> ScoreRange:
    return ScoreRange(count, count, ())


def test_wells_0(model: Model) -> None:
    assert wells(model, {}, {}) == points(0)


@pytest.mark.parametrize(("context", "findings"), ITEMS)
def test_every_item_of_wells_is_one_point(model: Model, context: dict[str, str], findings: dict[str, Any]) -> None:
    assert wells(model, context, findings) == points(1)


def test_wells_2(model: Model) -> None:
    assert wells(model, {}, {"calf_tenderness": RIGHT, "whole_leg_swelling": RIGHT}) == points(2)


def test_wells_4(model: Model) -> None:
    signs = {"calf_tenderness": RIGHT, "calf_circumference_difference": "over_3_cm", **PITTING}
    assert wells(model, {"active_cancer": "present"}, signs) == points(4)


def test_all_of_wells(model: Model) -> None:
    context = {k: v for c, _ in ITEMS for k, v in c.items()}
    findings = {k: v for _, f in ITEMS for k, v in f.items()}
    assert wells(model, context, findings) == points(9)


def test_the_clinicians_item_takes_two_points(model: Model) -> None:
    assert wells(model, {}, {}, other="present") == points(-2)
    assert wells(model, {"active_cancer": "present"}, PITTING, other="present") == points(0)


def test_the_clinicians_item_is_never_answered_by_the_model(model: Model) -> None:
    assert wells(model, {}, {}, other="unknown") == ScoreRange(-2, 0, ("alternative_diagnosis_as_likely",))


def test_a_calf_2_cm_thicker_is_no_point(model: Model) -> None:
    assert wells(model, {}, {"calf_circumference_difference": "one_to_3_cm"}) == points(0)


def test_oedema_of_both_legs_is_no_point(model: Model) -> None:
    both = {"leg_swelling": {"both": "present"}, "pitting_oedema": "present"}
    assert wells(model, {}, both) == points(0)


def test_signs_of_the_other_leg_are_no_points(model: Model) -> None:
    assert wells(model, {}, {"calf_tenderness": RIGHT, "whole_leg_swelling": RIGHT}, leg="left") == points(0)


# --- doubt -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "value", "expected"),
    [
        ({"present": "a"}, "present", T),
        ({"absent": "a"}, "present", U),
        ({"not": {"present": "a"}}, "present", U),
        ({"not": {"absent": "a"}}, "present", T),
        ({"any": [{"present": "a"}, {"present": "b"}]}, "present", T),
        ({"all": [{"present": "a"}, {"absent": "a"}]}, "present", U),
        ({"score": {"id": "points", "at_least": 1}}, "present", T),
        ({"score": {"id": "points", "at_most": 0}}, "present", U),
        ({"present": "a"}, "absent", U),
        ({"absent": "a"}, "absent", U),
        ({"any": [{"present": "a"}, {"present": "b"}]}, "absent", U),
        ({"score": {"id": "points", "at_most": 0}}, "absent", U),
    ],
)
def test_what_is_doubtful_can_raise_and_never_rule_out(
    tiny: Model, rule: dict[str, Any], value: str, expected: Truth
) -> None:
    said = {"findings": {"a": {"value": value, "certainty": 0.9}, "b": "absent"}, "clinician_says": {"other": "absent"}}
    assert holds(tiny, rule, **said) is expected


@pytest.mark.parametrize(
    ("written", "rule", "expected"),
    [
        ({"at_least": "large"}, {"at_least": "small"}, T),
        ({"at_least": "large"}, {"at_most": "small"}, U),
        ({"at_most": "small"}, {"at_least": "large"}, U),
        ({"at_most": "small"}, {"at_most": "small"}, U),
    ],
)
def test_a_doubtful_grade(tiny: Model, written: dict[str, str], rule: dict[str, str], expected: Truth) -> None:
    said = {"findings": {"size": {**written, "certainty": 0.9}}}
    assert holds(tiny, {"grade": {"finding": "size", **rule}}, **said) is expected


def test_a_leg_that_is_doubtfully_free_leaves_the_other_as_it_is(tiny: Model) -> None:
    said = {
        "findings": {
            "lump": [{"value": "absent", "leg": "right", "certainty": 0.9}, {"value": "present", "leg": "left"}]
        }
    }
    assert [holds(tiny, {"present": "lump"}, leg, **said) for leg in ("right", "left", "")] == [U, T, T]


def test_what_is_settled_without_the_doubtful_stays_settled(tiny: Model) -> None:
    said = {"findings": {"a": {"value": "present", "certainty": 0.9}, "b": "absent"}}
    assert holds(tiny, {"all": [{"present": "a"}, {"present": "b"}]}, **said) is F
    assert holds(tiny, {"any": [{"absent": "a"}, {"absent": "b"}]}, **said) is T
