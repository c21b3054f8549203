"""In which order conditions are processed, and when each slot opens and closes.

Slots ``0..P-1`` are the present findings (and those doubtfully absent), ``P + k`` is mechanism ``k``. The greedy order prefers the
condition that opens few new slots and closes many (``docs/explanation/inference.md``); any order
gives the same answer. The functions are plain Python that numba can compile as they stand, so that
both engines walk the same plan.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

CONDITION, MECHANISM = 0, 1
KIND, INDEX, OPEN_FROM, OPEN_TO, TOUCH_FROM, TOUCH_TO, CLOSE_FROM, CLOSE_TO, OWN_BIT, WIDTH = range(10)
BITS = 64
"""A slot that closes is written as its bit and, from here on, its number."""
MOST_SLOTS = 62
"""Slots are bits of one integer."""


@dataclass(frozen=True)
class Plan:
    """A plan as integers. Bits are positions among the open slots at the moment of use."""

    steps: Ints
    """(steps, 10): kind, index, ranges of opens, touches and closes, own bit of a mechanism, width after opening."""
    opens: Ints
    slots: Ints
    bits: Ints
    """Touched slots and their bits, ascending; for a mechanism after its own slot is gone."""
    closes: Ints
    """Slots that close, one after the other: bit + ``BITS`` times the slot."""
    orphans: Ints
    """Present findings that nothing touches."""
    first_state: Ints
    """(C + 1) where the states of each condition begin."""
    stored_at: Ints
    """(steps) place of what each step stores for the backward pass."""

    @property
    def room(self) -> int:
        """States at the widest moment."""
        return 1 << int(self.steps[:, WIDTH].max(initial=0))

    @property
    def stored(self) -> int:
        """States stored in all; the cost of the plan."""
        return int(self.stored_at[-1]) if len(self.stored_at) else 0


def order_steps(condition_slots, mechanism_slots, active, present):  # type: ignore[no-untyped-def]
    """Greedy order over bit masks; see ``Plan`` for what it returns.

    ``condition_slots`` (C,) and ``mechanism_slots`` (K,) hold one bit for each slot touched; ``active``
    (K,) says which mechanisms have a slot at all.
    """
    conditions, mechanisms = len(condition_slots), len(mechanism_slots)
    slots_in_all = present + mechanisms
    steps = np.zeros((conditions + mechanisms, 10), dtype=np.int64)
    opens = np.zeros(slots_in_all, dtype=np.int64)
    slots = np.zeros((conditions + mechanisms) * max(1, slots_in_all), dtype=np.int64)
    bits = np.zeros_like(slots)
    closes = np.zeros(max(1, present), dtype=np.int64)
    waiting = np.zeros(slots_in_all, dtype=np.int64)
    one = np.int64(1)
    for c in range(conditions):
        for slot in range(slots_in_all):
            waiting[slot] += (condition_slots[c] >> slot) & one
    for k in range(mechanisms):
        if active[k]:
            waiting[present + k] += 1  # Its own step.
            for slot in range(present):
                waiting[slot] += (mechanism_slots[k] >> slot) & one
    orphans = np.zeros(present, dtype=np.int64)
    count_orphans = 0
    for slot in range(present):
        if waiting[slot] == 0:
            orphans[count_orphans] = slot
            count_orphans += 1

    done = condition_slots == 0
    held = np.zeros(slots_in_all, dtype=np.int64)  # Open slots by position.
    width = 0
    n = n_open = n_touch = n_close = 0
    left = conditions - done.sum()
    while True:
        # A mechanism that waits for nothing but its own step is resolved at once.
        ready = -1
        for k in range(mechanisms):
            if active[k] and waiting[present + k] == 1:
                ready = k
                break
        if ready >= 0:
            kind, index, mask, own = MECHANISM, ready, mechanism_slots[ready], present + ready
        elif left == 0:
            break
        else:
            opened = last = 0
            for i in range(width):
                opened |= 1 << int(held[i])
            for slot in range(slots_in_all):
                if waiting[slot] == (1 if slot < present else 2):
                    last |= 1 << slot
            best, best_cost = -1, 0
            for c in range(conditions):
                if done[c]:
                    continue
                cost = 0
                rest = int(condition_slots[c])
                while rest:
                    bit = rest & -rest
                    rest ^= bit
                    cost += -1 if opened & bit else 13
                    if last & bit:
                        cost -= 10
                if best < 0 or cost < best_cost:
                    best, best_cost = c, cost
            done[best] = True
            left -= 1
            kind, index, mask, own = CONDITION, best, condition_slots[best], -1

        steps[n, KIND], steps[n, INDEX], steps[n, OPEN_FROM] = kind, index, n_open
        for slot in range(slots_in_all):
            if (mask >> slot) & one or slot == own:
                is_open = False
                for i in range(width):
                    if held[i] == slot:
                        is_open = True
                if not is_open:
                    opens[n_open] = slot
                    n_open += 1
                    held[width] = slot
                    width += 1
        steps[n, OPEN_TO], steps[n, WIDTH] = n_open, width
        if own >= 0:
            for i in range(width):
                if held[i] == own:
                    steps[n, OWN_BIT] = i
            for i in range(steps[n, OWN_BIT], width - 1):
                held[i] = held[i + 1]
            width -= 1
            waiting[own] = -1
        steps[n, TOUCH_FROM] = n_touch
        for i in range(width):
            if (mask >> held[i]) & one:
                slots[n_touch], bits[n_touch] = held[i], i
                n_touch += 1
        steps[n, TOUCH_TO], steps[n, CLOSE_FROM] = n_touch, n_close
        i = 0
        while i < width:
            slot = held[i]
            if (mask >> slot) & one:
                waiting[slot] -= 1
                if waiting[slot] == 0 and slot < present:
                    closes[n_close] = i + BITS * slot
                    n_close += 1
                    for later in range(i, width - 1):
                        held[later] = held[later + 1]
                    width -= 1
                    continue
            i += 1
        steps[n, CLOSE_TO] = n_close
        n += 1
    return steps[:n], opens[:n_open], slots[:n_touch], bits[:n_touch], closes[:n_close], orphans[:count_orphans]
