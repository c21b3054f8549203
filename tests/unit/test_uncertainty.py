"""Draws of the authored numbers, and the intervals that come of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from saphena import Case, Model
from saphena.inference.observe import observe
from saphena.inference.posterior import posterior
from saphena.inference.prepare import prepare
from saphena.inference.subset import SubsetProgramme
from saphena.inference.uncertainty import DRAWS, affordable, bank_of, intervals

CASE = {
    "age": 58,
    "sex": "female",
    "setting": "primary_care",
    "index_leg": "left",
    "context": {"active_cancer": "present"},
    "findings": {
        "calf_pain": {"left": "present"},
        "leg_swelling": {"left": "present"},
        "onset": "days",
        "fever": "absent",
    },
}


def test_draws_have_the_authored_number_as_mean(model: Model) -> None:
    bank = bank_of(model)
    scaled = [
        i for i, n in enumerate(bank.numbers) if n.kind in ("leak", "mechanism", "mechanism_finding", "mechanism_leak")
    ]
    means = bank.factors[:, scaled].mean(axis=0)
    # The mean factor of a Beta draw is 1; the standard error of 1,000 draws stays below 0.06 here.
    np.testing.assert_allclose(means, 1.0, atol=0.2)
    assert abs(float(means.mean()) - 1) < 0.01


def test_links_shared_by_states_share_their_draw(model: Model) -> None:
    bank = bank_of(model)
    states = list(model.network.states)
    a = states.index("peripheral_arterial_disease.claudication")
    b = states.index("peripheral_arterial_disease.limb_threatening_ischaemia")
    shared = (bank.link[a] >= 0) & (bank.link[a] == bank.link[b])
    assert shared.any()


def test_intervals_surround_the_point_of_likely_conditions(model: Model) -> None:
    observation = observe(model, Case.model_validate(CASE))
    points = {c.id: c.probability for c in posterior(model, observation).conditions}
    for interval in intervals(model, observation):
        if points[interval.condition] > 0.05:
            assert interval.low < points[interval.condition] < interval.high
            assert interval.average == pytest.approx(points[interval.condition], abs=0.1)
        assert 1 <= interval.best_rank <= interval.worst_rank <= len(model.conditions)


def test_one_number_alone_gives_the_interval_worked_by_hand(model: Model) -> None:
    """With nothing observed the posterior is the prior, so its interval is that of the drawn prior."""
    bare = Case.model_validate({"age": 55, "sex": "unknown", "setting": "primary_care"})
    observation = observe(model, bare)
    prior = prepare(model, observation).prior
    bank = bank_of(model)
    at = model.conditions.index("cellulitis")
    state = int(np.flatnonzero(model.network.condition_of == at)[0])
    shift = bank.factors[:, bank.prior[0, state]].astype(float)
    odds = prior[state] / (1 - prior[state]) * np.exp(shift)
    low, high = np.quantile(odds / (1 + odds), [0.025, 0.975])
    interval = next(i for i in intervals(model, observation) if i.condition == "cellulitis")
    assert interval.low == pytest.approx(low, rel=1e-6)
    assert interval.high == pytest.approx(high, rel=1e-6)


def test_the_same_case_gives_the_same_interval_again(model: Model) -> None:
    observation = observe(model, Case.model_validate(CASE))
    assert intervals(model, observation) == intervals(model, observation)


def test_a_known_condition_has_no_interval_to_speak_of(model: Model) -> None:
    known = Case.model_validate({**CASE, "known_conditions": ["lymphoedema"]})
    interval = next(i for i in intervals(model, observe(model, known)) if i.condition == "lymphoedema")
    assert (interval.low, interval.high) == pytest.approx((1.0, 1.0))


def test_wide_cases_get_fewer_draws(model: Model) -> None:
    programme = SubsetProgramme(prepare(model, observe(model, Case.model_validate(CASE))))
    assert affordable(programme, DRAWS) == DRAWS
    programme.states = 2**20
    assert affordable(programme, DRAWS) == 200


def test_draws_that_change_nothing_are_the_case_itself(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where what is present, and what is absent, is doubtful."""
    bank = bank_of(model)
    on_log_odds = np.array([n.kind in ("prior", "odds_ratio") for n in bank.numbers])
    neutral = np.broadcast_to(np.where(on_log_odds, 0.0, 1.0), bank.factors.shape)
    monkeypatch.setattr("saphena.inference.uncertainty.bank_of", lambda _: replace(bank, factors=neutral))
    unsure = {
        "calf_pain": {"value": "present", "leg": "left", "certainty": 0.7},
        "fever": {"value": "absent", "certainty": 0.8},
    }
    observation = observe(model, Case.model_validate({**CASE, "findings": {**CASE["findings"], **unsure}}))
    points = {c.id: c.probability for c in posterior(model, observation).conditions}
    for interval in intervals(model, observation, 20):
        assert interval.average == pytest.approx(points[interval.condition], rel=1e-6, abs=1e-9)
