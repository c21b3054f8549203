"""Instruments of the knowledge against their worked examples, and tables typed a second time from their sources."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from saphena.inference.observe import observe
from saphena.model.instruments import InstrumentFile, ScoreBand, WorkedExample
from saphena.model.store import load_model
from saphena.pathway.formulas import FORMULAS, rutherford_acute_class
from saphena.pathway.scoring import ScoreResult, score, score_case
from saphena.pathway.truth import Rules
from tests.tiny import case

MODEL = load_model()
INSTRUMENTS = MODEL.knowledge.instruments
SHIPPED = [one for one in INSTRUMENTS.values() if one.licence.shipped]
EXAMPLES = [(one, i, example) for one in SHIPPED for i, example in enumerate(one.examples)]


def short(value: object) -> str:
    return value.id if isinstance(value, InstrumentFile) else str(value) if isinstance(value, int) else ""


@pytest.mark.parametrize(("instrument", "i", "example"), EXAMPLES, ids=short)
def test_a_worked_example_comes_out_as_published(instrument: InstrumentFile, i: int, example: WorkedExample) -> None:
    result = score(instrument, example.values)
    if example.points is not None:
        assert result.points is not None
        assert (result.points.lowest, result.points.highest) == pytest.approx((example.points, example.points))
    names = [band.name for band in result.bands]
    if example.bands:
        assert (tuple(names), result.certain) == (example.bands, False)
    elif example.band is not None:
        assert (names, result.certain) == ([example.band], True)
    else:
        assert result.band is None


@pytest.mark.parametrize("instrument", SHIPPED, ids=short)
def test_an_instrument_is_worked_out_at_both_ends_and_in_every_band(instrument: InstrumentFile) -> None:
    assert len(instrument.examples) >= 3
    results = [score(instrument, example.values) for example in instrument.examples]
    reached = {result.band.name for result in results if result.band is not None}
    assert {band.name for band in instrument.bands} == reached
    if instrument.formula is None:
        counted = [item.range for item in instrument.items if item.counted]
        ends = sum(low for low, _ in counted), sum(high for _, high in counted)
        points = [r.points.lowest for r in results if r.points is not None and r.points.lowest == r.points.highest]
        assert (min(points), max(points)) == ends


@pytest.mark.parametrize("instrument", SHIPPED, ids=short)
def test_every_item_and_every_level_of_a_single_item_is_tried(instrument: InstrumentFile) -> None:
    tried = {(name, str(value)) for example in instrument.examples for name, value in example.values.items()}
    assert {item.id for item in instrument.items} == {name for name, _ in tried}
    if len(instrument.items) == 1:
        only = instrument.items[0]
        assert {level.id for level in only.levels} <= {value for _, value in tried}


def test_every_formula_is_used() -> None:
    assert {one.formula for one in SHIPPED if one.formula is not None} == set(FORMULAS)


@pytest.mark.parametrize("instrument", SHIPPED, ids=short)
def test_bands_have_names_of_their_own(instrument: InstrumentFile) -> None:
    names, ids = [b.name for b in instrument.bands], [b.id for b in instrument.bands if b.id is not None]
    assert (len(set(names)), len(set(ids))) == (len(names), len(ids))


# --- tables typed again --------------------------------------------------------------------------

WIFI = """
VL VL L M  VL L M H  L L M H  L M M H
VL VL L M  VL L M H  L M H H  M M H H
L L M H    M M H H   M H H H  H H H H
M M H H    H H H H   H H H H  H H H H
"""
"""Mills 2014: rows are wounds 0 to 3, groups of four ischaemia 0 to 3, within a group infection 0 to 3."""


def test_threat_to_the_limb() -> None:
    table = [line.split() for line in WIFI.split("\n") if line]
    for w, i, f in product(range(4), repeat=3):
        result = score(INSTRUMENTS["wifi"], {"wound": w, "ischaemia": i, "foot_infection": f})
        assert result.band is not None
        assert result.band.name == f"Stage {['VL', 'L', 'M', 'H'].index(table[w][4 * i + f]) + 1}"


KDIGO = {
    "low": [(95, 1), (70, 1)],
    "moderately raised": [(95, 10), (70, 10), (50, 1)],
    "high": [(95, 50), (70, 50), (50, 10), (40, 1)],
    "very high": [(50, 50), (40, 10), (40, 50), (20, 1), (20, 10), (20, 50), (10, 1), (10, 10), (10, 50)],
}


@pytest.mark.parametrize(("risk", "egfr", "acr"), [(risk, *cell) for risk, cells in KDIGO.items() for cell in cells])
def test_risk_of_kidney_disease(risk: str, egfr: float, acr: float) -> None:
    band = score(INSTRUMENTS["kdigo_ckd"], {"egfr": egfr, "albumin_creatinine_ratio": acr}).band
    assert band is not None
    assert band.name.endswith(f", {risk} risk")


def test_more_signs_never_make_acute_ischaemia_milder() -> None:
    names = ("sensory_loss", "weakness", "arterial_doppler_silent", "venous_doppler_silent")
    for chosen in product(range(4), range(3), range(2), range(2)):
        here = rutherford_acute_class(dict(zip(names, map(float, chosen), strict=True)))
        for k, top in enumerate((3, 2, 1, 1)):
            if chosen[k] < top:
                worse = [float(v + (n == k)) for n, v in enumerate(chosen)]
                there = rutherford_acute_class(dict(zip(names, worse, strict=True)))
                assert here is not None
                assert there is not None
                assert there >= here


# --- from cases ----------------------------------------------------------------------------------


def of_case(name: str, leg: str = "", **told: Any) -> ScoreResult:
    instrument = INSTRUMENTS[name]
    return score_case(Rules(MODEL, observe(MODEL, case(**told))), instrument, leg)


def names_of(bands: tuple[ScoreBand, ...]) -> list[str]:
    return [band.name for band in bands]


NO_SIGN = {
    "telangiectasia": {"both": "absent"},
    "varicose_veins_visible": {"both": "absent"},
    "leg_swelling": {"both": "absent"},
    "skin_pigmentation": {"both": "absent"},
    "venous_eczema": {"both": "absent"},
    "lipodermatosclerosis": {"both": "absent"},
    "corona_phlebectatica": {"both": "absent"},
    "leg_ulcer": {"both": "absent"},
}


@pytest.mark.parametrize(
    ("signs", "context", "expected"),
    [
        ({}, {}, "C0"),
        ({"telangiectasia": {"right": "present"}}, {}, "C1"),
        ({"varicose_veins_visible": {"right": "present"}}, {"varicose_veins_treated_before": "absent"}, "C2"),
        ({"varicose_veins_visible": {"right": "present"}}, {"varicose_veins_treated_before": "present"}, "C2r"),
        ({"varicose_veins_visible": {"right": "present"}, "leg_swelling": {"right": "present"}}, {}, "C3"),
        ({"skin_pigmentation": {"right": "present"}}, {"leg_ulcer_healed_before": "absent"}, "C4a"),
        ({"lipodermatosclerosis": {"right": "present"}}, {"leg_ulcer_healed_before": "present"}, "C5"),
        (
            {"varicose_veins_visible": {"right": "present"}, "leg_ulcer": {"right": "present"}},
            {"leg_ulcer_healed_before": "absent"},
            "C6",
        ),
        (
            {"varicose_veins_visible": {"right": "present"}, "leg_ulcer": {"right": "present"}},
            {"leg_ulcer_healed_before": "present"},
            "C6r",
        ),
        ({"leg_ulcer": {"right": "present"}, "duplex_venous_reflux": {"right": "none"}}, {}, "C0"),
    ],
)
def test_clinical_class_of_a_case(signs: dict[str, Any], context: dict[str, str], expected: str) -> None:
    result = of_case("ceap", "right", findings={**NO_SIGN, **signs}, context=context)
    assert names_of(result.bands)[:1] == [expected]
    assert result.certain is (expected not in ("C2", "C1", "C3") or bool(context) or len(result.bands) == 1)


def test_silence_leaves_higher_classes_open() -> None:
    result = of_case("ceap", "left", findings={"varicose_veins_visible": {"left": "present"}})
    assert names_of(result.bands) == ["C2", "C2r", "C3", "C4a", "C4b", "C4c", "C5", "C6", "C6r"]
    assert (result.answered, result.missing) == (("clinical_class",), ("clinical_class",))


def test_an_ulcer_after_thrombosis_is_severe() -> None:
    result = of_case("villalta", "left", findings={"leg_ulcer": {"left": "present"}})
    assert result.band is not None
    assert result.band.name == "Severe"


def test_an_index_of_a_case_is_read_leg_by_leg() -> None:
    told = {"ankle_brachial_index": {"right": 0.62, "left": 1.52}}
    assert names_of(of_case("ankle_brachial_index", "right", findings=told).bands) == ["Arterial disease"]
    assert names_of(of_case("ankle_brachial_index", "left", findings=told).bands) == ["Incompressible"]


@pytest.mark.parametrize(("leg", "points", "band"), [("right", 4.0, "3 cm or more"), ("left", -4.0, "Under 1 cm")])
def test_the_other_calf_is_subtracted(leg: str, points: float, band: str) -> None:
    result = of_case("calf_difference", leg, findings={"calf_circumference": {"right": "41 cm", "left": "37 cm"}})
    assert result.points is not None
    assert (result.points.lowest, names_of(result.bands)) == (points, [band])


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ({"exertional_leg_pain": {"right": "present"}, "foot_rest_pain": {"right": "present"}}, "Stage III"),
        (
            {"foot_ulcer_or_gangrene": {"right": "present"}, "ankle_brachial_index": {"right": 0.35}},
            "Stage IV",
        ),
    ],
)
def test_stage_of_arterial_disease_of_a_case(findings: dict[str, Any], expected: str) -> None:
    assert names_of(of_case("fontaine", "right", findings=findings).bands)[0] == expected


def test_a_wound_without_low_pressure_is_no_tissue_loss_of_ischaemia() -> None:
    told = {
        "foot_ulcer_or_gangrene": {"right": "present"},
        "ankle_brachial_index": {"right": 1.1},
        "toe_pressure": {"right": "95 mmHg"},
        "pedal_pulses_absent": {"right": "absent"},
        "arterial_imaging_occlusion": {"right": "none"},
        "foot_rest_pain": {"right": "absent"},
        "exertional_leg_pain": {"right": "absent"},
    }
    result = of_case("rutherford_chronic", "right", findings=told, excluded_conditions=["peripheral_arterial_disease"])
    assert names_of(result.bands) == ["Category 0, no complaints"]


def test_a_low_laboratory_score_names_its_limit() -> None:
    low = INSTRUMENTS["lrinec"].bands[0]
    assert "does NOT exclude" in low.meaning


@pytest.mark.parametrize(
    ("findings", "weeks", "expected"),
    [
        ({"calf_circumference": {"right": "36 cm", "left": "38 cm"}}, 30, ["One or two criteria"]),
        ({"calf_circumference": {"right": "36 cm", "left": "37.9 cm"}}, 30, ["No criterion"]),
        ({"calf_circumference": {"right": "36 cm", "left": "36 cm"}}, 13, ["One or two criteria"]),
        ({"calf_circumference": {"right": "36 cm", "left": "36 cm"}}, 14, ["No criterion"]),
    ],
)
def test_thrombosis_in_pregnancy(findings: dict[str, Any], weeks: float, expected: list[str]) -> None:
    result = of_case(
        "left_rule",
        findings=findings,
        sex="female",
        context={"pregnancy": "present"},
        pregnancy_weeks=weeks,
        clinician_says={"symptoms_in_left_leg": "absent"},
    )
    assert names_of(result.bands) == expected


def test_scores_in_rules_follow_formula_and_uncounted_items() -> None:
    rules = Rules(MODEL, observe(MODEL, case(findings={"ankle_brachial_index": {"right": 0.62, "left": 1.1}})))
    assert rules.score(INSTRUMENTS["ankle_brachial_index"], "right").lowest == 0.62
    rules = Rules(MODEL, observe(MODEL, case(findings={"leg_ulcer": {"left": "present"}})))
    assert rules.score(INSTRUMENTS["villalta"], "left").highest == 33
    assert rules.score(INSTRUMENTS["ankle_brachial_index"], "left").highest == float("inf")
