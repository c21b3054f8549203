"""Self-consistency: figures worked out on paper, and planted faults that must show."""

from __future__ import annotations

from dataclasses import replace
from math import log
from typing import Any

import numpy as np
import pytest

from saphena import Model
from saphena.evaluation import selfcheck
from saphena.evaluation.recording import mechanism_truth, recordings
from saphena.evaluation.selfcheck import Answered, calibration, decision_curves, self_consistency
from saphena.evaluation.variants import with_priors
from saphena.inference.crowd import Recording, crowd
from saphena.inference.steps import ABSENT
from saphena.model.network import Model as Compiled
from tests.tiny import condition, finding, mechanism, model_of


def pair(**more: Any) -> Model:
    """Two illnesses of three findings; the first must not be missed."""
    return model_of(
        condition("a", 0.2, {"ache": 0.8, "itch": 0.3}, must_not_miss={"threshold": 0.25, "triage": "urgent"}, **more),
        condition("b", 0.1, {"ache": 0.5, "rash": 0.7}),
        findings=(finding("ache", 0.1), finding("itch", 0.05), finding("rash", 0.05)),
    )


def said(model: Model, probabilities: Any, true: Any) -> Answered:
    """Answers by hand for as many people."""
    p, t = np.array(probabilities, dtype=float), np.array(true, dtype=float)
    people = crowd(model, len(p), "primary_care", np.random.default_rng(0), Recording(0.0, 0.0))
    people = replace(people, state=np.where(t > 0, np.arange(t.shape[1]), ABSENT))
    return Answered(people, p, t, p, 0)


def test_figures_of_four_pairs_on_paper() -> None:
    found = calibration(said(pair(), [[0.1, 0.9], [0.3, 0.9]], [[0, 1], [1, 0]]))
    assert found.brier == pytest.approx((0.01 + 0.01 + 0.49 + 0.81) / 4)
    assert found.log_loss == pytest.approx(-(2 * log(0.9) + log(0.3) + log(0.1)) / 4)
    assert [one.count for one in found.bins] == [0, 1, 1, 0, 2, 0]
    assert (found.bins[4].said, found.bins[4].true) == (pytest.approx(0.9), 0.5)
    # Wilson interval of 1 of 2: centre 0.5, half-width z sqrt(0.25 / 2 + z^2 / 16) / (1 + z^2 / 2).
    z = 1.959964
    half = z * (0.25 / 2 + z**2 / 16) ** 0.5 / (1 + z**2 / 2)
    assert (found.bins[4].true_low, found.bins[4].true_high) == pytest.approx((0.5 - half, 0.5 + half), abs=1e-6)
    # Excess 0.1 and -0.9 in two people; as pairs the variance is 0.18, as people 0.82.
    assert found.bins[4].errors == pytest.approx(-0.8 / 0.82**0.5)


def test_bins_hold_their_lower_ends_and_the_last_holds_one() -> None:
    found = calibration(
        said(pair(), [[0.0, 0.05], [0.2, 0.5], [0.8, 0.95], [1.0, 1.0]], [[0, 0], [0, 1], [1, 1], [1, 1]])
    )
    assert [one.count for one in found.bins] == [1, 1, 1, 1, 1, 3]


def test_net_benefit_on_paper() -> None:
    model = pair()
    answers = said(model, [[0.6, 0], [0.3, 0], [0.3, 0], [0.1, 0]], [[1, 0], [1, 0], [0, 0], [0, 1]])
    own = next(curve for curve in decision_curves(model, answers) if curve.own)
    # At 0.25 a false positive costs a third of a true one. Acting on three: 2 - 1/3; on all four: 2 - 2/3.
    assert own.threshold == 0.25
    assert own.by_model == pytest.approx(1000 * (2 - 1 / 3) / 4)
    assert own.act_all == pytest.approx(1000 * (2 - 2 / 3) / 4)
    assert own.present == 2
    half = next(curve for curve in decision_curves(model, answers) if curve.threshold == 0.5)
    assert half.by_model == pytest.approx(1000 * 1 / 4)
    assert {curve.condition for curve in decision_curves(model, answers)} == {"a"}


def test_only_states_that_must_not_be_missed_count() -> None:
    from tests.tiny import state

    model = model_of(
        condition(
            "a", None, {}, states=(state("mild", 0.2, {"ache": 0.5}), state("bad", 0.1, {"ache": 0.9})),
            must_not_miss={"threshold": 0.5, "triage": "urgent", "states": ["bad"]},
        ),
        findings=(finding("ache", 0.1),),
    )  # fmt: skip
    answers = said(model, [[0.9], [0.9]], [[1], [1]])
    answers = replace(answers, state=np.array([[0.6, 0.3], [0.1, 0.8]]))
    answers = replace(answers, crowd=replace(answers.crowd, state=np.array([[0], [1]])))
    own = next(curve for curve in decision_curves(model, answers) if curve.own)
    assert (own.present, own.by_model) == (1, 500.0)


@pytest.mark.parametrize("seed", range(8))
def test_a_model_that_is_right_is_consistent(seed: int) -> None:
    found = self_consistency(pair(), 2000, seed=seed, recorded=0.5)
    assert found.consistent, found
    assert found.label == "self-consistency, tier T0"
    assert found.looked_at > 5


def test_the_real_model_is_consistent(model: Model) -> None:
    found = self_consistency(model, 2500, seed=3)
    assert found.consistent, found
    assert found.calibration.people == 2500


def test_p_values_are_not_too_small_nor_too_large() -> None:
    values = [self_consistency(pair(), 600, seed=s, recorded=0.5).calibration.p_value for s in range(40)]
    assert 0.35 < np.mean(values) < 0.65
    assert min(values) < 0.3
    assert max(values) > 0.7


# --- planted faults --------------------------------------------------------------------------------


def with_link(model: Model, state: int, node: str, q: float) -> Model:
    link = model.network.link.copy()
    link[state, model.node_index[node]] = (1 - q, q)
    return Compiled(model.knowledge, replace(model.network, link=link), "wrong link")


def test_a_wrong_link_shows_and_is_named() -> None:
    right = pair()
    wrong = with_link(right, 1, "rash", 0.3)
    found = self_consistency(wrong, 10_000, drawn_from=right, recorded=0.5)
    assert not found.consistent
    assert ("b", "rash") in {(one.condition, one.finding) for one in found.deviations}
    assert not {"itch"} & {one.finding for one in found.deviations}


def test_a_wrong_prior_shows_and_is_named() -> None:
    right = pair()
    found = self_consistency(with_priors(right, np.array([1.0, 2.0])), 4000, drawn_from=right, recorded=0.5)
    assert not found.consistent
    everybody = {one.condition: one for one in found.deviations if one.finding is None}
    assert set(everybody) == {"b"}
    assert everybody["b"].expected > everybody["b"].seen


def test_one_wrong_prior_among_the_real_ones_shows(model: Model) -> None:
    frequent = crowd(model, 500, "primary_care", np.random.default_rng(0)).presence().sum(axis=0).argmax()
    factors = np.ones(len(model.conditions))
    factors[frequent] = 2.0
    found = self_consistency(with_priors(model, factors), 2500, drawn_from=model)
    assert not found.consistent
    assert model.conditions[frequent] in {one.condition for one in found.deviations if one.finding is None}


@pytest.mark.parametrize("fault", ["overconfident", "swapped", "one finding unread"])
def test_a_wrong_engine_shows(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model, true_batch = pair(), selfcheck.posterior_batch

    def wrong(model: Model, columns: Any) -> Any:
        if fault == "one finding unread":
            columns = columns._replace(lowest=np.zeros_like(columns.lowest))  # All read as absent.
        found = true_batch(model, columns)
        if fault == "swapped":
            return replace(found, presence=found.presence[:, ::-1])
        if fault == "overconfident":
            odds = (found.presence / (1 - found.presence)) ** 1.3
            return replace(found, presence=odds / (1 + odds))
        return found

    monkeypatch.setattr(selfcheck, "posterior_batch", wrong)
    assert not self_consistency(model, 3000, recorded=0.16).consistent


def test_people_without_an_answer_are_counted_and_are_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    true_batch = selfcheck.posterior_batch

    def wide(model: Model, columns: Any) -> Any:
        found = true_batch(model, columns)
        found.status[:30] = 3
        return found

    monkeypatch.setattr(selfcheck, "posterior_batch", wide)
    found = self_consistency(pair(), 1000, recorded=0.5)
    assert (found.calibration.people, found.calibration.unanswered, found.consistent) == (970, 30, False)


# --- recording and mechanisms ----------------------------------------------------------------------


def many(**more: Any) -> Model:
    """Two illnesses with cardinal findings that are frequent in them."""
    names = [f"f{i}" for i in range(8)]
    return model_of(
        condition("a", 0.3, dict.fromkeys(names[:6], 0.7)),
        condition("b", 0.3, dict.fromkeys(names[2:], 0.6)),
        findings=tuple(finding(n, 0.1, cardinal=True) for n in names),
        **more,
    )


def test_selective_recording_makes_confident_and_soft_negatives_repair_some() -> None:
    equal, *selective = recordings(many(), 2500)
    assert equal.calibration.p_value > 0.001
    assert [one.kappa for one in selective] == [0.0, 0.3, 0.5, 0.7]
    said_too_high = [sum(b.count * (b.said - b.true) for b in one.calibration.bins) for one in selective]
    assert said_too_high[0] > 0.02 * selective[0].calibration.people
    assert selective[0].calibration.p_value < 1e-6
    losses = [one.calibration.log_loss for one in selective]
    assert losses[3] < losses[2] < losses[1] < losses[0]


def test_without_its_mechanism_a_model_is_overconfident() -> None:
    names = [f"f{i}" for i in range(6)]
    model = model_of(
        condition("a", 0.2, mechanisms={"m": 0.6}),
        findings=tuple(finding(n, 0.05) for n in names),
        mechanisms=(mechanism("m", 0.05, dict.fromkeys(names, 0.8)),),
    )
    right, folded = mechanism_truth(model, 4000, recording=Recording(0.5, 0.5))
    assert right.calibration.p_value > 0.001
    assert folded.calibration.p_value < 1e-6
    assert folded.calibration.log_loss > right.calibration.log_loss
    assert folded.calibration.bins[-1].said > folded.calibration.bins[-1].true_high
