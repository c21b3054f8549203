"""The figures: shares, ranks, calibration, agreement and paired comparisons, each with its interval.

Plain functions of plain numbers; they know neither cases nor models. Whatever scikit-learn or
statsmodels has is taken from there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from warnings import catch_warnings, simplefilter

import numpy as np
from numpy.typing import NDArray

from saphena.evaluation.cases import Shape
from saphena.evaluation.needed import needed

Floats = NDArray[np.float64]

RESAMPLES = 500
"""Bootstrap resamples; the ends of a 95 % interval then rest on a dozen of them each."""
SEED = 20261128
EDGES = (0.0, 0.05, 0.2, 0.5, 0.8, 0.95, 1.0)
"""Bins of a reliability diagram."""
FLOOR = 1e-4
"""A probability is no nearer to 0 or 1 than this in a log loss, so that no single case decides it."""


class Figure(Shape):
    """A share with its 95 % Wilson interval."""

    name: str
    hits: int
    of: int
    share: float
    low: float
    high: float


class Estimate(Shape):
    """A number with its 95 % bootstrap interval over cases; None where it cannot be worked out."""

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None


class Bin(Shape):
    """Of all probabilities between two limits: how many, their mean, and how often they came true."""

    above: float
    to: float
    said: float
    true: Figure


class Calibration(Shape):
    """Do probabilities mean what they say?"""

    name: str
    pairs: int
    bins: tuple[Bin, ...]
    slope: Estimate
    """Of the logistic regression of what was true on the log odds said: 1 is right, below 1 is too sure."""
    brier: Estimate
    log_loss: Estimate
    said: float
    """Mean of the probabilities."""
    true: float
    """Share that was true."""


class Agreement(Shape):
    """Two who judged the same things."""

    name: str
    of: int
    same: Figure
    kappa: Estimate
    """Cohen's; None where one of them always said the same."""


class Paired(Shape):
    """Two methods on the same cases: exact McNemar test."""

    only_first: int
    only_second: int
    p: float


def wilson(name: str, hits: int, of: int) -> Figure:
    """A share with its 95 % Wilson interval (statsmodels)."""
    if of == 0:
        return Figure(name=name, hits=0, of=0, share=0.0, low=0.0, high=1.0)
    low, high = needed("statsmodels.stats.proportion").proportion_confint(hits, of, method="wilson")
    return Figure(name=name, hits=hits, of=of, share=hits / of, low=float(low), high=float(high))


def within(ranks: Sequence[int | None], most: int) -> int:
    """How many ranks are among the first so many; None is not listed."""
    return sum(1 for rank in ranks if rank is not None and rank <= most)


def top(ranks: Sequence[int | None]) -> tuple[Figure, ...]:
    """Hits among the first 1, 3 and 5."""
    return tuple(wilson(f"top {n}", within(ranks, n), len(ranks)) for n in (1, 3, 5))


def reciprocal_rank(ranks: Sequence[int | None]) -> float:
    """Mean of 1 / rank (MRR), 0 where it is not listed."""
    return float(np.mean([1 / rank if rank else 0.0 for rank in ranks]))


def discounted_gain(right: Sequence[Sequence[int]], most: int = 5) -> float:
    """NDCG: for each case the ranks of everything that is right, cut at ``most``.

    scikit-learn's ``ndcg_score`` wants a table of equal rows; each case becomes one of its own.
    """
    score = needed("sklearn.metrics").ndcg_score
    values = []
    for ranks in right:
        length = max([most, 2, *ranks])
        relevance = np.zeros((1, length))
        relevance[0, [rank - 1 for rank in ranks]] = 1.0
        order = -np.arange(length, dtype=float)[None, :]
        values.append(float(score(relevance, order, k=most)) if ranks else 0.0)
    return float(np.mean(values))


def bootstrap(name: str, cases: int, of: Callable[[NDArray[np.int64]], float | None]) -> Estimate:
    """A figure of some cases, with the 95 % percentile interval over resampled cases."""
    if cases == 0:
        return Estimate(name=name, value=None)
    value = of(np.arange(cases))
    rng = np.random.default_rng(SEED)
    drawn = [v for v in (of(rng.integers(0, cases, cases)) for _ in range(RESAMPLES)) if v is not None]
    if value is None or len(drawn) < RESAMPLES / 2:
        return Estimate(name=name, value=value)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Estimate(name=name, value=value, low=float(low), high=float(high))


def calibration(name: str, said: Sequence[float], true: Sequence[bool], case: Sequence[int]) -> Calibration:
    """Reliability of probabilities; ``case`` says which belong together and are resampled together."""
    p, y, of = np.array(said, dtype=float), np.array(true, dtype=float), np.array(case, dtype=np.int64)
    members = [np.flatnonzero(of == one) for one in np.unique(of)]

    def over(figure: Callable[[Floats, Floats], float | None]) -> Callable[[NDArray[np.int64]], float | None]:
        def chosen(cases: NDArray[np.int64]) -> float | None:
            rows = np.concatenate([members[c] for c in cases])
            return figure(p[rows], y[rows])

        return chosen

    return Calibration(
        name=name,
        pairs=len(p),
        bins=tuple(_bins(p, y)),
        slope=bootstrap("slope", len(members), over(slope)),
        brier=bootstrap("Brier score", len(members), over(brier)),
        log_loss=bootstrap("log loss", len(members), over(log_loss)),
        said=float(p.mean()) if len(p) else 0.0,
        true=float(y.mean()) if len(p) else 0.0,
    )


def _bins(p: Floats, y: Floats) -> list[Bin]:
    bins = []
    for low, high in pairwise(EDGES):
        rows = (p > low) & (p <= high)
        if rows.any():
            figure = wilson("true", int(y[rows].sum()), int(rows.sum()))
            bins.append(Bin(above=low, to=high, said=float(p[rows].mean()), true=figure))
    return bins


def slope(p: Floats, y: Floats) -> float | None:
    """Slope of the logistic regression of truth on log odds (statsmodels); None where all or none is true.

    Where the probabilities part true from false completely it has no value either.
    """
    clipped = np.clip(p, FLOOR, 1 - FLOOR)
    x = np.log(clipped / (1 - clipped))
    true, false = x[y > 0], x[y == 0]
    if not len(true) or not len(false) or true.min() > false.max() or true.max() < false.min() or np.ptp(x) < 1e-9:
        return None
    models = needed("statsmodels.api")
    with catch_warnings():
        simplefilter("ignore")  # Near separation is told by the interval.
        try:
            fitted = models.Logit(y, np.column_stack([np.ones(len(x)), x])).fit(disp=0, maxiter=100)
        except (np.linalg.LinAlgError, ValueError):
            return None
    return float(fitted.params[1])


def brier(p: Floats, y: Floats) -> float:
    """Mean squared error of the probabilities (scikit-learn)."""
    return float(needed("sklearn.metrics").brier_score_loss(y, p, pos_label=1))


def log_loss(p: Floats, y: Floats) -> float:
    """Mean of -ln(probability of what was true) (scikit-learn), floored at ``FLOOR``."""
    return float(needed("sklearn.metrics").log_loss(y, np.clip(p, FLOOR, 1 - FLOOR), labels=[0, 1]))


def agreement(name: str, first: Sequence[str], second: Sequence[str], levels: Sequence[str]) -> Agreement:
    """Share of equal answers, and Cohen's kappa with its interval (statsmodels)."""
    table = np.zeros((len(levels), len(levels)))
    for a, b in zip(first, second, strict=True):
        table[levels.index(a), levels.index(b)] += 1
    same = wilson("same", int(np.trace(table)), len(first))
    kappa = Estimate(name="kappa", value=None)
    if len(set(first) | set(second)) > 1:
        with catch_warnings():
            simplefilter("ignore")  # Levels that nobody used.
            found = needed("statsmodels.stats.inter_rater").cohens_kappa(table)
        low, high = float(found.kappa_low), float(found.kappa_upp)
        spread = np.isfinite([low, high]).all()
        kappa = Estimate(
            name="kappa", value=float(found.kappa), low=low if spread else None, high=min(1.0, high) if spread else None
        )
    return Agreement(name=name, of=len(first), same=same, kappa=kappa)


def paired(first: Sequence[bool], second: Sequence[bool]) -> Paired:
    """Do two methods differ on the same cases? Exact McNemar test (statsmodels)."""
    only_first = sum(1 for a, b in zip(first, second, strict=True) if a and not b)
    only_second = sum(1 for a, b in zip(first, second, strict=True) if b and not a)
    table = [[0, only_first], [only_second, 0]]
    found = needed("statsmodels.stats.contingency_tables").mcnemar(table, exact=True)
    return Paired(only_first=only_first, only_second=only_second, p=float(found.pvalue))
