"""The seeded synthetic network that speed is measured on, and cases with a wanted number of positives.

55 conditions in 8 organ systems, 250 findings with 8 to 15 parents, leaks 0.002 to 0.15, priors
0.003 to 0.15, a third of the links strong; cases are ancestral samples with 30 absent findings. It has no
mechanisms unless asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from saphena.inference.evidence import Evidence

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Synthetic:
    """A flat binary noisy-OR network."""

    prior: Floats
    q: Floats
    """(conditions, findings); 0 where there is no link."""
    leak: Floats
    mechanism_leak: Floats = field(default_factory=lambda: np.zeros(0))
    switch: Floats | None = None
    """(conditions, mechanisms); None without mechanisms."""
    mechanism_q: Floats | None = None
    """(mechanisms, findings)"""


def network(seed: int, conditions: int = 55, findings: int = 250, parents: tuple[int, int] = (8, 15)) -> Synthetic:
    """Draw a network; most parents of a finding belong to one organ system."""
    rng = np.random.default_rng(seed)
    system = rng.integers(0, 8, conditions)
    q = np.zeros((conditions, findings))
    for j in range(findings):
        count = min(conditions, int(rng.integers(parents[0], parents[1] + 1)))
        home = rng.integers(0, 8)
        weights = np.where(system == home, 4.0, 1.0)
        if rng.random() < 0.12:
            weights[:] = 1.0  # An unspecific finding.
        chosen = rng.choice(conditions, count, replace=False, p=weights / weights.sum())
        strong = rng.random(count) < 0.35
        q[chosen, j] = np.where(strong, rng.uniform(0.5, 0.9, count), rng.uniform(0.05, 0.4, count))
    return Synthetic(
        prior=np.exp(rng.uniform(np.log(0.003), np.log(0.15), conditions)),
        q=q,
        leak=np.exp(rng.uniform(np.log(0.002), np.log(0.15), findings)),
    )


def with_mechanisms(net: Synthetic, mechanisms: int, seed: int) -> Synthetic:
    """The network with hidden mechanisms besides; 2 to 6 conditions switch each on, which causes 4 to 10 findings."""
    rng = np.random.default_rng(seed)
    conditions, findings = net.q.shape
    switch, q = np.zeros((conditions, mechanisms)), np.zeros((mechanisms, findings))
    for k in range(mechanisms):
        by, of = rng.integers(2, 7), rng.integers(4, 11)
        switch[rng.choice(conditions, by, replace=False), k] = rng.uniform(0.2, 0.9, by)
        q[k, rng.choice(findings, of, replace=False)] = rng.uniform(0.2, 0.8, of)
    return replace(net, mechanism_leak=np.full(mechanisms, 0.01), switch=switch, mechanism_q=q)


def person(net: Synthetic, rng: np.random.Generator) -> NDArray[np.bool_]:
    """(findings,) which findings one person has, drawn from causes to effects."""
    present = rng.random(len(net.prior)) < net.prior
    absent_chance = (1 - net.leak) * np.where(present[:, None], 1 - net.q, 1.0).prod(axis=0)
    if net.switch is not None and net.mechanism_q is not None:
        off = (1 - net.mechanism_leak) * np.where(present[:, None], 1 - net.switch, 1.0).prod(axis=0)
        on = rng.random(len(off)) >= off
        absent_chance = absent_chance * np.where(on[:, None], 1 - net.mechanism_q, 1.0).prod(axis=0)
    return rng.random(net.q.shape[1]) > absent_chance


def case(net: Synthetic, positives: int, seed: int, negatives: int = 30) -> tuple[Evidence, list[int]]:
    """Evidence with exactly so many present and absent findings, and which findings they are."""
    rng = np.random.default_rng(seed)
    while True:
        found = person(net, rng)
        yes, no = np.flatnonzero(found), np.flatnonzero(~found)
        if len(yes) >= positives and len(no) >= negatives:
            break
    seen = [*rng.choice(yes, positives, replace=False), *rng.choice(no, negatives, replace=False)]
    value = np.array([1] * positives + [0] * negatives, dtype=np.int64)
    return evidence_of(net, seen, value), [int(j) for j in seen]


def evidence_of(net: Synthetic, seen: list[int], value: NDArray[np.int64]) -> Evidence:
    """The network with some findings observed."""
    conditions = len(net.prior)
    q, leak, mechanisms = net.q[:, seen], net.leak[seen], len(net.mechanism_leak)
    through = np.zeros((mechanisms, len(seen))) if net.mechanism_q is None else net.mechanism_q[:, seen]
    return Evidence(
        prior=net.prior,
        condition_of=np.arange(conditions),
        link=np.stack([1 - q, q], axis=-1),
        leak=np.stack([1 - leak, leak], axis=-1),
        lowest=value,
        highest=value,
        mechanism_leak=net.mechanism_leak,
        mechanism_prior=np.zeros((conditions, 0)) if net.switch is None else net.switch,
        mechanism_link=np.stack([1 - through, through], axis=-1),
        soft=np.ones(conditions),
        mechanism_soft=np.ones(mechanisms),
    )
