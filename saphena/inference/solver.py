"""One case from its numbers to its posterior in one compiled call.

``subset.py`` prepares lanes in NumPy, so that what-if and leave-one-out can change them; for an
ordinary case that costs more than the passes. Here absorbing, planning and both passes are one
function without Python in it, which a single case calls once and a batch (``batch.py``) for each row. Planner
and passes are those of ``subset.py``, and so are the answers.
"""

from __future__ import annotations

import threading
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from saphena.inference.evidence import ROUNDING, Evidence, Floats, Ints, possible
from saphena.inference.kernels import FAST, order_steps, run_lane
from saphena.inference.plan import CONDITION, INDEX, KIND, MOST_SLOTS, WIDTH
from saphena.inference.subset import WIDEST, SubsetProgramme, TooWide, layout
from saphena.model.network import ADULT, CHILD_BAND_ENDS, SEXES

ARENA = 2**16
"""Numbers that each thread keeps at hand; a case that needs more takes memory of its own."""
TOO_WIDE = -1.0
"""Instead of P(evidence): the case needs more states, or slots, than are allowed."""
FREE, EXCLUDED, KNOWN = -1, -2, -3
"""What a row says of a condition beforehand; from 0 on, that it is known in this state."""
UNKNOWN_SEX = SEXES.index("unknown")


class Tables(NamedTuple):
    """The network as the solver reads it: by node, then grade, then cause."""

    first_state: Ints
    """(C + 1) where the states of each condition begin."""
    grades: Ints
    """(N,) grades of each node."""
    link: Floats
    """(N, G, S) P(the state causes exactly this grade)."""
    mechanism_link: Floats
    """(N, G, K)"""
    mechanism_leak: Floats
    """(K,)"""
    mechanism_prior: Floats
    """(S, K)"""


class People(NamedTuple):
    """``N`` cases. Observed nodes of row ``n`` stand from ``begins[n]`` to ``begins[n + 1]``."""

    age: Floats
    sex: Ints
    setting: Ints
    context: NDArray[np.int8]
    """(N, R) 1 present, 0 absent, -1 unknown."""
    fixed: NDArray[np.int16]
    """(N, C) ``FREE``, ``EXCLUDED``, ``KNOWN``, or the number of the state it is known in."""
    begins: Ints
    nodes: Ints
    lowest: Ints
    highest: Ints
    soft: Floats
    """(N, S) factors on states from what a letter does not mention; (1, S) if all are one."""
    mechanism_soft: Floats


class Numbers(NamedTuple):
    """What a person's priors and leaks are made of."""

    centres: Floats
    intercept: Floats
    leak: Floats
    prevalence: Floats
    only_sex: Ints
    """(R,) the sex it is confined to, -1 for none."""
    only_ages: Floats
    """(R, 2)"""
    factor_begins: Ints
    factors: Ints
    """Risk factors of each condition, one condition after the other."""
    row_begins: Ints
    """(C + 1) where the combinations of each condition begin."""
    effects: Floats
    """(combinations of all conditions, states of the widest condition)"""
    possible: Floats


Table = TypeVar("Table", Tables, Numbers)


def owned(table: Table) -> Table:
    """The same with contiguous arrays of its own.

    numba compiles for every mixture of arrays that may and may not be written, half a minute each; those of a
    model read from disk may not, those of one compiled just now may.
    """
    arrays: Any = (np.array(array, order="C") for array in table)
    return type(table)(*arrays)


@njit(cache=True, fastmath=FAST, inline="always")
def add_grades(total, table, start, stop):
    """``total <- sum of table[start:stop]``, cause by cause; nothing is subtracted, so impossible is exactly 0."""
    for i in range(len(total)):
        total[i] = 0.0
    for g in range(start, stop):
        for i in range(len(total)):
            total[i] += table[g, i]


@njit(cache=True, fastmath=FAST)
def solve(tables, columns, lowest, highest, leak, prior, soft, mechanism_soft, most, arena, state):
    """P(evidence), and into ``state`` P(state, evidence); ``TOO_WIDE`` beyond ``most`` stored states.

    ``columns`` are the observed nodes; their leaks are the rows of ``leak``. Section numbers are those
    of ``docs/explanation/inference.md``.
    """
    first_state = tables.first_state
    states, mechanisms, conditions = len(prior), len(tables.mechanism_leak), len(first_state) - 1
    observed = len(columns)
    # Plain types in all that follows: for a literal 0, True or a missing argument numba compiles the same code again.
    present, lane, backward = np.int64(0), np.int64(0), np.bool_(True)
    for j in range(observed):
        present += lowest[j] > 0
    if present + mechanisms > MOST_SLOTS:
        return TOO_WIDE

    # Section 2: what is absent, or bounded from above, multiplies into the numbers.
    weight, on = np.empty((1, states)), np.empty((1, mechanisms))
    of_states, of_mechanisms = np.empty(states), np.empty(mechanisms)
    active = np.zeros(mechanisms, dtype=np.bool_)
    for s in range(states):
        weight[0, s] = prior[s] * soft[s]
    for k in range(mechanisms):
        on[0, k] = mechanism_soft[k]
        active[k] = mechanism_soft[k] < 1.0
    factor = 1.0
    for j in range(observed):
        node, top = columns[j], tables.grades[columns[j]]
        if lowest[j] > 0 or highest[j] + 1 >= top:
            continue
        add_grades(of_states, tables.link[node], highest[j] + 1, top)
        add_grades(of_mechanisms, tables.mechanism_link[node], highest[j] + 1, top)
        for s in range(states):
            weight[0, s] *= 1.0 - of_states[s]
        for k in range(mechanisms):
            on[0, k] *= 1.0 - of_mechanisms[k]
            active[k] |= of_mechanisms[k] > 0.0
        for g in range(highest[j] + 1, top):
            of_states[0] = leak[j, g] if g == highest[j] + 1 else of_states[0] + leak[j, g]
        factor *= 1.0 - of_states[0]

    # Section 1: of what is present, P(stays below the grades seen) and P(falls in them).
    low, hit = np.empty((1, states, present)), np.empty((1, states, present))
    on_low, on_hit = np.empty((1, mechanisms, present)), np.empty((1, mechanisms, present))
    off_low, off_hit = np.ones((1, mechanisms, present)), np.zeros((1, mechanisms, present))
    leak_low, leak_hit = np.zeros((1, present)), np.zeros((1, present))
    masks, mechanism_masks = np.zeros(conditions, dtype=np.int64), np.zeros(mechanisms, dtype=np.int64)
    condition_of, absent = np.empty(states, dtype=np.int64), np.empty((1, conditions))
    for c in range(conditions):
        left = 1.0
        for s in range(first_state[c], first_state[c + 1]):
            condition_of[s] = c
            left -= prior[s]
        absent[0, c] = left if left >= ROUNDING else 0.0
    p = 0
    for j in range(observed):
        if lowest[j] == 0:
            continue
        node, top, bit = columns[j], tables.grades[columns[j]], np.int64(1) << p
        add_grades(of_states, tables.link[node], 0, lowest[j])
        add_grades(of_mechanisms, tables.mechanism_link[node], 0, lowest[j])
        low[0, :, p], on_low[0, :, p] = of_states, of_mechanisms
        add_grades(of_states, tables.link[node], lowest[j], highest[j] + 1)
        add_grades(of_mechanisms, tables.mechanism_link[node], lowest[j], highest[j] + 1)
        hit[0, :, p], on_hit[0, :, p] = of_states, of_mechanisms
        for g in range(highest[j] + 1, top):  # A cause that can only pass the grades seen acts as well.
            for s in range(states):
                of_states[s] += tables.link[node, g, s]
            for k in range(mechanisms):
                of_mechanisms[k] += tables.mechanism_link[node, g, k]
        for s in range(states):
            if of_states[s] > 0.0 and prior[s] > 0.0:
                masks[condition_of[s]] |= bit
        for k in range(mechanisms):
            if of_mechanisms[k] > 0.0:
                mechanism_masks[k] |= bit
                active[k] = True
        for g in range(highest[j] + 1):
            if g < lowest[j]:
                leak_low[0, p] += leak[j, g]
            else:
                leak_hit[0, p] += leak[j, g]
        p += 1
    for s in range(states):
        for k in range(mechanisms):
            if active[k] and tables.mechanism_prior[s, k] > 0.0 and prior[s] > 0.0:
                masks[condition_of[s]] |= np.int64(1) << (present + k)

    # Section 4: the order, and what it will cost.
    steps, opens, slots, bits, closes, orphans = order_steps(masks, mechanism_masks, active, present)
    stored_at = np.zeros(len(steps) + 1, dtype=np.int64)
    widest = 0
    for n in range(len(steps)):
        width, c = steps[n, WIDTH], steps[n, INDEX]
        widest = max(widest, width)
        if width > 40:
            return TOO_WIDE
        arrays = first_state[c + 1] - first_state[c] if steps[n, KIND] == CONDITION else 1
        size = np.int64(1) << width if steps[n, KIND] == CONDITION else np.int64(1) << (width - 1)
        stored_at[n + 1] = stored_at[n] + arrays * size
        if stored_at[n + 1] > most:
            return TOO_WIDE
    room = np.int64(1) << widest
    if len(arena) < 3 * room + stored_at[-1]:
        arena = np.empty(3 * room + stored_at[-1])

    # Sections 3 and 5: both passes.
    switched, unswitched = np.empty((1, mechanisms)), np.empty((1, mechanisms))
    for k in range(mechanisms):
        switched[0, k], unswitched[0, k] = tables.mechanism_leak[k], 1.0 - tables.mechanism_leak[k]
    joint, ignored = np.zeros((1, states)), np.zeros((1, mechanisms))
    total = run_lane(
        lane, steps, opens, slots, bits, closes, first_state, stored_at, present,
        weight, absent, low, hit, leak_low, leak_hit, switched, unswitched,
        tables.mechanism_prior.reshape(1, states, mechanisms), on, np.ones((1, mechanisms)), on_low, on_hit, off_low, off_hit,
        np.zeros(max(1, mechanisms)), arena, room, backward, joint, ignored, None,
    )  # fmt: skip

    # What has no step is independent of everything present.
    for o in range(len(orphans)):
        factor *= leak_hit[0, orphans[o]]
    for c in range(conditions):
        if masks[c] == 0:
            whole = absent[0, c]
            for s in range(first_state[c], first_state[c + 1]):
                whole += weight[0, s]
            factor *= whole
    total *= factor
    for c in range(conditions):
        whole = absent[0, c]
        if masks[c] == 0:
            for s in range(first_state[c], first_state[c + 1]):
                whole += weight[0, s]
        for s in range(first_state[c], first_state[c + 1]):
            if masks[c] != 0:
                state[s] = joint[0, s] * factor
            else:
                state[s] = weight[0, s] * (total / whole) if whole > 0.0 else 0.0
    return total


@njit(cache=True, fastmath=FAST)
def band_weights(age, centres):
    """``priors.band_weights``: a child has the band it is in, an adult is interpolated."""
    childhood = len(CHILD_BAND_ENDS)
    weights = np.zeros(childhood + len(centres))
    last = len(centres) - 1
    if age < ADULT:
        band = 0
        while age >= CHILD_BAND_ENDS[band]:
            band += 1
        weights[band] = 1.0
    elif age <= centres[0]:
        weights[childhood] = 1.0
    elif age >= centres[last]:
        weights[childhood + last] = 1.0
    else:
        upper = 1
        while centres[upper] < age:
            upper += 1
        share = (age - centres[upper - 1]) / (centres[upper] - centres[upper - 1])
        weights[childhood + upper - 1], weights[childhood + upper] = 1.0 - share, share
    return weights


@njit(cache=True, fastmath=FAST)
def person_prior(numbers, people, row, bands, first_state, rows, weights, base, odds, prior):
    """``prepare.priors`` of one person: intercepts by age and sex, unknown risk factors averaged over.

    ``rows``, ``weights``, ``base`` and ``odds`` are scratch, large enough for any condition.
    """
    setting, sex, age = people.setting[row], people.sex[row], people.age[row]
    for c in range(len(first_state) - 1):
        first, last = first_state[c], first_state[c + 1]
        count, fixed = last - first, people.fixed[row, c]
        for s in range(first, last):
            prior[s] = 0.0
        if fixed == EXCLUDED:
            continue
        if fixed >= 0:
            prior[first + fixed] = 1.0
            continue
        begin, end = numbers.factor_begins[c], numbers.factor_begins[c + 1]
        rows[0], weights[0], found = 0, 1.0, 1
        for f in range(begin, end):
            r = numbers.factors[f]
            known = people.context[row, r]
            if known >= 0:
                chance = float(known)
            else:
                confined, ages = numbers.only_sex[r], numbers.only_ages[r]
                can = (confined < 0 or sex in (confined, UNKNOWN_SEX)) and ages[0] <= age <= ages[1]
                chance = numbers.prevalence[setting, r] if can else 0.0
            for i in range(found):
                rows[i] *= 2
            if chance == 1.0:
                for i in range(found):
                    rows[i] += 1
            elif chance != 0.0:
                for i in range(found):
                    rows[found + i], weights[found + i] = rows[i] + 1, chance * weights[i]
                    weights[i] *= 1.0 - chance
                found *= 2
        for i in range(count):
            base[i] = 0.0
            for a in range(len(bands)):
                if bands[a] > 0.0:
                    base[i] += bands[a] * numbers.intercept[setting, a, sex, first + i]
        for n in range(found):
            at = numbers.row_begins[c] + rows[n]
            if numbers.possible[at] == 0.0:
                continue
            whole = 1.0
            for i in range(count):
                odds[i] = np.exp(base[i] + numbers.effects[at, i])
                whole += odds[i]
            for i in range(count):
                prior[first + i] += weights[n] * (odds[i] / whole)
        if fixed == KNOWN:
            whole = 0.0
            for s in range(first, last):
                whole += prior[s]
            for s in range(first, last):
                prior[s] = prior[s] / whole if whole > 0.0 else 1.0 / count


@njit(cache=True, fastmath=FAST, parallel=True)
def solve_people(tables, numbers, people, adult, most, arenas, total, state):
    """Every row by itself; its sums run in the same order whatever the number of threads."""
    threads = len(arenas)
    rows, longest = len(people.age), 0
    for row in range(rows):
        longest = max(longest, people.begins[row + 1] - people.begins[row])
    for thread in prange(threads):
        prior, most_rows, grades = np.empty(state.shape[1]), len(numbers.possible), numbers.leak.shape[3]
        combinations, weights = np.empty(most_rows, dtype=np.int64), np.empty(most_rows)
        base, odds = np.empty(state.shape[1]), np.empty(state.shape[1])
        leaks = np.empty((longest, grades))
        for row in range(thread, rows, threads):
            if people.age[row] < adult:
                continue
            seen = slice(people.begins[row], people.begins[row + 1])
            nodes = people.nodes[seen]
            bands = band_weights(people.age[row], numbers.centres)
            person_prior(numbers, people, row, bands, tables.first_state, combinations, weights, base, odds, prior)
            leak = leaks[: len(nodes)]
            for j in range(len(nodes)):
                for g in range(grades):
                    leak[j, g] = 0.0
                for a in range(len(bands)):
                    if bands[a] > 0.0:
                        for g in range(grades):
                            leak[j, g] += bands[a] * numbers.leak[nodes[j], a, people.sex[row], g]
            soft = people.soft[min(row, len(people.soft) - 1)]
            mechanism_soft = people.mechanism_soft[min(row, len(people.mechanism_soft) - 1)]
            total[row] = solve(
                tables, nodes, people.lowest[seen], people.highest[seen], leak, prior, soft, mechanism_soft,
                most, arenas[thread], state[row],
            )  # fmt: skip


_threads = threading.local()


def _arena() -> Floats:
    held: Floats | None = getattr(_threads, "arena", None)
    if held is None:
        held = _threads.arena = np.empty(ARENA)
    return held


def solved(evidence: Evidence, most: int = WIDEST) -> tuple[float, Floats]:
    """P(evidence) and (S,) P(state | evidence) of one case.

    Raises ``TooWide``, before memory is taken, and ``ImpossibleEvidence``. Slots that close in doubt are
    for ``SubsetProgramme``, which is asked where there are any.
    """
    if evidence.doubt.any():
        programme = SubsetProgramme(evidence, "compiled")
        found = programme.marginals(programme.base)
        return possible(float(found.evidence[0])), found.state[0] / found.evidence[0]
    observed, grades = evidence.leak.shape
    tables = Tables(
        first_state=layout(evidence.condition_of.tobytes())[0],
        grades=np.full(observed, grades),
        link=evidence.link.transpose(1, 2, 0),
        mechanism_link=evidence.mechanism_link.transpose(1, 2, 0),
        mechanism_leak=evidence.mechanism_leak,
        mechanism_prior=evidence.mechanism_prior,
    )
    state = np.empty(len(evidence.prior))
    total = solve(
        owned(tables), np.arange(observed), evidence.lowest, evidence.highest, evidence.leak, evidence.prior, evidence.soft,
        evidence.mechanism_soft, most, _arena(), state,
    )  # fmt: skip
    if total == TOO_WIDE:
        raise TooWide(f"{len(evidence.positive)} present findings need more than 2^{np.log2(most):.0f} states")
    return possible(float(total)), state / total
