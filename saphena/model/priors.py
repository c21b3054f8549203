"""Stated priors -> intercepts, so that the mean over a setting's people is the stated prior.

A risk factor multiplies the odds. Without centring, giving everybody their factors would raise the
mean above what was stated (severalfold where odds ratios are large); the intercept is therefore
solved over all combinations of a condition's factors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import log

import numpy as np

from saphena.model.care import Fact
from saphena.model.network import (
    ADULT,
    ADULT_BANDS,
    AGE_BANDS,
    CHILD_BAND_ENDS,
    CHILD_BANDS,
    SETTINGS,
    SEXES,
    YOUNG,
    YOUNG_CENTRE,
    Floats,
    Ints,
)
from saphena.model.schema import BySetting, ConditionFile, Knowledge, RiskFactor
from saphena.model.states import ConditionState

ROUNDS = 200
MOST_NUMBERS = 4_000_000
"""Numbers held at one time while intercepts are solved; 32 MB of them."""


def mean_priors(knowledge: Knowledge, states: Sequence[ConditionState], setting: str) -> Floats:
    """(S,) stated priors of a setting, over all its adults."""
    return np.array([state.prior(setting) for state in states])


def factor_table(knowledge: Knowledge, states: Sequence[ConditionState]) -> tuple[Floats, Floats]:
    """Log odds ratios (R, S) and prevalences (setting, R)."""
    factors = list(knowledge.risk_factors.values())
    effects = np.zeros((len(factors), len(states)))
    for s, state in enumerate(states):
        for r, factor in enumerate(factors):
            number = state.condition.context.get(factor.id)
            if number is not None:
                effects[r, s] = log(number.odds_ratio)
    prevalence = np.array([[f.prevalence.at(setting) for f in factors] for setting in SETTINGS]).reshape(
        len(SETTINGS), len(factors)
    )
    return effects, prevalence


def factors_of(knowledge: Knowledge, condition: ConditionFile) -> list[int]:
    """Positions of the risk factors that bear on a condition."""
    order = list(knowledge.risk_factors)
    required = condition.requires.any_of if condition.requires else ()
    return [i for i, id_ in enumerate(order) if id_ in condition.context or id_ in required]


@lru_cache(maxsize=1024)
def combinations_of(groups: tuple[str | None, ...], required: tuple[bool, ...]) -> tuple[Floats, Floats]:
    """All combinations of factors: which are present (2^n, n), and whether the condition can exist (2^n,)."""
    present = np.array(list(product((0.0, 1.0), repeat=len(groups)))).reshape(2 ** len(groups), len(groups))
    needed = np.array(required, dtype=bool)
    possible = present[:, needed].any(axis=1) if needed.any() else np.ones(len(present), dtype=bool)
    return present, possible.astype(float)


def combination_effects(present: Floats, effects: Floats, groups: tuple[str | None, ...]) -> Floats:
    """(2^n, S) log odds of each combination; within a group only the strongest factor counts."""
    total = present @ np.where(np.array([g is None for g in groups])[:, None], effects, 0.0)
    for name in sorted({g for g in groups if g is not None}):
        members = [i for i, g in enumerate(groups) if g == name]
        each = present[:, members, None] * effects[None, members]
        strongest = np.abs(each).argmax(axis=1)
        total += np.take_along_axis(each, strongest[:, None], axis=1)[:, 0]
    return np.asarray(total)


def states_given(intercept: Floats, effect: Floats, possible: Floats) -> Floats:
    """(2^n, S) P(state) of one condition's states in each combination of factors."""
    odds = np.exp(intercept + effect) * possible[:, None]
    return np.asarray(odds / (1 + odds.sum(axis=1, keepdims=True)))


def groups_of(
    knowledge: Knowledge, condition: ConditionFile, factors: list[int]
) -> tuple[tuple[str | None, ...], tuple[bool, ...]]:
    """Group name of each factor, and whether the condition needs it."""
    order = list(knowledge.risk_factors)
    ids = [order[i] for i in factors]
    required = condition.requires.any_of if condition.requires else ()
    return (
        tuple(condition.context[i].group if i in condition.context else None for i in ids),
        tuple(i in required for i in ids),
    )


@dataclass(frozen=True)
class PriorTable:
    """What the risk factors of one condition do, whoever the person is."""

    members: Ints
    """Its states, as positions in the network."""
    factors: tuple[int, ...]
    """Its risk factors; the first is the slowest to change in the rows below."""
    possible: Floats
    """(2^n,) 1 where the combination has the exposure that the condition needs."""
    effects: Floats
    """(2^n, states) log odds of each combination."""


def prior_tables(knowledge: Knowledge, condition_of: Ints, log_odds_ratio: Floats) -> tuple[PriorTable, ...]:
    """One table for each condition."""
    tables = []
    for c, condition in enumerate(knowledge.conditions.values()):
        members = np.flatnonzero(condition_of == c)
        factors = factors_of(knowledge, condition)
        groups, required = groups_of(knowledge, condition, factors)
        present, possible = combinations_of(groups, required)
        effects = combination_effects(present, log_odds_ratio[factors][:, members], groups)
        tables.append(PriorTable(members, tuple(factors), possible, effects))
    return tuple(tables)


@lru_cache(maxsize=512)
def combinations_left(chances: tuple[float, ...]) -> tuple[Ints, Floats]:
    """Rows of a ``PriorTable`` that can be, given each factor's chance, and their probabilities.

    Kept, since most people of a setting have the same chances of most factors.
    """
    rows, weights = np.zeros(1, dtype=np.int64), np.ones(1)
    for chance in chances:
        rows = 2 * rows
        if chance == 1.0:
            rows = rows + 1
        elif chance != 0.0:
            rows = np.stack([rows, rows + 1], axis=1).ravel()
            weights = np.stack([(1.0 - chance) * weights, chance * weights], axis=1).ravel()
    return rows, weights


def solve_intercepts(
    knowledge: Knowledge, states: Sequence[ConditionState], effects: Floats, prevalence: Floats
) -> Floats:
    """(setting, age band, sex, S) log odds with every factor absent."""
    result = np.full((len(SETTINGS), len(AGE_BANDS), len(SEXES), len(states)), -np.inf)
    cap, floor = knowledge.settings.prior_cap.value, knowledge.settings.dangerous_floor
    order = list(knowledge.risk_factors.values())
    centres = [*_child_centres(), *band_centres(knowledge)]
    for condition in knowledge.conditions.values():
        members = [s for s, state in enumerate(states) if state.condition.id == condition.id]
        factors = factors_of(knowledge, condition)
        groups, required = groups_of(knowledge, condition, factors)
        present, possible = combinations_of(groups, required)
        effect = combination_effects(present, effects[factors][:, members], groups)
        people = [(i, a, x) for i in range(len(SETTINGS)) for a in range(len(AGE_BANDS)) for x in range(len(SEXES))]
        wanted = _targets([states[s] for s in members], cap, floor if condition.must_not_miss else None)
        chances = np.array(
            [
                [prevalence[i, r] if can_have(order[r], centres[a], SEXES[x]) else 0.0 for r in factors]
                for i, a, x in people
            ]
        ).reshape(len(people), len(factors))
        some = np.flatnonzero(wanted.sum(axis=1) > 0)
        together = max(1, MOST_NUMBERS // (len(possible) * len(members)))
        for start in range(0, len(some), together):
            rows = some[start : start + together]
            weights = combination_weights(chances[rows])
            i, a, x = np.array([people[row] for row in rows]).T
            result[i[:, None], a[:, None], x[:, None], members] = _solve(wanted[rows], effect, possible, weights)
    return _borrowed(result)


def _borrowed(intercept: Floats) -> Floats:
    """A band of adults at whose centre nobody can have the exposure needed borrows the nearest band's intercept.

    Pregnancy is impossible at 55, but not at 45, which is interpolated between the bands of 31 and of 55.
    """
    adults = intercept[:, len(CHILD_BANDS) :]
    older = range(1, adults.shape[1])
    for band, other in [*((b, b - 1) for b in older), *((b - 1, b) for b in reversed(older))]:
        np.copyto(adults[:, band], adults[:, other], where=np.isneginf(adults[:, band]))
    return intercept


def combination_weights(chances: Floats) -> Floats:
    """(people, 2^n) probability of each combination; ``chances`` (people, n) may be 0 or 1 for what is known."""
    weights = np.ones((len(chances), 1))
    for chance in chances.T:
        weights = (weights[:, :, None] * np.stack([1 - chance, chance], axis=1)[:, None, :]).reshape(len(chances), -1)
    return weights


def can_have(factor: RiskFactor | Fact, age: float, sex: str) -> bool:
    """Can the risk factor, or fact, be present at this age and sex?"""
    if factor.only_sex is not None and sex not in (factor.only_sex, "unknown"):
        return False
    return factor.only_ages is None or factor.only_ages[0] <= age <= factor.only_ages[1]


def _solve(target: Floats, effect: Floats, possible: Floats, weights: Floats) -> Floats:
    """(people, S) intercepts for which the mean over combinations is the target (fixed point on the log odds)."""
    able = weights @ possible
    can = np.where(able > 0, 1.0, 0.0)
    # No more people can have the condition than can have the exposure it needs.
    target = target * np.minimum(1.0, 0.95 * able / target.sum(axis=1))[:, None]
    wanted, rest = np.log(np.maximum(target, 1e-300)), np.log1p(-target.sum(axis=1))
    intercept = wanted - rest[:, None]
    reach = possible[:, None] * np.exp(effect)  # (2^n, S)
    for _ in range(ROUNDS):
        odds = np.exp(intercept)[:, None, :] * reach
        mean = np.einsum("tn,tns->ts", weights, odds / (1 + odds.sum(axis=2, keepdims=True)))
        step = wanted - np.log(np.maximum(mean, 1e-300))
        step += (np.log1p(-np.minimum(mean.sum(axis=1), 1 - 1e-12)) - rest)[:, None]
        step = np.where(target > 0, step, 0.0) * can[:, None]
        intercept = intercept + step
        if np.abs(step).max() < 1e-12:
            break
    return np.where((target > 0) & (can[:, None] > 0), intercept, -np.inf)


def _targets(states: Sequence[ConditionState], cap: float, floor: BySetting | None) -> Floats:
    """(setting x band x sex, S) stated priors moved by age and sex, capped, and raised to the floor of dangers."""
    rows = []
    for setting in SETTINGS:
        for band in AGE_BANDS:
            for sex in SEXES:
                target = _target(states, setting, band, sex)
                if target.sum() > 0:
                    target *= min(1.0, cap / target.sum())
                    if floor is not None:  # Where the state can be at all.
                        target = np.where(target > 0, np.maximum(target, floor.at(setting)), 0.0)
                rows.append(target)
    return np.array(rows)


def _target(states: Sequence[ConditionState], setting: str, band: str, sex: str) -> Floats:
    """Stated priors moved on the odds by age and sex."""
    if band == YOUNG:
        return _halfway(_target(states, setting, CHILD_BANDS[-1], sex), _target(states, setting, ADULT_BANDS[0], sex))
    child = band in CHILD_BANDS
    stated = np.array([state.child_prior(setting, band) if child else state.prior(setting) for state in states])
    absent = 1 - stated.sum()
    odds = []
    for state, prior in zip(states, stated, strict=True):
        by_age = state.age.odds_ratios if state.age and not child else {}
        factor = next((ratio for name, ratio in by_age.items() if name == band), 1.0)
        factor *= next((ratio for name, ratio in state.sex.odds_ratios.items() if name == sex), 1.0)
        odds.append(prior / absent * factor)
    total = 1 + sum(odds)
    return np.array([o / total for o in odds])


def _halfway(child: Floats, adult: Floats) -> Floats:
    """Halfway on the log odds, where both can have the state; else the adult's.

    What is rare at 15 and common at 31 lies between them at 19; that it is halfway is an assumption.
    """
    odds = adult / (1 - adult.sum())
    odds = np.where((child > 0) & (adult > 0), np.sqrt(odds * child / (1 - child.sum())), odds)
    return np.asarray(odds / (1 + odds.sum()))


def band_centres(knowledge: Knowledge) -> list[float]:
    """Centre of each age band of adults, in years; the first is that of the youngest, which files do not state."""
    return [YOUNG_CENTRE, *stated_centres(knowledge)]


def stated_centres(knowledge: Knowledge) -> list[float]:
    """Centre of each age band that files state for adults, in years."""
    return [next(v for name, v in knowledge.settings.age_band_centres.items() if name == band) for band in ADULT_BANDS]


def _child_centres() -> list[float]:
    return [(start + end) / 2 for start, end in zip((0.0, *CHILD_BAND_ENDS), CHILD_BAND_ENDS, strict=False)]


def band_weights(age: float, centres: Sequence[float]) -> Floats:
    """Weights of ``AGE_BANDS`` at an age: a child has the band it is in, an adult is interpolated.

    Childhood's bands are steps since their diseases are: a hip that slips at 12 does not at 8.
    """
    weights = np.zeros(len(CHILD_BANDS) + len(centres))
    if age < ADULT:
        weights[next(i for i, end in enumerate(CHILD_BAND_ENDS) if age < end)] = 1
    else:
        weights[len(CHILD_BANDS) :] = interpolation(age, centres)
    return weights


def interpolation(age: float, centres: Sequence[float]) -> Floats:
    """Weights of the age bands of adults at an age: linear between centres, constant beyond."""
    weights = np.zeros(len(centres))
    if age <= centres[0]:
        weights[0] = 1
    elif age >= centres[-1]:
        weights[-1] = 1
    else:
        upper = next(i for i, c in enumerate(centres) if c >= age)
        share = (age - centres[upper - 1]) / (centres[upper] - centres[upper - 1])
        weights[upper - 1], weights[upper] = 1 - share, share
    return weights
