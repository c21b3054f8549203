"""From evidence to what is shown: posteriors on paper, a ledger that adds up, fit, groups and words."""

from __future__ import annotations

from math import log
from typing import Any

import pytest

from saphena import Model, assess
from saphena.inference.evidence import ImpossibleEvidence
from tests.tiny import case, condition, finding, mechanism, model_of, state
from tests.unit.paper import SEVERAL, decibans, inferred, lone, one, probabilities, two_causes

# --- posteriors on paper ---------------------------------------------------------------------


def test_two_causes_of_a_present_finding() -> None:
    # No ache: 0.8 (1 - 0.1 x 0.5)(1 - 0.2 x 0.25) = 0.722, ache: 0.278.
    # Blue and ache: 0.1 x 0.62, green and ache: 0.2 x 0.43.
    found = probabilities(two_causes(), findings={"ache": "present"})
    assert found == pytest.approx({"blue": 0.062 / 0.278, "green": 0.086 / 0.278})


def test_two_causes_of_an_absent_finding() -> None:
    found = probabilities(two_causes(), findings={"ache": "absent"})
    assert found == pytest.approx({"blue": 0.1 * 0.38 / 0.722, "green": 0.2 * 0.57 / 0.722})


def test_a_known_cause_explains_the_other_away() -> None:
    # With green known: blue and ache 0.1 (1 - 0.8 x 0.5 x 0.75) = 0.07; without blue 0.9 (1 - 0.8 x 0.75) = 0.36.
    model = two_causes()
    found = probabilities(model, findings={"ache": "present"}, known_conditions=["green"])
    assert found == pytest.approx({"blue": 0.07 / 0.43, "green": 1.0})
    assert found["blue"] < probabilities(model, findings={"ache": "present"})["blue"]


def test_nothing_said_leaves_the_priors() -> None:
    assert probabilities(two_causes()) == pytest.approx({"blue": 0.1, "green": 0.2})


def test_grades_seen_as_an_interval() -> None:
    # Links small 0.3, large 0.2 and no leak. Up to small: 1 - 0.2; at least small: 0.5.
    model = model_of(
        condition("blue", 0.1, {"size": {"small": 0.3, "large": 0.2}}),
        findings=(finding("size", {"small": 0.0, "large": 0.0}),),
    )
    assert probabilities(model, findings={"size": {"at_most": "small"}})["blue"] == pytest.approx(0.08 / 0.98)
    assert probabilities(model, findings={"size": "none"})["blue"] == pytest.approx(0.05 / 0.95)
    assert probabilities(model, findings={"size": {"at_least": "small"}})["blue"] == pytest.approx(1.0)


def test_states_share_the_probability_of_their_condition() -> None:
    # Links 0.1 and 0.5, leak 0.2: ache in mild 1 - 0.8 x 0.9 = 0.28, in bad 1 - 0.8 x 0.5 = 0.6, without 0.2.
    stages = condition("blue", None, states=[state("mild", 0.1, {"ache": 0.28}), state("bad", 0.1, {"ache": 0.6})])
    found = one(inferred(model_of(stages, findings=(finding("ache", 0.2),)), findings={"ache": "present"}))
    total = 0.1 * 0.28 + 0.1 * 0.6 + 0.8 * 0.2
    assert found.states == pytest.approx({"mild": 0.028 / total, "bad": 0.06 / total})
    assert found.probability == pytest.approx(0.088 / total)


def test_a_mechanism_ties_its_findings_together() -> None:
    # Blue switches heat on in 0.5; heat causes rash (0.4) and glow (0.5); no leak anywhere.
    # Both present: 0.1 x 0.5 x 0.4 x 0.5; so blue is certain, and with neither it is 0.1 (0.5 + 0.5 x 0.6 x 0.5).
    model = model_of(
        condition("blue", 0.1, mechanisms={"heat": 0.5}),
        findings=(finding("rash", 0.0), finding("glow", 0.0)),
        mechanisms=(mechanism("heat", 0.0, {"rash": 0.4, "glow": 0.5}),),
    )
    found = inferred(model, findings={"rash": "present", "glow": "present"})
    assert one(found).probability == pytest.approx(1.0)
    assert found.log_evidence == pytest.approx(log(0.01))
    assert probabilities(model, findings={"rash": "absent", "glow": "absent"})["blue"] == pytest.approx(
        0.1 * 0.65 / (0.1 * 0.65 + 0.9)
    )


def test_what_nothing_can_cause_is_impossible() -> None:
    model = model_of(condition("blue", 0.1), findings=(finding("ache", 0.0),))
    with pytest.raises(ImpossibleEvidence, match="no cause in the model, and no chance without one"):
        inferred(model, findings={"ache": "present"})
    [warning] = assess(model, case(findings={"ache": "present"})).warnings
    assert "no cause in the model" in warning


# --- the ledger ------------------------------------------------------------------------------


def test_a_single_finding_weighs_the_whole_change() -> None:
    found = one(inferred(two_causes(), findings={"ache": "present"}))
    assert found.weights[0].decibans == pytest.approx(decibans(0.062 / 0.278) - decibans(0.1))
    assert found.shared_decibans == pytest.approx(0.0, abs=1e-9)


def test_the_ledger_adds_up_from_prior_to_posterior_odds(small: Model) -> None:
    for c in inferred(small, findings=SEVERAL).conditions:
        total = decibans(c.prior) + sum(w.decibans for w in c.weights) + c.shared_decibans
        assert total == pytest.approx(decibans(c.probability), abs=1e-9)


def test_shared_evidence_is_not_nothing(small: Model) -> None:
    found = inferred(small, findings={"redness": "present", "warmth": "present"})
    assert abs(one(found, "green_sickness").shared_decibans) > 0.1


@pytest.mark.parametrize("left_out", ["ache", "itch", "redness", "lump", "size"])
def test_a_weight_is_the_change_when_its_finding_is_left_out(small: Model, left_out: str) -> None:
    with_all = one(inferred(small, findings=SEVERAL), "blue_sickness")
    rest = {k: v for k, v in SEVERAL.items() if k != left_out}
    without = one(inferred(small, findings=rest), "blue_sickness")
    if left_out == "lump":  # Two nodes, one for each leg.
        assert len([w for w in with_all.weights if w.seen.finding == "lump"]) == 2
        return
    [weight] = [w for w in with_all.weights if w.seen.finding == left_out]
    assert weight.decibans == pytest.approx(decibans(with_all.probability) - decibans(without.probability), abs=1e-9)


def test_weights_stand_in_the_order_of_their_size(small: Model) -> None:
    sizes = [abs(w.decibans) for w in one(inferred(small, findings=SEVERAL), "blue_sickness").weights]
    assert sizes == sorted(sizes, reverse=True)


def test_a_certain_condition_has_no_ledger() -> None:
    assert one(inferred(two_causes(), findings={"ache": "present"}, known_conditions=["blue"])).weights == ()


# --- narratives ------------------------------------------------------------------------------


def narrated(obtained: str = "history", examined: tuple[str, ...] = (), sensitivity: float = 0.5, **more: Any) -> float:
    """P(blue) in a letter that does not mention the ache, which blue causes in 0.5."""
    model = model_of(
        condition("blue", 0.1, {"ache": sensitivity}, two_sided=0.4),
        findings=(finding("ache", 0.0, cardinal=True, **more),),
        obtained_by={"ache": obtained},
    )
    return probabilities(model, recording="narrative", examined=examined)["blue"]


# Kappa 0.3: 0.1 (1 - 0.3 x 0.5) = 0.085 against 0.9; kappa 0.5: 0.1 (1 - 0.5 x 0.5) = 0.075.
SOFT, EXAMINED = 0.085 / 0.985, 0.075 / 0.975


def test_a_cardinal_symptom_that_a_letter_does_not_mention_counts_a_little() -> None:
    assert narrated() == pytest.approx(SOFT)


def test_a_sign_counts_more_where_the_region_was_examined() -> None:
    assert narrated("examination", ("leg",)) == pytest.approx(EXAMINED)
    assert narrated("examination", ("back",)) == pytest.approx(SOFT)
    assert narrated("history", ("leg",)) == pytest.approx(SOFT)


def test_a_sign_of_either_leg_counts_once() -> None:
    assert narrated(sided=True) == pytest.approx(SOFT)


@pytest.mark.parametrize("obtained", ["laboratory", "imaging"])
def test_investigations_that_a_letter_does_not_mention_say_nothing(obtained: str) -> None:
    assert narrated(obtained) == pytest.approx(0.1)


def test_red_flags_that_a_letter_does_not_mention_say_nothing() -> None:
    assert narrated(red_flag=True) == pytest.approx(0.1)


def unmentioned(**said: Any) -> float:
    """P(blue) where the ache, with its child, could have been mentioned."""
    model = model_of(
        condition("blue", 0.1, {"ache": 0.5, "nightly": 0.9}),
        findings=(finding("ache", 0.0, cardinal=True), finding("nightly", 0.1, given="ache", cardinal=True)),
    )
    return probabilities(model, **said)["blue"]


def test_in_an_interview_what_was_not_asked_is_unknown() -> None:
    assert unmentioned() == pytest.approx(0.1)


def test_a_child_that_a_letter_does_not_mention_says_nothing_of_its_own() -> None:
    assert unmentioned(recording="narrative") == pytest.approx(SOFT)


def test_what_a_letter_says_is_unknown_is_mentioned() -> None:
    assert unmentioned(recording="narrative", findings={"ache": "unknown"}) == pytest.approx(0.1)


def test_what_a_letter_denies_is_absent() -> None:
    assert unmentioned(recording="narrative", findings={"ache": "absent"}) == pytest.approx(0.05 / 0.95)


def test_a_finding_that_is_not_cardinal_is_not_missed() -> None:
    model = model_of(condition("blue", 0.1, {"ache": 0.5}), findings=(finding("ache", 0.0),))
    assert probabilities(model, recording="narrative")["blue"] == pytest.approx(0.1)


def test_the_onset_is_not_missed() -> None:
    model = model_of(
        condition("blue", 0.1, {"onset": {"weeks": 0.5, "sudden": 0.3}}),
        findings=(finding("onset", {"weeks": 0.0, "sudden": 0.0}, scale="complaint", cardinal=True),),
    )
    assert probabilities(model, recording="narrative")["blue"] == pytest.approx(0.1)


def test_a_soft_negative_reaches_through_a_mechanism() -> None:
    # Heat, on in half of blue, causes the ache in 0.4: 0.1 (0.5 + 0.5 (1 - 0.3 x 0.4)) = 0.094.
    model = model_of(
        condition("blue", 0.1, mechanisms={"heat": 0.5}),
        findings=(finding("ache", 0.0, cardinal=True),),
        mechanisms=(mechanism("heat", 0.0, {"ache": 0.4}),),
    )
    assert probabilities(model, recording="narrative")["blue"] == pytest.approx(0.094 / 0.994)


# --- what explains what ----------------------------------------------------------------------


def test_shares_of_a_finding_by_hand() -> None:
    # Ache: 1 - 0.8 x 0.95 = 0.24. By no condition: leak alone, 0.2 x 0.95 = 0.19.
    # Gone without blue: blue acts and the leak does not, 0.1 x 0.5 x 0.8 = 0.04.
    found = inferred(lone(0.2), findings={"ache": "present"})
    assert found.unexplained == pytest.approx({"ache": 0.19 / 0.24})
    assert found.poor_fit == pytest.approx(0.19 / 0.24)
    assert found.nothing_explains == pytest.approx(0.19 / 0.24)
    assert one(found).explains == pytest.approx({"ache": 0.04 / 0.24})


def test_findings_outside_the_vocabulary_count_as_unexplained() -> None:
    found = inferred(lone(0.2), findings={"ache": "present"}, other_findings=["blue tongue"])
    assert found.poor_fit == pytest.approx(0.19 / 0.24)
    assert found.poor_fit_with_others == pytest.approx((0.19 / 0.24 + 1) / 2)


def test_absent_findings_need_no_explanation() -> None:
    found = inferred(lone(0.2), findings={"ache": "absent"})
    assert (found.unexplained, found.poor_fit, found.nothing_explains) == ({}, None, None)


@pytest.mark.parametrize(("obtained", "more", "counted"), [
    ("history", {}, True),
    ("examination", {}, True),
    ("laboratory", {}, False),
    ("imaging", {}, False),
    ("examination", {"incidental": True}, False),
])  # fmt: skip
def test_only_the_complaint_counts_in_the_fit(obtained: str, more: dict[str, Any], counted: bool) -> None:
    model = model_of(
        condition("blue", 0.1, {"ache": 0.6}), findings=(finding("ache", 0.2, **more),), obtained_by={"ache": obtained}
    )
    found = inferred(model, findings={"ache": "present"})
    assert (found.poor_fit is not None) is counted
    assert ("ache" in one(found).explains) is counted


def test_the_onset_does_not_count_in_the_fit() -> None:
    model = model_of(
        condition("blue", 0.5, {"onset": {"weeks": 0.5, "sudden": 0.3}}),
        findings=(finding("onset", {"weeks": 0.1, "sudden": 0.1}, scale="complaint"),),
    )
    assert inferred(model, findings={"onset": "sudden"}).poor_fit is None


@pytest.mark.parametrize(("share", "level"), [(0.14, "explained"), (0.16, "partly"), (0.34, "partly"), (0.36, "poor")])
def test_levels_of_fit(share: float, level: str) -> None:
    # Blue acts in 0.5 x 0.8 = 0.4. Unexplained share u = 0.6 l / (0.4 + 0.6 l), so the leak l = 0.4 u / (0.6 (1 - u)).
    model = lone(0.4 * share / (0.6 * (1 - share)), p=0.5, link=0.8)
    fit = assess(model, case(findings={"ache": "present"})).fit
    assert fit.poor_fit == pytest.approx(share)
    assert fit.level == level


def test_a_finding_outside_the_vocabulary_never_makes_a_poor_fit_by_itself() -> None:
    fit = assess(lone(0.01, p=0.5, link=0.8), case(findings={"ache": "present"}, other_findings=["blue tongue"])).fit
    assert fit.level == "partly"
    assert fit.sentence == "Some findings are not explained: blue tongue."


def test_a_poor_fit_names_what_is_not_explained() -> None:
    fit = assess(lone(0.2), case(findings={"ache": "present"})).fit
    assert (fit.level, fit.unexplained) == ("poor", ("ache",))
    assert fit.sentence == "No condition here explains the picture well."


@pytest.mark.parametrize(("share", "named"), [(0.49, ()), (0.51, ("ache",))])
def test_a_finding_is_named_unexplained_from_one_half_on(share: float, named: tuple[str, ...]) -> None:
    model = lone(0.4 * share / (0.6 * (1 - share)), p=0.5, link=0.8)
    assert assess(model, case(findings={"ache": "present"})).fit.unexplained == named


@pytest.mark.parametrize(("leak", "accounted"), [(0.32, ("ache",)), (0.35, ())])
def test_a_condition_accounts_for_what_would_probably_go_with_it(leak: float, accounted: tuple[str, ...]) -> None:
    # In blue the ache goes with it in 0.5 (1 - l) of 1 - 0.5 (1 - l): one half at a leak of one third.
    [blue] = assess(lone(leak), case(findings={"ache": "present"})).differential
    assert blue.explains == accounted
    assert blue.of == 1


def test_the_fit_of_nothing() -> None:
    assert assess(lone(0.2), case()).fit.level == "no_findings"
