"""Cases too wide for exact inference: the bound, the draws and what they say, against enumeration.

Random networks are small; what makes them wide is that hardly any finding is carried exactly (``STATES``).
Seeds are fixed: what is compared is chance, and these are the draws it is compared in.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy.stats import chisquare

from benchmarks import synthetic
from saphena.inference.bound import log_seen, strengths_of
from saphena.inference.evidence import Evidence, ImpossibleEvidence
from saphena.inference.reference import Enumerated, enumerate_all
from saphena.inference.subset import SubsetProgramme, TooWide
from saphena.inference.wide import STATES, Sampled, Sampler, nothing_explains_of, weighed, without_doubt, worlds_of
from saphena.inference.worlds import Worlds
from tests.properties.enumeration import ABSENT, joint, of_conditions
from tests.properties.networks import network

FEW_STATES = 12
"""Stored states allowed in small networks: one finding is carried exactly in some of them, none in most."""
FAR = 5.0
"""Standard errors that chance does not reach in the few thousand comparisons made here."""
TINY = 1e-9
"""Rounding, and what no sample of this size can show."""
ENOUGH = 5
"""Expected count below which cells of a chi-square are put together."""


@cache
def networks() -> tuple[tuple[Evidence, Enumerated], ...]:
    """Random networks of several shapes (conditions, mechanisms, findings) whose evidence is possible."""
    found = []
    for c, k, j in ((3, 2, 4), (4, 1, 4), (3, 0, 6), (2, 3, 4), (3, 2, 6)):
        for seed in range(14):
            evidence = network(np.random.default_rng([seed, c, k, j]), c, k, j)
            evidence = replace(evidence, doubt=np.zeros(j))
            expected = enumerate_all(evidence)
            if len(evidence.positive) > 1 and expected.log_evidence > -12:
                found.append((evidence, expected))
    return tuple(found)


@cache
def samplers(parts: int) -> tuple[Sampler, ...]:
    return tuple(Sampler(e, seed=i, states=FEW_STATES, parts=parts) for i, (e, _) in enumerate(networks()))


@cache
def drawn() -> tuple[tuple[Worlds, Sampled, Enumerated], ...]:
    """Weighted worlds of each network, and what enumeration says."""
    samplers_ = [Sampler(e, seed=100 + i, states=FEW_STATES, parts=1 + i % 4) for i, (e, _) in enumerate(networks())]
    return tuple(
        (*weighed(s.evidence, s.draw(20_000)), expected) for s, (_, expected) in zip(samplers_, networks(), strict=True)
    )


def near(found: Any, expected: Any, error: Any) -> None:
    found, expected, error = np.broadcast_arrays(found, expected, error)
    if not found.size:
        return
    worst = np.argmax(np.abs(found - expected) - FAR * error, axis=None)
    message = f"{found.flat[worst]} is not {expected.flat[worst]} within {FAR} times {error.flat[worst]}"
    assert (np.abs(found - expected) <= FAR * error + TINY).all(), message


# --- the bound -------------------------------------------------------------------------------


def test_the_networks_compared_have_every_feature() -> None:
    evidences = [e for e, _ in networks()]
    bounds = [s.bound for s in samplers(4)]
    features: dict[str, object] = {
        "enough of them": len(evidences) > 40,
        "several states": any(len(e.condition_of) > e.conditions for e in evidences),
        "a certain condition": any((e.absent == 0).any() for e in evidences),
        "an impossible condition": any((e.absent == 1).any() for e in evidences),
        "an interval of grades": any(((e.lowest > 0) & (e.highest > e.lowest)).any() for e in evidences),
        "grades above those seen": any((e.up_to(e.link)[:, e.positive] < 1).any() for e in evidences),
        "a bound from above": any(((e.lowest == 0) & (e.up_to(e.link) < 1).any(axis=0)).any() for e in evidences),
        "soft negatives": any((e.soft < 1).any() and (e.mechanism_soft < 1).any() for e in evidences),
        "a link that never fails": any((e.below(e.link)[:, e.positive] == 0).any() for e in evidences),
        "a finding without leak": any((e.within(e.leak)[e.positive] == 0).any() for e in evidences),
        "a mechanism that reaches a bounded finding": any(
            (b.evidence.within(b.evidence.mechanism_link)[:, b.bounded] > 0).any() for b in bounds
        ),
        "all findings bounded": any(len(b.bounded) == len(b.evidence.positive) for b in bounds),
        "some carried exactly": any(len(b.bounded) < len(b.evidence.positive) for b in bounds),
        "several parts": sum(len(s.parts) > 1 for s in samplers(4)) > 20,
    }
    assert [name for name, has in features.items() if not has] == []


def test_strengths_and_bounds_multiply_to_the_chance_of_each_finding() -> None:
    for evidence, _ in networks():
        s = strengths_of(evidence)
        for j in evidence.positive:
            low, up_to = evidence.below(evidence.leak)[j], evidence.up_to(evidence.leak)[j]
            for state in range(len(evidence.prior)):
                below = low * evidence.below(evidence.link)[state, j]
                within = up_to * evidence.up_to(evidence.link)[state, j] - below
                x = s.strength[0, j] + s.strength[1 + state, j]
                found = np.exp(s.up_to[0, j] + s.up_to[1 + state, j] + log_seen(x))
                np.testing.assert_allclose(found, within, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("parts", [1, 4, 16])
def test_no_world_is_more_probable_than_its_bound(parts: int) -> None:
    below = 0
    for sampler in samplers(parts):
        weight = sampler.draw(500).weight
        assert weight.max() <= 1 + 1e-12
        below += (weight < 0.99).sum()
    assert below > 1000


def test_every_possible_world_lies_in_exactly_one_part() -> None:
    for sampler in samplers(16):
        p = sampler.parts
        for (states, on), chance in joint(sampler.evidence).items():
            if chance <= 0:
                continue
            inside = np.ones(len(p), dtype=bool)
            for c, s in enumerate(states):
                inside &= p.absent[:, c] if s == ABSENT else p.state[:, s]
            for k, is_on in enumerate(on):
                inside &= p.on[:, k] if is_on else p.off[:, k]
            assert inside.sum() == 1


def test_parts_bring_the_bound_nearer_and_never_below_the_evidence() -> None:
    gains = []
    for few, many, (_, expected) in zip(samplers(1), samplers(16), networks(), strict=True):
        assert many.parts.total >= expected.log_evidence - 1e-9
        assert many.parts.total <= few.parts.total + 1e-6
        gains.append(few.parts.total - many.parts.total)
    assert np.mean(gains) > 0.05


# --- the draws -------------------------------------------------------------------------------


def test_accepted_samples_come_as_often_as_enumeration_says() -> None:
    p_values = []
    for sampler in samplers(4):
        worlds = joint(sampler.evidence)
        total = sum(worlds.values())
        samples = sampler.accepted(4000)
        keys = zip(samples.state.tolist(), samples.mechanism.tolist(), strict=True)
        counts = Counter((tuple(states), tuple(on)) for states, on in keys)
        expected = {key: 4000 * p / total for key, p in worlds.items()}
        assert all(expected[key] > 0 for key in counts)
        cells = [(counts[key], e) for key, e in expected.items() if e >= ENOUGH]
        cells.append((4000 - sum(n for n, _ in cells), 4000 - sum(e for _, e in cells)))
        cells = [cell for cell in cells if cell[1] > 1e-6]
        if len(cells) > 1:
            seen, wanted = zip(*cells, strict=True)
            p_values.append(float(chisquare(seen, wanted, sum_check=False).pvalue))
    assert len(p_values) > 40
    assert min(p_values) > 1e-4
    assert np.mean(np.array(p_values) < 0.1) < 0.25


def test_evidence_is_estimated_within_its_error() -> None:
    off = [
        (worlds.log_evidence - expected.log_evidence) / sampled.log_evidence_error
        for worlds, sampled, expected in drawn()
        if sampled.log_evidence_error > 1e-9
    ]
    assert len(off) > 30
    assert np.abs(off).max() < FAR
    assert 0.5 < np.std(off) < 1.5


def test_the_same_case_gives_the_same_answer() -> None:
    evidence = networks()[0][0]
    one, other = (Sampler(evidence, states=FEW_STATES).draw(100) for _ in range(2))
    assert (one.samples.state == other.samples.state).all()
    assert (one.weight == other.weight).all()


# --- what they say ---------------------------------------------------------------------------


def test_states_and_their_errors_agree_with_enumeration() -> None:
    off: list[float] = []
    for worlds, sampled, expected in drawn():
        state = worlds.average(worlds.chances)
        error = worlds.error(worlds.chances, state)
        near(state, expected.state, error)
        assert error.max(initial=0.0) <= sampled.standard_error
        uncertain = error > 1e-6
        off += ((state - expected.state)[uncertain] / error[uncertain]).tolist()
    assert len(off) > 100
    assert 0.6 < np.std(off) < 1.4


def test_mechanisms_agree_with_enumeration() -> None:
    for worlds, _, expected in drawn():
        on = worlds.average(worlds.mechanism.astype(float))
        near(on, expected.mechanism, worlds.error(worlds.mechanism.astype(float), on))


def test_causes_agree_with_enumeration() -> None:
    through_mechanisms = 0
    for worlds, _, expected in drawn():
        e = worlds.evidence
        unexplained, error = worlds.unexplained()
        near(unexplained, expected.unexplained[e.positive], error)
        for c in range(e.conditions):
            explained, error = worlds.explained_by(c)
            near(explained, expected.explained_by[c, e.positive], error)
            through_mechanisms += bool(len(e.mechanism_leak)) and explained.max(initial=0) > 0.01
    assert through_mechanisms > 20


def test_nothing_explains_is_exact_but_for_the_evidence() -> None:
    for worlds, _, expected in drawn():
        found = nothing_explains_of(worlds) * np.exp(worlds.log_evidence)
        np.testing.assert_allclose(
            found, expected.nothing_explains * np.exp(expected.log_evidence), rtol=1e-9, atol=1e-14
        )


def test_leaving_one_finding_out_agrees_with_not_observing_it() -> None:
    given = compared = 0
    for worlds, _, expected in drawn()[:30]:
        e = worlds.evidence
        presence = expected.state @ e.membership
        found, errors = worlds.without_each()
        for j in range(len(e.lowest)):
            without = enumerate_all(e.without([j])).state @ e.membership
            for c in range(e.conditions):
                if not (1e-6 < without[c] < 1 - 1e-6 and 1e-6 < presence[c] < 1 - 1e-6):
                    continue
                compared += 1
                if np.isnan(found[j, c]):
                    continue
                given += 1
                start = worlds.average(worlds.presence)[c]
                change = decibans(start) - decibans(found[j, c])
                near(change, decibans(presence[c]) - decibans(without[c]), errors[j, c] + 1e-6)
    assert given > 150
    assert given > 0.7 * compared


def decibans(p: float) -> float:
    return float(10 * np.log10(p / (1 - p)))


def test_sets_have_their_exact_probability_but_for_the_evidence() -> None:
    several = 0
    for worlds, _, _ in drawn():
        exact = of_conditions(worlds.evidence)
        total = np.exp(worlds.log_evidence)
        found = worlds.most_probable(5)
        for states, probability in found:
            row = [
                next((s for s in states if worlds.evidence.condition_of[s] == c), ABSENT)
                for c in range(worlds.evidence.conditions)
            ]
            np.testing.assert_allclose(probability * total, min(exact[tuple(row)], total), rtol=1e-7)
        best = sorted(exact.values(), reverse=True)[: len(found)]
        np.testing.assert_allclose([p * total for _, p in found[:1]], np.minimum(best[:1], total), rtol=1e-7)
        several += len(found) > 2
    assert several > 20


def test_sets_among_some_conditions_and_at_least_one_agree_with_enumeration() -> None:
    for worlds, sampled, _ in drawn():
        exact = of_conditions(worlds.evidence)
        total = sum(exact.values())
        for states, probability in worlds.most_probable(3, {0}):
            wanted = sum(p for row, p in exact.items() if tuple(s for s in row[:1] if s != ABSENT) == states) / total
            near(probability, wanted, np.sqrt(wanted * (1 - wanted) / sampled.effective) + 1e-6)
        states_asked = [0, len(worlds.evidence.prior) - 1]
        wanted = sum(p for row, p in exact.items() if set(row) & set(states_asked)) / total
        near(worlds.at_least_one(states_asked), wanted, np.sqrt(wanted * (1 - wanted) / sampled.effective) + 1e-4)


def test_an_unknown_finding_at_most_so_high() -> None:
    """Bounds on one more finding, against enumeration of the case in which it was seen within them."""
    rng = np.random.default_rng(5)
    for worlds, _, expected in drawn()[:20]:
        e = worlds.evidence
        causes = 1 + len(e.prior) + len(e.mechanism_leak)
        up_to = rng.random((causes, 2)) * 0.7 + 0.3
        up_to[rng.random((causes, 2)) < 0.4] = 1.0
        up_to[0] = 0.9
        evidence, state = worlds.at_most(np.log(up_to))
        for t in range(2):
            wanted = enumerate_all(observed_at_most(e, up_to[:, t]))
            chance = np.exp(wanted.log_evidence - expected.log_evidence)
            stays = np.exp(worlds.causes @ np.log(up_to[:, t]))
            near(evidence[t], chance, worlds.error(stays, evidence[t]))
            near(
                state[t], chance * wanted.state, 1.5 / np.sqrt(worlds.effective) * np.sqrt(chance * wanted.state) + 1e-6
            )
            other = worlds.under(observed_at_most(e, up_to[:, t]))
            near(
                other.log_evidence - worlds.log_evidence,
                np.log(chance),
                worlds.error(stays, evidence[t]) / chance + 1e-9,
            )
            after = other.average(other.chances)
            near(after, wanted.state, other.error(other.chances, after))


def observed_at_most(evidence: Evidence, up_to: np.ndarray) -> Evidence:
    """With one more finding, seen at grade 0; each cause leaves it there with the chance given."""

    def extended(pmf: np.ndarray, stays: np.ndarray) -> np.ndarray:
        more = np.zeros((*pmf.shape[:-2], 1, pmf.shape[-1]))
        more[..., 0, 0], more[..., 0, 1] = stays, 1 - stays
        return np.concatenate([pmf, more], axis=-2)

    states = 1 + len(evidence.prior)
    return replace(
        evidence,
        link=extended(evidence.link, up_to[1:states]),
        leak=extended(evidence.leak, up_to[0]),
        mechanism_link=extended(evidence.mechanism_link, up_to[states:]),
        lowest=np.append(evidence.lowest, 0),
        highest=np.append(evidence.highest, 0),
        doubt=np.append(evidence.doubt, 0.0),
    )


# --- wide cases ------------------------------------------------------------------------------


@pytest.mark.parametrize(("positives", "seed"), [(15, 1), (16, 2), (18, 0), (18, 3)])
def test_what_exact_inference_still_carries_is_the_same(positives: int, seed: int) -> None:
    evidence, _ = synthetic.case(synthetic.network(seed), positives, seed)
    programme = SubsetProgramme(evidence)
    exact = programme.marginals(programme.base)
    worlds, sampled = worlds_of(evidence)
    assert len(Sampler(evidence).bound.bounded) > 3
    state = worlds.average(worlds.chances)
    near(state, exact.state[0] / exact.evidence[0], worlds.error(worlds.chances, state))
    assert sampled.effective > 5000
    assert abs(worlds.log_evidence - np.log(exact.evidence[0])) < FAR * sampled.log_evidence_error


@pytest.mark.parametrize("seed", [0, 1])
def test_sixty_present_findings_still_answer(seed: int) -> None:
    evidence, _ = synthetic.case(synthetic.network(0), 60, seed)
    with pytest.raises(TooWide):
        SubsetProgramme(evidence)
    sampler = Sampler(evidence)
    assert sampler.bound.programme.states <= STATES
    worlds, sampled = worlds_of(evidence)
    assert sampled.effective > 1000
    assert sampled.standard_error < 0.02
    numbers = [
        worlds.average(worlds.chances),
        *worlds.unexplained(),
        *worlds.explained_by(0),
        nothing_explains_of(worlds),
    ]
    for values in map(np.asarray, numbers):
        assert np.isfinite(values).all()
        assert (values >= 0).all()
        assert (values <= 1).all()
    # Another bound, with other draws.
    other, figures = weighed(evidence, Sampler(evidence, seed=7, states=2**9, parts=64).draw(10_000))
    one, two = (w.average(w.presence) for w in (worlds, other))
    near(one, two, np.hypot(worlds.error(worlds.presence, one), other.error(other.presence, two)))
    near(worlds.log_evidence, other.log_evidence, np.hypot(sampled.log_evidence_error, figures.log_evidence_error))


def test_impossible_evidence_is_refused() -> None:
    evidence, _ = synthetic.case(synthetic.network(0), 40, 0)
    link, leak = evidence.link.copy(), evidence.leak.copy()
    link[:, 3], leak[3] = [1.0, 0.0], [1.0, 0.0]
    with pytest.raises(ImpossibleEvidence):
        worlds_of(replace(evidence, link=link, leak=leak))


def test_findings_that_cannot_come_together_are_refused() -> None:
    """Two findings with one possible cause each, in two states of one condition."""
    grades = np.eye(2)
    link = np.array([[grades[1], grades[0]], [grades[0], grades[1]]])
    evidence = Evidence(
        prior=np.array([0.3, 0.3]),
        condition_of=np.array([0, 0]),
        link=link,
        leak=grades[[0, 0]],
        lowest=np.array([1, 1]),
        highest=np.array([1, 1]),
        mechanism_leak=np.zeros(0),
        mechanism_prior=np.zeros((2, 0)),
        mechanism_link=np.zeros((0, 2, 2)),
        soft=np.ones(2),
        mechanism_soft=np.ones(0),
    )
    sampler = Sampler(evidence, states=1, parts=1)
    assert len(sampler.bound.bounded) == 2
    with pytest.raises(TooWide, match="none of"):
        sampler.enough()


def test_a_doubtful_presence_is_one_more_thing_that_brings_it_about() -> None:
    compared = 0
    for seed in range(40):
        evidence = network(np.random.default_rng([seed, 7]), 3, 1, 4)
        sure = np.where(evidence.lowest > 0, evidence.doubt, 0.0)
        evidence = replace(evidence, doubt=sure)
        if not sure.any() or enumerate_all(evidence).log_evidence < -20:
            continue
        expected, found = enumerate_all(evidence), enumerate_all(without_doubt(evidence))
        np.testing.assert_allclose(found.log_evidence, expected.log_evidence, rtol=1e-9)
        np.testing.assert_allclose(found.state, expected.state, rtol=1e-9, atol=1e-12)
        compared += 1
    assert compared > 10
