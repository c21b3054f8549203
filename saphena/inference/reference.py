"""Exact inference by enumeration: slow, obvious, and the standard the fast one must meet.

Every combination of condition states and of what switched each mechanism on is listed; given
these, findings are independent. The code follows SEMANTICS word for word and shares nothing with
``subset.py`` except the ``Evidence`` it starts from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import log, prod

import numpy as np

from saphena.inference.evidence import Evidence, Floats

# One world: the state of each condition (None = absent) and, for each mechanism, the set of what
# switched it on: condition indices, or "leak".
World = tuple[tuple[int | None, ...], tuple[frozenset[int | str], ...]]


@dataclass(frozen=True)
class Enumerated:
    """What enumeration yields; see ``subset.Marginals`` and ``causes.Causes`` for the meaning."""

    log_evidence: float
    state: Floats
    mechanism: Floats
    explained_by: Floats
    """(C, J) P(the finding would go below what was seen if the condition were absent | evidence)."""
    sufficient: Floats
    """(C, J) P(what the condition itself did would leave the finding as seen if nothing else acted | evidence)."""
    unexplained: Floats
    """(J,) P(no condition caused the finding, directly or through a mechanism | evidence)."""
    nothing_explains: float
    """P(no condition caused any of the present findings | evidence)."""


def enumerate_all(evidence: Evidence) -> Enumerated:
    """Posterior and causes by listing every world."""
    states_of = [np.flatnonzero(evidence.condition_of == c).tolist() for c in range(evidence.conditions)]
    findings = range(len(evidence.lowest))
    total = 0.0
    state = np.zeros(len(evidence.prior))
    mechanism = np.zeros(len(evidence.mechanism_leak))
    explained_by = np.zeros((evidence.conditions, len(findings)))
    sufficient = np.zeros((evidence.conditions, len(findings)))
    unexplained = np.zeros(len(findings))
    nothing = 0.0
    for (states, switches), weight in _worlds(evidence, states_of):
        chances = [_chance(evidence, j, states, switches) for j in findings]
        likelihood = weight * prod(chances)
        total += likelihood
        for s in states:
            if s is not None:
                state[s] += likelihood
        for k, by in enumerate(switches):
            if by:
                mechanism[k] += likelihood
        caused_by_none = 1.0
        for j in findings:
            if evidence.lowest[j] == 0:
                continue
            others = weight * prod(c for i, c in enumerate(chances) if i != j)
            for c, s in enumerate(states):
                if s is not None:
                    explained_by[c, j] += others * _needs(evidence, j, states, switches, {c})
                    sufficient[c, j] += others * _alone(evidence, j, states, switches, c)
            without = _only_leaks(evidence, j, states, switches)
            unexplained[j] += others * without
        for j in findings:
            if evidence.lowest[j] > 0:
                without = _only_leaks(evidence, j, states, switches)
                caused_by_none *= without + evidence.doubt[j] * _below(evidence, j, states, switches)
            else:
                caused_by_none *= chances[j]
        nothing += weight * caused_by_none
    if total <= 0:
        return Enumerated(-np.inf, state, mechanism, explained_by, sufficient, unexplained, nothing)
    return Enumerated(
        log(total),
        state / total,
        mechanism / total,
        explained_by / total,
        sufficient / total,
        unexplained / total,
        nothing / total,
    )


def _worlds(evidence: Evidence, states_of: list[list[int]]) -> Iterator[tuple[World, float]]:
    mechanisms = range(len(evidence.mechanism_leak))
    for states in product(*([None, *of] for of in states_of)):
        weight = 1.0
        for c, s in enumerate(states):
            if s is None:
                weight *= float(evidence.absent[c])
            else:
                weight *= float(evidence.prior[s] * evidence.soft[s])
        sources: list[list[tuple[int | str, float]]] = [
            [
                ("leak", float(evidence.mechanism_leak[k])),
                *((c, float(evidence.mechanism_prior[s, k])) for c, s in enumerate(states) if s is not None),
            ]
            for k in mechanisms
        ]
        choices = [list(product((False, True), repeat=len(of))) for of in sources]
        for switched in product(*choices):
            chance = weight
            switches = []
            for k in mechanisms:
                on = switched[k]
                chance *= prod(p if yes else 1 - p for (_, p), yes in zip(sources[k], on, strict=True))
                by = frozenset(name for (name, _), yes in zip(sources[k], on, strict=True) if yes)
                if by:
                    chance *= float(evidence.mechanism_soft[k])
                switches.append(by)
            if chance > 0:
                yield (states, tuple(switches)), chance


def _triggers(
    evidence: Evidence, j: int, states: tuple[int | None, ...], switches: tuple[frozenset[int | str], ...]
) -> list[tuple[frozenset[int | str], Floats]]:
    """Everything that may cause finding ``j`` in this world: what it depends on, and its grades."""
    causes: list[tuple[frozenset[int | str], Floats]] = [(frozenset({"leak"}), evidence.leak[j])]
    causes += [(frozenset({c}), evidence.link[s, j]) for c, s in enumerate(states) if s is not None]
    causes += [(by, evidence.mechanism_link[k, j]) for k, by in enumerate(switches) if by]
    return causes


def _at_most(pmf: Floats, grade: int) -> float:
    return 1.0 - float(pmf[grade + 1 :].sum()) if grade >= 0 else 0.0


def _chance(
    evidence: Evidence, j: int, states: tuple[int | None, ...], switches: tuple[frozenset[int | str], ...]
) -> float:
    """P(what was reported): the strongest trigger falls in the grades seen, or the report is in error."""
    pmfs = [pmf for _, pmf in _triggers(evidence, j, states, switches)]
    up_to = prod(_at_most(p, int(evidence.highest[j])) for p in pmfs)
    below = _below(evidence, j, states, switches)
    otherwise = below if evidence.lowest[j] > 0 else 1 - up_to
    return float(up_to - below + evidence.doubt[j] * otherwise)


def _below(
    evidence: Evidence, j: int, states: tuple[int | None, ...], switches: tuple[frozenset[int | str], ...]
) -> float:
    """P(every trigger stays below the grades seen)."""
    return prod(_at_most(p, int(evidence.lowest[j]) - 1) for _, p in _triggers(evidence, j, states, switches))


def _needs(
    evidence: Evidence,
    j: int,
    states: tuple[int | None, ...],
    switches: tuple[frozenset[int | str], ...],
    removed: set[int | str],
) -> float:
    """P(finding ``j`` as seen, and below that without the removed conditions)."""
    low, high = int(evidence.lowest[j]), int(evidence.highest[j])
    going: list[Floats] = []
    staying: list[Floats] = []
    for by, pmf in _triggers(evidence, j, states, switches):
        (going if by <= removed else staying).append(pmf)
    return prod(_at_most(p, low - 1) for p in staying) * (
        prod(_at_most(p, high) for p in going) - prod(_at_most(p, low - 1) for p in going)
    )


def _alone(
    evidence: Evidence,
    j: int,
    states: tuple[int | None, ...],
    switches: tuple[frozenset[int | str], ...],
    condition: int,
) -> float:
    """P(nothing exceeds the grades seen of finding ``j``, and the strongest trigger that the condition
    set off, itself or through a mechanism it switched on, lies in them)."""
    low, high = int(evidence.lowest[j]), int(evidence.highest[j])
    triggers = _triggers(evidence, j, states, switches)
    own = [pmf for by, pmf in triggers if condition in by]
    others = [pmf for by, pmf in triggers if condition not in by]
    return prod(_at_most(p, high) for p in others) * (
        prod(_at_most(p, high) for p in own) - prod(_at_most(p, low - 1) for p in own)
    )


def _only_leaks(
    evidence: Evidence, j: int, states: tuple[int | None, ...], switches: tuple[frozenset[int | str], ...]
) -> float:
    """P(finding ``j`` as seen, and nothing that a condition did reached the grades seen)."""
    low, high = int(evidence.lowest[j]), int(evidence.highest[j])
    ours: list[Floats] = []
    theirs: list[Floats] = []
    for by, pmf in _triggers(evidence, j, states, switches):
        (theirs if "leak" in by else ours).append(pmf)
    return prod(_at_most(p, low - 1) for p in ours) * (
        prod(_at_most(p, high) for p in theirs) - prod(_at_most(p, low - 1) for p in theirs)
    )
