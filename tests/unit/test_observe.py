"""Words become grades: sides, units, cut-offs and children, and every fault of a case at once."""

from __future__ import annotations

from math import log10
from typing import Any

import pytest

from saphena import Model
from saphena.inference.next_finding import candidates
from saphena.inference.observation import Interval, Seen
from saphena.inference.observe import observe
from saphena.inference.posterior import posterior
from tests.tiny import case, condition, finding, model_of
from tests.unit.observed import faults, nodes, only_fault, seen, tiny_model


@pytest.fixture(scope="module")
def tiny() -> Model:
    return tiny_model()


# --- names -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "meant"), [("lumb", "lump"), ("presure", "pressure"), ("soreness", "ache"), ("wheight", "weight")]
)
def test_an_unknown_finding_suggests_the_nearest(tiny: Model, written: str, meant: str) -> None:
    fault = only_fault(tiny, findings={written: "present"})
    assert (fault.path, fault.message) == (f"findings.{written}", "there is no finding of this name")
    assert meant in fault.remedy.removeprefix("Did you mean ").removesuffix("?").split(" or ")


def test_a_finding_that_nothing_resembles_is_sent_to_the_search(tiny: Model) -> None:
    assert only_fault(tiny, findings={"qqqq": "present"}).remedy == "saphena findings WORDS searches them"


def test_a_risk_factor_among_the_findings(tiny: Model) -> None:
    assert only_fault(tiny, findings={"diabetes": "present"}).remedy == "Write it under context"


def test_a_finding_among_the_risk_factors(tiny: Model) -> None:
    fault = only_fault(tiny, context={"ache": "present"})
    assert (fault.path, fault.remedy) == ("context.ache", "It is a finding; write it under findings")


def test_an_unknown_risk_factor(tiny: Model) -> None:
    assert only_fault(tiny, context={"diabetis": "present"}).remedy == "Did you mean diabetes?"


def test_an_unknown_condition_and_an_unknown_state(tiny: Model) -> None:
    first, second = faults(tiny, known_conditions=["bleu"], excluded_conditions=["blue.worst"])
    assert (first.path, first.remedy) == ("excluded_conditions[0]", "Check the spelling")
    assert (second.path, second.message) == ("known_conditions[0]", "there is no condition bleu")


# --- answers ---------------------------------------------------------------------------------


def test_present_absent_and_unknown(tiny: Model) -> None:
    assert seen(tiny, ache="present") == {"ache": (1, 1)}
    assert seen(tiny, ache="absent") == {"ache": (0, 0)}
    assert seen(tiny, ache="unknown") == {}


@pytest.mark.parametrize("word", ["yes", "Present", "severe", ""])
def test_a_word_that_is_no_answer(tiny: Model, word: str) -> None:
    fault = only_fault(tiny, findings={"ache": word})
    assert (fault.path, fault.remedy) == ("findings.ache", "Write present or absent, or unknown")


def test_a_number_for_what_is_not_measured(tiny: Model) -> None:
    assert only_fault(tiny, findings={"ache": 3}).message == "3.0 is a number, but ache is not measured"


def test_a_number_for_what_is_measured_under_another_name(tiny: Model) -> None:
    assert "or the number under ratio" in only_fault(tiny, findings={"pressure": 0.6}).remedy


def test_grades(tiny: Model) -> None:
    assert seen(tiny, size="none") == {"size": (0, 0)}
    assert seen(tiny, size="small") == {"size": (1, 1)}
    assert seen(tiny, size="large") == {"size": (2, 2)}


def test_a_graded_finding_may_be_called_absent_or_present(tiny: Model) -> None:
    assert seen(tiny, size="absent") == {"size": (0, 0)}
    assert seen(tiny, size="present") == {"size": (1, 2)}


def test_a_complaint_has_no_presence_without_a_grade(tiny: Model) -> None:
    assert only_fault(tiny, findings={"onset": "present"}).message == "onset has no grade present"


def test_at_least_and_at_most(tiny: Model) -> None:
    assert seen(tiny, size={"at_least": "small"}) == {"size": (1, 2)}
    assert seen(tiny, size={"at_most": "small"}) == {"size": (0, 1)}


def test_bounds_meet(tiny: Model) -> None:
    assert seen(tiny, size=[{"at_least": "small"}, {"at_most": "small"}]) == {"size": (1, 1)}


def test_bounds_that_cannot_meet(tiny: Model) -> None:
    fault = only_fault(tiny, findings={"size": [{"at_least": "large"}, {"at_most": "small"}]})
    assert fault.message == "size is said to be at least large and at most small at once"


def test_a_bound_that_leaves_everything_open_says_nothing(tiny: Model) -> None:
    assert seen(tiny, size={"at_most": "large"}, lump={"at_most": "present"}) == {}


def test_a_grade_that_does_not_exist(tiny: Model) -> None:
    fault = only_fault(tiny, findings={"size": "huge"})
    assert (fault.message, fault.remedy) == ("size has no grade huge", "Grades: none, small, large")


def test_present_and_absent_at_once(tiny: Model) -> None:
    fault = only_fault(tiny, findings={"ache": [{"value": "present"}, {"value": "absent"}]})
    assert (fault.path, fault.message) == ("findings.ache[1]", "ache is said to be present and absent at once")


def test_a_contradiction_names_its_leg(tiny: Model) -> None:
    said = [{"value": "present", "leg": "both"}, {"value": "absent", "leg": "left"}]
    assert only_fault(tiny, findings={"lump": said}).message == (
        "lump of the left leg is said to be present and absent at once"
    )


def test_a_leg_for_what_has_none(tiny: Model) -> None:
    assert only_fault(tiny, findings={"ache": {"right": "present"}}).message == "ache has no side"
    assert only_fault(tiny, findings={"weight": {"value": "90 kg", "leg": "right"}}).message == "weight has no side"


def test_all_faults_of_a_case_at_once(tiny: Model) -> None:
    found = faults(
        tiny,
        context={"smoke": "present"},
        known_conditions=["red"],
        findings={"lumb": "present", "ache": 3, "size": "huge", "calf": 40, "ratio": "9", "swelling": "absent", "pitting": "present"},
    )  # fmt: skip
    assert [f.path for f in found] == [
        "context.smoke",
        "findings.ache",
        "findings.calf",
        "findings.lumb",
        "findings.pitting",
        "findings.ratio",
        "findings.size",
        "known_conditions[0]",
    ]


# --- legs ------------------------------------------------------------------------------------


def test_right_and_left_are_two_witnesses_where_they_differ(tiny: Model) -> None:
    assert seen(tiny, lump={"right": "present", "left": "absent"}) == {"lump@index": (1, 1), "lump@other": (0, 0)}


@pytest.mark.parametrize("written", [{"both": "present"}, {"right": "present", "left": "present"}])
def test_two_like_legs_are_one_witness(tiny: Model, written: dict[str, str]) -> None:
    # Grades of @legs: none, one leg, both legs.
    assert seen(tiny, lump=written) == {"lump@legs": (2, 2)}


def test_two_legs_without_it(tiny: Model) -> None:
    assert seen(tiny, lump={"both": "absent"}) == {"lump@legs": (0, 0)}


def test_without_a_side_it_is_one_leg_or_both(tiny: Model) -> None:
    assert seen(tiny, lump="present") == {"lump@legs": (1, 2)}
    assert seen(tiny, lump="absent") == {"lump@legs": (0, 0)}


def test_a_side_says_more_than_no_side(tiny: Model) -> None:
    said = [{"value": "present"}, {"value": "present", "leg": "left"}]
    assert seen(tiny, lump=said) == {"lump@index": (1, 1)}


def test_a_graded_finding_of_both_legs_is_seen_on_each(tiny: Model) -> None:
    assert seen(tiny, pressure={"both": "low"}) == {"pressure@index": (1, 1), "pressure@other": (1, 1)}
    assert seen(tiny, pressure={"both": "none"}) == {"pressure@any": (0, 0)}
    assert seen(tiny, pressure="low") == {"pressure@any": (1, 1)}


@pytest.mark.parametrize(
    ("findings", "leg"),
    [
        ({"lump": "present"}, ""),
        ({"lump": {"left": "present"}}, "left"),
        ({"lump": {"right": "absent", "left": "present"}}, "left"),
        ({"lump": {"right": "present", "left": "present"}}, "right"),
        ({"lump": {"both": "present"}, "swelling": {"left": "present"}}, "left"),
        ({"calf": {"right": "36 cm", "left": "40 cm"}}, "left"),
        ({"calf": {"right": "40 cm", "left": "36 cm"}}, "right"),
    ],
)
def test_the_index_leg_is_the_one_with_more(tiny: Model, findings: dict[str, Any], leg: str) -> None:
    assert observe(tiny, case(findings=findings)).index_leg == leg


def test_a_stated_index_leg_counts(tiny: Model) -> None:
    stated = case(index_leg="right", findings={"lump": {"right": "absent", "left": "present"}})
    assert nodes(observe(tiny, stated)) == {"lump@index": (0, 0), "lump@other": (1, 1)}


# --- children --------------------------------------------------------------------------------


def test_a_child_counts_together_with_its_parent(tiny: Model) -> None:
    # Grades of parent+child: no parent, parent alone, parent with child.
    assert seen(tiny, swelling={"right": "present"}, pitting="present") == {"swelling+pitting@index": (2, 2)}
    assert seen(tiny, swelling={"right": "present"}, pitting="absent") == {"swelling+pitting@index": (1, 1)}


def test_a_child_of_both_legs(tiny: Model) -> None:
    # Bits: child, then "both legs"; grade 1 + 1 + 2.
    assert seen(tiny, swelling={"both": "present"}, pitting="present") == {"swelling+pitting@legs": (4, 4)}
    assert seen(tiny, swelling={"both": "present"}, pitting="absent") == {"swelling+pitting@legs": (3, 3)}


def test_a_child_implies_its_parent(tiny: Model) -> None:
    observation = observe(tiny, case(findings={"pitting": "present"}))
    assert nodes(observation) == {"swelling+pitting@any": (2, 2)}
    assert observation.intervals["swelling", ""] == Interval(1, 1)


def test_a_child_without_its_parent(tiny: Model) -> None:
    fault = only_fault(tiny, findings={"swelling": "absent", "pitting": "present"})
    assert fault.message == "pitting is present while swelling, which it is part of, is absent"


def test_an_absent_child_of_an_unknown_parent_says_nothing_yet(tiny: Model) -> None:
    observation = observe(tiny, case(findings={"pitting": "absent"}))
    assert not observation.seen
    assert observation.left_out == ("pitting is absent, but swelling is unknown: it says nothing yet",)


def test_an_absent_child_of_an_absent_parent_adds_nothing(tiny: Model) -> None:
    assert seen(tiny, swelling="absent", pitting="absent") == {"swelling@legs": (0, 0)}


def test_a_child_of_the_other_leg_is_listed_as_left_out(tiny: Model) -> None:
    said = case(index_leg="right", findings={"swelling": {"right": "absent", "left": "present"}, "pitting": "present"})
    observation = observe(tiny, said)
    assert nodes(observation) == {"swelling@index": (0, 0), "swelling@other": (1, 1)}
    assert observation.left_out == ("pitting is not used: swelling is not in the leg of the main complaint",)


# --- context and conditions ------------------------------------------------------------------


def test_context_unknown_is_left_open(tiny: Model) -> None:
    said = {"diabetes": "unknown", "heavy": "absent", "pregnancy": "present"}
    assert observe(tiny, case(age=30, context=said)).context == {"heavy": False, "pregnancy": True}


def test_weeks_of_pregnancy_are_a_pregnancy(tiny: Model) -> None:
    assert observe(tiny, case(age=30, pregnancy_weeks=20)).context == {"pregnancy": True}


def test_weeks_of_an_absent_pregnancy(tiny: Model) -> None:
    assert only_fault(tiny, pregnancy_weeks=20, context={"pregnancy": "absent"}).path == "pregnancy_weeks"


@pytest.mark.parametrize(
    ("age", "sex", "warned"), [(30, "female", 0), (30, "male", 1), (60, "female", 1), (30, "unknown", 0)]
)
def test_the_unusual_is_warned_of_and_used(tiny: Model, age: float, sex: str, warned: int) -> None:
    observation = observe(tiny, case(age=age, sex=sex, context={"pregnancy": "present"}))
    assert len(observation.warnings) == warned
    assert observation.context == {"pregnancy": True}


def test_known_and_excluded_conditions(tiny: Model) -> None:
    observation = observe(tiny, case(known_conditions=["blue.bad"], excluded_conditions=["green"]))
    assert observation.known == {"blue": "bad"}
    assert observation.excluded == {"green"}


def test_a_condition_known_without_its_state(tiny: Model) -> None:
    assert observe(tiny, case(known_conditions=["blue"])).known == {"blue": None}


def test_known_and_excluded_at_once(tiny: Model) -> None:
    fault = only_fault(tiny, known_conditions=["green"], excluded_conditions=["green"])
    assert (fault.path, fault.message) == ("excluded_conditions[0]", "green is known and excluded at once")


def test_a_seen_finding_keeps_the_words_of_the_case(tiny: Model) -> None:
    observation = observe(tiny, case(findings={"size": {"at_least": "small"}, "lump": {"both": "present"}}))
    assert [s.words for s in observation.seen] == ["present", "at least small"]
    assert isinstance(observation.seen[0], Seen)


# --- certainty -------------------------------------------------------------------------------


def unsure(value: str = "present", certainty: float = 0.8, **more: Any) -> dict[str, Any]:
    return {"value": value, "certainty": certainty, **more}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"ache": unsure()}, ("ache", 1, 1, 0.25, "present, 80 % sure")),
        ({"ache": unsure("absent", 0.75)}, ("ache", 0, 0, 1 / 3, "absent, 75 % sure")),
        ({"ache": unsure(certainty=1)}, ("ache", 1, 1, 0, "present")),
        ({"size": {"at_least": "small", "certainty": 0.8}}, ("size", 1, 2, 0.25, "at least small, 80 % sure")),
        ({"size": {"at_most": "small", "certainty": 0.8}}, ("size", 0, 1, 0.25, "at most small, 80 % sure")),
        ({"lump": unsure()}, ("lump@legs", 1, 2, 0.25, "present, 80 % sure")),
        ({"lump": unsure(leg="right")}, ("lump@index", 1, 1, 0.25, "present, 80 % sure")),
    ],
)
def test_certainty_becomes_doubt(tiny: Model, written: dict[str, Any], expected: tuple[Any, ...]) -> None:
    """A report that is right with probability c has likelihood (1 - c) / c where it is wrong."""
    [s] = observe(tiny, case(findings=written)).seen
    assert (s.node, s.lowest, s.highest, s.words) == (*expected[:3], expected[4])
    assert s.doubt == pytest.approx(expected[3])


def test_one_leg_may_be_doubtful(tiny: Model) -> None:
    right, left = observe(tiny, case(findings={"lump": [unsure(leg="right"), {"value": "absent", "leg": "left"}]})).seen
    assert (right.node, right.lowest, left.node, left.lowest, left.doubt) == ("lump@index", 1, "lump@other", 0, 0)
    assert right.doubt == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("findings", "message"),
    [
        ({"calf": unsure("40 cm", leg="right")}, "calf is measured and cannot be doubtful"),
        ({"swelling": "present", "pitting": unsure()}, "pitting, which is part of swelling, cannot be doubtful"),
        (
            {"swelling": unsure(), "pitting": "absent"},
            "swelling is doubtful, while pitting, which is part of it, is answered",
        ),
        ({"size": unsure("small")}, "a grade of size between others cannot be doubtful"),
        ({"lump": unsure(leg="both")}, "lump is said of both legs alike, and not of both with certainty"),
        (
            {"lump": [unsure("absent", leg="right"), {"value": "absent", "leg": "left"}]},
            "lump is said of both legs alike",
        ),
        ({"lump": [unsure(leg="right"), {"value": "absent"}]}, "lump is stated with and without a leg"),
        ({"lump": [unsure(), {"value": "present", "leg": "left"}]}, "lump is stated with and without a leg"),
        ({"ache": [unsure(), {"value": "present"}]}, "ache is stated twice, and not both times with certainty"),
        ({"pressure": unsure("absent", leg="right"), "ratio": {"right": 0.3}}, "pressure is stated twice"),
    ],
)
def test_doubt_that_is_not_read(tiny: Model, findings: dict[str, Any], message: str) -> None:
    assert only_fault(tiny, findings=findings).message.startswith(message)


def test_a_child_is_not_asked_while_its_parent_is_in_doubt(tiny: Model) -> None:
    for certainty, asked in ((1, True), (0.8, False)):
        observation = observe(tiny, case(findings={"swelling": unsure(certainty=certainty)}))
        assert ("pitting" in {c.finding for c in candidates(tiny, observation)}) == asked


@pytest.mark.parametrize(
    ("value", "certainty", "chances"),
    [
        ("present", 1, (0.64, 0.1)),
        ("present", 0.8, (0.64 + 0.25 * 0.36, 0.1 + 0.25 * 0.9)),
        ("absent", 0.8, (0.36 + 0.25 * 0.64, 0.9 + 0.25 * 0.1)),
        ("absent", 0.9, (0.36 + 0.64 / 9, 0.9 + 0.1 / 9)),
    ],
)
def test_what_a_doubtful_report_does_to_a_probability(
    value: str, certainty: float, chances: tuple[float, float]
) -> None:
    """Red (0.1) brings pallor in 0.64, its absence in 0.1; by Bayes."""
    model = model_of(condition("red", 0.1, {"pallor": 0.64}), findings=(finding("pallor", 0.1),))
    seen = observe(model, case(findings={"pallor": unsure(value, certainty)}))
    [red] = posterior(model, seen).conditions
    expected = 0.1 * chances[0] / (0.1 * chances[0] + 0.9 * chances[1])
    assert red.probability == pytest.approx(expected)
    assert red.weights[0].decibans == pytest.approx(10 * log10(chances[0] / chances[1]))
    if value == "present":  # Red explains pallor that is there, by red and not by its leak.
        assert red.explains["pallor"] == pytest.approx(expected * 0.6 * 0.9 / chances[0])
