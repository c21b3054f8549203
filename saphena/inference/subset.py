"""Exact inference by dynamic programming over subsets of the present findings.

The state is an array ``v`` with one bit for each open slot. A slot is a present finding (bit 1: what
was processed so far has caused it) or a hidden mechanism (bit 1: it is on). Conditions are processed
one after the other; a slot opens before the first condition that touches it and closes after the
last. Findings seen absent, or only bounded from above, never open a slot: they multiply into the
weight of each state. Everything is positive arithmetic, so nothing cancels.

Several problems that differ only in their numbers (what-if, leave-one-out, counterfactuals) run as
lanes of one pass. The mathematics, step by step: ``docs/explanation/inference.md``.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, Literal

import numpy as np

from saphena.inference import passes
from saphena.inference.evidence import Evidence, Floats, Ints
from saphena.inference.plan import CONDITION, INDEX, KIND, MOST_SLOTS, WIDTH, Plan, order_steps

WIDEST = 2**24
"""Largest number of stored states (summed over steps) that is attempted: 128 MB a lane."""
LANE_STATES = 2**23
"""Lanes run together as long as their stored states stay below this."""


COMPILED_FROM = 2**23
"""States times lanes from which loading the compiled kernels pays in a process that has not."""
Engine = Literal["auto", "numpy", "compiled"]


class TooWide(ValueError):
    """The case would need more memory than is allowed; says how much."""


@dataclass
class Lanes:
    """The numbers of several problems over one plan; ``L`` lanes, ``P`` present findings.

    For an edge, ``low`` is P(the trigger stays below the grades seen) and ``hit`` P(it falls in them).
    """

    weight: Floats
    """(L, S) prior of a state times all findings that open no slot."""
    absent: Floats
    """(L, C) P(condition absent)."""
    low: Floats
    hit: Floats
    """(L, S, P) edges from states to present findings."""
    leak_low: Floats
    leak_hit: Floats
    """(L, P)"""
    switched: Floats
    """(L, K) P(mechanism on by leak)."""
    unswitched: Floats
    """(L, K) its complement; kept apart because a lane may fix either to 0."""
    switch: Floats
    """(L, S, K) P(the state switches the mechanism on)."""
    on: Floats
    off: Floats
    """(L, K) factor of a mechanism that is on, or off, from findings that open no slot."""
    on_low: Floats
    on_hit: Floats
    off_low: Floats
    off_hit: Floats
    """(L, K, P) edges from a mechanism that is on, or off (identity unless a lane says otherwise)."""
    factor: Floats = field(default_factory=lambda: np.ones(0))
    """(L,) constant factor."""

    def __len__(self) -> int:
        return len(self.weight)

    def repeat(self, times: int) -> Lanes:
        """The first lane, copied ``times`` times, each free to be changed."""
        return Lanes(**{f.name: np.repeat(getattr(self, f.name)[:1], times, axis=0) for f in fields(self)})

    def part(self, start: int, stop: int) -> Lanes:
        """Some of the lanes, as views."""
        return Lanes(**{f.name: getattr(self, f.name)[start:stop] for f in fields(self)})


@dataclass(frozen=True)
class Marginals:
    """Joint probabilities with the evidence, one row a lane."""

    evidence: Floats
    """(L,) P(evidence)."""
    state: Floats
    """(L, S) P(state, evidence)."""
    mechanism: Floats
    """(L, K) P(mechanism on, evidence)."""


class SubsetProgramme:
    """Plan and passes for one ``Evidence``.

    Slots ``0..P-1`` are the present findings (``present`` gives their index in the evidence), slot
    ``P + k`` is mechanism ``k``. Raises ``TooWide`` before anything large is allocated.
    """

    def __init__(self, evidence: Evidence, engine: Engine = "auto", open_mechanisms: bool = False) -> None:
        """``open_mechanisms`` keeps a slot for every mechanism, so that lanes may change what those do."""
        self.evidence = evidence
        self.engine = engine
        self._open_mechanisms = open_mechanisms
        self.present: Ints = evidence.positive
        self._low = evidence.below(evidence.link)
        self._up_to = evidence.up_to(evidence.link)
        self._mechanism_low = evidence.below(evidence.mechanism_link)
        self._mechanism_up_to = evidence.up_to(evidence.mechanism_link)
        self.plan = self._plan()
        self.states = self.plan.stored
        if self.states > WIDEST:
            raise TooWide(
                f"{len(self.present)} present findings need about 2^{np.log2(self.states):.0f} states; "
                f"the bound is 2^{np.log2(WIDEST):.0f}"
            )

    # --- numbers -----------------------------------------------------------------------------

    @cached_property
    def base(self) -> Lanes:
        """One lane: the evidence as it is."""
        e = self.evidence
        p = self.present
        absorbed = e.lowest == 0
        weight = e.prior * e.soft * self._up_to[:, absorbed].prod(axis=1)
        low, hit = self._low[:, p], e.within(e.link)[:, p]
        mech_low, mech_hit = self._mechanism_low[:, p], e.within(e.mechanism_link)[:, p]
        leak_low, leak_up_to = e.below(e.leak), e.up_to(e.leak)
        lane = Lanes(
            weight=weight,
            absent=e.absent,
            low=low,
            hit=hit,
            leak_low=leak_low[p],
            leak_hit=e.within(e.leak)[p],
            switched=e.mechanism_leak,
            unswitched=1 - e.mechanism_leak,
            switch=e.mechanism_prior,
            on=e.mechanism_soft * self._mechanism_up_to[:, absorbed].prod(axis=1),
            off=np.ones(len(e.mechanism_leak)),
            on_low=mech_low,
            on_hit=mech_hit,
            off_low=np.ones_like(mech_low),
            off_hit=np.zeros_like(mech_hit),
            factor=leak_up_to[absorbed].prod(keepdims=True)[0],
        )
        return Lanes(**{f.name: np.array(getattr(lane, f.name), dtype=float)[None] for f in fields(lane)})

    # --- the plan ----------------------------------------------------------------------------

    def _plan(self) -> Plan:
        e, p = self.evidence, self.present
        count, conditions = len(p), e.conditions
        possible = e.prior > 0
        touches = ((self._low[:, p] < 1) | (self._up_to[:, p] < 1)) & possible[:, None]
        mechanism_touches = (self._mechanism_low[:, p] < 1) | (self._mechanism_up_to[:, p] < 1)
        absorbs = (self._mechanism_up_to[:, e.lowest == 0] < 1).any(axis=1) | (e.mechanism_soft < 1)
        self.active = mechanism_touches.any(axis=1) | absorbs | self._open_mechanisms
        switches = (e.mechanism_prior > 0) & self.active & possible[:, None]
        slots = count + len(self.active)
        if slots > MOST_SLOTS:
            raise TooWide(f"{count} present findings and {len(self.active)} mechanisms; at most {MOST_SLOTS} in all")
        bit = np.left_shift(1, np.arange(slots, dtype=np.int64))
        by_state = np.hstack([touches, switches]) @ bit
        first_state = np.searchsorted(e.condition_of, np.arange(conditions + 1)).astype(np.int64)
        masks = np.zeros(conditions, dtype=np.int64)
        np.bitwise_or.at(masks, e.condition_of, by_state)
        order = _compiled("order_steps") or order_steps
        steps, opens, touched, bits, closes, orphans = order(masks, mechanism_touches @ bit[:count], self.active, count)
        self._inside = masks != 0
        kept = np.diff(first_state)[steps[:, INDEX] * (steps[:, KIND] == CONDITION)] if conditions else np.zeros(0)
        sizes = np.where(steps[:, KIND] == CONDITION, kept, 0.5) * np.left_shift(1, steps[:, WIDTH])
        stored_at = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        return Plan(steps, opens, touched, bits, closes, orphans, first_state, stored_at)

    # --- the passes --------------------------------------------------------------------------

    def evidence_of(self, lanes: Lanes) -> Floats:
        """(L,) P(evidence) of each lane; the forward pass alone."""
        return np.concatenate([self._run(part, backward=False).evidence for part in self._chunks(lanes)])

    def marginals(self, lanes: Lanes) -> Marginals:
        """P(evidence), P(state, evidence) and P(mechanism on, evidence) of each lane."""
        parts = [self._run(part, backward=True) for part in self._chunks(lanes)]
        if len(parts) == 1:
            return parts[0]
        return Marginals(
            np.concatenate([p.evidence for p in parts]),
            np.concatenate([p.state for p in parts]),
            np.concatenate([p.mechanism for p in parts]),
        )

    def _chunks(self, lanes: Lanes) -> list[Lanes]:
        size = max(1, LANE_STATES // max(1, self.states))
        if len(lanes) <= size:
            return [lanes]
        return [lanes.part(i, min(i + size, len(lanes))) for i in range(0, len(lanes), size)]

    def _run(self, lanes: Lanes, backward: bool) -> Marginals:
        """Both passes over the plan, times everything that has no step."""
        compiled = self.engine == "compiled" or (
            self.engine == "auto" and (_compiled("run") is not None or self.states * len(lanes) >= COMPILED_FROM)
        )
        if compiled:
            from saphena.inference import kernels

            total, state, mechanism = kernels.run(self, lanes, backward)
        else:
            total, state, mechanism = passes.run(self, lanes, backward)
        sums = lanes.absent + lanes.weight @ self.evidence.membership
        factor = lanes.factor * lanes.leak_hit[:, self.plan.orphans].prod(axis=1)
        factor = factor * np.where(self._inside, 1.0, sums).prod(axis=1)
        total = total * factor
        if not backward:
            return Marginals(total, state, mechanism)
        # A condition without a step keeps its weights; P(state, evidence) is its share of the total.
        whole = sums[:, self.evidence.condition_of]
        outside = lanes.weight * np.divide(total[:, None], whole, out=np.zeros_like(whole), where=whole > 0)
        state = np.where(self._inside[self.evidence.condition_of], state * factor[:, None], outside)
        mechanism = mechanism * factor[:, None]
        # A mechanism without a slot has no bearing on the evidence and is not worked out.
        mechanism[:, ~self.active] = np.nan
        return Marginals(total, state, mechanism)


def _compiled(name: str) -> Any:
    """Something of the compiled kernels, if this process has loaded them already."""
    module = sys.modules.get("saphena.inference.kernels")
    return getattr(module, name, None)


def with_flipped(programme: SubsetProgramme, lane: Lanes, index: int, slot: int) -> None:
    """Turn one lane into the problem "present finding ``slot`` stayed below the grades seen"."""
    with_removed(programme, lane, index, slot, keep_factors=True)


def with_removed(programme: SubsetProgramme, lane: Lanes, index: int, slot: int, keep_factors: bool = False) -> None:
    """Turn one lane into the problem "present finding ``slot`` was not observed"."""
    base = programme.base
    if keep_factors:
        lane.weight[index] *= base.low[0, :, slot]
        lane.on[index] *= base.on_low[0, :, slot]
        lane.factor[index] *= base.leak_low[0, slot]
    lane.low[index, :, slot], lane.hit[index, :, slot] = 1.0, 0.0
    lane.on_low[index, :, slot], lane.on_hit[index, :, slot] = 1.0, 0.0
    lane.leak_low[index, slot], lane.leak_hit[index, slot] = 0.0, 1.0


def with_unobserved(programme: SubsetProgramme, lane: Lanes, index: int, finding: int) -> None:
    """Turn one lane into the problem "``finding`` (an index of the evidence) was not observed"."""
    slots = np.flatnonzero(programme.present == finding)
    if len(slots):
        with_removed(programme, lane, index, int(slots[0]))
        return
    # Products are taken anew, not divided: a factor may be 0.
    e = programme.evidence
    others = (e.lowest == 0) & (np.arange(len(e.lowest)) != finding)
    lane.weight[index] = e.prior * e.soft * e.up_to(e.link)[:, others].prod(axis=1)
    lane.on[index] = e.mechanism_soft * e.up_to(e.mechanism_link)[:, others].prod(axis=1)
    lane.factor[index] = e.up_to(e.leak)[others].prod()
