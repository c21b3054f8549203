"""The weight of what a narrative leaves out (kappa), fitted on half of the coded cases, checked on the other."""

from __future__ import annotations

import hashlib

import numpy as np

from saphena.evaluation.cases import Shape
from saphena.evaluation.coded import Answered
from saphena.evaluation.variants import with_kappa
from saphena.inference.batch import posterior_batch
from saphena.inference.columns import columns_of
from saphena.inference.evidence import Floats
from saphena.inference.prepare import soft_negatives
from saphena.model.network import Model

GRID = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
FLOOR = 1e-4
"""Least probability of the gold condition, so that one case does not decide."""


class Kappa(Shape):
    """Log loss of the gold condition, mean over cases."""

    fitted_on: int
    checked_on: int
    kappa: float
    examined: float
    """The best pair on the half it was fitted on; lowest values where several do as well."""
    fitted_loss: float
    checked_loss: float
    stated: tuple[float, float]
    stated_fitted_loss: float
    stated_checked_loss: float
    ignored_fitted_loss: float
    """With both 0: the unmentioned is unknown."""
    ignored_checked_loss: float
    swapped: tuple[float, float]
    """The best pair when the halves change places; far from the other where the cases cannot tell."""


def half(id_: str) -> int:
    """0 or 1 by a hash of the id, whatever else is in the folder."""
    return hashlib.sha256(id_.encode()).digest()[0] & 1


def fit_kappa(model: Model, cases: list[Answered]) -> Kappa | None:
    """None where a half holds no narrative."""
    told = [one for one in cases if one.case.recording == "narrative"]
    halves = np.array([half(one.id) for one in told])
    if len(set(halves.tolist())) < 2:
        return None
    told_rows = columns_of(model, [one.case for one in told]).people
    pairs = [(kappa, examined) for kappa in GRID for examined in GRID]
    settings = model.knowledge.settings
    stated = (settings.narrative_kappa.value, settings.narrative_kappa_examined.value)

    def losses(pair: tuple[float, float]) -> Floats:
        other = with_kappa(model, *pair)
        soft = [soft_negatives(other, one.observation) for one in told]
        rows = told_rows._replace(soft=np.stack([s for s, _ in soft]), mechanism_soft=np.stack([k for _, k in soft]))
        # The numbers are the model's own, so the batch need not learn another model.
        presence = posterior_batch(model, rows).presence.filled(0.0)
        gold = np.array([presence[i, list(one.gold)].max() for i, one in enumerate(told)])
        return np.asarray(-np.log(np.maximum(gold, FLOOR)))

    of = {pair: losses(pair) for pair in {*pairs, stated, (0.0, 0.0)}}

    def mean(pair: tuple[float, float], side: int) -> float:
        return float(of[pair][halves == side].mean())

    best, other = (min(pairs, key=lambda pair: (round(mean(pair, side), 9), pair)) for side in (0, 1))
    return Kappa(
        fitted_on=int((halves == 0).sum()),
        checked_on=int((halves == 1).sum()),
        kappa=best[0],
        examined=best[1],
        fitted_loss=mean(best, 0),
        checked_loss=mean(best, 1),
        stated=stated,
        stated_fitted_loss=mean(stated, 0),
        stated_checked_loss=mean(stated, 1),
        ignored_fitted_loss=mean((0.0, 0.0), 0),
        ignored_checked_loss=mean((0.0, 0.0), 1),
        swapped=other,
    )
