"""What causes what: which present findings a condition accounts for, and which nothing does.

Presence is not cause. A condition *explains* a present finding when the finding would go if the
condition were absent and everything else that happened stayed as it was (expected disablement,
Richens 2020, doi:10.1038/s41467-020-17419-7, in the closed forms for noisy-MAX; here exact through
hidden mechanisms too, by fixing which of them the condition switched on). It *suffices* for a finding
when what it did itself would leave the finding as seen even if nothing else had acted (sufficiency,
same source).

Of a finding that was reported with doubt all shares are of its being truly there: P(it is as reported,
and the condition explains it, or suffices, or no condition caused it | evidence).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from saphena.inference.evidence import Floats
from saphena.inference.subset import Lanes, Marginals, SubsetProgramme, with_flipped


@dataclass(frozen=True)
class Causes:
    """Over present findings in the order of ``SubsetProgramme.present``; probabilities given the evidence."""

    explained_by: Floats
    """(C, P) P(the finding would go if the condition were absent); nan where it was not asked for."""
    unexplained: Floats | None
    """(P,) P(no condition caused the finding, directly or through a mechanism); None if it was not asked for."""
    nothing_explains: float | None
    """P(no condition caused any of the present findings); None if it was not asked for."""
    sufficient: Floats | None = None
    """(C, P) P(the condition's own doing alone would leave the finding in the grades seen); nan where it
    was not asked for, None if sufficiency was not."""


def causes(
    programme: SubsetProgramme, total: float, conditions: list[int], sufficiency: bool = False, unexplained: bool = True
) -> Causes:
    """Disablement of the given conditions; with ``unexplained`` what no condition explains.

    ``total`` is P(evidence) without the terms of no slot, as ``SubsetProgramme.evidence_of`` gives it.
    ``sufficiency`` adds what each condition alone would account for, at the price of disablement again.
    """
    return Causes(
        _explained_by(programme, total, conditions),
        _unexplained(programme, total) if unexplained else None,
        _nothing_explains(programme, total) if unexplained else None,
        sufficient(programme, total, conditions) if sufficiency else None,
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
        for index, (_, slot, s, switched) in enumerate(jobs):
            _allow(programme, lanes, index, slot, s, switched)
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
    slot: int,
    state: int,
    switched: tuple[tuple[int, bool], ...],
) -> None:
    """One lane: the state is present and switched on exactly these mechanisms; the finding stays
    below the grades seen but for what the condition itself does."""
    base = programme.base
    with_flipped(programme, lanes, index, slot)
    lanes.weight[index, state] = base.weight[0, state] * (base.low + base.hit)[0, state, slot]
    _fix_switches(programme, lanes, index, state, switched)
    for k, on in switched:
        if on:  # By the condition alone: it may do to this finding what it likes.
            lanes.off[index, k] = base.on[0, k] * (base.on_low + base.on_hit)[0, k, slot]


def _fix_switches(
    programme: SubsetProgramme, lanes: Lanes, index: int, state: int, switched: tuple[tuple[int, bool], ...]
) -> None:
    """One lane: the state is present, and of these mechanisms switched on exactly those marked."""
    base = programme.base
    own_states = programme.evidence.condition_of == programme.evidence.condition_of[state]
    weight = lanes.weight[index, state]
    for k, on in switched:
        weight *= base.switch[0, state, k] if on else 1 - base.switch[0, state, k]
        if on:  # Off without the condition, on with it: acts as if on.
            lanes.off[index, k] = lanes.on[index, k]
            lanes.off_low[index, k] = lanes.on_low[index, k]
            lanes.off_hit[index, k] = lanes.on_hit[index, k]
        lanes.switch[index, state, k] = 0.0
    lanes.weight[index, own_states] = 0.0
    lanes.weight[index, state] = weight
    lanes.absent[index, programme.evidence.condition_of[state]] = 0.0


def sufficient(programme: SubsetProgramme, total: float, conditions: list[int]) -> Floats:
    """(C, P) P(the condition is present and its own doing alone would leave the present finding in the
    grades seen | evidence), nan for conditions not asked for.

    Its own doing is its direct trigger and those of the mechanisms that it switched on, whether or not
    others switched them on too. Two conditions may each suffice for one finding. ``total`` as in
    ``causes``. Richens 2020, doi:10.1038/s41467-020-17419-7.
    """
    e, base, count = programme.evidence, programme.base, len(programme.present)
    result = np.full((e.conditions, count), np.nan)
    if count == 0:
        return result
    up_to, on_up_to = base.low + base.hit, base.on_low + base.on_hit
    within, on_within = _share(base.hit, up_to)[0], _share(base.on_hit, on_up_to)[0]
    lanes = base.repeat(count)
    for slot in range(count):
        with_capped(lanes, slot, slot)
    capped = programme.marginals(lanes)
    jobs: list[tuple[int, int, tuple[tuple[int, bool], ...]]] = []
    for c in conditions:
        result[c] = 0.0
        for s in np.flatnonzero((e.condition_of == c) & (base.weight[0] > 0)).tolist():
            for slot in range(count):
                through = np.flatnonzero(programme.active & (base.switch[0, s] > 0) & (base.on_hit[0, :, slot] > 0))
                if len(through):
                    jobs += [
                        (slot, s, tuple(zip(through.tolist(), on, strict=True)))
                        for on in product((False, True), repeat=len(through))
                    ]
                else:
                    result[c, slot] += within[s, slot] * capped.state[slot, s]
    if jobs:
        lanes = base.repeat(len(jobs))
        for index, (slot, s, switched) in enumerate(jobs):
            with_capped(lanes, index, slot)
            _fix_switches(programme, lanes, index, s, switched)
        for (slot, s, switched), value in zip(jobs, programme.evidence_of(lanes), strict=True):
            own = within[s, slot]
            for k, on in switched:
                own += (1 - own) * on_within[k, slot] * on
            result[e.condition_of[s], slot] += own * value
    return np.asarray(result / total)


def with_capped(lanes: Lanes, index: int, slot: int) -> None:
    """One lane: of this present finding is known only that nothing exceeded the grades seen."""
    for low, hit in ((lanes.low, lanes.hit), (lanes.on_low, lanes.on_hit)):
        low[index, :, slot] += hit[index, :, slot]
        hit[index, :, slot] = 0.0
    lanes.leak_hit[index, slot] += lanes.leak_low[index, slot]
    lanes.leak_low[index, slot] = 0.0


def _share(part: Floats, whole: Floats) -> Floats:
    """Part of the whole; 0 of nothing."""
    return np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)


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


def nothing_explains(base: Lanes, membership: Floats) -> float:
    """P(no condition caused any present finding, evidence), from one lane without a plan, for a case too wide for one.

    A mechanism that can cause a present finding is in one of three kinds: it leaked, a condition switched it on and it
    caused none of them, or nobody switched it on. A factor x where it is on and 1 where it is off averages to
    x + (1 - x) P(nobody): all terms are positive, so nothing cancels. Of the other mechanisms only x counts, which is
    also how often they do not lift a finding above the grades seen. What
    conditions have to do depends on which mechanisms nobody switched on, so that is worked out 2^K times.
    """
    reaches = (base.on_hit[0] > 0).any(axis=1)
    able = np.flatnonzero(reaches | (base.on[0] * base.on_low[0].prod(axis=1) != 1))
    reaching = np.flatnonzero(reaches)
    # Findings, by which mechanisms leaked: leaks put each in the grades seen.
    low, up_to = base.on_low[0, reaching], (base.on_low + base.on_hit)[0, reaching]
    below = _by_subset(base.leak_low[0], low)
    within = (_by_subset((base.leak_low + base.leak_hit)[0], up_to) - below).prod(axis=1)
    # Conditions, by which mechanisms none switched on: those present cause no present finding.
    idle = base.weight[0] * base.low[0].prod(axis=1)
    quiet = _by_subset(idle, 1 - base.switch[0][:, able].T)
    starts = np.flatnonzero(np.diff(membership.argmax(axis=1), prepend=-1))
    conditions = (base.absent[0] + np.add.reduceat(quiet, starts, axis=1)).prod(axis=1)
    chance, leaked, nobody = np.ones(1), np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
    for k in able.tolist():
        on = base.on[0, k]
        no_finding = on * base.on_low[0, k].prod()
        if reaches[k]:  # Switched on by a condition or nobody; leaked; off for all.
            kinds = np.array([base.unswitched[0, k] * no_finding, base.switched[0, k] * on])
            leaked = (2 * leaked[:, None] + np.array([0, 1, 0])).ravel()
            nobody = (2 * nobody[:, None] + np.array([0, 0, 1])).ravel()
        else:  # On by whomever; off for all.
            kinds = np.array([no_finding])
            leaked = np.repeat(leaked, 2)
            nobody = (2 * nobody[:, None] + np.array([0, 1])).ravel()
        chance = (chance[:, None] * np.append(kinds, base.unswitched[0, k] * (1 - no_finding))).ravel()
    return float((chance * conditions[nobody] * within[leaked]).sum() * base.factor[0])


def _by_subset(start: Floats, factors: Floats) -> Floats:
    """(2^K, n) ``start`` (n,) times the rows of ``factors`` (K, n) in each subset of them; the first counts most."""
    result = start[None]
    for row in factors:
        result = np.stack([result, result * row], axis=1).reshape(-1, len(start))
    return result


def _nothing_explains(programme: SubsetProgramme, total: float) -> float:
    """P(no condition caused any present finding): one pass for each set of mechanisms that leaked, of those that can
    cause one. Mechanisms that cannot are summed over by the plan.

    What conditions do, themselves or through a mechanism that did not leak, leaves every present finding
    below the grades seen.
    """
    base, count = programme.base, len(programme.present)
    reaching = np.flatnonzero(programme.active & (base.on_hit[0, :, :count] > 0).any(axis=1)).tolist()
    subsets = list(product((False, True), repeat=len(reaching)))
    lanes = base.repeat(len(subsets))
    lanes.hit[:, :, :count] = 0.0
    for index, leaked in enumerate(subsets):
        for k, on in zip(reaching, leaked, strict=True):
            _fix_leak(lanes, index, k, on)
            if not on:
                lanes.on_hit[index, k, :count] = 0.0
    return float(programme.evidence_of(lanes).sum() / total)
