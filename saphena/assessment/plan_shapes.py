"""What the plan of an assessment holds, as types; part of the JSON Schema that other programs read."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from saphena.model.care import Delay, Invasiveness, Kind, Line, Place, Radiation
from saphena.model.numbers import TriageLevel
from saphena.pathway.obstacles import Status
from saphena.pathway.plan import Empty
from saphena.pathway.workup import Certainty


class Shape(BaseModel):
    """Base of every shape of an assessment: frozen, unknown keys refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Ground(Shape):
    """Who says so."""

    source: str | None = Field(None, description="Citation")
    url: str | None = None
    quote: str | None = None
    recalled: bool = Field(False, description="The words of the source were not read")
    judged: str | None = Field(None, description="Reasoning, where no source says it")


class Named(Shape):
    """Something of the vocabulary, with its name."""

    id: str
    name: str
    question: str | None = Field(None, description="How a patient is asked for it")


class ReasonShown(Shape):
    """Why something is not simply offered."""

    status: Status
    text: str
    because: tuple[Named, ...] = Field((), description="What it rests on")
    ask: tuple[Named, ...] = Field((), description="Unknown, and decides it: ask first")
    settle: tuple[Named, ...] = Field((), description="What settles it")
    condition: Named | None = Field(None, description="A condition of the case that forbids it")
    probability: float | None = None
    source: str | None = None
    tell_patient: str | None = None


class StageShown(Shape):
    """Result of an instrument; a range where items are missing."""

    instrument: str
    name: str
    kind: str
    leg: str | None
    lowest: float
    highest: float
    unit: str | None
    band: str | None = Field(description="None where missing items leave more than one")
    meaning: str | None
    bands: tuple[str, ...] = Field(description="Every band still possible")
    missing: tuple[Named, ...]
    limits: str | None
    change: str | None = Field(description="Smallest change that matters")
    ground: Ground


class StepShown(Shape):
    """Next step of a published sequence of investigations."""

    sequence: str
    name: str
    step: str
    say: str
    level: TriageLevel | None
    do: tuple[Named, ...]
    because: Named | None = Field(description="The plausible condition that it settles; None where a rule starts it")
    probability: float | None
    certainty: Certainty = Field(
        description="certain: it is this step; usual: unless what is asked for is present; open: only if that holds"
    )
    ask: tuple[Named, ...]
    ground: Ground


class Outcome(Shape):
    """What one result of an investigation would do."""

    finding: str
    value: str
    probability: float = Field(description="Of this result")
    leader: Named | None
    leader_probability: float | None
    triage: TriageLevel
    moves: tuple[tuple[str, float, float], ...] = Field(description="Condition, probability before and after")
    newly_offered: tuple[str, ...] = Field(description="Treatments that would then be offered")
    no_longer_offered: tuple[str, ...]


class InvestigationShown(Shape):
    """An investigation worth having."""

    id: str
    name: str
    patient: str
    status: Status
    reasons: tuple[ReasonShown, ...]
    because: Literal["sequence", "utility"]
    utility: float
    finding: str | None
    place: Place
    cost_tier: int
    invasiveness: Invasiveness
    radiation: Radiation
    delay: Delay
    limits: str | None
    outcomes: tuple[Outcome, ...] = Field((), description="Of the most useful; empty if not asked for")


class NotOrdered(Shape):
    """An investigation not to order, and why."""

    id: str
    name: str
    say: str
    ground: Ground


class UseShown(Shape):
    """What a treatment is for."""

    condition: Named | None
    confirmed: bool = Field(description="False: only if the condition is confirmed")
    line: Line
    strength: str
    aim: str
    effect: str | None
    after: tuple[Named, ...] = Field((), description="To try before")
    ground: Ground


class OptionShown(Shape):
    """One treatment in this case."""

    id: str
    name: str
    kind: Kind
    leg: str | None
    status: Status
    what: str
    patient: str
    prevention: bool
    uses: tuple[UseShown, ...]
    reasons: tuple[ReasonShown, ...]
    monitoring: str | None
    stop: str | None


class RejectedShown(Shape):
    """What people use and evidence rejects."""

    id: str
    name: str
    patient: str
    uses: tuple[UseShown, ...]


class ConflictShown(Shape):
    """What one condition asks for and another forbids."""

    treatment: Named
    leg: str | None
    wanted_for: tuple[Named, ...]
    against: Named
    status: Status
    resolution: str
    settle: tuple[Named, ...]


class ReferralShown(Shape):
    """Whom to send to."""

    id: str
    to: str
    to_patient: str
    level: TriageLevel
    because: tuple[Named, ...]
    confirmed: bool
    send: str
    ground: Ground


class VisitShown(Shape):
    """When to look again."""

    id: str
    conditions: tuple[Named, ...]
    after: str
    expect: str
    otherwise: str
    watch: tuple[str, ...]
    patient: str
    ground: Ground


class PlanShown(Shape):
    """What is done next."""

    staging: tuple[StageShown, ...]
    next_steps: tuple[StepShown, ...]
    investigations: tuple[InvestigationShown, ...]
    not_ordered: tuple[NotOrdered, ...]
    options: tuple[OptionShown, ...]
    rejected: tuple[RejectedShown, ...]
    conflicts: tuple[ConflictShown, ...]
    referrals: tuple[ReferralShown, ...]
    follow_up: tuple[VisitShown, ...]
    empty: Empty | None = Field(description="Why nothing is offered; None where something is")
    empty_sentence: str | None
