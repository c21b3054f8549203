"""The passes in NumPy: the readable engine, the oracle of the compiled one, and the first answer of a
process that has not loaded it. Each step is the equation of ``docs/explanation/inference.md``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from saphena.inference.evidence import Floats, Ints
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

if TYPE_CHECKING:
    from saphena.inference.subset import Lanes, SubsetProgramme


def run(programme: SubsetProgramme, lanes: Lanes, backward: bool) -> tuple[Floats, Floats, Floats]:
    """P(evidence), P(state, evidence) and P(mechanism on, evidence) of what the plan covers, by lane."""
    return _Walk(programme, lanes).run(backward)


class _Walk:
    """One walk over a plan, forward and back."""

    def __init__(self, programme: SubsetProgramme, lanes: Lanes) -> None:
        self.plan, self.lanes, self.present = programme.plan, lanes, len(programme.slots)
        self.exits = programme.exits

    def run(self, backward: bool) -> tuple[Floats, Floats, Floats]:
        plan, lanes = self.plan, self.lanes
        state, mechanism = np.zeros_like(lanes.weight), np.zeros_like(lanes.switched)
        v = np.ones((len(lanes), 1))
        kept: list[list[Floats]] = []
        for step in plan.steps:
            index = int(step[INDEX])
            for slot in plan.opens[step[OPEN_FROM] : step[OPEN_TO]]:
                low, hit = self._opening(int(slot))
                v = np.concatenate([low[:, None] * v, hit[:, None] * v], axis=1)
            if step[KIND] == CONDITION:
                caused = [self._state(v, step, s, transpose=False) for s in self._states(index)]
                kept.append(caused)
                v = lanes.absent[:, index, None] * v
                for s, w in zip(self._states(index), caused, strict=True):
                    v += lanes.weight[:, s, None] * w
            else:
                halves = _split(v, int(step[OWN_BIT]))
                off, on = halves[:, :, 0].reshape(len(v), -1), halves[:, :, 1].reshape(len(v), -1)
                kept.append([on])
                v = lanes.off[:, index, None] * self._mechanism(off, step, on=False, transpose=False)
                v += lanes.on[:, index, None] * self._mechanism(on, step, on=True, transpose=False)
            for slot, bit in self._closes(step):
                low, hit = self.exits[slot]
                halves = _split(v, bit)
                v = (low * halves[:, :, 0] + hit * halves[:, :, 1]).reshape(len(v), -1)
        if backward:
            self._back(kept, state, mechanism)
        return v[:, 0], state, mechanism

    def _back(self, kept: list[list[Floats]], state: Floats, mechanism: Floats) -> None:
        """The adjoint, step by step from the last: ``beta`` is P(the rest of the evidence | state)."""
        plan, lanes = self.plan, self.lanes
        beta = np.ones((len(lanes), 1))
        for step, stored in zip(reversed(plan.steps), reversed(kept), strict=True):
            index = int(step[INDEX])
            for slot, bit in reversed(self._closes(step)):
                low, hit = self.exits[slot]
                beta = _join(low * beta, hit * beta, bit)
            if step[KIND] == CONDITION:
                back = lanes.absent[:, index, None] * beta
                for s, w in zip(self._states(index), stored, strict=True):
                    state[:, s] = lanes.weight[:, s] * (w * beta).sum(axis=1)
                    back += lanes.weight[:, s, None] * self._state(beta, step, s, transpose=True)
                beta = back
            else:
                on = lanes.on[:, index, None] * self._mechanism(beta, step, on=True, transpose=True)
                off = lanes.off[:, index, None] * self._mechanism(beta, step, on=False, transpose=True)
                mechanism[:, index] = (stored[0] * on).sum(axis=1)
                beta = _join(off, on, int(step[OWN_BIT]))
            for slot in reversed(plan.opens[step[OPEN_FROM] : step[OPEN_TO]]):
                low, hit = self._opening(int(slot))
                half = beta.shape[1] // 2
                beta = low[:, None] * beta[:, :half] + hit[:, None] * beta[:, half:]

    def _states(self, condition: int) -> range:
        return range(int(self.plan.first_state[condition]), int(self.plan.first_state[condition + 1]))

    def _opening(self, slot: int) -> tuple[Floats, Floats]:
        if slot < self.present:
            return self.lanes.leak_low[:, slot], self.lanes.leak_hit[:, slot]
        return self.lanes.unswitched[:, slot - self.present], self.lanes.switched[:, slot - self.present]

    def _closes(self, step: Ints) -> list[tuple[int, int]]:
        return [divmod(close, BITS) for close in self.plan.closes[step[CLOSE_FROM] : step[CLOSE_TO]].tolist()]

    def _touches(self, step: Ints) -> list[tuple[int, int]]:
        part = slice(step[TOUCH_FROM], step[TOUCH_TO])
        return list(zip(self.plan.slots[part].tolist(), self.plan.bits[part].tolist(), strict=True))

    def _state(self, v: Floats, step: Ints, s: int, transpose: bool) -> Floats:
        w = v.copy()
        for slot, bit in self._touches(step):
            if slot < self.present:
                low, hit = self.lanes.low[:, s, slot], self.lanes.hit[:, s, slot]
            else:
                hit = self.lanes.switch[:, s, slot - self.present]
                low = 1 - hit
            _edge(w, bit, low, hit, transpose)
        return w

    def _mechanism(self, v: Floats, step: Ints, on: bool, transpose: bool) -> Floats:
        lanes, k = self.lanes, int(step[INDEX])
        lows, hits = (lanes.on_low, lanes.on_hit) if on else (lanes.off_low, lanes.off_hit)
        w = v.copy()
        for slot, bit in self._touches(step):
            _edge(w, bit, lows[:, k, slot], hits[:, k, slot], transpose)
        return w


def _split(v: Floats, bit: int) -> Floats:
    """View (L, above, 2, below) that separates one bit."""
    lanes, states = v.shape
    return v.reshape(lanes, states >> (bit + 1), 2, 1 << bit)


def _join(off: Floats, on: Floats, bit: int) -> Floats:
    """Insert a bit: the inverse of ``_split``."""
    lanes, states = off.shape
    shape = (lanes, states >> bit, 1 << bit)
    return np.stack([off.reshape(shape), on.reshape(shape)], axis=2).reshape(lanes, -1)


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
