"""Derivatives against differences of P(evidence), EM statistics against enumeration, and EM itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from time import process_time

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from saphena import Model
from saphena.inference.evidence import Evidence, ImpossibleEvidence
from saphena.inference.gradient import ByNumber, Counts, expected_counts, gradient
from saphena.inference.observe import observe
from saphena.inference.prepare import prepare
from saphena.inference.sampling import simulate
from saphena.inference.subset import SubsetProgramme
from tests.properties.enumeration import counts
from tests.properties.networks import network, networks
from tests.properties.test_inference import ABSOLUTE, IMPOSSIBLE, close


def chance(evidence: Evidence) -> float:
    programme = SubsetProgramme(evidence)
    return float(programme.evidence_of(programme.base)[0])


def possible(evidence: Evidence) -> bool:
    return chance(evidence) > np.exp(IMPOSSIBLE)


@given(networks())
def test_value_times_derivative_is_what_enumeration_counts(evidence: Evidence) -> None:
    expected, total = counts(evidence)
    assume(total > np.exp(IMPOSSIBLE))
    found = gradient(evidence)
    close(found.log_evidence, np.log(total))
    statistics = expected_counts(evidence, found)
    for one in fields(ByNumber):
        np.testing.assert_allclose(
            getattr(statistics, one.name), getattr(expected, one.name) / total, rtol=1e-9, atol=1e-12, err_msg=one.name
        )


def distributions(evidence: Evidence) -> Iterator[tuple[str, tuple[int, ...], list[tuple[str, tuple[int, ...]]]]]:
    """Each distribution in a network: its numbers, as field of ``ByNumber`` and index."""
    for c in range(evidence.conditions):
        members = np.flatnonzero(evidence.condition_of == c).tolist()
        yield "prior", (c,), [("absent", (c,)), *(("prior", (s,)) for s in members)]
    for name in ("link", "leak", "mechanism_link"):
        values = getattr(evidence, name)
        for index in np.ndindex(*values.shape[:-1]):
            yield name, index, [(name, (*index, g)) for g in range(values.shape[-1])]
    for name in ("mechanism_leak", "mechanism_prior"):
        for index in np.ndindex(*getattr(evidence, name).shape):
            yield name, index, [(f"{name}_not", index), (name, index)]


def value(evidence: Evidence, name: str, index: tuple[int, ...]) -> float:
    if name.endswith("_not"):
        return 1 - float(getattr(evidence, name.removesuffix("_not"))[index])
    return float(getattr(evidence, name)[index])


def moved(evidence: Evidence, to: tuple[str, tuple[int, ...]], of: tuple[str, tuple[int, ...]], by: float) -> Evidence:
    """The network with some probability moved from one number to another of the same distribution."""
    changed = {}
    for (name, index), change in ((to, by), (of, -by)):
        if name != "absent" and not name.endswith("_not"):
            changed.setdefault(name, getattr(evidence, name).copy())[index] += change
    return replace(evidence, **changed)


@given(networks(), st.data())
def test_derivatives_are_differences(evidence: Evidence, data: st.DataObject) -> None:
    """P(evidence) is linear within each distribution, so that a difference over any step is the derivative."""
    assume(possible(evidence))
    found, total = gradient(evidence), chance(evidence)
    every = list(distributions(evidence))
    for _, _, numbers in data.draw(st.lists(st.sampled_from(every), max_size=8, unique_by=lambda d: d[:2])):
        taken = max(numbers, key=lambda number: value(evidence, *number))
        step = value(evidence, *taken) / 2
        for given_to in numbers:
            if given_to == taken:
                continue
            slope = getattr(found, given_to[0])[given_to[1]] - getattr(found, taken[0])[taken[1]]
            difference = (chance(moved(evidence, given_to, taken, step)) - total) / (step * total)
            np.testing.assert_allclose(slope, difference, rtol=1e-7, atol=1e-7, err_msg=str((given_to, taken)))


@given(networks())
def test_a_prior_paid_for_by_absence(evidence: Evidence) -> None:
    assume(possible(evidence))
    slopes, total = gradient(evidence).of_prior(evidence.condition_of), chance(evidence)
    for s in np.flatnonzero(evidence.absent[evidence.condition_of] > 0.1):
        raised = evidence.prior.copy()
        raised[s] += 0.05
        difference = (chance(replace(evidence, prior=raised)) - total) / (0.05 * total)
        np.testing.assert_allclose(slopes[s], difference, rtol=1e-7, atol=1e-7)


@given(networks(conditions=4, findings=6))
def test_statistics_of_one_case_add_up(evidence: Evidence) -> None:
    assume(possible(evidence))
    programme = SubsetProgramme(evidence, open_mechanisms=True)
    found = programme.marginals(programme.base, mechanisms=True)
    state, on = found.state[0] / found.evidence[0], found.mechanism[0] / found.evidence[0]
    n = expected_counts(evidence)
    close(n.prior, state)
    close(n.prior @ evidence.membership + n.absent, np.ones(evidence.conditions))
    close(n.link.sum(axis=-1), np.broadcast_to(state[:, None], n.link.shape[:-1]))
    close(n.leak.sum(axis=-1), np.ones(len(n.leak)))
    close(n.mechanism_link.sum(axis=-1), np.broadcast_to(on[:, None], n.mechanism_link.shape[:-1]))
    close(n.mechanism_prior + n.mechanism_prior_not, np.broadcast_to(state[:, None], n.mechanism_prior.shape))
    close(n.mechanism_leak + n.mechanism_leak_not, np.ones(len(on)))


def test_evidence_that_cannot_be_has_no_gradient() -> None:
    evidence = network(np.random.default_rng(0), 2, 0, 1)
    nothing = np.eye(evidence.leak.shape[-1])[0]
    impossible = replace(
        evidence,
        link=np.broadcast_to(nothing, evidence.link.shape),
        leak=nothing[None],
        lowest=np.array([1]),
        highest=np.array([3]),
        doubt=np.zeros(1),
    )
    with pytest.raises(ImpossibleEvidence):
        gradient(impossible)


# --- learning --------------------------------------------------------------------------------


Observed = tuple[Evidence, np.ndarray]
"""A case, and which findings of the network were observed in it."""


def people(truth: Evidence, count: int, rng: np.random.Generator) -> list[Observed]:
    """Cases drawn from a network: some of its findings, as exact grades, bounds from below or above."""
    c, j, g = truth.conditions, len(truth.lowest), truth.leak.shape[-1]
    cases: list[Observed] = []
    for _ in range(count):
        states: list[int] = []
        for i in range(c):
            members = np.flatnonzero(truth.condition_of == i)
            chances = np.array([*truth.prior[members], truth.absent[i]])
            drawn = rng.choice(len(chances), p=chances / chances.sum())
            states += members[drawn : drawn + 1].tolist()
        off = (1 - truth.mechanism_leak) * (1 - truth.mechanism_prior[states]).prod(axis=0)
        on = np.flatnonzero(rng.random(len(off)) >= off)
        strongest = np.array(
            [
                max(
                    rng.choice(g, p=p / p.sum())
                    for p in [truth.leak[i], *truth.link[states, i], *truth.mechanism_link[on, i]]
                )
                for i in range(j)
            ]
        )
        seen = np.flatnonzero(rng.random(j) < 0.8)
        form = rng.integers(0, 3, len(seen))
        case = replace(
            truth,
            lowest=np.where(form == 2, 0, strongest[seen]),
            highest=np.where(form == 1, g - 1, strongest[seen]),
            doubt=np.zeros(len(seen)),
            soft=np.ones(len(truth.prior)),
            mechanism_soft=np.ones(len(truth.mechanism_leak)),
        )
        cases.append((with_numbers((case, seen), truth), seen))
    return cases


def with_numbers(case: Observed, of: Evidence) -> Evidence:
    """A case under another network's numbers."""
    evidence, seen = case
    return replace(
        evidence,
        prior=of.prior,
        link=of.link[:, seen],
        leak=of.leak[seen],
        mechanism_leak=of.mechanism_leak,
        mechanism_prior=of.mechanism_prior,
        mechanism_link=of.mechanism_link[:, seen],
    )


def improved(of: Evidence, cases: list[Observed]) -> Evidence:
    """One step of EM: every number becomes its share in the expected counts."""
    sums = {
        name: np.zeros_like(getattr(of, name))
        for name in ("prior", "link", "leak", "mechanism_leak", "mechanism_prior", "mechanism_link")
    }
    not_switched = np.zeros_like(of.mechanism_prior)
    for case in cases:
        n: Counts = expected_counts(with_numbers(case, of))
        seen = case[1]
        sums["prior"] += n.prior / len(cases)
        sums["mechanism_leak"] += n.mechanism_leak / len(cases)
        sums["mechanism_prior"] += n.mechanism_prior
        not_switched += n.mechanism_prior_not
        sums["leak"][seen] += n.leak
        sums["link"][:, seen] += n.link
        sums["mechanism_link"][:, seen] += n.mechanism_link

    def share(part: np.ndarray, whole: np.ndarray, before: np.ndarray) -> np.ndarray:
        return np.where(whole > ABSOLUTE, part / np.maximum(whole, ABSOLUTE), before)

    for name in ("leak", "link", "mechanism_link"):
        sums[name] = share(sums[name], sums[name].sum(axis=-1, keepdims=True), getattr(of, name))
    sums["mechanism_prior"] = share(sums["mechanism_prior"], sums["mechanism_prior"] + not_switched, of.mechanism_prior)
    return replace(of, **sums)


def fit(of: Evidence, cases: list[Observed]) -> float:
    return float(sum(np.log(chance(with_numbers(case, of))) for case in cases))


def smooth(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Distributions over grades in which everything is possible."""
    return rng.dirichlet((4, 2, 1, 1), shape)


def random_start(rng: np.random.Generator, like: Evidence) -> Evidence:
    return replace(
        like,
        prior=rng.random(len(like.prior)) * 0.4,
        link=smooth(rng, like.link.shape[:-1]),
        leak=smooth(rng, like.leak.shape[:-1]),
        mechanism_leak=rng.random(len(like.mechanism_leak)) * 0.5,
        mechanism_prior=rng.random(like.mechanism_prior.shape) * 0.8,
        mechanism_link=smooth(rng, like.mechanism_link.shape[:-1]),
    )


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.integers(1, 3), st.integers(0, 2), st.integers(1, 4))
def test_a_step_of_em_never_fits_worse(seed: int, conditions: int, mechanisms: int, findings: int) -> None:
    rng = np.random.default_rng(seed)
    truth = network(rng, conditions, mechanisms, findings)
    cases = people(truth, 12, rng)
    numbers = random_start(rng, truth)
    fits = [fit(numbers, cases)]
    for _ in range(3):
        numbers = improved(numbers, cases)
        fits.append(fit(numbers, cases))
    assert all(after >= before - 1e-9 for before, after in zip(fits, fits[1:], strict=False))
    assert fits[1] > fits[0]


# --- the real model --------------------------------------------------------------------------


def test_twelve_present_findings_of_the_real_model(model: Model) -> None:
    """Fast enough for many cases, and each link adds up to the posterior of its state."""
    crowd = simulate(model, 300, "vascular_clinic", np.random.default_rng(5), recorded=0.18)
    evidence = next(e for e in (prepare(model, observe(model, p.case)) for p in crowd) if len(e.positive) == 12)
    programme = SubsetProgramme(evidence)
    found = programme.marginals(programme.base)
    start = process_time()
    n = expected_counts(evidence)
    assert process_time() - start < 5
    state = found.state[0] / found.evidence[0]
    close(n.prior, state)
    close(n.link.sum(axis=-1), np.broadcast_to(state[:, None], n.link.shape[:-1]))
    close(n.leak.sum(axis=-1), np.ones(len(n.leak)))
