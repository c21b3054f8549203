"""What other orders would cost, from the structure of a case alone; nothing is inferred here.

``frontier`` is the cost of our plan for any order of conditions. ``mixed`` estimates elimination in
which findings and mechanisms are eliminated as well as conditions: with OR-joins a finding is an
ordinary variable that shares a factor of its own with each of its causes, so that conditions, findings and mechanisms
form one graph, and min-fill (Kjaerulff 1990) or min-degree orders it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Literal

import numpy as np

from saphena.inference.evidence import Evidence


@dataclass(frozen=True)
class Structure:
    """Which slots each cause touches, as bits: present findings first, then mechanisms."""

    present: int
    conditions: tuple[int, ...]
    states: tuple[int, ...]
    """States of each condition, absence not counted."""
    mechanisms: dict[int, int]
    """Mechanism that has a slot -> findings it touches."""


def structure(evidence: Evidence) -> Structure:
    """The structure of a case, worked out anew from the evidence."""
    e, present = evidence, evidence.positive
    reaches = (1 - e.below(e.link))[:, present] > 1e-15
    reaches &= (e.prior > 0)[:, None]
    through = (1 - e.below(e.mechanism_link))[:, present] > 1e-15
    absorbs = (e.up_to(e.mechanism_link)[:, e.lowest == 0] < 1).any(axis=1) | (e.mechanism_soft < 1)
    active = np.flatnonzero(through.any(axis=1) | absorbs)
    switches = (e.mechanism_prior[:, active] > 0) & (e.prior > 0)[:, None]
    masks = [0] * e.conditions
    for s, c in enumerate(e.condition_of.tolist()):
        masks[c] |= _mask(reaches[s])
        masks[c] |= sum(1 << len(present) + int(k) for k, on in zip(active, switches[s], strict=True) if on)
    return Structure(
        len(present),
        tuple(masks),
        tuple(np.bincount(e.condition_of, minlength=e.conditions).tolist()),
        {int(k): _mask(through[k]) for k in active},
    )


def _mask(touched: np.ndarray) -> int:
    return sum(1 << i for i in np.flatnonzero(touched).tolist())


def _slots(mask: int) -> list[int]:
    return [slot for slot in range(mask.bit_length()) if mask >> slot & 1]


def frontier(of: Structure, order: Sequence[int]) -> tuple[int, int]:
    """States stored, and entries touched (absence counted as well), by our plan with conditions in this order."""
    waiting = [0] * (of.present + max(of.mechanisms, default=-1) + 1)
    for mask in (*of.conditions, *of.mechanisms.values()):
        for slot in _slots(mask):
            waiting[slot] += 1
    opened, stored, entries, left = 0, 0, 0, dict(of.mechanisms)

    def close(mask: int) -> None:
        nonlocal opened
        for slot in _slots(mask):
            waiting[slot] -= 1
            if waiting[slot] == 0 and slot < of.present:
                opened &= ~(1 << slot)

    for c in (None, *(c for c in order if of.conditions[c])):
        if c is not None:
            opened |= of.conditions[c]
            stored += of.states[c] << opened.bit_count()
            entries += of.states[c] + 1 << opened.bit_count()
            close(of.conditions[c])
        for k in [k for k in left if waiting[of.present + k] == 0]:
            own = 1 << of.present + k
            opened |= own | left[k]
            stored += 1 << opened.bit_count() - 1
            entries += 1 << opened.bit_count()
            opened &= ~own
            close(left.pop(k))
    return stored, entries


def mixed(of: Structure, rule: Literal["fill", "degree"]) -> int:
    """Entries of all cliques when conditions, present findings and mechanisms are eliminated in a greedy order."""
    conditions = [c for c, mask in enumerate(of.conditions) if mask]
    slots = of.present + max(of.mechanisms, default=-1) + 1
    near: dict[int, set[int]] = {}
    for node, mask in (
        *((slots + c, of.conditions[c]) for c in conditions),
        *((of.present + k, mask) for k, mask in of.mechanisms.items()),
    ):
        near.setdefault(node, set())
        for slot in _slots(mask):
            near[node].add(slot)
            near.setdefault(slot, set()).add(node)
    size = {node: of.states[node - slots] + 1 if node >= slots else 2 for node in near}

    def cost(node: int) -> tuple[int, int]:
        clique = prod(size[n] for n in near[node]) * size[node]
        missing = sum(len(near[node] - near[other]) - 1 for other in near[node])
        return (missing, clique) if rule == "fill" else (len(near[node]), clique)

    entries = 0
    while near:
        node = min(near, key=cost)
        entries += cost(node)[1]
        for other in near[node]:
            near[other] |= near[node] - {other}
            near[other].discard(node)
        del near[node]
    return entries
