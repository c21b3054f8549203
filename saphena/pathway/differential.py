"""Which conditions are shown, in which of three groups, and in what order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from saphena.inference.observe import Observation
from saphena.inference.posterior import ConditionPosterior, Posterior
from saphena.model.network import Model
from saphena.pathway.triage import Triage

Group = Literal["explains", "must_not_miss", "also_present", "known", "other"]
GROUPS: tuple[Group, ...] = ("explains", "must_not_miss", "also_present", "known", "other")
EXPLAINS_FROM = 0.5
"""Expected number of present findings that a condition must account for to "explain the complaint"."""
ALSO_PRESENT_FROM = 0.1
"""Probability from which a condition that explains little is listed."""


@dataclass(frozen=True)
class Entry:
    """One condition in its group."""

    posterior: ConditionPosterior
    group: Group


def differential(model: Model, observation: Observation, posterior: Posterior, triage: Triage) -> tuple[Entry, ...]:
    """All conditions: those that explain the complaint first, by how much they explain; then what must
    not be missed; then what is present and explains little; then what is known; then the rest."""
    dangerous = {m.condition for m in triage.must_not_miss}
    entries = [Entry(c, _group(observation, c, dangerous)) for c in posterior.conditions]

    def order(entry: Entry) -> tuple[int, float, str]:
        by = entry.posterior.explained if entry.group == "explains" else entry.posterior.probability
        return GROUPS.index(entry.group), -by, entry.posterior.id

    return tuple(sorted(entries, key=order))


def _group(observation: Observation, condition: ConditionPosterior, dangerous: set[str]) -> Group:
    if condition.id in observation.known:
        return "known"
    if condition.explained >= EXPLAINS_FROM:
        return "explains"
    if condition.id in dangerous:
        return "must_not_miss"
    return "also_present" if condition.probability >= ALSO_PRESENT_FROM else "other"
