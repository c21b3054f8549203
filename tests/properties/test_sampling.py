"""Samples against enumeration, and simulated people against the model they were drawn from.

Seeds are fixed: what is compared is chance, and these are the draws it is compared in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy.stats import binom, chisquare, kstest, norm, poisson

from saphena import Case, Model
from saphena.case import ByLeg
from saphena.inference.evidence import Evidence, ImpossibleEvidence
from saphena.inference.observation import Observation
from saphena.inference.observe import observe
from saphena.inference.prepare import prepare, priors
from saphena.inference.sampling import Simulated, joint_samples, simulate
from saphena.inference.subset import SubsetProgramme
from saphena.model.priors import can_have
from tests.properties.enumeration import joint
from tests.properties.networks import network

SAMPLES = 4000
ENOUGH = 5
"""Expected count below which cells of a chi-square are put together."""
FAR = 4.5
"""Standard errors that chance does not reach in the few hundred comparisons made here."""
RARE = 25
"""Expected number below which a count is compared by the Poisson distribution."""


@cache
def networks() -> tuple[tuple[Evidence, dict[Any, float]], ...]:
    """Random networks of several shapes (conditions, mechanisms, findings) whose evidence is possible,
    with their joint distribution."""
    found = []
    for c, k, j in ((3, 2, 4), (4, 1, 3), (2, 0, 5), (2, 3, 4), (2, 3, 1)):
        for seed in range(20):
            evidence = network(np.random.default_rng([seed, c, k, j]), c, k, j)
            worlds = joint(evidence)
            if sum(worlds.values()) > 1e-9:
                found.append((evidence, worlds))
    return tuple(found)


def p_value(counts: dict[Any, int], chances: dict[Any, float]) -> float:
    """Of a chi-square; rare cells are put together, and an impossible one must be empty."""
    total = sum(chances.values())
    assert all(chances.get(key, 0.0) > 0 for key in counts)
    expected = {key: SAMPLES * p / total for key, p in chances.items()}
    cells = [(counts.get(key, 0), e) for key, e in expected.items() if e >= ENOUGH]
    rare = [(counts.get(key, 0), e) for key, e in expected.items() if 0 < e < ENOUGH]
    if rare:
        cells.append((sum(n for n, _ in rare), sum(e for _, e in rare)))
    if len(cells) < 2:
        return 1.0
    seen, wanted = zip(*cells, strict=True)
    return float(chisquare(seen, wanted, sum_check=False).pvalue)


@cache
def p_values() -> tuple[float, ...]:
    """Of joint samples of many small networks."""
    result = []
    for seed, (evidence, worlds) in enumerate(networks()):
        samples = joint_samples(evidence, SAMPLES, np.random.default_rng(seed))
        keys = zip(samples.state.tolist(), samples.mechanism.tolist(), strict=True)
        counts = Counter((tuple(states), tuple(on)) for states, on in keys)
        result.append(p_value(counts, worlds))
    return tuple(result)


def test_joint_samples_come_as_often_as_enumeration_says() -> None:
    assert min(p_values()) > 1e-4


def test_deviations_are_no_larger_or_smaller_than_chance() -> None:
    between = [p for p in p_values() if p < 1]
    assert len(between) > 60
    assert kstest(between, "uniform").pvalue > 0.01


def test_the_networks_compared_have_every_feature() -> None:
    features: dict[str, Callable[[Evidence], object]] = {
        "several states": lambda e: len(e.condition_of) > e.conditions,
        "a certain condition": lambda e: (e.absent == 0).any(),
        "an impossible condition": lambda e: (e.absent == 1).any(),
        "present findings": lambda e: len(e.positive) > 1,
        "an interval of grades": lambda e: ((e.lowest > 0) & (e.highest > e.lowest)).any(),
        "a bound from above": lambda e: ((e.lowest == 0) & (e.highest < e.link.shape[-1] - 1)).any(),
        "a presence in doubt": lambda e: ((e.lowest > 0) & (e.doubt > 0)).any(),
        "an absence in doubt": lambda e: len(e.doubted_absent) > 0,
        "a doubtful finding nobody causes": lambda e: (
            e.doubt[SubsetProgramme(e).slots[SubsetProgramme(e).plan.orphans]] > 0
        ).any(),
        "soft negatives": lambda e: (e.soft < 1).any() and (e.mechanism_soft < 1).any(),
        "a link that is certain": lambda e: (e.link[:, :, 0] == 0).any(),
        "a finding nobody causes": lambda e: len(SubsetProgramme(e).plan.orphans) > 0,
        "a mechanism that matters": lambda e: SubsetProgramme(e).active.any(),
        "a mechanism that does not": lambda e: not SubsetProgramme(e).active.all(),
    }
    assert [name for name, has in features.items() if not any(has(e) for e, _ in networks())] == []


def test_presence_in_samples_of_a_real_case_is_the_posterior(model: Model) -> None:
    case = simulate(model, 1, "vascular_clinic", np.random.default_rng(3), age=60.0)[0].case
    evidence = prepare(model, observe(model, case))
    programme = SubsetProgramme(evidence)
    found = programme.marginals(programme.base, mechanisms=True)
    exact = found.state[0] / found.evidence[0]
    samples = joint_samples(evidence, 20_000, np.random.default_rng(4))
    share = np.array([(samples.state[:, c] == s).mean() for s, c in enumerate(evidence.condition_of)])
    # Most states are so rare that a count of one is far: binomial tails, not errors.
    counts = np.round(share * 20_000)
    tails = np.minimum(binom.cdf(counts, 20_000, exact), binom.sf(counts - 1, 20_000, exact))
    assert tails.min() > 1e-7
    assert not programme.active.all()
    wanted, seen = found.mechanism[0] / found.evidence[0], samples.mechanism.mean(axis=0)
    assert (np.abs(seen - wanted) <= FAR * np.sqrt(wanted * (1 - wanted) / 20_000) + 1e-12).all()


def test_the_same_seed_gives_the_same_samples() -> None:
    evidence = network(np.random.default_rng(1), 3, 2, 2)
    one, other = (joint_samples(evidence, 50, np.random.default_rng(1)) for _ in range(2))
    assert (one.state == other.state).all()
    assert (one.mechanism == other.mechanism).all()
    assert (joint_samples(evidence, 50, np.random.default_rng(2)).state != one.state).any()


def test_impossible_evidence_is_refused() -> None:
    evidence = network(np.random.default_rng(0), 2, 0, 1)
    nothing = np.eye(evidence.leak.shape[-1])[0]
    impossible = Evidence(
        **{
            **vars(evidence),
            "link": np.broadcast_to(nothing, evidence.link.shape),
            "leak": nothing[None],
            "lowest": np.array([1]),
            "highest": np.array([3]),
        }
    )
    with pytest.raises(ImpossibleEvidence):
        joint_samples(impossible, 10, np.random.default_rng(0))


# --- people ----------------------------------------------------------------------------------


def observed(model: Model, **more: Any) -> Observation:
    return observe(model, Case.model_validate({"age": 55, "sex": "female", "setting": "primary_care", **more}))


def far(hits: float, chances: np.ndarray) -> bool:
    """Does a count lie further from the sum of its chances than chance takes it?"""
    mean, variance = float(chances.sum()), float((chances * (1 - chances)).sum())
    if mean < RARE:  # The Poisson distribution is the wider one.
        return bool(min(poisson.cdf(hits, mean), poisson.sf(hits - 1, mean)) < norm.sf(FAR))
    return abs(hits - mean) > FAR * np.sqrt(variance)


@pytest.fixture(scope="module")
def crowd(model: Model) -> list[Simulated]:
    return simulate(model, 2000, "primary_care", np.random.default_rng(11))


def test_age_and_sex_have_their_shares(model: Model, crowd: list[Simulated]) -> None:
    attenders = model.knowledge.settings.attenders
    ages = np.array([p.case.age for p in crowd])
    bands = {"18-44": (ages < 45), "45-64": (ages >= 45) & (ages < 65), "65+": ages >= 65}
    for band, share in attenders.ages.shares.items():
        assert not far(bands[band].sum(), np.full(len(crowd), share))
    women = sum(p.case.sex == "female" for p in crowd)
    assert not far(women, np.full(len(crowd), attenders.women.value))
    assert ages.min() >= 18
    assert {p.case.sex for p in crowd} == {"female", "male"}


def test_risk_factors_have_their_prevalence_among_those_who_can_have_them(model: Model, crowd: list[Simulated]) -> None:
    for factor in model.knowledge.risk_factors.values():
        possible = [can_have(factor, p.case.age, p.case.sex) for p in crowd]
        can = [p.case for p, yes in zip(crowd, possible, strict=True) if yes]
        present = sum(case.context[factor.id] == "present" for case in can)
        assert not far(present, np.full(len(can), factor.prevalence.at("primary_care"))), factor.id
        assert [factor.id in p.case.context for p in crowd] == possible


@pytest.mark.one_in(2)
@pytest.mark.parametrize(("age", "sex", "setting"), [(55, "female", "primary_care"), (75, "male", "vascular_clinic")])
def test_conditions_have_their_stated_priors(model: Model, age: int, sex: str, setting: str) -> None:
    """Risk factors drawn and then forgotten leave the prior of somebody of whom nothing is known."""
    people = simulate(model, 3000, setting, np.random.default_rng(12), age=age, sex=sex, recorded=0.0)
    prior = priors(model, observed(model, age=age, sex=sex, setting=setting))
    counts = Counter(state for p in people for state in p.truth.conditions)
    for s, name in enumerate(model.network.states):
        assert not far(counts[name], np.full(len(people), prior[s])), name


def test_conditions_follow_the_risk_factors_of_each_person(model: Model, crowd: list[Simulated]) -> None:
    some = crowd[:600]
    chances = np.array([priors(model, observe(model, p.case)) for p in some])
    counts = Counter(state for p in some for state in p.truth.conditions)
    for s, name in enumerate(model.network.states):
        assert not far(counts[name], chances[:, s]), name


def test_each_finding_is_as_frequent_as_inference_takes_it_to_be(small: Model) -> None:
    """One statement at a time: its frequency is P(evidence) of a case that says only this."""
    people = simulate(small, 4000, "primary_care", np.random.default_rng(13), age=55, sex="female")
    seen: Counter[tuple[str, str, str]] = Counter()
    for p in people:
        for id_, written in p.truth.findings.items():
            legs = written.items() if isinstance(written, dict) else [("", written)]
            for leg, word in legs:
                seen[id_, "" if not leg else "index" if leg == p.case.index_leg else "other", word] += 1
    assert len(seen) > 20
    for (id_, leg, word), count in seen.items():
        findings: dict[str, Any] = {id_: word}
        parent = small.knowledge.findings[id_].given
        if parent is not None:
            # The child is read together with its parent, in the index leg if that has sides.
            sided = small.knowledge.findings[parent].sided
            findings[parent] = {"right": "present"} if sided else "present"
        elif leg:
            findings = {id_: {"right" if leg == "index" else "left": word}}
        evidence = prepare(small, observed(small, index_leg="right", findings=findings))
        programme = SubsetProgramme(evidence)
        chance = float(programme.evidence_of(programme.base)[0])
        assert not far(count, np.full(len(people), chance)), (id_, leg, word)


def test_cases_are_consistent_and_the_truth_holds_what_they_say(model: Model, crowd: list[Simulated]) -> None:
    for p in crowd[:300]:
        observation = observe(model, p.case)
        assert not observation.left_out
        assert not observation.warnings
        for id_, written in p.case.findings.items():
            said = written.model_dump(exclude_none=True) if isinstance(written, ByLeg) else written
            true = p.truth.findings[id_]
            assert said.items() <= true.items() if isinstance(said, dict) else said == true
        for child in (c for c in p.truth.findings if model.knowledge.findings[c].given is not None):
            parent = p.truth.findings[str(model.knowledge.findings[child].given)]
            assert (parent[p.case.index_leg] if isinstance(parent, dict) else parent) == "present"


def test_everything_or_nothing_can_be_recorded(model: Model) -> None:
    rng = np.random.default_rng(14)
    for p in simulate(model, 5, "population", rng, recorded=1.0):
        said = {
            id_: w.model_dump(exclude_none=True) if isinstance(w, ByLeg) else w for id_, w in p.case.findings.items()
        }
        assert said == p.truth.findings
    assert all(not p.case.findings for p in simulate(model, 5, "population", rng, recorded=0.0))


def test_share_of_findings_recorded(model: Model, crowd: list[Simulated]) -> None:
    def legs(findings: Any) -> int:
        return sum(len(w) if isinstance(w, dict) else 1 for id_, w in findings.items() if plain(id_))

    def plain(id_: str) -> bool:
        return model.knowledge.findings[id_].given is None

    said = sum(legs(p.case.model_dump(exclude_none=True)["findings"]) for p in crowd[:300])
    true = sum(legs(p.truth.findings) for p in crowd[:300])
    assert not far(said, np.full(true, 0.08))


def test_children_are_not_simulated(model: Model) -> None:
    with pytest.raises(ValueError, match="adults"):
        simulate(model, 1, "primary_care", np.random.default_rng(0), age=12)


BINS = (0.0, 0.01, 0.03, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 1.01)


def test_assessments_of_simulated_people_are_calibrated(model: Model, crowd: list[Simulated]) -> None:
    """Of all conditions said to have a probability in a bin, so many are present.

    Cases, not conditions, are independent, so the standard error is taken over cases, and is at least
    that of independent conditions.
    """
    said, true = [], []
    for p in crowd[:500]:
        programme = SubsetProgramme(prepare(model, observe(model, p.case)))
        found = programme.marginals(programme.base)
        said.append(found.state[0] / found.evidence[0] @ programme.evidence.membership)
        present = {state.partition(".")[0] for state in p.truth.conditions}
        true.append([float(id_ in present) for id_ in model.conditions])
    probability, presence = np.array(said), np.array(true)
    for low, high in zip(BINS, BINS[1:], strict=False):
        inside = (probability >= low) & (probability < high)
        excess = ((presence - probability) * inside).sum(axis=1)
        variance = max((excess**2).sum(), (probability * (1 - probability) * inside).sum())
        assert inside.sum() >= 20
        assert abs(excess.sum()) < 4 * np.sqrt(variance), (low, high)
