"""Which conditions are shown, in which group, and in what order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from saphena.inference.observation import Observation
from saphena.inference.posterior import ConditionPosterior, Posterior
from saphena.model.network import Model
from saphena.pathway.triage import Triage

Floats = NDArray[np.float64]

Group = Literal["explains", "must_not_miss", "may_explain", "also_present", "known", "other"]
GROUPS: tuple[Group, ...] = ("explains", "must_not_miss", "may_explain", "also_present", "known", "other")
EXPLAINS_FROM = 0.5
"""Expected number of present findings that a condition must account for to "explain the complaint"."""
MAY_EXPLAIN_FROM = 0.05
"""The same number, for a condition that is unlikely but would account for half a finding if it were present."""
ROUNDING = 1e-9
ALSO_PRESENT_FROM = 0.1
"""Probability from which a condition that explains little is listed."""


@dataclass(frozen=True)
class Entry:
    """One condition in its group."""

    posterior: ConditionPosterior
    group: Group


def differential(model: Model, observation: Observation, posterior: Posterior, triage: Triage) -> tuple[Entry, ...]:
    """All conditions: those that explain the complaint first, by how much they explain; then what must
    not be missed; then what is unlikely and would explain it, by how much it explains; then what is present
    and explains little; then what is known; then the rest."""
    dangerous = {m.condition for m in triage.must_not_miss}
    entries = [Entry(c, _group(observation, c, dangerous)) for c in posterior.conditions]

    def order(entry: Entry) -> tuple[int, float, str]:
        by = entry.posterior.explained if entry.group in ("explains", "may_explain") else entry.posterior.probability
        return GROUPS.index(entry.group), -by, entry.posterior.id

    return tuple(sorted(entries, key=order))


class Leader:
    """Which condition leads the explanation when probabilities move, without working causes out anew.

    Each condition is taken to explain as much, given that it is present, as it does now. That is exact
    now and an approximation elsewhere: an answer that is present would itself want explaining.
    """

    def __init__(self, model: Model, observation: Observation, posterior: Posterior) -> None:
        self.explained_if_present = np.array(
            [
                c.explained / c.probability if c.probability > 0 and c.id not in observation.known else 0.0
                for c in posterior.conditions
            ]
        )

    def standing(self, presence: Floats) -> Floats:
        """(..., C) findings that each condition is expected to explain, at these probabilities."""
        return np.asarray(presence * self.explained_if_present)

    def first(self, presence: Floats) -> NDArray[np.int64]:
        """(...,) the condition that explains most, -1 where none explains the complaint."""
        standing = self.standing(presence)
        return np.asarray(np.where(standing.max(axis=-1) >= EXPLAINS_FROM - ROUNDING, standing.argmax(axis=-1), -1))


def _group(observation: Observation, condition: ConditionPosterior, dangerous: set[str]) -> Group:
    if condition.id in observation.known:
        return "known"
    if condition.explained >= EXPLAINS_FROM:
        return "explains"
    if condition.id in dangerous:
        return "must_not_miss"
    if condition.explained >= max(MAY_EXPLAIN_FROM, EXPLAINS_FROM * condition.probability):
        return "may_explain"
    return "also_present" if condition.probability >= ALSO_PRESENT_FROM else "other"
