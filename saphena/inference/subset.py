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
from dataclasses import dataclass, field, fields, replace
from functools import cached_property, lru_cache
from typing import Any, Literal

import numpy as np

from saphena.inference import passes
from saphena.inference.evidence import Evidence, Floats, Ints
from saphena.inference.plan import CONDITION, INDEX, KIND, MOST_SLOTS, WIDTH, Plan, order_steps

WIDEST = 2**24
"""Largest number of stored states (summed over steps) that is attempted: 128 MB a lane."""
LANE_STATES = 2**23
"""Lanes run together as long as their stored states stay below this."""


COMPILED_FROM = 2**22
"""States times lanes from which loading the compiled kernels pays in a process that has not: about a second in NumPy."""
Engine = Literal["auto", "numpy", "compiled"]


@dataclass
class _Loading:
    """May a process that has not loaded the compiled kernels load them for a large problem?"""

    allowed: bool = True


_loading = _Loading()


def stay_with_numpy() -> None:
    """For a process in which loading the kernels would mean to wait until they are compiled."""
    _loading.allowed = False


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
    """(L, K) P(mechanism on, evidence); (L, 0) where it was not asked for."""


class SubsetProgramme:
    """Plan and passes for one ``Evidence``.

    Slots ``0..P-1`` are the present findings (``present`` gives their index in the evidence) and, after
    them, those doubtfully absent (``slots`` gives all); slot ``P + k`` is mechanism ``k``.
    Raises ``TooWide`` before anything large is allocated.
    """

    def __init__(self, evidence: Evidence, engine: Engine = "auto", open_mechanisms: bool = False) -> None:
        """``open_mechanisms`` keeps a slot for every mechanism, so that lanes may change what those do."""
        self.evidence = evidence
        self.engine = engine
        self._open_mechanisms = open_mechanisms
        self.present: Ints = evidence.positive
        self.slots: Ints = np.concatenate([self.present, evidence.doubted_absent])
        self.absorbed = np.flatnonzero((evidence.lowest == 0) & (evidence.doubt == 0))
        self.certain = not evidence.doubt.any()
        # (P, 2) likelihood of the report by the bit of its slot when it closes.
        self.exits = np.ones((len(self.slots), 2))
        self.exits[: len(self.present), 0] = evidence.doubt[self.present]
        self.exits[len(self.present) :, 1] = evidence.doubt[evidence.doubted_absent]
        self._first_state, self._membership = layout(evidence.condition_of.tobytes())
        ranges = grade_ranges(evidence)
        # By finding: P(below), P(in) and P(above) the grades seen.
        self.link = _by_range(evidence.link, ranges)
        self.leak = _by_range(evidence.leak[None], ranges)[:, :, 0]
        self.mechanism_link = _by_range(evidence.mechanism_link, ranges)
        self.plan = self._plan()
        self.states = self.plan.stored
        if self.states > WIDEST:
            raise TooWide(
                f"{len(self.slots)} present findings{'' if self.certain else ' (doubtful ones included)'} "
                f"need about 2^{np.log2(self.states):.0f} states; "
                f"the bound is 2^{np.log2(WIDEST):.0f}"
            )

    # --- numbers -----------------------------------------------------------------------------

    @cached_property
    def base(self) -> Lanes:
        """One lane: the evidence as it is."""
        e, p, absorbed = self.evidence, self.slots, self.absorbed
        link, leak, mechanism = self.link[p], self.leak[p], self.mechanism_link[p]
        on_low = mechanism[:, BELOW].T
        return Lanes(
            weight=_lane(e.prior * e.soft * not_above(self.link[absorbed])),
            absent=_lane(e.absent),
            low=_lane(link[:, BELOW].T),
            hit=_lane(link[:, WITHIN].T),
            leak_low=_lane(leak[:, BELOW]),
            leak_hit=_lane(leak[:, WITHIN]),
            switched=_lane(e.mechanism_leak),
            unswitched=_lane(1 - e.mechanism_leak),
            switch=_lane(e.mechanism_prior),
            on=_lane(e.mechanism_soft * not_above(self.mechanism_link[absorbed])),
            off=np.ones((1, len(e.mechanism_leak))),
            on_low=_lane(on_low),
            on_hit=_lane(mechanism[:, WITHIN].T),
            off_low=np.ones((1, *on_low.shape)),
            off_hit=np.zeros((1, *on_low.shape)),
            factor=_lane(not_above(self.leak[absorbed])),
        )

    # --- the plan ----------------------------------------------------------------------------

    def _plan(self) -> Plan:
        e, p = self.evidence, self.slots
        count, first_state = len(p), self._first_state
        possible = e.prior > 0
        # A cause touches a finding if it can reach the grades seen, or pass them.
        touches = (self.link[p, WITHIN:] > 0).any(axis=1) & possible
        mechanism_touches = (self.mechanism_link[p, WITHIN:] > 0).any(axis=1)
        absorbs = (self.mechanism_link[self.absorbed, ABOVE] > 0).any(axis=0) | (e.mechanism_soft < 1)
        self.active = mechanism_touches.any(axis=0) | absorbs | self._open_mechanisms
        slots = count + len(self.active)
        if slots > MOST_SLOTS:
            raise TooWide(f"{count} present findings and {len(self.active)} mechanisms; at most {MOST_SLOTS} in all")
        bit = np.left_shift(1, np.arange(slots))
        by_state = bit[:count] @ touches
        if len(self.active):
            by_state += ((e.mechanism_prior > 0) & self.active & possible[:, None]) @ bit[count:]
        masks = np.zeros(len(first_state) - 1, dtype=np.int64)
        np.bitwise_or.at(masks, e.condition_of, by_state)
        steps, opens, touched, bits, closes, orphans = _ordered(
            masks.tobytes(), (bit[:count] @ mechanism_touches).tobytes(), self.active.tobytes(), count
        )
        self._outside = np.flatnonzero(masks == 0)
        self._outside_states = np.flatnonzero(masks[e.condition_of] == 0)
        # A condition stores one array for each of its states, a mechanism half of one.
        of_condition = steps[:, KIND] == CONDITION
        arrays = np.where(of_condition, np.diff(first_state)[steps[:, INDEX] * of_condition], 0.5)
        stored_at = np.zeros(len(steps) + 1, dtype=np.int64)
        stored_at[1:] = np.minimum(np.cumsum(np.ldexp(arrays, steps[:, WIDTH])), 2.0**MOST_SLOTS)
        return Plan(steps, opens, touched, bits, closes, orphans, first_state, stored_at)

    # --- the passes --------------------------------------------------------------------------

    def evidence_of(self, lanes: Lanes) -> Floats:
        """(L,) P(evidence) of each lane; the forward pass alone."""
        compiled = self._compiled(len(lanes))
        return np.concatenate([self._run(part, compiled, backward=False).evidence for part in self._chunks(lanes)])

    def marginals(self, lanes: Lanes, mechanisms: bool = False) -> Marginals:
        """P(evidence), P(state, evidence) and, if asked, P(mechanism on, evidence) of each lane.

        Each mechanism without a slot costs another forward pass.
        """
        compiled = self._compiled(len(lanes))
        parts = [self._run(part, compiled, True, mechanisms) for part in self._chunks(lanes)]
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

    def _compiled(self, lanes: int) -> bool:
        """Is the work of so many lanes for the compiled kernels?"""
        if self.engine != "auto":
            return self.engine == "compiled"
        return _compiled("run") is not None or (_loading.allowed and self.states * lanes >= COMPILED_FROM)

    def _run(self, lanes: Lanes, compiled: bool, backward: bool, mechanisms: bool = False) -> Marginals:
        """Both passes over the plan, times everything that has no step."""
        if compiled:
            from saphena.inference import kernels

            total, state, mechanism = kernels.run(self, lanes, backward)
        else:
            total, state, mechanism = passes.run(self, lanes, backward)
        sums = lanes.absent + lanes.weight @ self._membership
        factor = self.unchosen(lanes) * sums[:, self._outside].prod(axis=1)
        total = total * factor
        if not backward:
            return Marginals(total, state, mechanism)
        state *= factor[:, None]
        mechanism *= factor[:, None]
        # A condition without a step keeps its weights; P(state, evidence) is its share of the total.
        alone = self._outside_states
        whole = sums[:, self.evidence.condition_of[alone]]
        share = np.divide(total[:, None], whole, out=np.zeros_like(whole), where=whole > 0)
        state[:, alone] = lanes.weight[:, alone] * share
        if not mechanisms:
            return Marginals(total, state, mechanism[:, :0])
        for k in np.flatnonzero(~self.active):
            # Nothing observed depends on it: it is off if neither its leak nor any state present switches it on.
            idle = replace(lanes, weight=lanes.weight * (1 - lanes.switch[:, :, k]))
            off = lanes.unswitched[:, k] * self._run(idle, compiled, backward=False).evidence
            mechanism[:, k] = np.maximum(0.0, total - off)
        return Marginals(total, state, mechanism)

    def unchosen(self, lanes: Lanes) -> Floats:
        """(L,) what no condition or mechanism bears on: the constant factor, and findings that nothing touches."""
        alone = self.plan.orphans
        if not len(alone):
            return lanes.factor
        reports = self.exits[alone, 0] * lanes.leak_low[:, alone] + self.exits[alone, 1] * lanes.leak_hit[:, alone]
        return np.asarray(lanes.factor * reports.prod(axis=1))


BELOW, WITHIN, ABOVE = range(3)


def grade_ranges(evidence: Evidence) -> Floats:
    """(J, 3, G) 1 where a grade lies below, in, or above the grades seen.

    Of a finding doubtfully absent the grades that would contradict the report count as those seen, and
    those reported as below: the exit of its slot knows which is which.
    """
    grades, lowest, highest = np.arange(evidence.leak.shape[-1]), evidence.lowest[:, None], evidence.highest[:, None]
    ranges = np.empty((len(evidence.lowest), 3, evidence.leak.shape[-1]))
    ranges[:, BELOW] = grades < lowest
    ranges[:, ABOVE] = grades > highest
    ranges[:, WITHIN] = (grades >= lowest) & (grades <= highest)
    doubted = evidence.doubted_absent
    ranges[doubted, BELOW], ranges[doubted, WITHIN] = ranges[doubted, WITHIN], ranges[doubted, ABOVE]
    ranges[doubted, ABOVE] = 0.0
    return ranges


def _by_range(pmf: Floats, ranges: Floats) -> Floats:
    """(J, 3, ...) chances of the ranges from (..., J, G) grades; summed, so that impossible is exactly 0."""
    return np.asarray(np.matmul(ranges, pmf.transpose(1, 2, 0)))


def not_above(chances: Floats) -> Floats:
    """P(no finding above the grades seen); the tail is subtracted, so that "no restriction" is exactly 1."""
    return np.asarray((1.0 - chances[:, ABOVE]).prod(axis=0))


def _lane(values: Floats) -> Floats:
    """One lane of its own, to be changed freely."""
    return np.array(values, dtype=float, order="C")[None]


@lru_cache(maxsize=16)
def layout(condition_of: bytes) -> tuple[Ints, Floats]:
    """(C + 1) first state of each condition and (S, C) membership; the same from case to case."""
    of = np.frombuffer(condition_of, dtype=np.int64)
    conditions = np.arange(int(of.max(initial=-1)) + 2)
    first = np.searchsorted(of, conditions).astype(np.int64)
    return first, np.asarray(of[:, None] == conditions[:-1], dtype=np.float64)


@lru_cache(maxsize=256)
def _ordered(conditions: bytes, mechanisms: bytes, active: bytes, present: int) -> tuple[Ints, ...]:
    """The order of one set of slots; it depends on which findings are present, not on their numbers."""
    order = _compiled("order_steps") or order_steps
    steps: tuple[Ints, ...] = order(
        np.frombuffer(conditions, dtype=np.int64).copy(),
        np.frombuffer(mechanisms, dtype=np.int64).copy(),
        np.frombuffer(active, dtype=np.bool_).copy(),
        present,
    )
    return steps


def _compiled(name: str) -> Any:
    """Something of the compiled kernels, if this process has loaded them already."""
    module = sys.modules.get("saphena.inference.kernels")
    return getattr(module, name, None)


def with_flipped(programme: SubsetProgramme, lane: Lanes, index: int, slot: int) -> None:
    """Turn one lane into the problem "present finding ``slot`` stayed below the grades seen"."""
    with_removed(programme, lane, index, slot, keep_factors=True)


def with_removed(programme: SubsetProgramme, lane: Lanes, index: int, slot: int, keep_factors: bool = False) -> None:
    """Turn one lane into the problem "finding ``slot`` was not observed"."""
    base = programme.base
    if keep_factors:
        lane.weight[index] *= base.low[0, :, slot]
        lane.on[index] *= base.on_low[0, :, slot]
        lane.factor[index] *= base.leak_low[0, slot]
    lane.low[index, :, slot], lane.hit[index, :, slot] = 1.0, 0.0
    lane.on_low[index, :, slot], lane.on_hit[index, :, slot] = 1.0, 0.0
    # It starts on the side that its report confirms, and stays there.
    confirmed = float(slot < len(programme.present))
    lane.leak_low[index, slot], lane.leak_hit[index, slot] = 1 - confirmed, confirmed


def with_unobserved(programme: SubsetProgramme, lane: Lanes, index: int, findings: list[int]) -> None:
    """Turn one lane into the problem "these findings (indices of the evidence) were not observed"."""
    for slot in np.flatnonzero(np.isin(programme.slots, findings)):
        with_removed(programme, lane, index, int(slot))
    e = programme.evidence
    left_out = np.isin(np.arange(len(e.lowest)), findings)
    if not left_out[programme.absorbed].any():
        return
    # Products are taken anew, not divided: a factor may be 0.
    others = programme.absorbed[~left_out[programme.absorbed]]
    lane.weight[index] = e.prior * e.soft * not_above(programme.link[others])
    lane.on[index] = e.mechanism_soft * not_above(programme.mechanism_link[others])
    lane.factor[index] = not_above(programme.leak[others])
