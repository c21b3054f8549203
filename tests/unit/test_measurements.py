"""Numbers with units become grades of findings, by published cut-offs."""

from __future__ import annotations

import pytest

from saphena import Model
from saphena.inference.observe import observe
from tests.tiny import case, condition, finding, measurement, model_of
from tests.unit.observed import nodes, only_fault, seen, tiny_model


@pytest.fixture(scope="module")
def tiny() -> Model:
    return tiny_model()


@pytest.mark.parametrize(
    ("written", "centimetres"),
    [("40 cm", 40), ("400 mm", 40), ("15.75in", 40.005), ("40,5 CM", 40.5), (" 4e1 cm ", 40), ("+40cm", 40)],
)
def test_units(tiny: Model, written: str, centimetres: float) -> None:
    # 15.75 inches of 2.54 cm are 40.005 cm.
    assert observe(tiny, case(findings={"calf": {"right": written}})).measured["calf", "right"] == pytest.approx(
        centimetres
    )


@pytest.mark.parametrize("written", [40, "40"])
def test_a_missing_unit(tiny: Model, written: object) -> None:
    fault = only_fault(tiny, findings={"calf": written})
    assert fault.message == "calf 40 has no unit"
    assert all(unit in fault.remedy for unit in ("cm", "mm", "in"))


def test_a_wrong_unit(tiny: Model) -> None:
    fault = only_fault(tiny, findings={"calf": "40 kg"})
    assert (fault.message, fault.remedy) == ("'kg' is no unit of calf", "Write it in cm or mm or in")


@pytest.mark.parametrize("written", ["present", "about 40 cm", "40-42 cm", "1.2.3 cm"])
def test_what_is_no_measurement(tiny: Model, written: str) -> None:
    assert "calf" in only_fault(tiny, findings={"calf": written}).message


def test_a_ratio_needs_no_unit(tiny: Model) -> None:
    assert observe(tiny, case(findings={"ratio": 0.6})).measured == {("ratio", ""): 0.6}


@pytest.mark.parametrize("value", ["14.9 cm", "80.1 cm", "8000 mm", "-40 cm"])
def test_outside_the_plausible_range(tiny: Model, value: str) -> None:
    fault = only_fault(tiny, findings={"calf": value})
    assert "is not possible for calf" in fault.message
    assert fault.remedy == "It lies between 15 and 80 cm; check number and unit"


@pytest.mark.parametrize("value", ["15 cm", "80 cm"])
def test_the_ends_of_the_plausible_range_are_in_it(tiny: Model, value: str) -> None:
    assert observe(tiny, case(findings={"calf": {"right": value}})).measured


def test_two_values_of_one_measurement(tiny: Model) -> None:
    said = [{"value": "40 cm", "leg": "right"}, {"value": "41 cm", "leg": "right"}]
    assert only_fault(tiny, findings={"calf": said}).message == "calf has two values"


@pytest.mark.parametrize(
    ("right", "grade"), [("36 cm", 0), ("36.9 cm", 0), ("37 cm", 1), ("38.9 cm", 1), ("39 cm", 2), ("30 cm", 0)]
)
def test_a_difference_is_index_leg_less_other_leg(tiny: Model, right: str, grade: int) -> None:
    said = case(index_leg="right", findings={"calf": {"right": right, "left": "36 cm"}})
    assert nodes(observe(tiny, said)) == {"girth": (grade, grade)}


@pytest.mark.parametrize("written", [{"right": "40 cm"}, {"left": "40 cm"}, "40 cm"])
def test_one_calf_is_no_difference(tiny: Model, written: object) -> None:
    observation = observe(tiny, case(index_leg="right", findings={"calf": written}))
    assert not observation.seen
    assert observation.left_out == ("calf 40: both legs are needed for a difference",)


def test_a_thicker_calf_is_seen_whichever_leg_it_is(tiny: Model) -> None:
    assert seen(tiny, swelling="present", calf={"right": "36 cm", "left": "40 cm"})["girth"] == (2, 2)


@pytest.mark.parametrize(("ratio", "grade"), [(0.39, 2), (0.4, 1), (0.9, 1), (0.91, 0), (1.4, 0)])
def test_the_first_cut_off_that_holds_gives_the_grade(tiny: Model, ratio: float, grade: int) -> None:
    assert seen(tiny, ratio={"right": ratio})["pressure@index"] == (grade, grade)


def test_stiff_vessels_make_the_pressure_unknown(tiny: Model) -> None:
    observation = observe(tiny, case(findings={"ratio": {"right": 1.41, "left": 0.8}}))
    assert nodes(observation) == {"stiff_vessel@index": (1, 1), "stiff_vessel@other": (0, 0), "pressure@other": (1, 1)}
    assert observation.left_out == ("ratio 1.41 is not read as pressure: stiff_vessel is present",)


def test_what_makes_a_reading_unknown_may_have_no_side() -> None:
    ratio = measurement(
        "ratio",
        "1",
        [
            {"finding": "pressure", "unknown_if": "stiff", "cutoffs": [{"grade": "present", "below": 0.9}]},
            {"finding": "stiff", "cutoffs": [{"grade": "present", "below": 0.1}]},
        ],
        sided=True,
    )
    model = model_of(
        condition("blue"), findings=(finding("pressure", 0.1, sided=True), finding("stiff", 0.1)), measurements=(ratio,)
    )
    assert seen(model, ratio={"right": 0.05}) == {"stiff": (1, 1)}


def test_stiff_vessels_in_a_leg_whose_ratio_shows_none(tiny: Model) -> None:
    fault = only_fault(tiny, findings={"stiff_vessel": {"right": "present"}, "ratio": {"right": 0.8}})
    assert fault.message.startswith("stiff_vessel of the right leg is said to be present and 0.8")


def test_a_measurement_against_a_statement(tiny: Model) -> None:
    fault = only_fault(tiny, findings={"pressure": {"right": "none"}, "ratio": {"right": 0.3}})
    assert fault.message.startswith("pressure of the right leg is said to be none and 0.3")


@pytest.mark.parametrize(("weight", "heavy"), [("99.9 kg", False), ("100 kg", True)])
def test_a_measurement_sets_context(tiny: Model, weight: str, heavy: bool) -> None:
    assert observe(tiny, case(findings={"weight": weight})).context == {"heavy": heavy}


def test_a_measurement_against_the_context(tiny: Model) -> None:
    fault = only_fault(tiny, context={"heavy": "absent"}, findings={"weight": "100 kg"})
    assert fault.message == "100 contradicts heavy in context"


# --- the knowledge that ships ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("age", "d_dimer", "grade"),
    [
        (30, "0.49 mg/L FEU", 0),
        (30, "0.50 mg/L FEU", 1),
        (50, "0.50 mg/L FEU", 1),
        (70, "0.69 mg/L FEU", 0),  # Righini 2014: age x 10 ug/L from 50 years, so 700 ug/L at 70.
        (70, "0.70 mg/L FEU", 1),
        (70, "700 ng/mL FEU", 1),
        (70, "350 ng/mL DDU", 1),  # One DDU weighs as two FEU.
        (70, "340 ng/mL DDU", 0),
        (90, "0.89 mg/L FEU", 0),
        (90, "1 mg/L FEU", 2),
        (90, "4 mg/L FEU", 3),
    ],
)
def test_the_d_dimer_cut_off_rises_with_age(model: Model, age: float, d_dimer: str, grade: int) -> None:
    observation = observe(model, case(age=age, findings={"d_dimer": d_dimer}))
    assert nodes(observation) == {"d_dimer_raised": (grade, grade)}


@pytest.mark.parametrize(("index", "grade"), [(0.39, 3), (0.4, 2), (0.69, 2), (0.7, 1), (0.9, 1), (0.91, 0), (1.4, 0)])
def test_grades_of_the_ankle_brachial_index(model: Model, index: float, grade: int) -> None:
    # Mills 2014: below 0.40 is grade 3 ischaemia; Aboyans 2012: 0.90 and below is low.
    assert seen(model, ankle_brachial_index={"right": index})["ankle_brachial_index_low@index"] == (grade, grade)


def test_an_index_above_1_4_says_nothing_of_the_flow(model: Model) -> None:
    assert seen(model, ankle_brachial_index={"right": 1.41}) == {"ankle_arteries_incompressible@index": (1, 1)}


@pytest.mark.parametrize(("index", "obese"), [("29.9 kg/m2", False), ("30 kg/m²", True)])
def test_a_body_mass_index_of_30_is_obesity(model: Model, index: str, obese: bool) -> None:
    assert observe(model, case(findings={"body_mass_index": index})).context == {"obesity": obese}


@pytest.mark.parametrize(
    ("measurement", "written", "canonical"),
    [
        ("urate", "6.1 mg/dL", 362.8),  # 59.48 umol/L to the mg/dL (molar mass 168.1).
        ("systolic_blood_pressure", "20 kPa", 150.0),  # 7.50062 mmHg to the kPa.
        ("body_temperature", "38,2 °C", 38.2),
        ("nt_pro_bnp", "100 pmol/L", 845.7),  # Molar mass 8457.
        ("vitamin_b12", "200 pg/mL", 147.6),  # Molar mass 1355: 0.738 pmol to the pg.
        ("albumin", "3.1 g/dL", 31.0),
        ("c_reactive_protein", "2 mg/dL", 20.0),
        ("white_cell_count", "12000 /uL", 12.0),
        ("ferritin", "100 pmol/L", 44.5),  # WHO: 0.445 ug/L to the pmol/L.
        ("synovial_white_cell_count", "30 10^9/L", 30000.0),
    ],
)
def test_units_of_the_laboratory(model: Model, measurement: str, written: str, canonical: float) -> None:
    [value] = observe(model, case(findings={measurement: written})).measured.values()
    assert value == pytest.approx(canonical, abs=0.05)


def test_a_pregnant_man_is_warned_of_and_goes_on(model: Model) -> None:
    [warning] = observe(model, case(age=30, sex="male", context={"pregnancy": "present"})).warnings
    assert "male is unusual" in warning
