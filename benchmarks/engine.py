"""Our engine on the synthetic network: one case, every next question, draws, batches, and QuickScore's error.

Times are of the full call that a Python user pays: absorbing, planning, both passes, all posteriors.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import numba
import numpy as np

from benchmarks.figures import Figure, Seconds, seconds_of
from benchmarks.quickscore import quickscore
from benchmarks.synthetic import Floats, Synthetic, case, evidence_of
from saphena.inference.evidence import Evidence
from saphena.inference.solver import ARENA, FREE, Numbers, People, Tables, owned, solve_people, solved
from saphena.inference.subset import WIDEST, Lanes, Marginals, SubsetProgramme

CANDIDATES = 200
DRAWS = 1000
NETWORK_SEED = 0
MOST_THREADS = numba.get_num_threads()


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Let the kernels use so many threads."""
    before = numba.get_num_threads()
    numba.set_num_threads(min(count, MOST_THREADS))
    try:
        yield
    finally:
        numba.set_num_threads(before)


def full_call(evidence: Evidence) -> tuple[SubsetProgramme, Marginals]:
    """Plan, numbers, forward and backward pass."""
    programme = SubsetProgramme(evidence, "compiled")
    return programme, programme.marginals(programme.base)


def posterior(evidence: Evidence) -> Floats:
    """(C,) P(condition | evidence), in one compiled call; absorbing and planning are part of it."""
    return solved(evidence)[1]


# --- one case ------------------------------------------------------------------------------------


def one_case(net: Synthetic, seeds: range, quick: bool) -> list[Figure]:
    """Absolute times of one case."""
    figures = []
    for positives, target in ((5, None), (10, 0.15), (15, 1.0), (20, 40.0)):
        times, states = [], []
        for seed in seeds:
            evidence, _ = case(net, positives, seed)
            times.append(seconds_of(partial(posterior, evidence), budget=0.1 if quick else 0.5))
            states.append(np.log2(SubsetProgramme(evidence).states))
        name = f"{positives} positive, median 2^{np.median(states):.1f} states"
        figures.append(_one_thread("One case", name, times, target))
    return figures


def _one_thread(section: str, name: str, times: list[Seconds], target: float | None, note: str = "") -> Figure:
    """Processor time, with the clock's in the note: other work on the machine lengthens only that."""
    worst, clock = max(t.processor for t in times), float(np.median([t.clock for t in times]))
    extra = f"slowest case {1e3 * worst:.3g} ms; {1e3 * clock:.3g} ms on the clock" + (f"; {note}" if note else "")
    return Figure(section, name, 1e3 * float(np.median([t.processor for t in times])), "ms", target, note=extra)


def _two_threads(section: str, name: str, times: list[Seconds]) -> Figure:
    """Time on the clock, which other work lengthens."""
    return Figure(section, name, 1e3 * float(np.median([t.clock for t in times])), "ms", note="on the clock")


# --- next question -------------------------------------------------------------------------------


def unanswered(net: Synthetic, seen: list[int]) -> list[int]:
    """The findings that could be asked."""
    return [j for j in range(net.q.shape[1]) if j not in set(seen)][:CANDIDATES]


def next_lanes(programme: SubsetProgramme, net: Synthetic, candidates: list[int]) -> Lanes:
    """The case as it is, then with each candidate absent; as ``next_finding.candidates`` does with names."""
    lanes = programme.base.repeat(1 + len(candidates))
    lanes.weight[1:] *= (1 - net.q[:, candidates]).T
    lanes.factor[1:] *= 1 - net.leak[candidates]
    return lanes


def next_questions(net: Synthetic, evidence: Evidence, candidates: list[int]) -> tuple[Floats, Floats, Floats]:
    """P(candidate present), and P(condition | candidate absent) and P(condition | present), by candidate."""
    programme = SubsetProgramme(evidence, "compiled")
    found = programme.marginals(next_lanes(programme, net, candidates))
    absent, joint = found.evidence[1:], found.state[1:]
    present = found.evidence[0] - absent
    return (
        present / found.evidence[0],
        joint / absent[:, None],
        np.clip((found.state[0] - joint) / present[:, None], 0.0, 1.0),
    )


def all_questions(net: Synthetic, seeds: range) -> list[Figure]:
    """Absolute times of all next questions."""
    figures = []
    for positives, target in ((5, None), (8, None), (10, 8.0), (15, 200.0)):
        by_threads: dict[int, list[Seconds]] = {1: [], 2: []}
        for seed in seeds:
            evidence, seen = case(net, positives, seed)
            call = partial(next_questions, net, evidence, unanswered(net, seen))
            for count, times in by_threads.items():
                with threads(count):
                    times.append(seconds_of(call))
        name = f"{positives} positive, {CANDIDATES} questions"
        figures.append(_one_thread("All next questions", f"{name}, 1 thread", by_threads[1], target))
        figures.append(_two_threads("All next questions", f"{name}, 2 threads", by_threads[2]))
    return figures


# --- parameter draws -----------------------------------------------------------------------------


def draws(net: Synthetic, seeds: range) -> list[Figure]:
    """1,000 draws of every number; making the draws is timed apart, since a bank of them is kept."""
    by_threads: dict[int, list[Seconds]] = {1: [], 2: []}
    made = []
    for seed in seeds:
        evidence, seen = case(net, 10, seed)
        programme = SubsetProgramme(evidence, "compiled")
        before = time.thread_time()
        lanes = perturbed(programme, net, seen, np.random.default_rng(seed))
        made.append(1e3 * (time.thread_time() - before))
        for count, times in by_threads.items():
            with threads(count):
                times.append(seconds_of(partial(programme.marginals, lanes)))
    note = f"drawing the numbers takes another {np.median(made):.0f} ms"
    return [
        _one_thread("1,000 parameter draws", "10 positive, 1 thread", by_threads[1], 40.0, note),
        _two_threads("1,000 parameter draws", "10 positive, 2 threads", by_threads[2]),
    ]


def perturbed(programme: SubsetProgramme, net: Synthetic, seen: list[int], rng: np.random.Generator) -> Lanes:
    """Lanes with every link, leak and prior moved by up to a fifth of its distance to the nearer end."""

    def moved(p: Floats) -> Floats:
        room = 0.2 * np.minimum(p, 1 - p)
        return np.asarray(p + rng.uniform(-1, 1, (DRAWS, *p.shape)) * room)

    count = len(programme.present)
    lanes = programme.base.repeat(DRAWS)
    prior, link, leak = moved(net.prior), moved(net.q[:, seen]), moved(net.leak[seen])
    lanes.weight[:] = prior * (1 - link[:, :, count:]).prod(axis=2)
    lanes.absent[:] = 1 - prior
    lanes.hit[:], lanes.low[:] = link[:, :, :count], 1 - link[:, :, :count]
    lanes.leak_hit[:], lanes.leak_low[:] = leak[:, :count], 1 - leak[:, :count]
    lanes.factor[:] = (1 - leak[:, count:]).prod(axis=1)
    return lanes


# --- batches -------------------------------------------------------------------------------------

BATCHES = (("0 to 5 positive", (0, 5), 100_000.0), ("10 positive", (10, 10), 20_000.0))


def batch(net: Synthetic, quick: bool) -> list[Figure]:
    """Different cases as rows of one compiled call (what ``posterior_batch`` runs), on one thread and on two."""
    figures = []
    for name, between, target in BATCHES:
        rows = _rows(net, between, 2000 if quick else 10_000)
        for count in (1, 2):
            with threads(count):
                taken = seconds_of(partial(_solve_rows, *rows), least=3, budget=0.5 if quick else 3.0)
            clock = len(rows[2].age) / taken.clock
            label = f"{name}, {count} thread{'s' * (count > 1)}"
            figures.append(
                Figure(
                    "Batch of different cases",
                    label,
                    clock,
                    "cases/s",
                    target if count == 2 else None,
                    True,
                    note="on the clock",
                )
            )
    return figures


def _rows(net: Synthetic, between: tuple[int, int], cases: int) -> tuple[Tables, Numbers, People]:
    """The network as a batch reads it (no risk factors, one band of age), and sampled cases as its rows."""
    conditions, findings = net.q.shape
    rng = np.random.default_rng(0)
    positives = rng.integers(between[0], between[1] + 1, cases)
    sampled = [case(net, int(m), int(seed)) for m, seed in zip(positives, rng.integers(2**31, size=cases), strict=True)]
    tables = Tables(
        first_state=np.arange(conditions + 1),
        grades=np.full(findings, 2),
        link=np.ascontiguousarray(np.stack([1 - net.q, net.q], axis=-1).transpose(1, 2, 0)),
        mechanism_link=np.zeros((findings, 2, 0)),
        mechanism_leak=np.zeros(0),
        mechanism_prior=np.zeros((conditions, 0)),
    )
    numbers = Numbers(
        centres=np.array([50.0]),
        intercept=np.log(net.prior / (1 - net.prior)).reshape(1, 1, 1, conditions),
        leak=np.stack([1 - net.leak, net.leak], axis=-1).reshape(findings, 1, 1, 2),
        prevalence=np.zeros((1, 0)),
        only_sex=np.zeros(0, dtype=np.int64),
        only_ages=np.zeros((0, 2)),
        factor_begins=np.zeros(conditions + 1, dtype=np.int64),
        factors=np.zeros(0, dtype=np.int64),
        row_begins=np.arange(conditions + 1),
        effects=np.zeros((conditions, 1)),
        possible=np.ones(conditions),
    )
    nothing = np.zeros(cases, dtype=np.int64)
    people = People(
        age=np.full(cases, 50.0),
        sex=nothing,
        setting=nothing,
        context=np.zeros((cases, 0), dtype=np.int8),
        fixed=np.full((cases, conditions), FREE, dtype=np.int16),
        begins=np.concatenate([[0], np.cumsum([len(seen) for _, seen in sampled])]).astype(np.int64),
        nodes=np.concatenate([np.array(seen) for _, seen in sampled]),
        lowest=np.concatenate([e.lowest for e, _ in sampled]),
        highest=np.concatenate([e.highest for e, _ in sampled]),
        soft=np.ones((1, conditions)),
        mechanism_soft=np.ones((1, 0)),
    )
    return owned(tables), owned(numbers), people


def _solve_rows(tables: Tables, numbers: Numbers, people: People) -> Floats:
    rows = len(people.age)
    total, state = np.zeros(rows), np.zeros((rows, len(tables.first_state) - 1))
    arenas = np.empty((numba.get_num_threads(), ARENA))
    solve_people(tables, numbers, people, 18.0, WIDEST, arenas, total, state)
    return state / total[:, None]


# --- QuickScore ----------------------------------------------------------------------------------


def quickscore_errors(net: Synthetic, seeds: range) -> list[Figure]:
    """Largest error of any marginal of QuickScore in double precision, against ours."""
    figures = []
    for positives in (5, 8, 10, 12, 15):
        errors = []
        for seed in seeds:
            evidence, seen = case(net, positives, seed)
            _, given = quickscore(net, seen[:positives], seen[positives:])
            errors.append(float(np.nan_to_num(np.abs(given - posterior(evidence)), nan=np.inf).max()))
        name, note = f"{positives} positive, median case", f"worst case {max(errors):.1e}"
        figures.append(Figure("Error of QuickScore", name, float(np.median(errors)), "", note=note))
    return figures


def answered(net: Synthetic, seen: list[int], value: list[int]) -> Evidence:
    """Evidence with the given answers."""
    return evidence_of(net, seen, np.array(value, dtype=np.int64))
