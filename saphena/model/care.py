"""The shape of what is done about a leg: facts that decide it, investigations, treatments, referral, follow-up."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from saphena.model.instruments import Cited
from saphena.model.numbers import Id, ObtainedBy, SettingId, Sex, Strict, TriageLevel
from saphena.model.rules import Rule
from saphena.model.stored import Stored

ConditionId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$")]
"""A condition, or one of its states: ``condition.state``."""
Line = Literal["first", "second", "third", "adjunct", "not_recommended", "harmful"]
Kind = Literal[
    "self_care", "exercise", "compression", "device", "psychological", "medicine", "injection", "procedure", "surgery"
]
Radiation = Literal["none", "low", "moderate", "high"]
Invasiveness = Literal["none", "blood", "contrast", "needle", "catheter", "biopsy", "operation"]
Delay = Literal["minutes", "hours", "days", "weeks"]
Place = Literal["here", "refer", "hospital"]
"""Where an investigation is had: on the spot, by ordering it elsewhere, in hospital only."""


class Fact(Strict):
    """What is known of the person and decides care only; never evidence for or against a condition."""

    id: Id
    name: str
    question: str
    definition: str
    synonyms: tuple[str, ...] = ()
    only_sex: Sex | None = None
    only_ages: tuple[float, float] | None = None


class FactsFile(Strict):
    """Facts of the person that decide care."""

    facts: tuple[Fact, ...]


class Obstacle(Cited):
    """Why something must not be done, or only with care.

    ``when`` is a rule over what is known: unknown facts are asked first. ``condition`` is a condition that
    is known, or probable beyond its threshold: then what settles it comes first.
    """

    id: Id
    severity: Literal["contraindicated", "caution"]
    when: Rule | None = None
    condition: ConditionId | None = None
    cleared: Rule | None = Field(
        None, description="Where this holds, what is unknown need not be known, and the condition alone does not forbid"
    )
    per_leg: bool = Field(False, description="Holds for the leg that has it, not for the other")
    reason: str = Field(description="For the clinician: what would go wrong")
    tell_patient: str | None = None
    settled_by: tuple[Id, ...] = Field((), description="Investigations, findings or facts that settle it")

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if (self.when is None) == (self.condition is None):
            raise ValueError("an obstacle needs one ground; give when: a rule, or condition: an id")
        return self


class ObstacleGroup(Strict):
    """Obstacles that several treatments or investigations share."""

    id: Id
    name: str
    obstacles: tuple[Obstacle, ...] = Field(min_length=1)


class ObstaclesFile(Strict):
    """Obstacles that several treatments or investigations share."""

    obstacle_groups: tuple[ObstacleGroup, ...]


class Effect(Cited):
    """How much it helps, as published."""

    text: str


class Indication(Cited):
    """What a treatment is for, and how far guidelines go with it."""

    condition: ConditionId | None = Field(None, description="Condition or condition.state; none: a rule alone decides")
    when: Rule | None = Field(None, description="Only where this holds; unknown: to be settled first")
    line: Line
    strength: str = Field(description="Guideline with year, class and level, in its own terms")
    aim: str
    effect: Effect | None = None
    after: tuple[Id, ...] = Field((), description="Treatments to try before")

    @model_validator(mode="after")
    def _for_something(self) -> Self:
        if self.condition is None and self.when is None:
            raise ValueError("an indication for nothing; give condition, when, or both")
        return self


class Interaction(Cited):
    """Two that must not be given together, or only with care."""

    with_: Id = Field(alias="with", description="Another treatment")
    severity: Literal["contraindicated", "caution"]
    gives_way: bool | None = Field(
        None, description="True: this treatment gives way to the other; False: the other gives way; else the lower rank"
    )
    reason: str


class Treatment(Strict):
    """Something that can be done about a condition, or to prevent one."""

    id: Id
    name: str
    kind: Kind
    what: str = Field(description="What it is, for the clinician; classes of medicine, no doses")
    patient: str = Field(description="The same for the patient: a plain sentence or two")
    atc: tuple[str, ...] = ()
    per_leg: bool = Field(False, description="Offered, or struck out, leg by leg")
    prevention: bool = Field(False, description="Prevents or relieves by what people do themselves")
    article: str | None = Field(None, description="As the source article names it")
    indications: tuple[Indication, ...] = Field(min_length=1)
    obstacle_groups: tuple[Id, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()
    interactions: tuple[Interaction, ...] = ()
    monitoring: str | None = None
    stop: str | None = Field(None, description="When to stop, or to think again")


class TreatmentsFile(Strict):
    """Treatments of one field."""

    treatments: tuple[Treatment, ...]


class Investigation(Cited):
    """Something that can be ordered or done to know more."""

    id: Id
    name: str
    patient: str = Field(description="What it is, for the patient")
    obtained_by: ObtainedBy
    yields: tuple[Id, ...] = Field((), description="Findings that it gives")
    measures: tuple[Id, ...] = Field((), description="Measurements that it gives")
    instruments: tuple[Id, ...] = Field((), description="Scores or formulas that it gives")
    cost_tier: Annotated[int, Field(ge=0, le=5, description="0 free, 5 very expensive")]
    invasiveness: Invasiveness
    radiation: Radiation
    delay: Delay
    available: dict[SettingId, Place]
    article: str | None = Field(None, description="As the source article names it")
    obstacle_groups: tuple[Id, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()
    limits: str | None = None


class InvestigationsFile(Strict):
    """Investigations of one kind."""

    investigations: tuple[Investigation, ...]


class Step(Cited):
    """One step of a sequence: what is done next where the rule holds."""

    id: Id
    when: Rule | None = Field(None, description="None: always")
    otherwise: bool = Field(False, description="Only where the rule of no other step of the sequence holds")
    do: tuple[Id, ...] = Field((), description="Investigations or instruments; empty: none is needed")
    say: str = Field(description="What is done, and what its result changes")
    level: TriageLevel | None = Field(None, description="How soon")


class InvestigationSequence(Strict):
    """A published order of investigations. The first step that holds and is not yet done is the next."""

    id: Id
    name: str
    about: tuple[ConditionId, ...] = Field(description="Conditions it settles")
    applies: Rule | None = Field(None, description="Where it is followed beside a probable condition")
    steps: tuple[Step, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _followed(self) -> Self:
        if not self.about and self.applies is None:
            raise ValueError("a sequence that nothing starts; give about, applies, or both")
        if sum(step.otherwise for step in self.steps) > 1:
            raise ValueError("two steps that are taken otherwise; keep one")
        return self

    @cached_property
    def rules(self) -> tuple[Rule | None, ...]:
        """When each step is taken, in their order; None: always."""
        others = tuple(step.when for step in self.steps if step.when is not None and not step.otherwise)
        none_other = (Rule.model_validate({"not": Rule(any=others)}),) if others else ()
        return tuple(
            Rule(all=(*((step.when,) if step.when is not None else ()), *none_other))
            if step.otherwise and others
            else step.when
            for step in self.steps
        )


class NotRecommended(Cited):
    """An investigation that people order and guidelines advise against."""

    id: Id
    investigation: Id
    about: tuple[ConditionId, ...] = Field((), description="Where one of these leads; empty: for any leg complaint")
    when: Rule | None = Field(None, description="Only where this holds")
    unless: Rule | None = Field(None, description="Where it is right after all")
    say: str


class SequencesFile(Strict):
    """Orders of investigations, and what not to order."""

    sequences: tuple[InvestigationSequence, ...] = ()
    not_recommended: tuple[NotRecommended, ...] = ()


class Referral(Cited):
    """Whom to send to, how fast, and with what."""

    id: Id
    to: str
    to_patient: str = Field(description="Whom, in the patient's words")
    conditions: tuple[ConditionId, ...] = ()
    red_flags: tuple[Id, ...] = ()
    when: Rule | None = None
    level: TriageLevel
    send: str = Field(description="What to do and send beforehand")

    @model_validator(mode="after")
    def _for_something(self) -> Self:
        if not self.conditions and not self.red_flags and self.when is None:
            raise ValueError("a referral for nothing; give conditions, red_flags or when")
        return self


class FollowUp(Cited):
    """When to look again, what should have changed by then, and what to watch for."""

    id: Id
    conditions: tuple[ConditionId, ...] = Field(min_length=1)
    after: str = Field(description="When to look again")
    expect: str = Field(description="What should have changed")
    otherwise: str = Field(description="What to do if it has not")
    watch: tuple[str, ...] = Field((), description="Complications, for the clinician")
    patient: str = Field(description="The same for the patient: when to come again, when at once")


class CareFile(Strict):
    """Referral and follow-up."""

    referrals: tuple[Referral, ...] = ()
    follow_up: tuple[FollowUp, ...] = ()


class Care(Strict):
    """Everything the knowledge says about what is done."""

    facts: dict[Id, Fact] = Field({})
    obstacle_groups: Stored[ObstacleGroup] = Field(default_factory=lambda: Stored({}))
    treatments: Stored[Treatment] = Field(default_factory=lambda: Stored({}))
    investigations: Stored[Investigation] = Field(default_factory=lambda: Stored({}))
    sequences: tuple[InvestigationSequence, ...] = ()
    not_recommended: tuple[NotRecommended, ...] = ()
    referrals: tuple[Referral, ...] = ()
    follow_up: tuple[FollowUp, ...] = ()

    def obstacles(self, of: Treatment | Investigation) -> tuple[Obstacle, ...]:
        """Its own and those it shares."""
        shared = [o for group in of.obstacle_groups for o in self.obstacle_groups[group].obstacles]
        return (*shared, *of.obstacles)
