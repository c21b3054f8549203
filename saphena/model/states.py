"""A state of a condition with what it shares with its siblings; a condition without states has one."""

from __future__ import annotations

from dataclasses import dataclass

from saphena.model.numbers import AgeOddsRatios, Sensitivity, SexOddsRatios
from saphena.model.schema import ConditionFile, Knowledge, State


@dataclass(frozen=True)
class ConditionState:
    """One row of the model's arrays."""

    condition: ConditionFile
    state: State | None

    @property
    def name(self) -> str:
        """``condition`` or ``condition.state``."""
        return self.condition.id if self.state is None else f"{self.condition.id}.{self.state.id}"

    def finding(self, id_: str) -> Sensitivity | None:
        """The number for a finding: the state's own, else the condition's."""
        own = self.state.findings.get(id_) if self.state else None
        return own or self.condition.findings.get(id_)

    def mechanism(self, id_: str) -> float:
        """P(the state switches the mechanism on)."""
        own = self.state.mechanisms.get(id_) if self.state else None
        link = own or self.condition.mechanisms.get(id_)
        return link.probability if link else 0.0

    def prior(self, setting: str) -> float:
        """Stated prior in a setting, over all its adults; 0 where only children have it."""
        stated = (self.state or self.condition).prior
        return next((value.value for name, value in stated.items() if name == setting), 0.0)

    def child_prior(self, setting: str, band: str) -> float:
        """Stated prior in a setting, over the children of an age band; 0 where only adults have it."""
        stated = (self.state or self.condition).children
        bands = next((value.bands for name, value in stated.items() if name == setting), {})
        return next((value for name, value in bands.items() if name == band), 0.0)

    @property
    def age(self) -> AgeOddsRatios | None:
        """Odds multipliers by age band."""
        return (self.state.age if self.state else None) or self.condition.age

    @property
    def sex(self) -> SexOddsRatios:
        """Odds multipliers by sex."""
        return (self.state.sex if self.state else None) or self.condition.sex


def states_of(knowledge: Knowledge) -> list[ConditionState]:
    """All condition states in the order of the arrays."""
    return [
        ConditionState(condition, state)
        for condition in knowledge.conditions.values()
        for state in (condition.states or (None,))
    ]
