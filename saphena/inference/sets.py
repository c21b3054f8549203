"""Conditions taken together: the most probable sets, and the chance of at least one of several.

A differential lists conditions one by one; two rivals at 50 % may exclude each other or go together.
``most_probable`` finds the joint explanations that are most probable, mechanisms summed out, and
proves that no other is more probable. ``at_least_one`` needs one lane in which none of them is.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from saphena.inference.evidence import Floats, ImpossibleEvidence, Ints
from saphena.inference.observation import Observation
from saphena.inference.plan import CONDITION
from saphena.inference.prepare import prepare
from saphena.inference.steps import ABSENT, Step, steps_of
from saphena.inference.subset import SubsetProgramme, TooWide
from saphena.inference.wide import worlds_of
from saphena.model.network import Model

SETS = 3
"""Joint explanations that an assessment names."""
NARROWEST = 32
"""Partial assignments kept at first; widened fourfold until the answer is proved."""
MOST_NUMBERS = 2**21
"""Partial assignments times the room of the plan that are attempted: 16 MB an alternative."""
ROUNDING = 1e-12
IMPOSSIBLE = "no cause in the model can produce these findings together"


@dataclass(frozen=True)
class Explanation:
    """One joint assignment of the conditions that were asked about."""

    states: tuple[int, ...]
    """States that are present (indices of the evidence), ascending; every other condition is absent."""
    probability: float


def most_probable(
    programme: SubsetProgramme, count: int = SETS, among: Collection[int] | None = None
) -> list[Explanation]:
    """The ``count`` most probable joint assignments of the conditions ``among`` (all without), most
    probable first; the other conditions are summed out.

    Assignments are built step by step along the plan. Each partial one has an upper bound on what any
    completion can reach, from one backward pass that takes the largest alternative where a condition is
    decided and the sum elsewhere. The best are kept; once the bound of everything that was dropped lies
    below the last of the list, the list is proved. Where that would take more than ``MOST_NUMBERS``, the
    list holds those that are proved, maybe none.
    """
    steps = steps_of(programme)
    decided = [step.kind == CONDITION and (among is None or step.index in among) for step in steps]
    total = _total(programme)
    bounds = _bounds(steps, decided)
    room = programme.plan.room
    kept, floor = min(max(NARROWEST, count), max(1, MOST_NUMBERS // room)), 0.0
    while True:
        values, states, dropped = _search(steps, decided, bounds, kept, floor)
        order = np.lexsort((*states.T[::-1], -values))[:count]
        last = float(values[order[-1]]) if len(order) == count else 0.0
        proved = values[order] * (1 + ROUNDING) >= dropped
        if proved.all() and (len(order) == count or dropped == 0):
            break
        floor = max(floor, last)
        kept *= 4
        if kept * room > MOST_NUMBERS:
            order = order[proved]
            break
    return [
        Explanation(tuple(sorted(int(s) for s in states[i] if s != ABSENT)), float(values[i] / total)) for i in order
    ]


def at_least_one(programme: SubsetProgramme, states: Collection[int]) -> float:
    """P(at least one of the states is present | evidence)."""
    lanes = programme.base.repeat(2)
    lanes.weight[1, list(states)] = 0.0
    return 1.0 - _ratio(programme.evidence_of(lanes))


def none_present(programme: SubsetProgramme) -> float:
    """P(no condition at all is present | evidence)."""
    lanes = programme.base.repeat(2)
    lanes.weight[1] = 0.0
    return _ratio(programme.evidence_of(lanes))


def _ratio(evidence: Floats) -> float:
    if not evidence[0] > 0:
        raise ImpossibleEvidence(IMPOSSIBLE)
    return min(1.0, float(evidence[1] / evidence[0]))


def _total(programme: SubsetProgramme) -> float:
    """P(evidence), without the constant factor that no choice changes."""
    lane = programme.base
    evidence = float(programme.evidence_of(lane)[0])
    if not evidence > 0:
        raise ImpossibleEvidence(IMPOSSIBLE)
    return evidence / float(programme.unchosen(lane)[0])


def _bounds(steps: list[Step], decided: list[bool]) -> list[Floats]:
    """For each step, by subset after it: no assignment of the later conditions makes the rest of the
    evidence more probable. (The largest of sums is at most the sum of the largest.)"""
    beta = np.ones((1, 1))
    bounds = [beta]
    for step, is_decided in zip(reversed(steps), reversed(decided), strict=True):
        beta = step.back(beta, largest=is_decided)
        bounds.append(beta)
    return bounds[-2::-1]


def _search(
    steps: list[Step], decided: list[bool], bounds: list[Floats], kept: int, floor: float
) -> tuple[Floats, Ints, float]:
    """P(assignment, evidence) and the states of the assignments that stayed to the end, and the largest
    bound of those that did not. Whatever is bound below ``floor`` is dropped unseen."""
    rows = np.ones((1, 1))
    states = np.full((1, 0), ABSENT, dtype=np.int64)
    dropped = 0.0
    for step, is_decided, bound in zip(steps, decided, bounds, strict=True):
        opened = step.opened(rows)
        parts = [step.closed(step.chosen(opened, choice)) for choice in step.choices]
        if not is_decided:
            rows = np.add.reduce(parts)
            continue
        reach = np.concatenate([part @ bound[0] for part in parts])
        best = np.flatnonzero((reach > 0) & (reach * (1 + ROUNDING) >= floor))
        if len(best) > kept:
            ranked = best[np.argsort(-reach[best], kind="stable")]
            dropped = max(dropped, float(reach[ranked[kept]]))
            best = np.sort(ranked[:kept])
        of_part, row = np.divmod(best, len(rows))
        chosen = np.array([choice.state for choice in step.choices])[of_part]
        states = np.column_stack([states[row], chosen])
        rows = np.concatenate([part[row[of_part == i]] for i, part in enumerate(parts)])
    return rows[:, 0], states, dropped


# --- by name ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Joint:
    """One joint explanation by name."""

    states: tuple[str, ...]
    """Those present, ``condition`` or ``condition.state``; the other conditions asked about are absent."""
    probability: float


@dataclass(frozen=True)
class Sets:
    """What is said of conditions taken together."""

    explanations: tuple[Joint, ...]
    """Most probable first; as many as were asked for, unless that could not be proved."""
    any_must_not_miss: float
    """P(at least one condition that must not be missed is present); what is known beforehand does not count."""


def sets(model: Model, observation: Observation, among: Collection[str], count: int = SETS) -> Sets:
    """The most probable sets of states of the conditions ``among``, whatever else is present, and the
    chance of at least one dangerous condition; estimated from samples where the case is too wide."""
    evidence, names = prepare(model, observation), model.network.states
    asked = [c for c, id_ in enumerate(model.conditions) if id_ in among]
    dangerous = must_not_miss(model, observation)
    try:
        programme = SubsetProgramme(evidence)
    except TooWide:
        worlds, _ = worlds_of(evidence)
        found = worlds.most_probable(count, asked) if asked else []
        any_dangerous = worlds.at_least_one(dangerous)
    else:
        found = [(one.states, one.probability) for one in most_probable(programme, count, asked)] if asked else []
        any_dangerous = at_least_one(programme, dangerous)
    return Sets(tuple(Joint(tuple(names[s] for s in states), p) for states, p in found), any_dangerous)


def must_not_miss(model: Model, observation: Observation) -> list[int]:
    """States that must not be missed, but for those of known conditions."""
    dangerous = []
    for s, name in enumerate(model.network.states):
        id_, _, state = name.partition(".")
        rule = model.knowledge.conditions[id_].must_not_miss
        if rule is not None and id_ not in observation.known and (not rule.states or state in rule.states):
            dangerous.append(s)
    return dangerous
