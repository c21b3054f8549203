"""Random networks and cases that use every feature of ``Evidence``."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from saphena.inference.evidence import Evidence

GRADES = 4


@st.composite
def networks(draw: st.DrawFn, conditions: int = 3, mechanisms: int = 2, findings: int = 4) -> Evidence:
    """A small network: states, mechanisms, graded and binary findings, bounds, certain and impossible links, doubt."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    c = draw(st.integers(1, conditions))
    k = draw(st.integers(0, mechanisms))
    j = draw(st.integers(0, findings))
    return network(rng, c, k, j)


def network(rng: np.random.Generator, c: int, k: int, j: int) -> Evidence:
    """A network of so many conditions, mechanisms and observed findings."""
    condition_of = np.repeat(np.arange(c), rng.integers(1, 3, c))
    s = len(condition_of)
    prior = rng.random(s) * 0.4
    for i in range(c):  # Sometimes a known or an excluded condition.
        kind = rng.random()
        members = condition_of == i
        if kind < 0.1:
            prior[members] = rng.dirichlet(np.ones(members.sum()))
        elif kind < 0.2:
            prior[members] = 0.0
    lowest = rng.integers(0, 3, j)
    highest = np.array([rng.integers(low, GRADES) for low in lowest], dtype=np.int64)
    return Evidence(
        prior=prior,
        condition_of=condition_of,
        link=distributions(rng, (s, j), 0.6),
        leak=distributions(rng, (j,), 0.9),
        lowest=lowest,
        highest=highest,
        mechanism_leak=rng.random(k) * 0.3,
        mechanism_prior=rng.random((s, k)) * (rng.random((s, k)) < 0.6),
        mechanism_link=distributions(rng, (k, j), 0.6),
        soft=np.where(rng.random(s) < 0.5, 1.0, rng.random(s)),
        mechanism_soft=np.where(rng.random(k) < 0.5, 1.0, rng.random(k)),
        doubt=doubts(rng, j),
    )


def doubts(rng: np.random.Generator, j: int) -> np.ndarray:
    """Most reports are certain; a few say nothing at all."""
    kind = rng.random(j)
    return np.where(kind < 0.7, 0.0, np.where(kind < 0.75, 1.0, rng.random(j)))


def distributions(rng: np.random.Generator, shape: tuple[int, ...], density: float) -> np.ndarray:
    """Distributions over grades; some cause nothing, some always cause their grade."""
    pmf = rng.random((*shape, GRADES))
    pmf[..., 0] += 2
    binary = rng.random(shape) < 0.4
    pmf[binary, 2:] = 0
    pmf /= pmf.sum(axis=-1, keepdims=True)
    off = rng.random(shape) > density
    pmf[off] = np.eye(GRADES)[0]
    sure = rng.random(shape) < 0.05
    pmf[sure] = np.eye(GRADES)[rng.integers(1, GRADES)]
    return pmf
