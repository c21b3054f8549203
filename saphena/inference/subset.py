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

from dataclasses import dataclass, field, fields
from functools import cached_property

import numpy as np

from saphena.inference.evidence import Evidence, Floats, Ints

WIDEST = 2**22
"""Largest number of stored states (summed over steps) that is attempted: 32 MB a lane, about half a minute in all."""
LANE_STATES = 2**23
"""Lanes run together as long as their stored states stay below this."""


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
class Step:
    """One condition or one mechanism: which slots it opens, touches and closes."""

    condition: int | None
    mechanism: int | None
    states: tuple[int, ...]
    opens: tuple[int, ...]
    touches: tuple[tuple[int, int], ...]
    """(slot, bit position) pairs, after opening."""
    closes: tuple[tuple[int, int], ...]
    """(slot, bit position) pairs in the order of closing, positions at that moment."""
    own_bit: int | None
    width: int


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

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self.present: Ints = evidence.positive
        self._low = evidence.below(evidence.link)
        self._up_to = evidence.up_to(evidence.link)
        self._mechanism_low = evidence.below(evidence.mechanism_link)
        self._mechanism_up_to = evidence.up_to(evidence.mechanism_link)
        self.plan = self._plan()
        self.states = sum(2**step.width * max(1, len(step.states)) for step in self.plan)
        if self.states > WIDEST or any(step.width > 30 for step in self.plan):
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

    def _plan(self) -> list[Step]:
        e, p = self.evidence, self.present
        count = len(p)
        touches = (self._low[:, p] < 1) | (self._up_to[:, p] < 1)
        mech_touches = (self._mechanism_low[:, p] < 1) | (self._mechanism_up_to[:, p] < 1)
        absorbed = e.lowest == 0
        self.active = mech_touches.any(axis=1) | (
            (self._mechanism_up_to[:, absorbed] < 1).any(axis=1) | (e.mechanism_soft < 1)
        )
        slots_of: dict[int, set[int]] = {}
        states_of: dict[int, tuple[int, ...]] = {}
        for c in range(e.conditions):
            states = [int(s) for s in np.flatnonzero(e.condition_of == c) if e.prior[s] > 0]
            slots = {int(j) for s in states for j in np.flatnonzero(touches[s])}
            slots |= {count + int(k) for s in states for k in np.flatnonzero((e.mechanism_prior[s] > 0) & self.active)}
            if slots:
                slots_of[c], states_of[c] = slots, tuple(states)
        mechanisms = {
            count + int(k): {int(j) for j in np.flatnonzero(mech_touches[k])} for k in np.flatnonzero(self.active)
        }

        waiting: dict[int, int] = dict.fromkeys(range(count), 0) | dict.fromkeys(mechanisms, 1)
        for slots in slots_of.values():
            for slot in slots:
                waiting[slot] += 1
        for findings in mechanisms.values():
            for slot in findings:
                waiting[slot] += 1

        # A present finding that nothing modelled touches has only its leak.
        self.orphans = [slot for slot in range(count) if waiting[slot] == 0]
        steps: list[Step] = []
        open_slots: list[int] = []
        left = set(slots_of)

        def add(touched: set[int], condition: int | None, mechanism: int | None) -> None:
            own = None if mechanism is None else count + mechanism
            opens = tuple(sorted((touched | ({own} if own is not None else set())) - set(open_slots)))
            open_slots.extend(opens)
            width = len(open_slots)
            pairs = tuple((slot, open_slots.index(slot)) for slot in sorted(touched))
            own_bit = None
            if own is not None:
                own_bit = open_slots.index(own)
                open_slots.remove(own)
                waiting[own] = -1
                pairs = tuple((slot, open_slots.index(slot)) for slot in sorted(touched))
            closes = []
            for slot in sorted(touched):
                waiting[slot] -= 1
                if waiting[slot] == 0 and slot < count:
                    closes.append((slot, open_slots.index(slot)))
                    open_slots.remove(slot)
            steps.append(
                Step(
                    condition,
                    mechanism,
                    states_of[condition] if condition is not None else (),
                    opens,
                    pairs,
                    tuple(closes),
                    own_bit,
                    width,
                )
            )

        def resolve_ready() -> None:
            # waiting[mechanism] == 1 means that only its own resolution is left.
            ready = [slot for slot in mechanisms if waiting[slot] == 1]
            for slot in ready:
                add(mechanisms[slot], None, slot - count)

        resolve_ready()
        while left:
            opened = set(open_slots)

            def cost(c: int, opened: set[int] = opened) -> tuple[int, int]:
                slots = slots_of[c]
                closing = sum(1 for slot in slots if waiting[slot] == (1 if slot < count else 2))
                return (13 * len(slots - opened) - 10 * closing - len(slots & opened), c)

            best = min(left, key=cost)
            left.discard(best)
            add(slots_of[best], best, None)
            resolve_ready()
        return steps

    # --- the passes --------------------------------------------------------------------------

    def evidence_of(self, lanes: Lanes) -> Floats:
        """(L,) P(evidence) of each lane; the forward pass alone."""
        return np.concatenate([self._forward(part, keep=False)[0] for part in self._chunks(lanes)])

    def marginals(self, lanes: Lanes) -> Marginals:
        """P(evidence), P(state, evidence) and P(mechanism on, evidence) of each lane."""
        parts = [self._both(part) for part in self._chunks(lanes)]
        return Marginals(
            np.concatenate([p.evidence for p in parts]),
            np.concatenate([p.state for p in parts]),
            np.concatenate([p.mechanism for p in parts]),
        )

    def _chunks(self, lanes: Lanes) -> list[Lanes]:
        size = max(1, LANE_STATES // max(1, self.states))
        return [lanes.part(i, min(i + size, len(lanes))) for i in range(0, len(lanes), size)]

    def _outside(self, lanes: Lanes) -> tuple[Floats, Floats]:
        """Factor of everything that has no step, and P(condition in any state or absent) of each condition."""
        sums = lanes.absent + lanes.weight @ self.evidence.membership
        inside = [step.condition for step in self.plan if step.condition is not None]
        outside = np.ones(sums.shape[1], dtype=bool)
        outside[inside] = False
        factor = lanes.factor * sums[:, outside].prod(axis=1) * lanes.leak_hit[:, self.orphans].prod(axis=1)
        return factor, sums

    def _forward(self, lanes: Lanes, keep: bool) -> tuple[Floats, list[list[Floats]]]:
        count = len(self.present)
        v = np.ones((len(lanes), 1))
        kept: list[list[Floats]] = []
        for step in self.plan:
            for slot in step.opens:
                low, hit = self._opening(lanes, slot, count)
                v = np.concatenate([low[:, None] * v, hit[:, None] * v], axis=1)
            if step.mechanism is not None:
                k = step.mechanism
                assert step.own_bit is not None
                halves = _split(v, step.own_bit)
                off, on = halves[:, :, 0].reshape(len(v), -1), halves[:, :, 1].reshape(len(v), -1)
                if keep:
                    kept.append([on])
                v = lanes.off[:, k, None] * self._mechanism_edges(off, lanes, step, on=False)
                v += lanes.on[:, k, None] * self._mechanism_edges(on, lanes, step, on=True)
            else:
                assert step.condition is not None
                caused = [self._state_edges(v, lanes, step, s) for s in step.states]
                if keep:
                    kept.append(caused)
                v = lanes.absent[:, step.condition, None] * v
                for s, w in zip(step.states, caused, strict=True):
                    v += lanes.weight[:, s, None] * w
            for _, bit in step.closes:
                v = _split(v, bit)[:, :, 1].reshape(len(v), -1)
        return v[:, 0] * self._outside(lanes)[0], kept

    def _both(self, lanes: Lanes) -> Marginals:
        count = len(self.present)
        total, kept = self._forward(lanes, keep=True)
        factor, sums = self._outside(lanes)
        whole = sums[:, self.evidence.condition_of]
        state = lanes.weight * np.divide(total[:, None], whole, out=np.zeros_like(whole), where=whole > 0)
        mechanism = np.zeros_like(lanes.switched)
        beta = factor[:, None].copy()
        for step, stored in zip(reversed(self.plan), reversed(kept), strict=True):
            for _, bit in reversed(step.closes):
                beta = _insert_closed(beta, bit)
            if step.mechanism is not None:
                k = step.mechanism
                assert step.own_bit is not None
                on = lanes.on[:, k, None] * self._mechanism_edges(beta, lanes, step, on=True, transpose=True)
                off = lanes.off[:, k, None] * self._mechanism_edges(beta, lanes, step, on=False, transpose=True)
                mechanism[:, k] = (stored[0] * on).sum(axis=1)
                beta = _join(off, on, step.own_bit)
            else:
                assert step.condition is not None
                for s, w in zip(step.states, stored, strict=True):
                    state[:, s] = lanes.weight[:, s] * (w * beta).sum(axis=1)
                back = lanes.absent[:, step.condition, None] * beta
                for s in step.states:
                    back += lanes.weight[:, s, None] * self._state_edges(beta, lanes, step, s, transpose=True)
                beta = back
            for slot in reversed(step.opens):
                low, hit = self._opening(lanes, slot, count)
                half = beta.shape[1] // 2
                beta = low[:, None] * beta[:, :half] + hit[:, None] * beta[:, half:]
        # A mechanism without a slot has no bearing on the evidence and is not worked out.
        mechanism[:, ~self.active] = np.nan
        return Marginals(total, state, mechanism)

    def _opening(self, lanes: Lanes, slot: int, count: int) -> tuple[Floats, Floats]:
        if slot < count:
            return lanes.leak_low[:, slot], lanes.leak_hit[:, slot]
        return lanes.unswitched[:, slot - count], lanes.switched[:, slot - count]

    def _state_edges(self, v: Floats, lanes: Lanes, step: Step, s: int, transpose: bool = False) -> Floats:
        count = len(self.present)
        w = v.copy()
        for slot, bit in step.touches:
            if slot < count:
                low, hit = lanes.low[:, s, slot], lanes.hit[:, s, slot]
            else:
                hit = lanes.switch[:, s, slot - count]
                low = 1 - hit
            _edge(w, bit, low, hit, transpose)
        return w

    def _mechanism_edges(self, v: Floats, lanes: Lanes, step: Step, on: bool, transpose: bool = False) -> Floats:
        assert step.mechanism is not None
        lows, hits = (lanes.on_low, lanes.on_hit) if on else (lanes.off_low, lanes.off_hit)
        w = v.copy()
        for slot, bit in step.touches:
            _edge(w, bit, lows[:, step.mechanism, slot], hits[:, step.mechanism, slot], transpose)
        return w


def _split(v: Floats, bit: int) -> Floats:
    """View (L, above, 2, below) that separates one bit."""
    lanes, states = v.shape
    return v.reshape(lanes, states >> (bit + 1), 2, 1 << bit)


def _join(off: Floats, on: Floats, bit: int) -> Floats:
    lanes, states = off.shape
    shape = (lanes, states >> bit, 1 << bit)
    return np.stack([off.reshape(shape), on.reshape(shape)], axis=2).reshape(lanes, -1)


def _insert_closed(beta: Floats, bit: int) -> Floats:
    return _join(np.zeros_like(beta), beta, bit)


def _edge(v: Floats, bit: int, low: Floats, hit: Floats, transpose: bool) -> None:
    """One edge on one bit, in place: ``v1 <- (low + hit) v1 + hit v0``, ``v0 <- low v0``."""
    halves = _split(v, bit)
    off, on = halves[:, :, 0], halves[:, :, 1]
    low, hit = low[:, None, None], hit[:, None, None]
    if transpose:
        off *= low
        off += hit * on
        on *= low + hit
    else:
        on *= low + hit
        on += hit * off
        off *= low


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
