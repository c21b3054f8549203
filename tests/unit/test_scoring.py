"""Scores, stages and criteria from answers: points, bands, and what missing items leave open."""

from __future__ import annotations

import math
from typing import Any

import pytest

import saphena
from saphena.faults import Faulty
from saphena.inference.observe import observe
from saphena.model.instruments import InstrumentFile
from saphena.pathway.formulas import ankle_brachial_index, leg_volume, percent_more, toe_brachial_index
from saphena.pathway.scoring import score, score_case
from saphena.pathway.truth import Rules
from tests.tiny import case, condition, finding, measurement, model_of

GRADES = [
    {"id": "none", "name": "none", "points": 0},
    {"id": "some", "name": "some", "points": 1},
    {"id": "much", "name": "much", "points": 3},
]


def instrument(**more: Any) -> InstrumentFile:
    """An ache (yes: 2 points), a swelling (0, 1, 3) and a bonus (yes: -1); mild from 0, bad from 3."""
    base: dict[str, Any] = {
        "id": "test",
        "name": "Test",
        "use_for": "tests",
        "judged": "Invented for a test.",
        "items": [
            {"id": "ache", "name": "ache", "points": 2, "when": {"present": "ache"}},
            {"id": "swelling", "name": "swelling", "levels": GRADES},
            {"id": "bonus", "name": "bonus", "points": -1},
        ],
        "bands": [
            {"at_least": -1, "name": "mild", "meaning": "mild"},
            {"at_least": 3, "name": "bad", "meaning": "bad"},
        ],
    }
    return InstrumentFile.model_validate({**base, **more})


@pytest.mark.parametrize(
    ("values", "points", "bands"),
    [
        ({"ache": "yes", "swelling": "some", "bonus": "no"}, (3, 3), ["bad"]),
        ({"ache": "yes", "swelling": "some", "bonus": "yes"}, (2, 2), ["mild"]),
        ({"ache": True, "swelling": 3, "bonus": False}, (5, 5), ["bad"]),
        ({"ache": "no", "swelling": "none", "bonus": "yes"}, (-1, -1), ["mild"]),
        ({"ache": "yes", "bonus": "no"}, (2, 5), ["mild", "bad"]),
        ({"ache": "no", "bonus": "no", "swelling": "unknown"}, (0, 3), ["mild", "bad"]),
        ({"swelling": "much", "bonus": "no"}, (3, 5), ["bad"]),
        ({}, (-1, 5), ["mild", "bad"]),
    ],
)
def test_points_and_bands(values: dict[str, Any], points: tuple[float, float], bands: list[str]) -> None:
    result = score(instrument(), values)
    assert result.points is not None
    assert (result.points.lowest, result.points.highest) == points
    assert [band.name for band in result.bands] == bands
    assert result.certain is (len(bands) == 1)


def test_what_is_not_answered_is_named() -> None:
    assert score(instrument(), {"ache": "no"}).missing == ("swelling", "bonus")


@pytest.mark.parametrize(
    ("missing", "expected"),
    [("absent", (2, 2)), ("required", None), ("range", (1, 5)), ("mean", None)],
)
def test_missing_items_are_treated_as_published(missing: str, expected: tuple[float, float] | None) -> None:
    result = score(instrument(missing=missing), {"ache": "yes"}).points
    assert (None if result is None else (result.lowest, result.highest)) == expected


def test_the_mean_of_the_others_fills_in_where_half_are_known() -> None:
    result = score(instrument(missing="mean"), {"ache": "yes", "swelling": "none"}).points
    assert result is not None
    assert (result.lowest, result.highest) == (3, 3)  # 2 + 0 + their mean of 1.


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"aches": "yes"}, ("there is no item aches", "Did you mean ache")),
        ({"ache": "perhaps"}, ("'perhaps' is no answer", "Write yes, no or unknown")),
        ({"swelling": "huge"}, ("'huge' is no level of it", "none (0), some (1), much (3)")),
        ({"swelling": 2}, ("2 is no level of it", "none (0), some (1), much (3)")),
        ({"ache": 2}, ("2 is no answer", "Write yes, no or unknown")),
    ],
)
def test_a_wrong_answer_is_refused_with_a_remedy(values: dict[str, Any], words: tuple[str, str]) -> None:
    with pytest.raises(Faulty) as error:
        score(instrument(), values)
    fault = error.value.faults[0]
    assert words[0] in fault.message
    assert words[1] in fault.remedy


def test_every_wrong_answer_is_named_at_once() -> None:
    with pytest.raises(Faulty) as error:
        score(instrument(), {"ake": 1, "ache": "perhaps"})
    assert len(error.value.faults) == 2


def measured(**more: Any) -> InstrumentFile:
    number = {"unit": "cm", "plausible": [0, 100], "cuts": [{"below": 30, "points": 0}, {"at_least": 30, "points": 4}]}
    return instrument(items=[{"id": "girth", "name": "girth", "number": {**number, **more}}])


@pytest.mark.parametrize(("girth", "points"), [(29.9, 0), (30, 4), ("30", 4), (100, 4), (0, 0)])
def test_a_number_has_the_points_of_its_cut(girth: float | str, points: float) -> None:
    result = score(measured(), {"girth": girth}).points
    assert result is not None
    assert (result.lowest, result.highest) == (points, points)


@pytest.mark.parametrize("girth", [-0.1, 100.1, "thick", True, float("nan")])
def test_an_implausible_number_is_refused(girth: Any) -> None:
    with pytest.raises(Faulty, match="0 to 100 cm"):
        score(measured(), {"girth": girth})


def test_a_number_without_cuts_counts_itself() -> None:
    result = score(measured(cuts=[]), {"girth": 12.5}).points
    assert result is not None
    assert (result.lowest, result.highest) == (12.5, 12.5)


CRITERIA = {
    "kind": "criteria",
    "bands": [
        {"when": {"total": {"at_least": -10}}, "name": "no", "meaning": "not met"},
        {
            "when": {
                "all": [{"item": "ache"}, {"any": [{"value": {"item": "swelling", "at_least": 3}}, {"item": "bonus"}]}]
            },
            "name": "met",
            "meaning": "met",
        },
    ],
}


@pytest.mark.parametrize(
    ("values", "bands"),
    [
        ({"ache": "yes", "swelling": "much"}, ["met"]),
        ({"ache": "yes", "swelling": "some", "bonus": "no"}, ["no"]),
        ({"ache": "no"}, ["no"]),
        ({"ache": "yes", "swelling": "some"}, ["no", "met"]),
        ({"swelling": "much"}, ["no", "met"]),
    ],
)
def test_criteria_are_three_valued(values: dict[str, Any], bands: list[str]) -> None:
    criteria = instrument(
        **CRITERIA,
        items=[
            {"id": "ache", "name": "ache", "points": 2},
            {"id": "swelling", "name": "swelling", "levels": GRADES},
            {"id": "bonus", "name": "bonus", "points": 1},
        ],
    )
    assert [band.name for band in score(criteria, values).bands] == bands


@pytest.mark.parametrize(
    ("when", "values", "expected"),
    [
        ({"at_least": {"n": 2, "of": [{"item": "a"}, {"item": "b"}, {"item": "c"}]}}, {"a": 1, "b": 1}, ["met"]),
        ({"at_least": {"n": 2, "of": [{"item": "a"}, {"item": "b"}, {"item": "c"}]}}, {"a": 1, "b": 0}, ["met"]),
        ({"at_least": {"n": 2, "of": [{"item": "a"}, {"item": "b"}, {"item": "c"}]}}, {"a": 0, "b": 0}, []),
        ({"not": {"item": "a"}}, {"a": 0}, ["met"]),
        ({"not": {"item": "a"}}, {"a": 1}, []),
        ({"part": {"items": ["a", "b"], "at_least": 2}}, {"a": 1, "b": 1}, ["met"]),
        ({"part": {"items": ["a", "b"], "at_least": 2}}, {"a": 1, "b": 0, "c": 1}, []),
    ],
)
def test_predicates_over_items(when: dict[str, Any], values: dict[str, Any], expected: list[str]) -> None:
    items = [{"id": x, "name": x, "points": 1} for x in "abc"]
    one = instrument(items=items, bands=[{"when": when, "name": "met", "meaning": "met"}])
    result = score(one, values)
    assert [band.name for band in result.bands] == expected


def test_an_instrument_that_is_not_shipped_says_where_to_get_it() -> None:
    licence = {"shipped": False, "terms": "licence needed", "where": "its owner"}
    with pytest.raises(Faulty, match="Get it from its owner"):
        score(instrument(items=[], bands=[], licence=licence), {})


def leg_model() -> Any:
    return model_of(
        condition("blue", 0.1, {"ache": 0.9, "grade": {"some": 0.2, "much": 0.2}, "lump": 0.2}, two_sided=0.5),
        findings=(
            finding("ache", 0.01),
            finding("grade", {"some": 0.01, "much": 0.01}),
            finding("lump", 0.01, sided=True),
        ),
        measurements=(measurement("girth", "1", [], sided=True),),
    )


def test_a_case_answers_by_leg() -> None:
    model = leg_model()
    levels = [
        {"id": "none", "name": "none", "points": 0},
        {"id": "some", "name": "some", "points": 1, "when": {"grade": {"finding": "grade", "at_least": "some"}}},
        {"id": "much", "name": "much", "points": 2, "when": {"grade": {"finding": "grade", "at_least": "much"}}},
    ]
    one = instrument(
        per_leg=True,
        items=[
            {"id": "lump", "name": "lump", "points": 1, "when": {"present": "lump"}},
            {"id": "grade", "name": "grade", "levels": levels},
            {"id": "girth", "name": "girth", "number": {"unit": "cm", "plausible": [0, 99], "measure": "girth"}},
        ],
        bands=[],
    )
    told = {"lump": {"right": "present", "left": "absent"}, "grade": "some", "girth": {"right": 30, "left": 20}}
    rules = Rules(model, observe(model, case(findings=told)))
    results = {leg: score_case(rules, one, leg) for leg in ("right", "left")}
    assert {leg: r.points.lowest for leg, r in results.items() if r.points} == {"right": 32, "left": 21}
    assert results["right"].missing == ()


def test_a_case_that_says_nothing_leaves_everything_open() -> None:
    model = leg_model()
    result = score_case(Rules(model, observe(model, case())), instrument())
    assert result.points is not None
    assert (result.points.lowest, result.points.highest, result.answered) == (-1, 5, ())


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        # 110/140 and 80/140: the worked example by hand, higher ankle over higher arm.
        ({"dorsalis_pedis": 80, "posterior_tibial": 110, "right_arm": 140, "left_arm": 130}, 0.79),
        ({"dorsalis_pedis": 80, "right_arm": 140, "left_arm": None}, 0.57),
        ({"dorsalis_pedis": None, "posterior_tibial": None, "right_arm": 140}, None),
        ({"dorsalis_pedis": 80, "posterior_tibial": 110}, None),
    ],
)
def test_ankle_brachial_index(values: dict[str, float | None], expected: float | None) -> None:
    assert ankle_brachial_index(values) == expected


def test_toe_brachial_index() -> None:
    assert toe_brachial_index({"toe": 63, "right_arm": 120, "left_arm": 126}) == 0.5
    assert toe_brachial_index({"toe": 63}) is None


def test_a_cylinder_has_the_volume_of_a_cylinder() -> None:
    around = 2 * math.pi * 5.0
    values: dict[str, float | None] = {"step": 4.0, "c0": around, "c1": around, "c2": around}
    assert leg_volume(values) == pytest.approx(math.pi * 25 * 8, abs=0.06)


def test_a_cone_has_a_third_of_it() -> None:
    values: dict[str, float | None] = {"step": 6.0, "c0": 0.0, "c1": 2 * math.pi * 5.0}
    assert leg_volume(values) == pytest.approx(math.pi * 25 * 6 / 3, abs=0.06)


@pytest.mark.parametrize(
    "values", [{"step": 4.0, "c0": 20.0}, {"c0": 20.0, "c1": 21.0}, {"step": 4.0, "c0": 20.0, "c2": 22.0}]
)
def test_no_volume_with_a_gap(values: dict[str, float | None]) -> None:
    assert leg_volume(values) is None


def test_per_cent_more() -> None:
    assert percent_more({"this_leg": 2200, "other_leg": 2000}) == 10.0
    assert percent_more({"this_leg": 2200}) is None


def test_an_item_that_is_not_counted_decides_a_band_alone() -> None:
    one = instrument(
        items=[
            *instrument().model_dump(by_alias=True, exclude_unset=True)["items"],
            {"id": "sore", "name": "sore", "points": 1, "counted": False},
        ],
        bands=[
            {"at_least": -1, "name": "mild", "meaning": "mild"},
            {"when": {"item": "sore"}, "name": "bad", "meaning": "bad"},
        ],
    )
    result = score(one, {"ache": "no", "swelling": "none", "bonus": "no", "sore": "yes"})
    assert result.points is not None
    assert (result.points.lowest, result.points.highest, [b.name for b in result.bands]) == (0, 0, ["bad"])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"wound": 3, "foot_infection": 2}, (4, 4)),
        ({"wound": 1, "foot_infection": 0}, (1, 3)),
        ({}, (1, 4)),
    ],
)
def test_a_formula_is_worked_out_for_every_level_left(values: dict[str, int], expected: tuple[float, float]) -> None:
    grades = [{"id": f"g{i}", "name": str(i), "points": i} for i in range(4)]
    items = [{"id": id_, "name": id_, "levels": grades} for id_ in ("wound", "ischaemia", "foot_infection")]
    result = score(instrument(kind="formula", formula="wifi_stage", items=items, bands=[]), values).points
    assert result is not None
    assert (result.lowest, result.highest, result.known) == (*expected, expected[0] == expected[1])


@pytest.mark.parametrize(("leg", "expected"), [("right", 10), ("left", -10), ("", None)])
def test_a_number_may_come_from_the_other_leg(leg: str, expected: float | None) -> None:
    model = leg_model()
    number = {"unit": "1", "plausible": [0, 99], "measure": "girth"}
    items = [
        {"id": "this_leg", "name": "this", "number": number},
        {"id": "other_leg", "name": "other", "number": {**number, "other_leg": True}},
    ]
    one = instrument(kind="formula", formula="difference", per_leg=True, items=items, bands=[])
    rules = Rules(model, observe(model, case(findings={"girth": {"right": 30, "left": 20}})))
    result = score_case(rules, one, leg).points
    assert (None if result is None else result.lowest) == expected


def test_a_rule_over_a_formula_waits_for_its_number() -> None:
    model = leg_model()
    number = {"unit": "1", "plausible": [0, 99], "measure": "girth"}
    items = [{"id": "index", "name": "index", "number": number}]
    one = instrument(kind="formula", formula="ankle_brachial_index", items=items, bands=[])
    known = Rules(model, observe(model, case(findings={"girth": {"right": 30}}))).score(one, "right")
    unknown = Rules(model, observe(model, case())).score(one, "right")
    assert (known.lowest, known.highest, unknown.lowest, unknown.highest) == (30, 30, -math.inf, math.inf)


def test_what_rules_out_some_levels_is_answered_in_part() -> None:
    model = leg_model()
    levels = [
        {"id": "none", "name": "none", "points": 0},
        {"id": "some", "name": "some", "points": 1, "when": {"present": "lump"}},
        {"id": "much", "name": "much", "points": 2, "when": {"clinician_says": "much"}},
    ]
    one = instrument(items=[{"id": "lump", "name": "lump", "levels": levels}], bands=[])
    result = score_case(Rules(model, observe(model, case(findings={"lump": {"right": "present"}}))), one, "right")
    assert (result.answered, result.missing) == (("lump",), ("lump",))


def test_every_instrument_is_a_python_function() -> None:
    likely = saphena.instruments.wells_dvt(
        active_cancer=True,
        entire_leg_swollen=True,
        paralysis_or_plaster=False,
        bedridden_or_surgery=False,
        tenderness_along_deep_veins=False,
        calf_swelling_over_3_cm=False,
        pitting_oedema_of_this_leg_only=False,
        collateral_superficial_veins=False,
        previous_deep_vein_thrombosis=False,
        alternative_diagnosis_as_likely=False,
    )
    assert likely.band is not None
    assert likely.band.name == "DVT likely"
    assert "active_cancer" in (saphena.instruments.wells_dvt.__doc__ or "")
    assert "wells_dvt" in dir(saphena.instruments)
    with pytest.raises(AttributeError, match="no instrument wels"):
        saphena.instruments.wels  # noqa: B018
