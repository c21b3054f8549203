"""QuickScore, the known exact algorithm for such networks: right with few findings, wrong with many.

Its sum has 2^positives terms of alternating sign, and loses about a digit a finding in double
precision. Ours adds positive terms only.
"""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.quickscore import quickscore
from benchmarks.synthetic import Synthetic, case, evidence_of, network
from saphena.inference.subset import SubsetProgramme


def enumerated(net: Synthetic, positives: list[int], negatives: list[int]) -> np.ndarray:
    """P(condition | evidence) by summing over every combination of conditions."""
    count = len(net.prior)
    worlds = (np.arange(2**count)[:, None] >> np.arange(count)) & 1
    weight = np.where(worlds == 1, net.prior, 1 - net.prior).prod(axis=1)
    for j in (*positives, *negatives):
        absent = (1 - net.leak[j]) * np.where(worlds == 1, 1 - net.q[:, j], 1.0).prod(axis=1)
        # 1 - absent would cancel for rare findings; these here are not rare enough to matter.
        weight = weight * (absent if j in negatives else 1 - absent)
    return np.asarray(weight @ worlds / weight.sum())


def ours(net: Synthetic, positives: list[int], negatives: list[int], engine: str) -> np.ndarray:
    value = np.array([1] * len(positives) + [0] * len(negatives), dtype=np.int64)
    programme = SubsetProgramme(evidence_of(net, [*positives, *negatives], value), engine)  # type: ignore[arg-type]
    found = programme.marginals(programme.base)
    return np.asarray(found.state[0] / found.evidence[0])


@pytest.fixture(scope="module")
def small() -> Synthetic:
    """Twelve rare conditions and findings with few parents: as surprising as cases are."""
    net = network(5, conditions=12, findings=40, parents=(2, 4))
    return Synthetic(net.prior * 0.02, net.q, net.leak * 0.02)


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
def test_quickscore_agrees_at_three_positives(small: Synthetic, engine: str) -> None:
    positives, negatives = [0, 1, 2], [20, 21, 22, 23]
    expected = enumerated(small, positives, negatives)
    np.testing.assert_allclose(quickscore(small, positives, negatives)[1], expected, atol=1e-6)
    np.testing.assert_allclose(ours(small, positives, negatives, engine), expected, atol=1e-12)


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
def test_quickscore_is_wrong_at_twelve_positives_and_ours_is_not(small: Synthetic, engine: str) -> None:
    positives, negatives = list(range(12)), [20, 21, 22, 23]
    expected = enumerated(small, positives, negatives)
    with np.errstate(all="ignore"):
        theirs = quickscore(small, positives, negatives)[1]
    assert not np.allclose(theirs, expected, atol=1e-3)
    np.testing.assert_allclose(ours(small, positives, negatives, engine), expected, atol=1e-12)


def test_the_error_of_quickscore_grows_on_the_network_that_speed_is_measured_on() -> None:
    net = network(0)
    worst = []
    for positives in (3, 8, 15):
        errors = []
        for seed in (1, 2, 3):
            _, seen = case(net, positives, seed)
            yes, no = seen[:positives], seen[positives:]
            errors.append(np.abs(quickscore(net, yes, no)[1] - ours(net, yes, no, "numpy")).max())
        worst.append(max(errors))
    assert worst[0] < 1e-9
    assert worst[0] < worst[1] < worst[2]
    assert worst[2] > 1e-4
