"""Coded cases answered with mechanisms, and by a model in which each cause does directly what it did through them:
what counting findings that share a cause as independent proofs does to certainty."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from saphena.evaluation.cases import Shape
from saphena.evaluation.coded import Answered, answer
from saphena.evaluation.variants import flat
from saphena.model.network import Model

SURE = 0.9


class OnCases(Shape):
    """One way of answering all coded cases."""

    answered: str
    cases: int
    first: int
    """An accepted condition leads."""
    sure: int
    """The leader has at least 0.9."""
    sure_and_wrong: int
    """Of these, it is not an accepted condition."""
    leader: float
    """Mean probability of the leader."""
    log_loss: float
    """Mean of -ln P(an accepted condition), the most probable of them."""


def with_and_without(model: Model, folder: Path, cases: list[Answered]) -> tuple[OnCases, ...]:
    """The cases as answered, and by the model without mechanisms."""
    return (
        _on_cases("with mechanisms", model, cases),
        _on_cases("mechanisms folded", model, answer(flat(model), folder)),
    )


def _on_cases(answered: str, model: Model, cases: list[Answered]) -> OnCases:
    places = {id_: c for c, id_ in enumerate(model.conditions)}
    leader = np.array([one.presence[places[one.first]] for one in cases])
    right = np.array([places[one.first] in one.gold for one in cases], dtype=np.bool_)
    accepted = np.array([one.presence[list(one.gold)].max() for one in cases])
    sure = leader >= SURE
    return OnCases(
        answered=answered,
        cases=len(cases),
        first=int(right.sum()),
        sure=int(sure.sum()),
        sure_and_wrong=int((sure & ~right).sum()),
        leader=float(leader.mean()) if len(cases) else 0.0,
        log_loss=float(-np.log(np.maximum(accepted, 1e-9)).mean()) if len(cases) else 0.0,
    )
