"""The passes of ``subset.py``, compiled: same plan, same lanes, same answers.

Each function is the equation of the same name in ``docs/explanation/inference.md``. Edges are applied
two bits at a time, so that each state is read and written half as often; memory is one arena a
thread, reused from case to case.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numba
import numpy as np
from numba import njit, prange

from saphena.inference import plan
from saphena.inference.evidence import Floats
from saphena.inference.plan import (
    BITS,
    CLOSE_FROM,
    CLOSE_TO,
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

FAST = {"contract"}
"""Fused multiply-add only: sums keep their order, so that results do not depend on the machine's width."""
PARALLEL_FROM = 2**18
"""States times lanes from which lanes are shared between threads; below, starting threads costs more."""


@njit(cache=True, fastmath=FAST, inline="always")
def copy(to, of):
    """``to <- of``."""
    for i in range(len(to)):
        to[i] = of[i]


@njit(cache=True, fastmath=FAST, inline="always")
def clear(v):
    """``v <- 0``, whatever was there."""
    for i in range(len(v)):
        v[i] = 0.0


@njit(cache=True, fastmath=FAST, inline="always")
def scale(v, a):
    """``v <- a v``."""
    for i in range(len(v)):
        v[i] *= a


@njit(cache=True, fastmath=FAST, inline="always")
def blend(to, b, a, of):
    """``to <- b to + a of``."""
    for i in range(len(to)):
        to[i] = b * to[i] + a * of[i]


@njit(cache=True, fastmath=FAST, inline="always")
def dot(x, y):
    """Inner product in eight running sums: a single one would wait for each addition."""
    a = b = c = d = e = f = g = h = 0.0
    whole = len(x) // 8
    for block in range(whole):
        i = 8 * block
        a += x[i] * y[i]
        b += x[i + 1] * y[i + 1]
        c += x[i + 2] * y[i + 2]
        d += x[i + 3] * y[i + 3]
        e += x[i + 4] * y[i + 4]
        f += x[i + 5] * y[i + 5]
        g += x[i + 6] * y[i + 6]
        h += x[i + 7] * y[i + 7]
    for i in range(8 * whole, len(x)):
        a += x[i] * y[i]
    return ((a + e) + (c + g)) + ((b + f) + (d + h))


@njit(cache=True, fastmath=FAST, inline="always")
def pair(x, y, low, both, hit, transpose):
    """One edge on the two states that differ in its bit."""
    if transpose:
        return low * x + hit * y, both * y
    return low * x, both * y + hit * x


@njit(cache=True, fastmath=FAST, inline="always")
def neighbours(v, stride, low, both, hit, transpose):
    """One edge on a low bit: with a stride known when it is compiled, neighbours become vectors too."""
    for block in range(0, len(v), 2 * stride):
        for i in range(block, block + stride):
            v[i], v[i + stride] = pair(v[i], v[i + stride], low, both, hit, transpose)


@njit(cache=True, fastmath=FAST, inline="always")
def edge(v, bit, low, hit, transpose):
    """One edge on one bit: ``v1 <- (low + hit) v1 + hit v0``, ``v0 <- low v0``; or its transpose."""
    stride = 1 << bit
    both = low + hit
    if bit == 0:
        neighbours(v, 1, low, both, hit, transpose)
    elif bit == 1:
        neighbours(v, 2, low, both, hit, transpose)
    elif bit == 2:
        neighbours(v, 4, low, both, hit, transpose)
    else:
        for block in range(0, len(v), 2 * stride):
            off, on = v[block : block + stride], v[block + stride : block + 2 * stride]
            for i in range(stride):
                off[i], on[i] = pair(off[i], on[i], low, both, hit, transpose)


@njit(cache=True, fastmath=FAST, inline="always")
def four(x0, x1, y0, y1, low_p, both_p, hit_p, low_q, both_q, hit_q, transpose):
    """Two edges on the four states that differ in their two bits."""
    if transpose:
        x0, x1 = low_p * x0 + hit_p * x1, both_p * x1
        y0, y1 = low_p * y0 + hit_p * y1, both_p * y1
        return low_q * x0 + hit_q * y0, low_q * x1 + hit_q * y1, both_q * y0, both_q * y1
    x0, x1 = low_p * x0, both_p * x1 + hit_p * x0
    y0, y1 = low_p * y0, both_p * y1 + hit_p * y0
    return low_q * x0, low_q * x1, both_q * y0 + hit_q * x0, both_q * y1 + hit_q * x1


@njit(cache=True, fastmath=FAST, inline="always")
def quads(x, y, stride, low_p, both_p, hit_p, low_q, both_q, hit_q, transpose):
    """Two edges of which the lower is on a low bit; see ``neighbours``."""
    for block in range(0, len(x), 2 * stride):
        for i in range(block, block + stride):
            j = i + stride
            x[i], x[j], y[i], y[j] = four(x[i], x[j], y[i], y[j], low_p, both_p, hit_p, low_q, both_q, hit_q, transpose)


@njit(cache=True, fastmath=FAST, inline="always")
def two_edges(v, p, low_p, hit_p, q, low_q, hit_q, transpose):
    """Two edges on the bits p < q in one pass over memory.

    The parts are views, so that they are known not to overlap and the loops become vector instructions.
    """
    sp, sq = 1 << p, 1 << q
    both_p, both_q = low_p + hit_p, low_q + hit_q
    for high in range(0, len(v), 2 * sq):
        if p >= 3:
            for m in range(high, high + sq, 2 * sp):
                x0, x1 = v[m : m + sp], v[m + sp : m + 2 * sp]
                y0, y1 = v[m + sq : m + sq + sp], v[m + sq + sp : m + sq + 2 * sp]
                for i in range(sp):
                    x0[i], x1[i], y0[i], y1[i] = four(
                        x0[i], x1[i], y0[i], y1[i], low_p, both_p, hit_p, low_q, both_q, hit_q, transpose
                    )
        else:
            x, y = v[high : high + sq], v[high + sq : high + 2 * sq]
            if p == 0:
                quads(x, y, 1, low_p, both_p, hit_p, low_q, both_q, hit_q, transpose)
            elif p == 1:
                quads(x, y, 2, low_p, both_p, hit_p, low_q, both_q, hit_q, transpose)
            else:
                quads(x, y, 4, low_p, both_p, hit_p, low_q, both_q, hit_q, transpose)


@njit(cache=True, fastmath=FAST)
def edges(v, slots, bits, lows, hits, switch, present, transpose):
    """All edges of one state: ``slots`` below ``present`` are findings, the others mechanisms.

    Bits ascend, so pairs are found by walking; an edge that changes nothing is skipped.
    """
    waiting, p, low_p, hit_p = False, 0, 1.0, 0.0
    for t in range(len(slots)):
        slot = slots[t]
        if slot < present:
            low, hit = lows[slot], hits[slot]
        else:
            hit = switch[slot - present]
            low = 1.0 - hit
        if low == 1.0 and hit == 0.0:
            continue
        if waiting:
            two_edges(v, p, low_p, hit_p, bits[t], low, hit, transpose)
            waiting = False
        else:
            waiting, p, low_p, hit_p = True, bits[t], low, hit
    if waiting:
        edge(v, p, low_p, hit_p, transpose)


@njit(cache=True, fastmath=FAST)
def run_lane(
    lane, steps, opens, slots, bits, closes, first_state, stored_at, present,
    weight, absent, low, hit, leak_low, leak_hit, switched, unswitched, switch,
    on, off, on_low, on_hit, off_low, off_hit, none, arena, room, backward, state, mechanism, exits=None,
):  # fmt: skip
    """Forward pass, and if asked the backward pass, of one lane; returns P(evidence) of the plan.

    Without ``exits`` (P, 2) every finding that closes must have been caused.

    ``arena`` holds the current states in its first ``room`` places, a scratch of the same size
    twice, and then what each step stores for the backward pass.
    """
    arena[0] = 1.0
    size = 1
    for n in range(len(steps)):
        kind, index = steps[n, KIND], steps[n, INDEX]
        for o in range(steps[n, OPEN_FROM], steps[n, OPEN_TO]):
            slot = opens[o]
            if slot < present:
                below, within = leak_low[lane, slot], leak_hit[lane, slot]
            else:
                below, within = unswitched[lane, slot - present], switched[lane, slot - present]
            v, upper = arena[:size], arena[size : 2 * size]
            copy(upper, v)
            scale(upper, within)
            scale(v, below)
            size *= 2
        touched = slice(steps[n, TOUCH_FROM], steps[n, TOUCH_TO])
        store = 3 * room + stored_at[n]
        v = arena[:size]
        if kind == 0:
            first, last = first_state[index], first_state[index + 1]
            for s in range(first, last):
                if weight[lane, s] != 0.0:
                    w = arena[store + (s - first) * size : store + (s - first + 1) * size]
                    copy(w, v)
                    edges(w, slots[touched], bits[touched], low[lane, s], hit[lane, s], switch[lane, s], present, False)
            b = absent[lane, index]
            for s in range(first, last):
                if weight[lane, s] != 0.0:
                    blend(v, b, weight[lane, s], arena[store + (s - first) * size : store + (s - first + 1) * size])
                    b = 1.0
            if b != 1.0:
                scale(v, b)
        else:
            stride = 1 << steps[n, OWN_BIT]
            size //= 2
            kept = arena[store : store + size]
            for block in range(0, size, stride):
                # Reading runs ahead of writing, so the lower halves can close ranks in place.
                copy(kept[block : block + stride], v[2 * block + stride : 2 * block + 2 * stride])
                copy(v[block : block + stride], v[2 * block : 2 * block + stride])
            v, other = arena[:size], arena[2 * room : 2 * room + size]
            copy(other, kept)
            edges(v, slots[touched], bits[touched], off_low[lane, index], off_hit[lane, index], none, present, False)
            edges(other, slots[touched], bits[touched], on_low[lane, index], on_hit[lane, index], none, present, False)
            blend(v, off[lane, index], on[lane, index], other)
        for c in range(steps[n, CLOSE_FROM], steps[n, CLOSE_TO]):
            stride = 1 << (closes[c] % BITS)
            size //= 2
            for block in range(0, size, stride):
                to = arena[block : block + stride]
                x, y = arena[2 * block : 2 * block + stride], arena[2 * block + stride : 2 * block + 2 * stride]
                if exits is None:
                    copy(to, y)
                else:
                    below, within = exits[closes[c] // BITS, 0], exits[closes[c] // BITS, 1]
                    for i in range(stride):  # Writing is never ahead of reading.
                        to[i] = below * x[i] + within * y[i]
    total = arena[0]
    if not backward:
        return total

    arena[0] = 1.0
    size = 1
    for n in range(len(steps) - 1, -1, -1):
        kind, index = steps[n, KIND], steps[n, INDEX]
        for c in range(steps[n, CLOSE_TO] - 1, steps[n, CLOSE_FROM] - 1, -1):
            stride = 1 << (closes[c] % BITS)
            for block in range(size - stride, -1, -stride):  # From the top, so that nothing is overwritten unread.
                x, y = arena[2 * block : 2 * block + stride], arena[2 * block + stride : 2 * block + 2 * stride]
                copy(y, arena[block : block + stride])
                if exits is None:
                    clear(x)
                else:
                    copy(x, y)
                    scale(x, exits[closes[c] // BITS, 0])
                    scale(y, exits[closes[c] // BITS, 1])
            size *= 2
        touched = slice(steps[n, TOUCH_FROM], steps[n, TOUCH_TO])
        store = 3 * room + stored_at[n]
        v, scratch, other = arena[:size], arena[room : room + size], arena[2 * room : 2 * room + size]
        if kind == 0:
            copy(other, v)
            b = absent[lane, index]
            for s in range(first_state[index], first_state[index + 1]):
                a = weight[lane, s]
                if a != 0.0:
                    state[lane, s] = a * dot(arena[store : store + size], other)
                    copy(scratch, other)
                    edges(
                        scratch,
                        slots[touched],
                        bits[touched],
                        low[lane, s],
                        hit[lane, s],
                        switch[lane, s],
                        present,
                        True,
                    )
                    blend(v, b, a, scratch)
                    b = 1.0
                store += size
            if b != 1.0:
                scale(v, b)
        else:
            copy(scratch, v)
            copy(other, v)
            edges(
                scratch, slots[touched], bits[touched], off_low[lane, index], off_hit[lane, index], none, present, True
            )
            edges(other, slots[touched], bits[touched], on_low[lane, index], on_hit[lane, index], none, present, True)
            f0, f1 = off[lane, index], on[lane, index]
            mechanism[lane, index] = f1 * dot(arena[store : store + size], other)
            scale(scratch, f0)
            scale(other, f1)
            stride = 1 << steps[n, OWN_BIT]
            for block in range(0, size, stride):
                copy(arena[2 * block : 2 * block + stride], scratch[block : block + stride])
                copy(arena[2 * block + stride : 2 * block + 2 * stride], other[block : block + stride])
            size *= 2
        for o in range(steps[n, OPEN_TO] - 1, steps[n, OPEN_FROM] - 1, -1):
            slot = opens[o]
            if slot < present:
                below, within = leak_low[lane, slot], leak_hit[lane, slot]
            else:
                below, within = unswitched[lane, slot - present], switched[lane, slot - present]
            size //= 2
            blend(arena[:size], below, within, arena[size : 2 * size])
    return total


@njit(cache=True, fastmath=FAST)
def run_serial(
    lanes,
    total,
    arenas,
    steps,
    opens,
    slots,
    bits,
    closes,
    first_state,
    stored_at,
    present,
    numbers,
    none,
    room,
    backward,
    state,
    mechanism,
    exits,
):
    """All lanes, one after the other."""
    (
        weight,
        absent,
        low,
        hit,
        leak_low,
        leak_hit,
        switched,
        unswitched,
        switch,
        on,
        off,
        on_low,
        on_hit,
        off_low,
        off_hit,
    ) = numbers
    for lane in range(lanes):
        total[lane] = run_lane(
            lane, steps, opens, slots, bits, closes, first_state, stored_at, present,
            weight, absent, low, hit, leak_low, leak_hit, switched, unswitched, switch,
            on, off, on_low, on_hit, off_low, off_hit, none, arenas[0], room, backward, state, mechanism, exits,
        )  # fmt: skip


@njit(cache=True, fastmath=FAST, parallel=True)
def run_parallel(
    lanes,
    total,
    arenas,
    steps,
    opens,
    slots,
    bits,
    closes,
    first_state,
    stored_at,
    present,
    numbers,
    none,
    room,
    backward,
    state,
    mechanism,
    exits,
):
    """All lanes, shared between threads; each lane's sums run in the same order whatever the number."""
    (
        weight,
        absent,
        low,
        hit,
        leak_low,
        leak_hit,
        switched,
        unswitched,
        switch,
        on,
        off,
        on_low,
        on_hit,
        off_low,
        off_hit,
    ) = numbers
    threads = len(arenas)
    for thread in prange(threads):
        for lane in range(thread, lanes, threads):
            total[lane] = run_lane(
                lane, steps, opens, slots, bits, closes, first_state, stored_at, present,
                weight, absent, low, hit, leak_low, leak_hit, switched, unswitched, switch,
                on, off, on_low, on_hit, off_low, off_hit, none, arenas[thread], room, backward, state, mechanism, exits,
            )  # fmt: skip


order_steps = njit(cache=True)(plan.order_steps)


_arenas = threading.local()


def _arena(threads: int, size: int) -> Floats:
    """Memory for the passes, kept and grown: fresh pages would cost as much as the arithmetic."""
    held: Floats | None = getattr(_arenas, "held", None)
    if held is None or held.shape[0] < threads or held.shape[1] < size:
        held = np.empty((threads, max(size, 4096)))
        _arenas.held = held
    return held[:threads]


def run(programme: SubsetProgramme, lanes: Lanes, backward: bool) -> tuple[Floats, Floats, Floats]:
    """P(evidence of the plan), P(state, ...) and P(mechanism, ...) of each lane, without the outside factor."""
    walked = programme.plan
    count = len(lanes)
    total = np.empty(count)
    state = np.zeros_like(lanes.weight)
    mechanism = np.zeros_like(lanes.switched)
    parallel = count > 1 and programme.states * count >= PARALLEL_FROM
    threads = numba.get_num_threads() if parallel else 1
    numbers = (
        lanes.weight, lanes.absent, lanes.low, lanes.hit, lanes.leak_low, lanes.leak_hit, lanes.switched, lanes.unswitched,
        lanes.switch, lanes.on, lanes.off, lanes.on_low, lanes.on_hit, lanes.off_low, lanes.off_hit,
    )  # fmt: skip
    arenas = _arena(threads, 3 * walked.room + walked.stored)
    none = np.zeros(max(1, lanes.switched.shape[1]))
    (run_parallel if parallel else run_serial)(
        count, total, arenas, walked.steps, walked.opens, walked.slots, walked.bits, walked.closes,
        walked.first_state, walked.stored_at, len(programme.slots), numbers, none, walked.room, backward, state, mechanism,
        None if programme.certain else programme.exits,
    )  # fmt: skip
    return total, state, mechanism
