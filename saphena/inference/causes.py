"""What causes what: which present findings a condition accounts for, and which nothing does.

Presence is not cause. A condition *explains* a present finding when the finding would go if the
condition were absent and everything else that happened stayed as it was (expected disablement,
Richens 2020, doi:10.1038/s41467-020-17419-7, in the closed forms for noisy-MAX; here exact through
hidden mechanisms too, by fixing which of them the condition switched on).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from saphena.inference.evidence import Floats
from saphena.inference.subset import Lanes, Marginals, SubsetProgramme, with_flipped


@dataclass(frozen=True)
class Causes:
    """Over present findings in the order of ``SubsetProgramme.present``; probabilities given the evidence."""

    explained_by: Floats
    """(C, P) P(the finding would go if the condition were absent); nan where it was not asked for."""
    unexplained: Floats
    """(P,) P(no condition caused the finding, directly or through a mechanism)."""
    nothing_explains: float
    """P(no condition caused any of the present findings)."""


def causes(programme: SubsetProgramme, total: float, conditions: list[int]) -> Causes:
    """Disablement of the given conditions, unexplained shares, and the chance that nothing explains.

    ``total`` is P(evidence) without the terms of no slot, as ``SubsetProgramme.evidence_of`` gives it.
    """
    return Causes(
        _explained_by(programme, total, conditions),
        _unexplained(programme, total),
        nothing_explains(programme.base, programme.active, programme.evidence.membership) / total,
    )


def _explained_by(programme: SubsetProgramme, total: float, conditions: list[int]) -> Floats:
    e, count = programme.evidence, len(programme.present)
    result = np.full((e.conditions, count), np.nan)
    if count == 0:
        return result
    base = programme.base
    flipped_lanes = base.repeat(count)
    for slot in range(count):
        with_flipped(programme, flipped_lanes, slot, slot)
    flipped: Marginals = programme.marginals(flipped_lanes)

    # Jobs: (condition, slot, flipped lanes to be set up with the condition's own doing allowed).
    jobs: list[tuple[int, int, int, tuple[tuple[int, bool], ...]]] = []
    for c in conditions:
        result[c] = 0.0
        for s in np.flatnonzero((e.condition_of == c) & (base.weight[0] > 0)).tolist():
            for slot in range(count):
                own = [int(k) for k in np.flatnonzero((base.switch[0, s] > 0) & programme.active)]
                through = [k for k in own if base.on_hit[0, k, slot] > 0]
                low, hit = base.low[0, s, slot], base.hit[0, s, slot]
                if not through and low > 1e-6:
                    result[c, slot] += hit / low * flipped.state[slot, s]
                elif through or hit > 0:
                    jobs += [
                        (c, slot, s, tuple(zip(own, on, strict=True))) for on in product((False, True), repeat=len(own))
                    ]
    if jobs:
        lanes = base.repeat(len(jobs))
        for index, (c, slot, s, switched) in enumerate(jobs):
            _allow(programme, lanes, index, c, slot, s, switched)
        allowed = programme.evidence_of(lanes)
        for (c, slot, _, _), value in zip(jobs, allowed, strict=True):
            result[c, slot] += value
        for c, slot, s in {(c, slot, s) for c, slot, s, _ in jobs}:
            result[c, slot] -= flipped.state[slot, s]
    return np.asarray(np.maximum(result, 0.0) / total)


def _allow(
    programme: SubsetProgramme,
    lanes: Lanes,
    index: int,
    condition: int,
    slot: int,
    state: int,
    switched: tuple[tuple[int, bool], ...],
) -> None:
    """One lane: the state is present and switched on exactly these mechanisms; the finding stays
    below the grades seen but for what the condition itself does."""
    base = programme.base
    own_states = programme.evidence.condition_of == condition
    with_flipped(programme, lanes, index, slot)
    weight = base.weight[0, state] * (base.low + base.hit)[0, state, slot]
    for k, on in switched:
        weight *= base.switch[0, state, k] if on else 1 - base.switch[0, state, k]
        if on:
            # Off without the condition, on with it: acts as if on, and on this finding freely.
            lanes.off[index, k] = base.on[0, k] * (base.on_low + base.on_hit)[0, k, slot]
            lanes.off_low[index, k] = lanes.on_low[index, k]
            lanes.off_hit[index, k] = lanes.on_hit[index, k]
        lanes.switch[index, state, k] = 0.0
    lanes.weight[index, own_states] = 0.0
    lanes.weight[index, state] = weight
    lanes.absent[index, condition] = 0.0


def _unexplained(programme: SubsetProgramme, total: float) -> Floats:
    base, count = programme.base, len(programme.present)
    result = np.zeros(count)
    jobs: list[tuple[int, dict[int, bool]]] = []
    for slot in range(count):
        reaching = [int(k) for k in np.flatnonzero(programme.active & (base.on_hit[0, :, slot] > 0))]
        jobs += [
            (slot, dict(zip(reaching, leaked, strict=True))) for leaked in product((False, True), repeat=len(reaching))
        ]
    if not jobs:
        return result
    lanes = base.repeat(len(jobs))
    for index, (slot, leaked) in enumerate(jobs):
        with_flipped(programme, lanes, index, slot)
        low, up_to = base.leak_low[0, slot], base.leak_low[0, slot] + base.leak_hit[0, slot]
        for k, on in leaked.items():
            _fix_leak(lanes, index, k, on)
            if on:
                low *= base.on_low[0, k, slot]
                up_to *= base.on_low[0, k, slot] + base.on_hit[0, k, slot]
                lanes.on[index, k] = base.on[0, k]
        lanes.factor[index] = base.factor[0] * (up_to - low)
    for (slot, _), value in zip(jobs, programme.evidence_of(lanes), strict=True):
        result[slot] += value
    return result / total


def _fix_leak(lanes: Lanes, index: int, k: int, on: bool) -> None:
    """The mechanism was (or was not) switched on by its leak: conditions then no longer matter."""
    if on:
        lanes.unswitched[index, k] = 0.0
        lanes.switch[index, :, k] = 0.0
    else:
        lanes.switched[index, k] = 0.0


def nothing_explains(base: Lanes, active: NDArray[np.bool_], membership: Floats) -> float:
    """P(no condition caused any present finding, evidence), from one lane: the sum over which mechanisms leaked,
    and which of the others a condition switched on. It needs no plan.

    Each active mechanism is in one of three kinds, so the sum has 3^K terms (6,561 for eight).
    A factor x where a condition switched a mechanism on, and 1 where none did, averages to
    x + (1 - x) P(none did): all terms are positive, so nothing cancels.
    """
    able = np.flatnonzero(active)
    kinds = np.array(list(product((0, 1, 2), repeat=len(able))), dtype=np.int64).reshape(3 ** len(able), len(able))
    no_finding = base.on[0, able] * base.on_low[0, able].prod(axis=1)
    terms = np.stack(
        [
            base.unswitched[0, able] * (1 - no_finding),
            base.switched[0, able] * base.on[0, able],
            base.unswitched[0, able] * no_finding,
        ],
        axis=1,
    )
    chance = terms[np.arange(len(able)), kinds].prod(axis=1)
    nobody, leaked = kinds == 0, kinds == 1
    low, up_to = base.on_low[0, able], (base.on_low + base.on_hit)[0, able]
    below = base.leak_low[0] * np.where(leaked[:, :, None], low, 1.0).prod(axis=1)
    within = (base.leak_low + base.leak_hit)[0] * np.where(leaked[:, :, None], up_to, 1.0).prod(axis=1) - below
    # Conditions may be present, as long as they cause no present finding and no "nobody" mechanism.
    idle = base.weight[0] * base.low[0].prod(axis=1)
    quiet = idle * np.where(nobody[:, None], 1 - base.switch[0][:, able], 1.0).prod(axis=2)
    conditions = (base.absent[0] + quiet @ membership).prod(axis=1)
    return float((chance * conditions * within.prod(axis=1)).sum() * base.factor[0])
