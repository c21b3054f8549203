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
def edge(v, start, size, bit, low, hit, transpose):
    """One edge on one bit: ``v1 <- (low + hit) v1 + hit v0``, ``v0 <- low v0``; or its transpose."""
    stride = 1 << bit
    both = low + hit
    for block in range(start, start + size, 2 * stride):
        for i in range(block, block + stride):
            x, y = v[i], v[i + stride]
            if transpose:
                v[i] = low * x + hit * y
                v[i + stride] = both * y
            else:
                v[i] = low * x
                v[i + stride] = both * y + hit * x


@njit(cache=True, fastmath=FAST, inline="always")
def two_edges(v, start, size, p, low_p, hit_p, q, low_q, hit_q, transpose):
    """Two edges on the bits p < q in one pass over memory."""
    sp, sq = 1 << p, 1 << q
    both_p, both_q = low_p + hit_p, low_q + hit_q
    for high in range(start, start + size, 2 * sq):
        for middle in range(high, high + sq, 2 * sp):
            for i in range(middle, middle + sp):
                x0, x1, y0, y1 = v[i], v[i + sp], v[i + sq], v[i + sp + sq]
                if transpose:
                    x0, x1 = low_p * x0 + hit_p * x1, both_p * x1
                    y0, y1 = low_p * y0 + hit_p * y1, both_p * y1
                    v[i], v[i + sq] = low_q * x0 + hit_q * y0, both_q * y0
                    v[i + sp], v[i + sp + sq] = low_q * x1 + hit_q * y1, both_q * y1
                else:
                    x0, x1 = low_p * x0, both_p * x1 + hit_p * x0
                    y0, y1 = low_p * y0, both_p * y1 + hit_p * y0
                    v[i], v[i + sq] = low_q * x0, both_q * y0 + hit_q * x0
                    v[i + sp], v[i + sp + sq] = low_q * x1, both_q * y1 + hit_q * x1


@njit(cache=True, fastmath=FAST)
def edges(v, start, size, slots, bits, lows, hits, switch, present, transpose):
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
        q = bits[t]
        if waiting:
            if p < q:
                two_edges(v, start, size, p, low_p, hit_p, q, low, hit, transpose)
            else:
                two_edges(v, start, size, q, low, hit, p, low_p, hit_p, transpose)
            waiting = False
        else:
            waiting, p, low_p, hit_p = True, q, low, hit
    if waiting:
        edge(v, start, size, p, low_p, hit_p, transpose)


@njit(cache=True, fastmath=FAST)
def run_lane(
    lane, steps, opens, slots, bits, closes, first_state, stored_at, present,
    weight, absent, low, hit, leak_low, leak_hit, switched, unswitched, switch,
    on, off, on_low, on_hit, off_low, off_hit, none, arena, room, backward, state, mechanism,
):  # fmt: skip
    """Forward pass, and if asked the backward pass, of one lane; returns P(evidence) of the plan.

    ``arena`` holds the current states in its first ``room`` places, a scratch of the same size
    twice, and then what each step stores for the backward pass.
    """
    v, scratch, other = 0, room, 2 * room
    arena[v] = 1.0
    size = 1
    for n in range(len(steps)):
        kind, index = steps[n, KIND], steps[n, INDEX]
        for o in range(steps[n, OPEN_FROM], steps[n, OPEN_TO]):
            slot = opens[o]
            if slot < present:
                below, within = leak_low[lane, slot], leak_hit[lane, slot]
            else:
                below, within = unswitched[lane, slot - present], switched[lane, slot - present]
            for i in range(size):
                arena[size + i] = within * arena[i]
                arena[i] *= below
            size *= 2
        t0, t1 = steps[n, TOUCH_FROM], steps[n, TOUCH_TO]
        store = 3 * room + stored_at[n]
        if kind == 0:
            b = absent[lane, index]
            for i in range(size):
                arena[scratch + i] = b * arena[i]
            for s in range(first_state[index], first_state[index + 1]):
                a = weight[lane, s]
                if a != 0.0:
                    for i in range(size):
                        arena[store + i] = arena[i]
                    edges(
                        arena,
                        store,
                        size,
                        slots[t0:t1],
                        bits[t0:t1],
                        low[lane, s],
                        hit[lane, s],
                        switch[lane, s],
                        present,
                        False,
                    )
                    for i in range(size):
                        arena[scratch + i] += a * arena[store + i]
                store += size
            for i in range(size):
                arena[i] = arena[scratch + i]
        else:
            stride = 1 << steps[n, OWN_BIT]
            half = size // 2
            k = 0
            for block in range(0, size, 2 * stride):
                for i in range(block, block + stride):
                    arena[scratch + k] = arena[i]
                    arena[store + k] = arena[i + stride]
                    arena[other + k] = arena[i + stride]
                    k += 1
            size = half
            edges(
                arena,
                scratch,
                size,
                slots[t0:t1],
                bits[t0:t1],
                off_low[lane, index],
                off_hit[lane, index],
                none,
                present,
                False,
            )
            edges(
                arena,
                other,
                size,
                slots[t0:t1],
                bits[t0:t1],
                on_low[lane, index],
                on_hit[lane, index],
                none,
                present,
                False,
            )
            f0, f1 = off[lane, index], on[lane, index]
            for i in range(size):
                arena[i] = f0 * arena[scratch + i] + f1 * arena[other + i]
        for c in range(steps[n, CLOSE_FROM], steps[n, CLOSE_TO]):
            stride = 1 << closes[c]
            k = 0
            for block in range(0, size, 2 * stride):
                for i in range(block + stride, block + 2 * stride):
                    arena[k] = arena[i]
                    k += 1
            size //= 2
    total = arena[0]
    if not backward:
        return total

    arena[v] = 1.0
    size = 1
    for n in range(len(steps) - 1, -1, -1):
        kind, index = steps[n, KIND], steps[n, INDEX]
        for c in range(steps[n, CLOSE_TO] - 1, steps[n, CLOSE_FROM] - 1, -1):
            stride = 1 << closes[c]
            k = size
            for block in range(2 * size - 2 * stride, -1, -2 * stride):
                for i in range(block + 2 * stride - 1, block + stride - 1, -1):
                    k -= 1
                    arena[scratch + i] = arena[k]
            size *= 2
            for block in range(0, size, 2 * stride):
                for i in range(block, block + stride):
                    arena[i] = 0.0
                    arena[i + stride] = arena[scratch + i + stride]
        t0, t1 = steps[n, TOUCH_FROM], steps[n, TOUCH_TO]
        store = 3 * room + stored_at[n]
        if kind == 0:
            b = absent[lane, index]
            for i in range(size):
                arena[other + i] = b * arena[i]
            for s in range(first_state[index], first_state[index + 1]):
                a = weight[lane, s]
                if a != 0.0:
                    dot = 0.0
                    for i in range(size):
                        dot += arena[store + i] * arena[i]
                        arena[scratch + i] = arena[i]
                    state[lane, s] = a * dot
                    edges(
                        arena,
                        scratch,
                        size,
                        slots[t0:t1],
                        bits[t0:t1],
                        low[lane, s],
                        hit[lane, s],
                        switch[lane, s],
                        present,
                        True,
                    )
                    for i in range(size):
                        arena[other + i] += a * arena[scratch + i]
                store += size
            for i in range(size):
                arena[i] = arena[other + i]
        else:
            for i in range(size):
                arena[scratch + i] = arena[i]
                arena[other + i] = arena[i]
            edges(
                arena,
                scratch,
                size,
                slots[t0:t1],
                bits[t0:t1],
                off_low[lane, index],
                off_hit[lane, index],
                none,
                present,
                True,
            )
            edges(
                arena,
                other,
                size,
                slots[t0:t1],
                bits[t0:t1],
                on_low[lane, index],
                on_hit[lane, index],
                none,
                present,
                True,
            )
            f0, f1 = off[lane, index], on[lane, index]
            dot = 0.0
            for i in range(size):
                dot += arena[store + i] * arena[other + i]
            mechanism[lane, index] = f1 * dot
            stride = 1 << steps[n, OWN_BIT]
            k = 0
            size *= 2
            for block in range(0, size, 2 * stride):
                for i in range(block, block + stride):
                    arena[i] = f0 * arena[scratch + k]
                    arena[i + stride] = f1 * arena[other + k]
                    k += 1
        for o in range(steps[n, OPEN_TO] - 1, steps[n, OPEN_FROM] - 1, -1):
            slot = opens[o]
            if slot < present:
                below, within = leak_low[lane, slot], leak_hit[lane, slot]
            else:
                below, within = unswitched[lane, slot - present], switched[lane, slot - present]
            size //= 2
            for i in range(size):
                arena[i] = below * arena[i] + within * arena[size + i]
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
            on, off, on_low, on_hit, off_low, off_hit, none, arenas[0], room, backward, state, mechanism,
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
                on, off, on_low, on_hit, off_low, off_hit, none, arenas[thread], room, backward, state, mechanism,
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
        walked.first_state, walked.stored_at, len(programme.present), numbers, none, walked.room, backward, state, mechanism,
    )  # fmt: skip
    return total, state, mechanism
