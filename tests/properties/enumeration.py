"""The joint distribution of small networks by listing every world of ``inference/reference.py``."""

from __future__ import annotations

from collections import defaultdict
from math import prod

import numpy as np

from saphena.inference.evidence import Evidence
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
