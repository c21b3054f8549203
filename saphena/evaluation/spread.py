"""How far all coded cases rest on the model's numbers, and on which: where reading another paper pays."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from saphena.evaluation.cases import Shape
from saphena.evaluation.coded import Answered
from saphena.inference.evidence import Floats
from saphena.inference.influence import correlations
from saphena.inference.subset import TooWide
from saphena.inference.uncertainty import DRAWS, Drawn, bank_of, with_numbers
from saphena.model.network import Model
from saphena.pathway.stopping import Thresholds

TOGETHER = 200
"""Draws of a case worked out at a time; bounds memory."""
PLACES = (1, 3)
TOP = 30


class Spread(Shape):
    """Share of cases with an accepted condition among the first, over the draws."""

    name: str
    authored: float
    """With the numbers as they stand."""
    mean: float
    low: float
    high: float
    """2.5 % and 97.5 % of the draws."""


class Missed(Shape):
    """A case that is missed with the numbers as they stand, or whose condition must not be missed."""

    id: str
    gold: str
    must_not_miss: bool
    place: int
    probability: float
    not_first: float
    """Share of the draws."""
    not_in_three: float
    below_threshold: float | None
    """Share of draws in which the probability of a danger stays below its threshold; None for no danger."""


class NumberOverall(Shape):
    """One authored number over all cases."""

    name: str
    """In words."""
    kind: str
    owner: str
    about: str
    parent: str
    """seen, derived, recalled or assumption."""
    spread: float
    """Sum over cases of the share of the spread of the accepted condition's log odds, chance taken off."""
    cases: int
    """Cases in which it has at least 1 % of the spread."""


class OverallInfluence(Shape):
    """What the numbers do to all coded cases at once."""

    model: str
    draws: int
    cases: int
    too_wide: tuple[str, ...]
    spreads: tuple[Spread, ...]
    missed: tuple[Missed, ...]
    numbers: tuple[NumberOverall, ...]
    by_parent: dict[str, float]
    """Share of all that is ascribed, by how the number is known."""
    numbers_by_parent: dict[str, int]


def overall_influence(
    model: Model,
    cases: list[Answered],
    draws: int = DRAWS,
    top: int = TOP,
    tell: Callable[[], None] = lambda: None,
) -> OverallInfluence:
    """The first draws of the bank, the same in every case; at most ``DRAWS``."""
    bank = bank_of(model)
    total, touched = np.zeros(len(bank.numbers)), np.zeros(len(bank.numbers), dtype=np.int64)
    places, now, missed, wide = [], [], [], []
    for one in cases:
        tell()
        try:
            drawn = _drawn(model, one, draws)
        except TooWide:
            wide.append(one.id)
            continue
        place = one.place(drawn.presence)
        places.append(place)
        now.append(int(one.place(one.presence)))
        share = _shares(correlations(model, drawn, one.gold[0]), len(drawn))
        total[drawn.used] += share
        touched[drawn.used] += share >= 0.01
        if (found := _missed(model, one, drawn, place, now[-1])) is not None:
            missed.append(found)
    every, authored = np.array(places), np.array(now)
    order = np.argsort(-total, kind="stable")[:top]
    parents = np.array([n.parent for n in bank.numbers])
    ascribed = np.maximum(total, 0.0)
    return OverallInfluence(
        model=model.version,
        draws=draws,
        cases=len(places),
        too_wide=tuple(wide),
        spreads=tuple(_spreads(every, authored)) if places else (),
        missed=tuple(missed),
        numbers=tuple(
            NumberOverall(
                name=str(bank.numbers[n]), kind=bank.numbers[n].kind, owner=bank.numbers[n].owner, about=bank.numbers[n].about,
                parent=bank.numbers[n].parent, spread=float(total[n]), cases=int(touched[n]),
            )
            for n in order
            if total[n] > 0
        ),
        by_parent={p: float(ascribed[parents == p].sum() / max(ascribed.sum(), 1e-12)) for p in sorted(set(parents))},
        numbers_by_parent={p: int((parents == p).sum()) for p in sorted(set(parents))},
    )  # fmt: skip


def _drawn(model: Model, one: Answered, draws: int) -> Drawn:
    """All draws of a case, a few at a time."""
    factors = bank_of(model).factors[:draws].astype(float)
    parts = [
        with_numbers(model, one.observation, factors[start : start + TOGETHER])
        for start in range(0, len(factors), TOGETHER)
    ]
    state, presence, weight = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("state", "presence", "weight")
    )
    return Drawn(state, presence, weight, parts[0].used)


def _shares(correlation: Floats, draws: int) -> Floats:
    """Squared correlations less what numbers that do nothing have by chance, 1 / (D - 2) of the rest."""
    square = correlation**2
    return np.asarray(square - (1 - square) / max(1, draws - 2))


def _spreads(places: NDArray[np.int64], authored: NDArray[np.int64]) -> Iterator[Spread]:
    for most in PLACES:
        shares = (places <= most).mean(axis=0)
        low, high = np.quantile(shares, [0.025, 0.975])
        yield Spread(
            name=f"top {most}", authored=float((authored <= most).mean()), mean=float(shares.mean()), low=float(low),
            high=float(high),
        )  # fmt: skip


def _is_danger(model: Model, condition: str, published: str) -> bool:
    """Does the published diagnosis, a condition or a state of it, count as one that must not be missed?"""
    rule = model.knowledge.conditions[condition].must_not_miss
    return rule is not None and (not rule.states or published.partition(".")[2] in rule.states)


def _missed(model: Model, one: Answered, drawn: Drawn, place: NDArray[np.int64], now: int) -> Missed | None:
    gold = model.conditions[one.gold[0]]
    thresholds = Thresholds(model, one.observation)
    danger = gold in thresholds.conditions and _is_danger(model, gold, one.published)
    if now == 1 and not danger:
        return None
    below = None
    if danger:
        below = float(1 - thresholds.passed(drawn.state)[:, thresholds.conditions.index(gold)].mean())
    return Missed(
        id=one.id, gold=gold, must_not_miss=danger, place=now, probability=float(one.presence[one.gold[0]]),
        not_first=float((place > 1).mean()), not_in_three=float((place > 3).mean()), below_threshold=below,
    )  # fmt: skip
