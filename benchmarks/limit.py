"""How far the compiled passes are from what this machine could do.

The arithmetic of a case and the least it must move are counted from its plan: they belong to the algorithm, not to how
``kernels`` goes about it. What the machine attains is measured in the same run by small loops: fused
multiply-add on numbers that stay in the first cache, and copying arrays of several sizes. The limit of a
case (its roofline) is the sum over steps of the longer of both: arithmetic at the full rate, or its bytes at the rate of
the memory that holds them: what a step works on by itself, what is stored for the backward pass with all that is stored.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numba import njit

from benchmarks.figures import Figure, seconds_of
from benchmarks.synthetic import Floats, Synthetic, case
from saphena.inference import kernels
from saphena.inference.plan import (
    CLOSE_FROM,
    CLOSE_TO,
    CONDITION,
    INDEX,
    KIND,
    OPEN_FROM,
    OPEN_TO,
    TOUCH_FROM,
    TOUCH_TO,
    WIDTH,
)
from saphena.inference.subset import SubsetProgramme

SECTION = "The machine's limit"
SIZES = (2**14, 2**18, 2**22, 2**27)
"""Bytes copied from one array to another, both of which must fit: the first, second and third cache, and memory."""
FUSED = 8
"""Multiply-adds on each number while it is in a register; with more, the chain of them would set the pace."""


@dataclass(frozen=True)
class Work:
    """What one step of both passes needs at least."""

    operations: float
    """Additions and multiplications, two for a fused one."""
    moved: float
    """Bytes read and written of the arrays it works on, if each is read and written once."""
    held: float
    """Bytes of these arrays."""
    stored: float
    """Bytes written for the backward pass, and read there."""


def work(programme: SubsetProgramme) -> list[Work]:
    """Count each step, forward and back, from the plan.

    An edge on n states takes 2 n operations (one multiplication, and one multiplication and one
    addition with another, for each two states), opening a slot n, adding up an alternative 2 n, an inner product 2 n.
    """
    lane, plan, present = programme.base, programme.plan, len(programme.present)
    steps = []
    for step in plan.steps:
        size = float(2 ** step[WIDTH])
        slots = plan.slots[step[TOUCH_FROM] : step[TOUCH_TO]]
        opened, closed = (int(step[b] - step[a]) for a, b in ((OPEN_FROM, OPEN_TO), (CLOSE_FROM, CLOSE_TO)))
        index = int(step[INDEX])
        # Opening a slot writes twice what it reads; back again it is one fused operation a number.
        opening = [size / 2**i for i in range(opened)]
        operations, moved = sum(2 * n for n in opening), sum(8 * (1.5 * n + 1.5 * n) for n in opening)
        if step[KIND] == CONDITION:
            states = [s for s in range(plan.first_state[index], plan.first_state[index + 1]) if lane.weight[0, s] != 0]
            edges = sum(_edges(lane.low[0, s], lane.hit[0, s], lane.switch[0, s], slots, present) for s in states)
            operations += 2 * (2 * edges * size) + len(states) * (2 * 2 * size + 2 * size) + 2 * size
            moved += 8 * size * 4  # Read and written, forward and back.
            left, stored = size, 8 * size * 2 * len(states)
        else:
            none = np.zeros(max(1, lane.switch.shape[2]))
            edges = _edges(lane.on_low[0, index], lane.on_hit[0, index], none, slots, present)
            edges += _edges(lane.off_low[0, index], lane.off_hit[0, index], none, slots, present)
            left, stored = size / 2, 8 * size / 2 * 2
            operations += 2 * (2 * edges * left) + 3 * left + 2 * left + 2 * left
            moved += 8 * (size + left) * 2
        for i in range(closed):  # Forward the upper half is copied; back it is copied again, and the lower cleared.
            half = left / 2 ** (i + 1)
            moved += 8 * (2 * half + 3 * half)
        steps.append(Work(operations, moved, 16 * size, stored))
    return steps


def _edges(low: Floats, hit: Floats, switch: Floats, slots: np.ndarray, present: int) -> int:
    """Edges that do anything."""
    findings = slots[slots < present]
    effective = ~((low[findings] == 1) & (hit[findings] == 0)) if len(low) else np.zeros(0, dtype=bool)
    return int(effective.sum()) + int((switch[slots[slots >= present] - present] > 0).sum())


# --- what the machine attains --------------------------------------------------------------------


@njit(fastmath={"contract"})
def _fused(v, a, b, rounds):  # type: ignore[no-untyped-def]
    for _ in range(rounds):
        for i in range(len(v)):
            x = v[i]
            for _ in range(FUSED):
                x = x * a + b
            v[i] = x


@njit
def _copied(to, of, rounds):  # type: ignore[no-untyped-def]
    for _ in range(rounds):
        for i in range(len(of)):
            to[i] = of[i]
        of[0] += 1.0  # So that no round can be left out.


@dataclass(frozen=True)
class Machine:
    """Attained rates of one thread, a second."""

    operations: float
    bytes: dict[int, float]
    """Size of an array -> bytes read and written."""

    def least(self, steps: list[Work]) -> float:
        """Seconds below which the steps cannot be done at these rates."""
        return sum(max(w.operations / self.operations, self.moving(w, steps)) for w in steps)

    def moving(self, one: Work, steps: list[Work]) -> float:
        """Seconds to move the bytes of one of the steps."""
        return one.moved / self._rate(one.held) + one.stored / self._rate(sum(w.stored for w in steps) / 2)

    def _rate(self, held: float) -> float:
        return next((rate for size, rate in self.bytes.items() if held <= 2 * size), self.bytes[max(self.bytes)])


def attained(quick: bool) -> Machine:
    """Measure this machine; the best of several, since other work only slows it."""
    budget = 0.1 if quick else 0.4
    v, rounds = np.ones(1024), 200
    operations = 2.0 * FUSED * len(v) * rounds / _best(partial(_fused, v, 0.999, 0.001, rounds), budget)
    rates = {}
    for size in SIZES:
        of, to = np.ones(size // 8), np.zeros(size // 8)
        rounds = max(1, 2**24 // size)
        rates[size] = 2.0 * size * rounds / _best(partial(_copied, to, of, rounds), budget)
    return Machine(operations, rates)


def _best(call: Callable[[], object], budget: float) -> float:
    call()
    return min(seconds_of(call, budget / 10, least=2).clock for _ in range(10))


def limit(net: Synthetic, quick: bool) -> list[Figure]:
    """What the machine attains, and what share of the limit the passes reach."""
    machine = attained(quick)
    figures = [Figure(SECTION, "multiply-adds in the first cache", machine.operations / 1e9, "billion operations/s")]
    for size, name in zip(SIZES, ("first cache", "second cache", "third cache", "memory"), strict=True):
        figures.append(Figure(SECTION, f"copying, {name}", machine.bytes[size] / 1e9, "GB/s", note=f"{size:,} bytes"))
    empty, _ = case(net, 0, 1)
    around = _passes(empty, quick)
    for positives in (10, 15, 20):
        rows = [_row(machine, case(net, positives, seed)[0], around, quick) for seed in range(1, 2 if quick else 4)]
        seconds, share, rate, peak, bound, intensity = np.median(rows, axis=0)
        note = (
            f"{1e6 * seconds:.3g} µs against {1e6 * seconds * share / 100:.3g} µs; {rate:.3g} billion operations/s, "
            f"{peak:.3g} % of the full rate; {intensity:.2g} operations a byte; memory bounds {bound:.3g} % of the limit"
        )
        figures.append(Figure(SECTION, f"{positives} positive, share of the limit", float(share), "%", note=note))
    return figures


def _row(machine: Machine, evidence: object, around: float, quick: bool) -> tuple[float, ...]:
    programme = SubsetProgramme(evidence, "compiled")  # type: ignore[arg-type]
    steps = work(programme)
    seconds = max(1e-9, _passes(evidence, quick) - around)
    operations, moved = sum(w.operations for w in steps), sum(w.moved + w.stored for w in steps)
    moving = [(machine.moving(w, steps), w.operations / machine.operations) for w in steps]
    by_memory = sum(memory for memory, arithmetic in moving if memory > arithmetic)
    least = machine.least(steps)
    rate = operations / seconds
    return (
        seconds, 100 * least / seconds, rate / 1e9, 100 * rate / machine.operations, 100 * by_memory / least,
        operations / moved,
    )  # fmt: skip


def _passes(evidence: object, quick: bool) -> float:
    """Seconds of both passes; the Python around them is that of a case with nothing present."""
    programme = SubsetProgramme(evidence, "compiled")  # type: ignore[arg-type]
    return _best(partial(kernels.run, programme, programme.base, True), 0.2 if quick else 1.0)
