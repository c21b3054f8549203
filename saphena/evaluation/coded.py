"""Coded cases whose diagnosis is in the model, answered once, for every diagnostic that starts from them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from saphena.case import Case
from saphena.evaluation.cases import CaseSet, read_cases
from saphena.faults import Faulty
from saphena.inference.evidence import Floats, ImpossibleEvidence
from saphena.inference.observation import Observation
from saphena.inference.observe import observe
from saphena.inference.posterior import Posterior, posterior
from saphena.inference.subset import TooWide
from saphena.model.network import Model
from saphena.pathway.differential import Entry, Leader, differential
from saphena.pathway.triage import triage

TIE = 1e-6
"""Weight of a probability where conditions explain alike."""


@dataclass(frozen=True)
class Answered:
    """A coded case, and what the model as authored says of it."""

    id: str
    case: Case
    observation: Observation
    gold: tuple[int, ...]
    """Accepted conditions, the published one first."""
    published: str
    """The first of them as ``gold.yaml`` has it, with its state if it names one."""
    posterior: Posterior
    first: str
    """The condition that leads the differential; known ones left out."""
    leader: Leader

    @property
    def presence(self) -> Floats:
        """(C,)"""
        return np.array([c.probability for c in self.posterior.conditions])

    def place(self, presence: Floats) -> NDArray[np.int64]:
        """(...,) place of the best accepted condition by what each explains, at these probabilities (..., C).

        Exact at the probabilities of the case, and near elsewhere (``Leader``). Conditions that explain
        nothing come after those that do, by probability.
        """
        free = np.array([c.id not in self.observation.known for c in self.posterior.conditions])
        standing = self.leader.standing(presence) + TIE * presence * free
        best = standing[..., list(self.gold)].max(axis=-1, keepdims=True)
        return np.asarray(1 + (standing > best).sum(axis=-1))


def answer(model: Model, folder: Path) -> list[Answered]:
    """Every case of a folder that has an accepted condition and an answer; raises ``Faulty`` for a faulty folder."""
    return answer_cases(model, read_cases(model, folder))


def answer_cases(model: Model, cases: CaseSet) -> list[Answered]:
    """The same, of cases that are read already."""
    found = []
    for one in cases.in_scope:
        gold = cases.gold[one.id]
        if not model.knows_age(one.case.age):
            continue
        try:
            observation = observe(model, one.case)
            inferred = posterior(model, observation)
        except (Faulty, ImpossibleEvidence, TooWide):
            continue
        places = tuple(dict.fromkeys(model.conditions.index(c) for c in gold.accepted))
        entries = order(model, observation, inferred)
        found.append(
            Answered(
                one.id, one.case, observation, places, gold.conditions[0], inferred, entries[0].posterior.id,
                Leader(model, observation, inferred),
            )
        )  # fmt: skip
    return found


def order(model: Model, observation: Observation, inferred: Posterior) -> list[Entry]:
    """The differential as it is shown, known conditions left out."""
    shown = differential(model, observation, inferred, triage(model, observation, inferred))
    return [e for e in shown if e.group != "known"]
