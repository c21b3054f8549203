"""What is treated: conditions known, probable or dangerous, with the legs that have them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from saphena.inference.observation import Observation
from saphena.inference.posterior import Posterior
from saphena.model.network import Model
from saphena.pathway.differential import Entry
from saphena.pathway.truth import LEGS

WORTH_PLANNING = 0.1
"""From this probability on, what would be done if it is confirmed is worth saying."""
SHARE_OF_STATE = 0.25
"""A stage that has this share of its condition's probability is planned for beside the leading one."""


@dataclass(frozen=True)
class Target:
    """One condition to plan for."""

    condition: str
    probability: float
    states: dict[str, float]
    """Probability of each state; empty for a condition without states."""
    known: bool
    confirmed: bool
    """Known, or so probable that it is treated as it stands; otherwise everything is "if confirmed"."""
    legs: tuple[str, ...]
    """right, left, or "" where no leg is stated or the condition has none."""


class Chances:
    """Probability of a condition or state, and whether it is known or excluded."""

    def __init__(self, model: Model, observation: Observation, posterior: Posterior | None) -> None:
        self.model, self.observation = model, observation
        self.found = {c.id: c for c in posterior.conditions} if posterior else {}

    def known(self, name: str) -> bool:
        """Diagnosed before; a state that was not named with it counts as possible, not as known."""
        condition, _, state = name.partition(".")
        held = self.observation.known
        return condition in held and (not state or held[condition] == state)

    def excluded(self, name: str) -> bool:
        """Ruled out, or known in another state."""
        condition, _, state = name.partition(".")
        held = self.observation.known
        return condition in self.observation.excluded or (
            bool(state) and condition in held and held[condition] not in (None, state)
        )

    def probability(self, name: str) -> float | None:
        """None where nothing was inferred."""
        condition, _, state = name.partition(".")
        if self.known(name):
            return 1.0
        if condition in self.observation.known and state:
            return None if self.observation.known[condition] is None else 0.0
        found = self.found.get(condition)
        if found is None:
            return None
        return found.states.get(state, 0.0) if state else found.probability

    def threshold(self, name: str) -> float:
        """From which probability a condition has to be settled before something it forbids is done."""
        condition, _, state = name.partition(".")
        rule = self.model.knowledge.conditions[condition].must_not_miss
        if rule is not None and (not rule.states or not state or state in rule.states):
            return rule.threshold
        return self.model.knowledge.settings.ordinary_threshold.value


def targets(
    model: Model, observation: Observation, posterior: Posterior | None, entries: Sequence[Entry]
) -> tuple[Target, ...]:
    """Known conditions first, then those that explain the complaint or must not be missed, as the differential has them."""
    settings, legs = model.knowledge.settings, Legs(model, observation)
    found = {c.id: dict(c.states) for c in posterior.conditions} if posterior else {}
    result = [
        Target(id_, 1.0, {state: 1.0} if state else found.get(id_, {}), True, True, legs.of(id_))
        for id_, state in observation.known.items()
    ]
    for entry in entries:
        p = entry.posterior
        if entry.group not in ("explains", "must_not_miss") or p.id in observation.known:
            continue
        if entry.group == "explains" and p.probability < WORTH_PLANNING:
            continue
        dangerous = model.knowledge.conditions[p.id].must_not_miss is not None
        enough = settings.treat_threshold.value if dangerous else settings.ordinary_threshold.value
        result.append(Target(p.id, p.probability, dict(p.states), False, p.probability >= enough, legs.of(p.id)))
    return tuple(result)


def wanted(target: Target, name: str) -> bool:
    """Is an indication for ``condition`` or ``condition.state`` one for this target?"""
    condition, _, state = name.partition(".")
    if condition != target.condition:
        return False
    if not state:
        return True
    if not target.states:
        return target.known  # Known, and nothing tells the stage.
    here = target.states.get(state, 0.0)
    leading = max(target.states.values(), default=0.0)
    return here > 0 and (here == leading or here >= SHARE_OF_STATE * target.probability)


class Legs:
    """Which legs have a condition: those that show a finding of it."""

    def __init__(self, model: Model, observation: Observation) -> None:
        self.model, self.observation = model, observation
        self.present = {(id_, side) for (id_, side), interval in observation.intervals.items() if interval.lowest > 0}

    def of(self, condition: str) -> tuple[str, ...]:
        """The index leg for a one-sided condition; else every leg with a sided finding of it."""
        if self.model.knowledge.conditions[condition].one_sided and self.observation.index_leg:
            return (self.observation.index_leg,)
        named = linked(self.model)[condition]
        sides = tuple(leg for leg in LEGS if any((id_, leg) in self.present for id_ in named))
        return sides or ("",)


@lru_cache(maxsize=4)
def linked(model: Model) -> dict[str, frozenset[str]]:
    """Sided findings that each condition causes directly."""
    sided = {id_ for id_, finding in model.knowledge.findings.items() if finding.sided}
    return {
        id_: frozenset(sided & set(file.findings).union(*(state.findings for state in file.states)))
        for id_, file in model.knowledge.conditions.items()
    }
