"""The subset programme against enumeration, on random networks that use every feature."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from saphena.inference.causes import causes
from saphena.inference.evidence import Evidence
from saphena.inference.reference import enumerate_all
from saphena.inference.subset import SubsetProgramme, TooWide, with_unobserved
from tests.properties.networks import networks

RELATIVE, ABSOLUTE = 1e-9, 1e-12
IMPOSSIBLE = -30.0
"""Log evidence below which enumeration, which subtracts, holds rounding errors only."""


def close(a: object, b: object) -> None:
    np.testing.assert_allclose(a, b, rtol=RELATIVE, atol=ABSOLUTE)


@given(networks())
def test_posterior_and_causes_agree_with_enumeration(evidence: Evidence) -> None:
    expected = enumerate_all(evidence)
    programme = SubsetProgramme(evidence)
    found = programme.marginals(programme.base, mechanisms=True)
    total = float(found.evidence[0])
    if expected.log_evidence < IMPOSSIBLE:
        assert total < ABSOLUTE
        return
    close(np.log(total), expected.log_evidence)
    close(found.state[0] / total, expected.state)
    close(found.mechanism[0] / total, expected.mechanism)
    caused = causes(programme, total, list(range(evidence.conditions)), sufficiency=True)
    close(caused.explained_by, expected.explained_by[:, programme.present])
    close(caused.sufficient, expected.sufficient[:, programme.present])
    close(caused.unexplained, expected.unexplained[programme.present])
    close(caused.nothing_explains, expected.nothing_explains)


@given(networks())
def test_what_is_needed_suffices_and_only_what_was_asked_is_answered(evidence: Evidence) -> None:
    """A condition without which a finding would go must itself have brought it about."""
    programme = SubsetProgramme(evidence)
    total = float(programme.evidence_of(programme.base)[0])
    assume(total > np.exp(IMPOSSIBLE))
    caused = causes(programme, total, [0], sufficiency=True)
    assert caused.sufficient is not None
    assert (caused.sufficient[0] >= caused.explained_by[0] - ABSOLUTE).all()
    presence = programme.marginals(programme.base).state[0] @ evidence.membership / total
    assert (caused.sufficient[0] <= presence[0] + ABSOLUTE).all()
    assert np.isnan(caused.sufficient[1:]).all()
    assert causes(programme, total, [0]).sufficient is None


@given(networks())
def test_leaving_a_finding_out_is_not_observing_it(evidence: Evidence) -> None:
    programme = SubsetProgramme(evidence)
    findings = len(evidence.lowest)
    assume(findings > 0)
    lanes = programme.base.repeat(findings)
    for j in range(findings):
        with_unobserved(programme, lanes, j, [j])
    found = programme.marginals(lanes)
    for j in range(findings):
        expected = enumerate_all(evidence.without([j]))
        if expected.log_evidence < IMPOSSIBLE:
            assert found.evidence[j] < ABSOLUTE
            continue
        close(np.log(found.evidence[j]), expected.log_evidence)
        close(found.state[j] / found.evidence[j], expected.state)


@given(networks())
def test_a_report_that_would_be_made_anyway_says_nothing(evidence: Evidence) -> None:
    """Doubt 1 on a finding whose truth may lie anywhere is not observing it."""
    assume(len(evidence.lowest) > 0)
    highest, doubt = evidence.highest.copy(), evidence.doubt.copy()
    doubt[0] = 1.0
    if evidence.lowest[0] > 0:
        highest[0] = evidence.link.shape[-1] - 1
    doubted, rest = (
        SubsetProgramme(replace(evidence, highest=highest, doubt=doubt)),
        SubsetProgramme(evidence.without([0])),
    )
    a, b = doubted.marginals(doubted.base), rest.marginals(rest.base)
    assume(b.evidence[0] > np.exp(IMPOSSIBLE))
    close(a.evidence, b.evidence)
    close(a.state, b.state)


@given(networks(conditions=4, findings=5), st.randoms(use_true_random=False))
def test_order_of_findings_and_conditions_does_not_matter(evidence: Evidence, random: object) -> None:
    rng = np.random.default_rng(random.getrandbits(32))  # type: ignore[attr-defined]
    findings = rng.permutation(len(evidence.lowest))
    order = rng.permutation(evidence.conditions)
    states = np.concatenate([np.flatnonzero(evidence.condition_of == c) for c in order])
    shuffled = replace(
        evidence,
        prior=evidence.prior[states],
        condition_of=np.searchsorted(np.argsort(np.argsort(order)), np.arange(0))
        if evidence.conditions == 0
        else np.repeat(np.arange(evidence.conditions), [int((evidence.condition_of == c).sum()) for c in order]),
        link=evidence.link[states][:, findings],
        leak=evidence.leak[findings],
        lowest=evidence.lowest[findings],
        highest=evidence.highest[findings],
        mechanism_prior=evidence.mechanism_prior[states],
        mechanism_link=evidence.mechanism_link[:, findings],
        doubt=evidence.doubt[findings],
        soft=evidence.soft[states],
    )
    one, other = SubsetProgramme(evidence), SubsetProgramme(shuffled)
    a, b = one.marginals(one.base), other.marginals(other.base)
    close(a.evidence, b.evidence)
    close(a.state[0][states], b.state[0])


@given(networks(mechanisms=0))
def test_a_finding_nobody_causes_says_nothing_about_conditions(evidence: Evidence) -> None:
    assume(len(evidence.lowest) > 0)
    orphan = evidence.link.copy()
    orphan[:, 0] = np.eye(evidence.link.shape[-1])[0]
    changed = replace(evidence, link=orphan)
    programme, rest = SubsetProgramme(changed), SubsetProgramme(changed.without([0]))
    a, b = programme.marginals(programme.base), rest.marginals(rest.base)
    assume(a.evidence[0] > ABSOLUTE)
    close(a.state[0] / a.evidence[0], b.state[0] / b.evidence[0])


def test_too_many_present_findings_are_refused_before_memory_is_taken() -> None:
    rng = np.random.default_rng(0)
    findings, conditions = 40, 12
    link = np.zeros((conditions, findings, 2))
    link[..., 1] = rng.random((conditions, findings)) * 0.8 + 0.1
    link[..., 0] = 1 - link[..., 1]
    evidence = Evidence(
        prior=np.full(conditions, 0.1),
        condition_of=np.arange(conditions),
        link=link,
        leak=np.tile([0.9, 0.1], (findings, 1)),
        lowest=np.ones(findings, dtype=np.int64),
        highest=np.ones(findings, dtype=np.int64),
        mechanism_leak=np.zeros(0),
        mechanism_prior=np.zeros((conditions, 0)),
        mechanism_link=np.zeros((0, findings, 2)),
        soft=np.ones(conditions),
        mechanism_soft=np.zeros(0),
    )
    with pytest.raises(TooWide, match="40 present findings"):
        SubsetProgramme(evidence)
