"""The compiled engine against the NumPy one: same plan, same lanes, same answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from saphena.inference.evidence import Evidence, ImpossibleEvidence
from saphena.inference.plan import order_steps
from saphena.inference.subset import SubsetProgramme, TooWide, with_flipped
from tests.properties.networks import network, networks

kernels = pytest.importorskip("saphena.inference.kernels")
solver = pytest.importorskip("saphena.inference.solver")


@given(networks(conditions=4, findings=6))
def test_engines_agree(evidence: Evidence) -> None:
    plain, compiled = SubsetProgramme(evidence, "numpy"), SubsetProgramme(evidence, "compiled")
    lanes = plain.base.repeat(2 + len(plain.present))
    for slot in range(len(plain.present)):
        with_flipped(plain, lanes, 2 + slot, slot)
    a, b = plain.marginals(lanes, mechanisms=True), compiled.marginals(lanes, mechanisms=True)
    np.testing.assert_allclose(b.evidence, a.evidence, rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(b.state, a.state, rtol=1e-11, atol=1e-18)
    # Without a slot it is a difference, so that rounding is that of the larger.
    np.testing.assert_allclose(b.mechanism, a.mechanism, rtol=1e-11, atol=1e-15)
    np.testing.assert_allclose(compiled.evidence_of(lanes), a.evidence, rtol=1e-12, atol=1e-300)


@given(networks(conditions=4, findings=6))
def test_one_compiled_call_agrees(evidence: Evidence) -> None:
    plain = SubsetProgramme(evidence, "numpy")
    expected = plain.marginals(plain.base)
    try:
        total, state = solver.solved(evidence)
    except ImpossibleEvidence:
        assert expected.evidence[0] == 0
        return
    np.testing.assert_allclose(total, expected.evidence[0], rtol=1e-12, atol=1e-300)
    np.testing.assert_allclose(state, expected.state[0] / expected.evidence[0], rtol=1e-10, atol=1e-13)


def test_one_compiled_call_takes_no_more_than_it_may() -> None:
    evidence = replace(network(np.random.default_rng(3), 4, 1, 6), doubt=np.zeros(6))
    states = SubsetProgramme(evidence).states
    solver.solved(evidence, states)
    with pytest.raises(TooWide, match="states"):
        solver.solved(evidence, states - 1)


@given(networks(conditions=5, findings=6))
def test_compiled_planning_is_the_planning_that_is_read(evidence: Evidence) -> None:
    programme = SubsetProgramme(evidence, "numpy")
    masks = np.array([5, 3, 0, 6], dtype=np.int64)
    none, off = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=bool)
    for a, b in zip(order_steps(masks, none, off, 3), kernels.order_steps(masks, none, off, 3), strict=True):
        np.testing.assert_array_equal(a, b)
    assert programme.plan.room >= 1


def test_threads_do_not_change_a_bit() -> None:
    rng = np.random.default_rng(5)
    conditions, findings = 14, 12
    q = rng.random((conditions, findings)) * 0.7
    evidence = Evidence(
        prior=rng.random(conditions) * 0.2,
        condition_of=np.arange(conditions),
        link=np.stack([1 - q, q], axis=-1),
        leak=np.tile([0.95, 0.05], (findings, 1)),
        lowest=np.ones(findings, dtype=np.int64),
        highest=np.ones(findings, dtype=np.int64),
        mechanism_leak=np.zeros(0),
        mechanism_prior=np.zeros((conditions, 0)),
        mechanism_link=np.zeros((0, findings, 2)),
        soft=np.ones(conditions),
        mechanism_soft=np.ones(0),
    )
    programme = SubsetProgramme(evidence, "compiled")
    lanes = programme.base.repeat(64)
    lanes.weight *= rng.random((64, 1))
    many = programme.marginals(lanes)
    for lane in (0, 31, 63):
        alone = programme.marginals(lanes.part(lane, lane + 1))
        assert alone.evidence[0] == many.evidence[lane]
        np.testing.assert_array_equal(alone.state[0], many.state[lane])
