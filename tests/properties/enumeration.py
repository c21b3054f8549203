"""The joint distribution of small networks by listing every world of ``inference/reference.py``."""

from __future__ import annotations

from collections import defaultdict
from itertools import product
from math import prod

import numpy as np

from saphena.inference.evidence import Evidence
from saphena.inference.gradient import Counts
from saphena.inference.reference import _chance, _worlds

ABSENT = -1
Assignment = tuple[int, ...]
"""State of each condition, ``ABSENT`` where it is absent."""


def joint(evidence: Evidence) -> dict[tuple[Assignment, tuple[bool, ...]], float]:
    """P(states, mechanisms, evidence)."""
    states_of = [np.flatnonzero(evidence.condition_of == c).tolist() for c in range(evidence.conditions)]
    found: dict[tuple[Assignment, tuple[bool, ...]], float] = defaultdict(float)
    for (states, switches), weight in _worlds(evidence, states_of):
        likelihood = weight * prod(_chance(evidence, j, states, switches) for j in range(len(evidence.lowest)))
        key = tuple(ABSENT if s is None else s for s in states), tuple(bool(by) for by in switches)
        found[key] += max(likelihood, 0.0)
    return dict(found)


def of_conditions(evidence: Evidence) -> dict[Assignment, float]:
    """P(states, evidence), mechanisms summed out."""
    found: dict[Assignment, float] = defaultdict(float)
    for (states, _), likelihood in joint(evidence).items():
        found[states] += likelihood
    return dict(found)


def counts(evidence: Evidence) -> tuple[Counts, float]:
    """P(each event that a number stands for, evidence), and P(evidence), by listing in every world the grade
    of every trigger of every finding."""
    e = evidence
    c = Counts(
        np.zeros_like(e.prior),
        np.zeros(e.conditions),
        np.zeros_like(e.link),
        np.zeros_like(e.leak),
        np.zeros_like(e.mechanism_leak),
        np.zeros_like(e.mechanism_leak),
        np.zeros_like(e.mechanism_prior),
        np.zeros_like(e.mechanism_prior),
        np.zeros_like(e.mechanism_link),
    )
    total = 0.0
    states_of = [np.flatnonzero(e.condition_of == i).tolist() for i in range(e.conditions)]
    for (states, switches), weight in _worlds(e, states_of):
        here = [s for s in states if s is not None]
        triggers = [
            ("leak", 0),
            *(("state", s) for s in here),
            *(("mechanism", k) for k, by in enumerate(switches) if by),
        ]
        by_finding = []
        for j in range(len(e.lowest)):
            pmfs = [
                {"leak": e.leak[None], "state": e.link, "mechanism": e.mechanism_link}[kind][i, j]
                for kind, i in triggers
            ]
            by_finding.append(_by_grades(pmfs, int(e.lowest[j]), int(e.highest[j]), float(e.doubt[j])))
        chances = [sum(chance for _, chance in found) for found in by_finding]
        joint = weight * prod(chances)
        total += joint
        for i, s in enumerate(states):
            if s is None:
                c.absent[i] += joint
                continue
            c.prior[s] += joint
            for k, by in enumerate(switches):
                (c.mechanism_prior if i in by else c.mechanism_prior_not)[s, k] += joint
        for k, by in enumerate(switches):
            (c.mechanism_leak if "leak" in by else c.mechanism_leak_not)[k] += joint
        for j, found in enumerate(by_finding):
            others = weight * prod(chance for i, chance in enumerate(chances) if i != j)
            for grades, chance in found:
                for (kind, i), grade in zip(triggers, grades, strict=True):
                    if kind == "leak":
                        c.leak[j, grade] += others * chance
                    else:
                        (c.link if kind == "state" else c.mechanism_link)[i, j, grade] += others * chance
    return c, total


def _by_grades(pmfs: list[np.ndarray], lowest: int, highest: int, doubt: float) -> list[tuple[tuple[int, ...], float]]:
    """Grades of all triggers of one finding, and their chance times that of the report."""
    found = []
    for grades in product(*([g for g in range(len(pmf)) if pmf[g] > 0] for pmf in pmfs)):
        strongest = max(grades)
        otherwise = strongest < lowest if lowest > 0 else strongest > highest
        report = 1.0 if lowest <= strongest <= highest else doubt if otherwise else 0.0
        if report > 0:
            found.append((grades, report * prod(float(pmf[g]) for pmf, g in zip(pmfs, grades, strict=True))))
    return found
