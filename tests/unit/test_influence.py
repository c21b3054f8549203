"""What the model's numbers do to an answer, against sums on the draws themselves and models compiled anew."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from saphena import Case, Model, assess
from saphena.inference.influence import at_ends, contrasts, correlations
from saphena.inference.observe import observe
from saphena.inference.posterior import posterior
from saphena.inference.uncertainty import Drawn, bank_of, draw
from saphena.model.numbers import Sensitivity
from saphena.pathway.influence import influence, stability
from saphena.pathway.triage import triage
from tests.tiny import case, condition, finding, flag, links, model_of, prior

CASE = {
    "age": 58,
    "sex": "female",
    "setting": "primary_care",
    "index_leg": "left",
    "context": {"active_cancer": "present"},
    "findings": {"calf_pain": {"left": "present"}, "leg_swelling": {"left": "present"}, "onset": "days"},
}
DANGER = {"threshold": 0.1, "triage": "same_day"}


def column(model: Model, kind: str, owner: str, about: str) -> int:
    names = [(n.kind, n.owner, n.about) for n in bank_of(model).numbers]
    return names.index((kind, owner, about))


def ranged(p: float, low: float, high: float) -> dict[str, Any]:
    return {setting: {**number, "range": (low, high)} for setting, number in prior(p).items()}


def one_danger(p: float = 0.12, **more: Any) -> Model:
    """One dangerous illness whose prior is unsure, and a finding that says nothing of it."""
    return model_of(
        condition("green", None, {"ache": 0.5}, must_not_miss=DANGER, prior=ranged(p, 0.05, 0.25)),
        findings=(finding("ache", 0.1), finding("rash", 0.1)),
        **more,
    )


def drawn_prior(model: Model, p: float) -> np.ndarray:
    """The drawn priors, from the log factors on the odds."""
    shift = bank_of(model).factors[:, column(model, "prior", "green", "primary_care")].astype(float)
    odds = p / (1 - p) * np.exp(shift)
    return np.asarray(odds / (1 + odds))


# --- the leader's probability ----------------------------------------------------------------


@pytest.mark.parametrize("end", [0.025, 0.975])
def test_the_ends_of_a_sensitivity_are_those_of_a_model_with_that_sensitivity(end: float) -> None:
    def with_sensitivity(s: float, **parent: Any) -> Model:
        file = condition("green", 0.2)
        number = file.model_copy(
            update={"findings": {"ache": Sensitivity.model_validate({**links({"ache": s})["ache"], **parent})}}
        )
        return model_of(number, findings=(finding("ache", 0.1),))

    model = with_sensitivity(0.6, range=(0.3, 0.9))
    at = column(model, "sensitivity", "green", "ache")
    # A factor on the link; the link solves 1 - s = (1 - q)(1 - leak).
    q = 1 - (1 - 0.6) / 0.9
    s = 1 - (1 - q * float(np.quantile(bank_of(model).factors[:, at], end))) * 0.9
    said = case(findings={"ache": "present"})
    expected = posterior(anew := with_sensitivity(s), observe(anew, said)).conditions[0].probability
    found = at_ends(model, observe(model, said), np.array([at]))[0, 0 if end < 0.5 else 1, 0]
    assert found == pytest.approx(expected, abs=1e-6)
    assert abs(found - posterior(model, observe(model, said)).conditions[0].probability) > 0.02


def test_the_ends_of_a_prior_are_the_ends_of_its_draws() -> None:
    model = one_danger()
    at = column(model, "prior", "green", "primary_care")
    low, high = np.quantile(drawn_prior(model, 0.12), [0.025, 0.975])
    found = at_ends(model, observe(model, case()), np.array([at]))[0, :, 0]
    assert found == pytest.approx([low, high], abs=1e-6)


def test_a_number_alone_bears_the_whole_spread() -> None:
    model = one_danger()
    answer = influence(model, observe(model, case(findings={"rash": "present"})), "green")
    first = answer.numbers[0]
    assert (first.number.kind, first.number.owner) == ("prior", "green")
    assert first.share_of_spread == pytest.approx(1.0, abs=1e-6)
    assert first.correlation == pytest.approx(1.0, abs=1e-6)
    assert all(n.share_of_spread < 0.02 for n in answer.numbers[1:])
    assert all(n.low == pytest.approx(n.high) for n in answer.numbers[1:])


def test_correlation_is_that_of_the_draws(model: Model) -> None:
    drawn = draw(model, observe(model, Case.model_validate(CASE)))
    at = model.conditions.index("deep_vein_thrombosis")
    p = drawn.presence[:, at]
    found = correlations(model, drawn, at)
    for n in (0, len(drawn.used) // 2, len(drawn.used) - 1):
        expected = np.corrcoef(bank_of(model).factors[: len(p), drawn.used[n]], np.log(p / (1 - p)))[0, 1]
        assert found[n] == pytest.approx(expected, abs=1e-6)


def test_numbers_that_bear_on_the_case_are_named(model: Model) -> None:
    answer = influence(model, observe(model, Case.model_validate(CASE)), "deep_vein_thrombosis", top=8)
    names = {(n.number.kind, n.number.owner, n.number.about) for n in answer.numbers[:8]}
    assert ("prior", "deep_vein_thrombosis", "primary_care") in names
    assert not any(n.number.about == "vascular_clinic" for n in answer.numbers)
    for n in answer.numbers:
        assert n.low <= answer.probability + 1e-9
        assert n.high >= answer.probability - 1e-9


def test_an_unknown_condition_is_refused(model: Model) -> None:
    with pytest.raises(KeyError):
        influence(model, observe(model, Case.model_validate(CASE)), "dragon_pox")


# --- order and triage ------------------------------------------------------------------------


def test_tenths_are_compared_as_written_out(model: Model) -> None:
    observation = observe(model, Case.model_validate(CASE))
    drawn = draw(model, observation, 400)
    outcome = drawn.presence[:, 0]
    found = contrasts(model, drawn, outcome)
    factors = bank_of(model).factors[:400, drawn.used[3]]
    order = sorted(range(400), key=lambda i: factors[i])
    low, high = outcome[order[:40]], outcome[order[-40:]]
    assert found.change[3] == pytest.approx(high.mean() - low.mean())
    assert found.error[3] == pytest.approx(np.hypot(low.std(ddof=1), high.std(ddof=1)) / np.sqrt(40))


def test_shares_of_triage_are_those_of_the_drawn_priors() -> None:
    model = one_danger()
    expected = float((drawn_prior(model, 0.12) >= 0.1).mean())
    assert 0.2 < expected < 0.9
    answer = influence(model, observe(model, case(findings={"rash": "absent"})))
    assert answer.at_least == {"emergency": 0.0, "same_day": pytest.approx(expected), "urgent": pytest.approx(expected)}
    assert answer.stability.triage_same == pytest.approx(expected)
    first = answer.numbers[0]
    assert first.triage_change["same_day"] == pytest.approx(1.0)
    assert first.triage_change["emergency"] == 0.0


def test_below_the_threshold_triage_is_the_same_where_it_stays_below() -> None:
    model = one_danger(p=0.08)
    expected = float((drawn_prior(model, 0.08) < 0.1).mean())
    answer = influence(model, observe(model, case(findings={"rash": "absent"})))
    assert answer.stability.triage_same == pytest.approx(expected)


def test_a_red_flag_depends_on_no_number() -> None:
    model = one_danger(flags=(flag("rash_now", "emergency", {"present": "rash"}, ("rash",)),))
    answer = influence(model, observe(model, case(findings={"rash": "present"})))
    assert answer.stability.triage_same == 1.0
    assert answer.at_least["same_day"] < 1.0


def rivals(unsure: float = 0.35) -> Model:
    """Red leads blue with the numbers as authored; its prior is unsure."""
    found = {"ache": 0.9, "sore": 0.9}
    return model_of(
        condition("red", None, found, prior=ranged(0.25, 0.25 - 0.2, 0.25 + unsure)),
        condition("blue", 0.2, found, benign=True),
        findings=(finding("ache", 0.02), finding("sore", 0.02)),
    )


def test_the_leader_stays_first_where_its_prior_stays_ahead() -> None:
    """Both explain alike, so that the one of the higher drawn prior leads."""
    model = rivals()
    said = case(findings={"ache": "present", "sore": "present"})
    shift = bank_of(model).factors.astype(float)
    red = np.log(0.25 / 0.75) + shift[:, column(model, "prior", "red", "primary_care")]
    blue = np.log(0.2 / 0.8) + shift[:, column(model, "prior", "blue", "primary_care")]
    answer = influence(model, observe(model, said), draws=1000)
    assert answer.condition == "red"
    assert answer.stability.leader == "red"
    # Links are drawn as well, those of both ailments with little effect on which of them leads.
    assert answer.stability.leader_first == pytest.approx(float((red > blue).mean()), abs=0.06)
    of_prior = next(n for n in answer.numbers if (n.number.kind, n.number.owner) == ("prior", "red"))
    order = np.argsort(red)
    second = (blue > red)[order]  # Red is then at place 2.
    assert of_prior.rank_change == pytest.approx(float(second[-100:].mean() - second[:100].mean()), abs=0.1)
    assert of_prior.rank_change < -0.5
    of_blue = influence(model, observe(model, said), "blue", draws=1000)
    assert next(n for n in of_blue.numbers if n.number.owner == "red").rank_change > 0.5


def test_a_benign_leader_that_loses_its_lead_changes_self_care() -> None:
    """Red leads without being benign: routine; where blue leads, self-care."""
    model = rivals()
    observation = observe(model, case(findings={"ache": "present", "sore": "present"}))
    belief, drawn = posterior(model, observation), draw(model, observation)
    urgency = triage(model, observation, belief)
    assert urgency.level == "routine"
    found = stability(model, observation, belief, urgency, drawn)
    assert found.leader_first is not None
    assert found.triage_same == pytest.approx(found.leader_first, abs=0.02)


def test_without_findings_nobody_leads() -> None:
    model = rivals()
    observation = observe(model, case())
    belief = posterior(model, observation)
    found = stability(model, observation, belief, triage(model, observation, belief), draw(model, observation))
    assert (found.leader, found.leader_first, found.triage_same) == (None, None, 1.0)


def test_the_assessment_says_how_stable_it_is(model: Model) -> None:
    one = Case.model_validate(CASE)
    answer = assess(model, one, draws=300)
    expected = influence(model, observe(model, one), draws=300).stability
    assert answer.stability is not None
    assert answer.stability.leader_first == expected.leader_first
    assert answer.stability.triage_same == expected.triage_same
    assert assess(model, one).stability is None


def test_draws_that_make_the_case_impossible_count_as_nothing() -> None:
    model = one_danger()
    empty = Drawn(np.zeros((4, 1)), np.zeros((4, 1)), np.zeros(4), np.array([0]))
    assert correlations(model, empty, 0) == pytest.approx([0.0])
