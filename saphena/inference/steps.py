"""The plan of one problem as a chain of choices, for what needs more than sums over all of them.

Each step of a plan chooses: a condition is absent or in one of its states, a mechanism is off or on.
The passes add the alternatives up at once; sampling draws one of them, and the search for the most
probable sets keeps them apart. Arrays are (rows, 2^width), one row for each partial assignment; the
equations are those of ``docs/explanation/inference.md``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from saphena.inference.evidence import Floats
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
    WIDTH,
)
from saphena.inference.subset import Lanes, SubsetProgramme

Edges = tuple[tuple[int, float, float], ...]
"""Bit, P(stays below the grades seen), P(falls in them), of each edge that does anything."""

ABSENT = -1
"""Instead of a state: the condition is absent."""


Close = tuple[int, float, float]
"""Bit, and likelihood of the report where it is 0 and where it is 1."""


@dataclass(frozen=True)
class Choice:
    """One alternative of a step."""

    state: int
    """State of the network, or ``ABSENT``; of a mechanism 0 (off) or 1 (on)."""
    weight: float
    edges: Edges


@dataclass(frozen=True)
class Step:
    """One condition or mechanism; alternatives of weight 0 are left out."""

    kind: int
    """``plan.CONDITION`` or ``plan.MECHANISM``."""
    index: int
    opens: tuple[tuple[float, float], ...]
    """P(0) and P(1) of each slot that opens, by its leak."""
    width: int
    """Open slots after opening."""
    own_bit: int
    """Of a mechanism; its slot closes before its edges act."""
    choices: tuple[Choice, ...]
    closes: tuple[Close, ...]

    def opened(self, v: Floats) -> Floats:
        """Every slot that opens becomes the top bit."""
        for off, on in self.opens:
            v = np.concatenate([off * v, on * v], axis=1)
        return v

    def chosen(self, v: Floats, choice: Choice) -> Floats:
        """What one alternative makes of an opened array."""
        w = self.half(v, choice) * choice.weight
        for bit, low, hit in choice.edges:
            halves = _split(w, bit)
            off, on = halves[:, :, 0], halves[:, :, 1]
            on *= low + hit
            on += hit * off
            off *= low
        return w

    def closed(self, v: Floats) -> Floats:
        """Findings that close must have been caused, or their report is in error."""
        for close in self.closes:
            v = closed(v, close)
        return v

    def back(self, beta: Floats, largest: bool) -> Floats:
        """P(the rest of the evidence | subset) before the step from that after it: over all alternatives
        the sum or, of a condition, the ``largest``."""
        for bit, off, on in reversed(self.closes):
            beta = _join(off * beta, on * beta, bit)
        parts = [self._chosen_back(beta, choice) for choice in self.choices]
        if self.kind == CONDITION:
            beta = np.maximum.reduce(parts) if largest else np.add.reduce(parts)
        else:
            empty = np.zeros_like(beta)
            of = {choice.state: part for choice, part in zip(self.choices, parts, strict=True)}
            beta = _join(of.get(0, empty), of.get(1, empty), self.own_bit)
        for off, on in reversed(self.opens):
            half = beta.shape[1] // 2
            beta = off * beta[:, :half] + on * beta[:, half:]
        return beta

    def half(self, v: Floats, choice: Choice) -> Floats:
        """The part of an opened array that an alternative starts from: of a mechanism, where it is off or on."""
        if self.kind == CONDITION:
            return v
        return np.asarray(_split(v, self.own_bit)[:, :, choice.state].reshape(len(v), -1))

    def _chosen_back(self, beta: Floats, choice: Choice) -> Floats:
        w = beta * choice.weight
        for bit, low, hit in choice.edges:
            halves = _split(w, bit)
            off, on = halves[:, :, 0], halves[:, :, 1]
            off *= low
            off += hit * on
            on *= low + hit
        return w


def closed(v: Floats, close: Close) -> Floats:
    """One finding closes."""
    bit, off, on = close
    halves = _split(v, bit)
    return np.asarray((off * halves[:, :, 0] + on * halves[:, :, 1]).reshape(len(v), -1))


def steps_of(programme: SubsetProgramme, lane: Lanes | None = None) -> list[Step]:
    """The evidence as it is, or the one lane given, step by step; conditions on which nothing present
    bears come last.

    Left out is what no choice changes: the constant factor and the findings that nothing touches.
    """
    plan, present = programme.plan, len(programme.slots)
    lane = programme.base if lane is None else lane

    def opening(slot: int) -> tuple[float, float]:
        if slot < present:
            return float(lane.leak_low[0, slot]), float(lane.leak_hit[0, slot])
        return float(lane.unswitched[0, slot - present]), float(lane.switched[0, slot - present])

    def closing(close: int) -> Close:
        slot, bit = divmod(close, BITS)
        return bit, float(programme.exits[slot, 0]), float(programme.exits[slot, 1])

    def of_state(s: int, touches: list[tuple[int, int]]) -> Edges:
        edges = []
        for slot, bit in touches:
            if slot < present:
                low, hit = float(lane.low[0, s, slot]), float(lane.hit[0, s, slot])
            else:
                hit = float(lane.switch[0, s, slot - present])
                low = 1 - hit
            edges.append((bit, low, hit))
        return _effective(edges)

    def of_condition(c: int, touches: list[tuple[int, int]]) -> tuple[Choice, ...]:
        choices = [Choice(ABSENT, float(lane.absent[0, c]), ())]
        for s in range(int(plan.first_state[c]), int(plan.first_state[c + 1])):
            choices.append(Choice(s, float(lane.weight[0, s]), of_state(s, touches)))
        return tuple(choice for choice in choices if choice.weight > 0)

    def of_mechanism(k: int, touches: list[tuple[int, int]]) -> tuple[Choice, ...]:
        off = [(bit, float(lane.off_low[0, k, slot]), float(lane.off_hit[0, k, slot])) for slot, bit in touches]
        on = [(bit, float(lane.on_low[0, k, slot]), float(lane.on_hit[0, k, slot])) for slot, bit in touches]
        choices = (Choice(0, float(lane.off[0, k]), _effective(off)), Choice(1, float(lane.on[0, k]), _effective(on)))
        return tuple(choice for choice in choices if choice.weight > 0)

    steps, outside = [], set(range(len(plan.first_state) - 1))
    for row in plan.steps.tolist():
        part = slice(row[TOUCH_FROM], row[TOUCH_TO])
        touches = list(zip(plan.slots[part].tolist(), plan.bits[part].tolist(), strict=True))
        of = of_condition if row[KIND] == CONDITION else of_mechanism
        if row[KIND] == CONDITION:
            outside.remove(row[INDEX])
        steps.append(
            Step(
                row[KIND],
                row[INDEX],
                tuple(opening(slot) for slot in plan.opens[row[OPEN_FROM] : row[OPEN_TO]].tolist()),
                row[WIDTH],
                row[OWN_BIT],
                of(row[INDEX], touches),
                tuple(closing(close) for close in plan.closes[row[CLOSE_FROM] : row[CLOSE_TO]].tolist()),
            )
        )
    steps += [Step(CONDITION, c, (), 0, ABSENT, of_condition(c, []), ()) for c in sorted(outside)]
    return steps


def _effective(edges: list[tuple[int, float, float]]) -> Edges:
    return tuple(edge for edge in edges if edge[1:] != (1.0, 0.0))


def _split(v: Floats, bit: int) -> Floats:
    """View (rows, above, 2, below) that separates one bit."""
    rows, size = v.shape
    return v.reshape(rows, size >> (bit + 1), 2, 1 << bit)


def _join(off: Floats, on: Floats, bit: int) -> Floats:
    """Insert a bit: the inverse of ``_split``."""
    rows, size = off.shape
    shape = (rows, size >> bit, 1 << bit)
    return np.stack([off.reshape(shape), on.reshape(shape)], axis=2).reshape(rows, -1)
