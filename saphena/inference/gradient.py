"""How the chance of a case hangs on each number of the model: what learning from cases needs.

P(evidence) is a sum of products in which each number occurs at most once, so that its derivative in one
number is P(evidence) with that number taken as 1 and its alternatives as 0. Number times derivative,
over P(evidence), is then the probability that what the number stands for has happened: the statistics
of the EM algorithm (Darwiche 2003, doi:10.1145/765568.765570).

One forward and one backward pass give the numbers of everything that the plan touches; where there is no
edge, lanes tell what one would do. Nothing is subtracted, and no edge is undone by division: the others
are applied anew from both ends (``docs/explanation/inference.md``).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from math import log

import numpy as np

from saphena.inference.causes import with_capped
from saphena.inference.evidence import Evidence, Floats, ImpossibleEvidence, Ints
from saphena.inference.plan import (
    BITS,
    CLOSE_FROM,
    CLOSE_TO,
    CONDITION,
    INDEX,
    KIND,
    OPEN_FROM,
    OPEN_TO,
    OWN_BIT,
    TOUCH_FROM,
    TOUCH_TO,
)
from saphena.inference.subset import BELOW, WITHIN, Lanes, SubsetProgramme, grade_ranges

Edge = tuple[int, int, float, float]
"""Slot, bit, P(stays below the grades seen), P(falls in them)."""


@dataclass(frozen=True)
class ByNumber:
    """One figure for each number of an ``Evidence``, in arrays of the same shapes.

    Where a probability stands for its complement too, both have an array; the name of the second ends
    in ``_not``.
    """

    prior: Floats
    """(S,) of each state"""
    absent: Floats
    """(C,) of each condition's absence"""
    link: Floats
    """(S, J, G)"""
    leak: Floats
    """(J, G)"""
    mechanism_leak: Floats
    mechanism_leak_not: Floats
    """(K,) the mechanism is on of itself, without any condition; is not"""
    mechanism_prior: Floats
    mechanism_prior_not: Floats
    """(S, K) the state is present and switches the mechanism on; is present and does not"""
    mechanism_link: Floats
    """(K, J, G)"""


@dataclass(frozen=True)
class Gradient(ByNumber):
    """Derivatives of log P(evidence) where each number is free: no distribution need add up to one.

    All are 0 or more. To move within the distributions, subtract: raising one grade at the cost of
    another changes log P(evidence) by the difference of their two figures.
    """

    log_evidence: float

    def of_prior(self, condition_of: Ints) -> Floats:
        """(S,) derivative in each prior where absence pays for it."""
        return np.asarray(self.prior - self.absent[condition_of])


@dataclass(frozen=True)
class Counts(ByNumber):
    """How often each thing is expected to have happened in one case: probabilities given the evidence.

    A link: P(the state is present and its trigger on the finding had that grade); a leak or a mechanism's
    link likewise. Over grades a link adds up to P(state | evidence), a leak to 1, a mechanism's link to
    P(mechanism on | evidence); ``prior`` and ``absent`` of one condition to 1. Summed over cases and
    divided by these totals they are one step of EM.
    """


def gradient(evidence: Evidence) -> Gradient:
    """Derivative of log P(evidence) in every number of the evidence, each taken as free.

    ``soft`` and ``mechanism_soft`` are taken as given, though a narrative's factors come from links too.
    Every mechanism keeps a slot, so that a case may be somewhat wider here than for its posterior.
    Raises ``ImpossibleEvidence`` or ``TooWide``.
    """
    # Planned as if every condition were possible, so that an excluded one has its derivatives too;
    # the base weight is then what a prior is multiplied by.
    programme = SubsetProgramme(replace(evidence, prior=np.ones_like(evidence.prior)), open_mechanisms=True)
    present, mechanisms = len(programme.slots), len(evidence.mechanism_leak)
    lanes = programme.base.repeat(1 + present + mechanisms)
    lanes.weight *= evidence.prior
    lanes.absent[:] = evidence.absent
    for slot in range(present):
        with_capped(lanes, 1 + slot, slot)
    for k in range(mechanisms):  # On, whatever switched it on.
        lanes.switched[1 + present + k, k], lanes.unswitched[1 + present + k, k] = 1.0, 0.0
        lanes.switch[1 + present + k, :, k] = 0.0
    found = programme.marginals(lanes, mechanisms=True)
    total = float(found.evidence[0])
    if not total > 0:
        raise ImpossibleEvidence("no cause in the model can produce these findings together")
    walk = _Walk(programme, lanes.part(0, 1))
    walk.where_there_is_no_edge(
        found.state[0], found.state[1 : 1 + present], found.state[1 + present :],
        found.mechanism[0], found.mechanism[1 : 1 + present],
    )  # fmt: skip
    walk.run(total)
    return _by_number(evidence, programme, walk, total)


def expected_counts(evidence: Evidence, found: Gradient | None = None) -> Counts:
    """P(each thing that a number stands for happened | evidence): value times derivative.

    ``found`` is the gradient, if it is at hand already. Raises as ``gradient`` does.
    """
    slope = found or gradient(evidence)
    values = ByNumber(
        evidence.prior,
        evidence.absent,
        evidence.link,
        evidence.leak,
        evidence.mechanism_leak,
        1 - evidence.mechanism_leak,
        evidence.mechanism_prior,
        1 - evidence.mechanism_prior,
        evidence.mechanism_link,
    )
    return Counts(**{f.name: getattr(values, f.name) * getattr(slope, f.name) for f in fields(ByNumber)})


class _Walk:
    """Derivatives of P(evidence) in the numbers of one lane; ``[..., 0]`` of a pair is that of ``low``
    (or off), ``[..., 1]`` that of ``hit`` (or on)."""

    def __init__(self, programme: SubsetProgramme, lane: Lanes) -> None:
        self.plan, self.exits, self.lane = programme.plan, programme.exits, lane
        states, present = lane.low.shape[1:]
        mechanisms = lane.switched.shape[1]
        self.weight, self.absent = np.zeros(states), np.zeros(lane.absent.shape[1])
        self.on = np.zeros(mechanisms)
        self.link = np.zeros((states, present, 2))
        self.leak = np.zeros((present, 2))
        self.switch = np.zeros((states, mechanisms, 2))
        self.switched = np.zeros((mechanisms, 2))
        self.mechanism_link = np.zeros((mechanisms, present, 2))

    def where_there_is_no_edge(
        self, state: Floats, state_capped: Floats, state_switched: Floats, mechanism: Floats, mechanism_capped: Floats
    ) -> None:
        """What an edge would do that stays below for certain; the walk puts real edges in its place.

        Joint probabilities with the evidence as it is, with each finding (P, ...) only bounded from above,
        and with each mechanism (K, ...) on for certain.
        """
        self.link[:, :, 0], self.link[:, :, 1] = state[:, None], state_capped.T
        self.switch[:, :, 0], self.switch[:, :, 1] = state[:, None], state_switched.T
        self.mechanism_link[:, :, 0], self.mechanism_link[:, :, 1] = mechanism[:, None], mechanism_capped.T

    def run(self, total: float) -> None:
        """Forward and back; ``total`` is P(evidence)."""
        plan, lane = self.plan, self.lane
        v = np.ones(1)
        before: list[tuple[list[Floats], Floats]] = []
        for step in plan.steps:
            opening = []
            for slot in plan.opens[step[OPEN_FROM] : step[OPEN_TO]].tolist():
                opening.append(v)
                low, hit = self._opening(slot)
                v = np.concatenate([low * v, hit * v])
            before.append((opening, v))
            index = int(step[INDEX])
            if step[KIND] == CONDITION:
                parts = [lane.weight[0, s] * _chain(v, self._of_state(step, s))[-1] for s in self._states(index)]
                v = np.add.reduce([lane.absent[0, index] * v, *parts])
            else:
                off, on = _halves(v, int(step[OWN_BIT]))
                v = off.ravel() + lane.on[0, index] * _chain(on.ravel(), self._of_mechanism(step))[-1]
            for slot, bit in self._closes(step):
                off, on = _halves(v, bit)
                v = (self.exits[slot, 0] * off + self.exits[slot, 1] * on).ravel()
        self._back(before, total / float(v[0]))
        self._outside(total)

    def _back(self, before: list[tuple[list[Floats], Floats]], outside: float) -> None:
        """``beta`` is P(the rest of the evidence | subset), the factors outside the plan included."""
        plan, lane = self.plan, self.lane
        beta = np.full(1, outside)
        for step, (opening, v) in zip(reversed(plan.steps), reversed(before), strict=True):
            index = int(step[INDEX])
            for slot, bit in reversed(self._closes(step)):
                beta = _joined(self.exits[slot, 0] * beta, self.exits[slot, 1] * beta, bit)
            if step[KIND] == CONDITION:
                self.absent[index] = v @ beta
                back = lane.absent[0, index] * beta
                for s in self._states(index):
                    back += self._state(v, beta, step, s)
                beta = back
            else:
                on = _halves(v, int(step[OWN_BIT]))[1].ravel()
                beta = _joined(beta, self._mechanism(on, beta, step), int(step[OWN_BIT]))
            for slot, held in zip(
                reversed(plan.opens[step[OPEN_FROM] : step[OPEN_TO]].tolist()), reversed(opening), strict=True
            ):
                low, hit = self._opening(slot)
                off, on = np.split(beta, 2)
                of = self.leak[slot] if slot < len(self.leak) else self.switched[slot - len(self.leak)]
                of[:] = held @ off, held @ on
                beta = low * off + hit * on

    def _state(self, v: Floats, beta: Floats, step: Ints, s: int) -> Floats:
        """Derivatives of one state and its edges; returns its part of ``beta`` before the step."""
        edges, weight = self._of_state(step, s), self.lane.weight[0, s]
        chain = _chain(v, edges)
        self.weight[s] = chain[-1] @ beta
        for (slot, bit, low, hit), held in zip(reversed(edges), reversed(chain[:-1]), strict=True):
            pair = self.link[s, slot] if slot < len(self.leak) else self.switch[s, slot - len(self.leak)]
            pair[:] = _edge_slopes(held, weight * beta, bit)
            beta = _back_over(beta, bit, low, hit)
        return np.asarray(weight * beta)

    def _mechanism(self, on: Floats, beta: Floats, step: Ints) -> Floats:
        """The same for a mechanism that is on."""
        k = int(step[INDEX])
        edges, weight = self._of_mechanism(step), self.lane.on[0, k]
        chain = _chain(on, edges)
        self.on[k] = chain[-1] @ beta
        for (slot, bit, low, hit), held in zip(reversed(edges), reversed(chain[:-1]), strict=True):
            self.mechanism_link[k, slot] = _edge_slopes(held, weight * beta, bit)
            beta = _back_over(beta, bit, low, hit)
        return np.asarray(weight * beta)

    def _outside(self, total: float) -> None:
        """Conditions without a step and findings that nothing touches: factors, and none of them is 0."""
        first = self.plan.first_state
        touched = set(self.plan.steps[self.plan.steps[:, KIND] == CONDITION, INDEX].tolist())
        for c in set(range(len(first) - 1)) - touched:
            slope = total / float(self.lane.absent[0, c] + self.lane.weight[0, first[c] : first[c + 1]].sum())
            self.absent[c] = self.weight[first[c] : first[c + 1]] = slope
        for slot in self.plan.orphans.tolist():
            self.leak[slot] = total / float(self.exits[slot] @ self._opening(slot)) * self.exits[slot]

    def _states(self, condition: int) -> range:
        return range(int(self.plan.first_state[condition]), int(self.plan.first_state[condition + 1]))

    def _opening(self, slot: int) -> tuple[float, float]:
        lane, present = self.lane, len(self.leak)
        if slot < present:
            return float(lane.leak_low[0, slot]), float(lane.leak_hit[0, slot])
        return float(lane.unswitched[0, slot - present]), float(lane.switched[0, slot - present])

    def _closes(self, step: Ints) -> list[tuple[int, int]]:
        return [divmod(close, BITS) for close in self.plan.closes[step[CLOSE_FROM] : step[CLOSE_TO]].tolist()]

    def _touches(self, step: Ints) -> list[tuple[int, int]]:
        part = slice(step[TOUCH_FROM], step[TOUCH_TO])
        return list(zip(self.plan.slots[part].tolist(), self.plan.bits[part].tolist(), strict=True))

    def _of_state(self, step: Ints, s: int) -> list[Edge]:
        lane, present = self.lane, len(self.leak)
        edges = []
        for slot, bit in self._touches(step):
            if slot < present:
                edges.append((slot, bit, float(lane.low[0, s, slot]), float(lane.hit[0, s, slot])))
            else:
                hit = float(lane.switch[0, s, slot - present])
                edges.append((slot, bit, 1 - hit, hit))
        return edges

    def _of_mechanism(self, step: Ints) -> list[Edge]:
        lane, k = self.lane, int(step[INDEX])
        return [
            (slot, bit, float(lane.on_low[0, k, slot]), float(lane.on_hit[0, k, slot]))
            for slot, bit in self._touches(step)
        ]


def _by_number(evidence: Evidence, programme: SubsetProgramme, walk: _Walk, total: float) -> Gradient:
    """From the numbers of a lane to those of the evidence: ranges to grades, weights to what they multiply."""
    ranges = grade_ranges(evidence)
    p, absorbed = programme.slots, programme.absorbed
    not_above = ranges[absorbed, BELOW] + ranges[absorbed, WITHIN]

    def grades(of_present: Floats, of_absorbed: Floats) -> Floats:
        """(..., J, G) from (..., P, 2) and (..., absorbed)."""
        slope = np.zeros((*of_present.shape[:-2], *evidence.leak.shape))
        below, within = of_present[..., 0, None], of_present[..., 1, None]
        slope[..., p, :] = ranges[p, BELOW] * below + ranges[p, WITHIN] * within
        slope[..., absorbed, :] = not_above * of_absorbed[..., None]
        return slope / total

    weight = walk.weight * evidence.prior * evidence.soft
    on = walk.on * evidence.mechanism_soft
    of_leak = np.asarray(total / programme.base.factor[0])
    return Gradient(
        prior=walk.weight * programme.base.weight[0] / total,
        absent=walk.absent / total,
        link=grades(walk.link, weight[:, None] * _others(evidence.up_to(evidence.link)[:, absorbed])),
        leak=grades(walk.leak, of_leak * _others(evidence.up_to(evidence.leak)[absorbed])),
        mechanism_leak=walk.switched[:, 1] / total,
        mechanism_leak_not=walk.switched[:, 0] / total,
        mechanism_prior=walk.switch[..., 1] / total,
        mechanism_prior_not=walk.switch[..., 0] / total,
        mechanism_link=grades(
            walk.mechanism_link, on[:, None] * _others(evidence.up_to(evidence.mechanism_link)[:, absorbed])
        ),
        log_evidence=log(total),
    )


def _others(factors: Floats) -> Floats:
    """For each factor along the last axis the product of all others, without dividing."""
    ones = np.ones((*factors.shape[:-1], 1))
    before = np.concatenate([ones, factors[..., :-1]], axis=-1).cumprod(axis=-1)
    after = np.concatenate([factors[..., 1:], ones], axis=-1)[..., ::-1].cumprod(axis=-1)[..., ::-1]
    return np.asarray((before * after)[..., : factors.shape[-1]])


def _chain(v: Floats, edges: list[Edge]) -> list[Floats]:
    """The array before each edge, and after the last."""
    held = [v]
    for _, bit, low, hit in edges:
        off, on = _halves(v, bit)
        v = _joined(low * off, (low + hit) * on + hit * off, bit)
        held.append(v)
    return held


def _back_over(beta: Floats, bit: int, low: float, hit: float) -> Floats:
    """An edge, transposed."""
    off, on = _halves(beta, bit)
    return _joined(low * off + hit * on, (low + hit) * on, bit)


def _edge_slopes(v: Floats, beta: Floats, bit: int) -> tuple[float, float]:
    """Derivatives in ``low`` and ``hit`` of an edge between ``v`` before it and ``beta`` after it."""
    off, on = (half.ravel() for half in _halves(v, bit))
    beta_off, beta_on = (half.ravel() for half in _halves(beta, bit))
    already = on @ beta_on
    return float(off @ beta_off + already), float(off @ beta_on + already)


def _halves(v: Floats, bit: int) -> tuple[Floats, Floats]:
    """Views (above, below) of the entries where a bit is 0 and 1."""
    split = v.reshape(-1, 2, 1 << bit)
    return split[:, 0], split[:, 1]


def _joined(off: Floats, on: Floats, bit: int) -> Floats:
    """The inverse of ``_halves``; either may be flat."""
    shape = (-1, 1 << bit)
    return np.stack([off.reshape(shape), on.reshape(shape)], axis=1).ravel()
