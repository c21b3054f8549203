"""Which of the model's numbers an answer rests on.

Two views. Over the draws, in which all numbers move at once: how an outcome goes with each number. And
one number at a time, all others as authored: every probability of the case is a ratio of two functions
that are linear in it, hence goes one way only, and the two ends of its interval are the extremes. (Not where a
finding is seen differently on two legs, since its numbers then enter twice.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from saphena.inference.evidence import Floats, Ints
from saphena.inference.observation import Observation
from saphena.inference.uncertainty import Drawn, bank_of, with_numbers
from saphena.model.network import Model

CERTAIN = 1e-12


@dataclass(frozen=True)
class Contrast:
    """What goes with one number: outcomes where it is highest less outcomes where it is lowest."""

    change: Floats
    """(N, ...) mean over the highest tenth of a number's draws less that over the lowest."""
    error: Floats
    """(N, ...) its standard error; numbers that do nothing differ from 0 by about this much."""


def correlations(model: Model, drawn: Drawn, condition: int) -> Floats:
    """(used numbers,) correlation with the log odds of a condition; its square is the share of the spread."""
    p = np.clip(drawn.presence[:, condition], CERTAIN, 1 - CERTAIN)
    outcome = np.log(p / (1 - p))
    if outcome.std() == 0:
        return np.zeros(len(drawn.used))
    factors = _factors(model, drawn)
    spread = factors.std(axis=0)
    standard = (factors - factors.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return np.asarray(standard.T @ ((outcome - outcome.mean()) / outcome.std()) / len(outcome))


def contrasts(model: Model, drawn: Drawn, outcome: Floats) -> Contrast:
    """What each used number does to outcomes (D, ...) of the draws."""
    factors = _factors(model, drawn)
    tenth = max(2, len(drawn) // 10)
    order = factors.argsort(axis=0, kind="stable")
    low, high = outcome[order[:tenth]], outcome[order[-tenth:]]  # (tenth, numbers, ...)
    error = np.sqrt((low.var(axis=0, ddof=1) + high.var(axis=0, ddof=1)) / tenth)
    return Contrast(np.asarray(high.mean(axis=0) - low.mean(axis=0)), np.asarray(error))


def at_ends(model: Model, observation: Observation, numbers: Ints) -> Floats:
    """(numbers, 2, C) P(condition) with one number at the low and the high end of its 95 % interval.

    All other numbers are as authored. ``numbers`` are columns of the bank. Raises ``TooWide``.
    """
    bank = bank_of(model)
    rows = np.repeat(bank.authored[None], 2 * len(numbers), axis=0)
    ends = np.quantile(bank.factors[:, numbers], [0.025, 0.975], axis=0)
    at = np.arange(len(numbers))
    rows[2 * at, numbers], rows[2 * at + 1, numbers] = ends
    return with_numbers(model, observation, rows).presence.reshape(len(numbers), 2, -1)


def _factors(model: Model, drawn: Drawn) -> Floats:
    """(D, used numbers)"""
    return bank_of(model).factors[: len(drawn), drawn.used].astype(float)
