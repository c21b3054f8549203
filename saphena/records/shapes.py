"""What the record holds, as types. Everything here is frozen: a change is a new version in the record."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field

from saphena.case import Case, Leg, Setting, Shape

ActorKind = Literal["patient", "clinician", "administrator", "system"]
Speaker = Literal["patient", "other_person", "interpreter", "clinician"]
"""Who said it: a parent, carer or neighbour is another person."""
Origin = Literal["patient", "other_person", "interpreter", "clinician", "diary"]
Sex = Literal["female", "male", "unknown"]
Role = Literal["patient", "clinician", "administrator"]
Purpose = Literal["interview", "diary"]
Agreement = Literal["yes", "partly", "no"]
Level = Literal["emergency", "same_day", "urgent", "routine", "self_care"]


@dataclass(frozen=True)
class Actor:
    """Who reads or writes: an account or a link, never a name."""

    kind: ActorKind
    id: str = ""
    """Id of the account or link; empty for the only user of a local record."""
    said_by: Speaker | None = None
    """Whose words they are, if not the actor's own."""
    only: tuple[str, ...] | None = None
    """Patients this actor may touch; None is all. Any other patient is not found."""


SYSTEM = Actor("system")


class Entry(Shape):
    """One version of something in the record; ``id`` stays, ``number`` counts up, older versions are kept."""

    id: str
    patient: str
    number: int = Field(description="1 for the first; name the number you have seen when you change it")
    at: datetime.datetime = Field(description="When this version was written")
    by_kind: ActorKind
    by_id: str
    said_by: Speaker | None
    reason: str | None = Field(description="Why it was corrected; None for the first version")
    withdrawn: bool = Field(description="Entered in error: kept, but counts for nothing")


class Patient(Entry):
    """A person, pseudonymous: the clinic's own identifier, birth year and sex."""

    identifier: str
    birth_year: int | None
    sex: Sex
    label: str | None = Field(description="Free words, only if the settings allow them")
    example: bool
    archived_at: datetime.datetime | None


class Encounter(Entry):
    """One version of one dated visit with its case."""

    date: datetime.date
    setting: Setting
    origin: Speaker
    case: Case


class Measurement(Entry):
    """A number measured on a leg or of the whole person."""

    kind: str = Field(description="Id of ``measurements.KINDS``, or instrument")
    instrument: str | None = Field(description="Id of the instrument whose score it is")
    leg: Literal["right", "left"] | None = Field(description="None: of the whole person")
    value: float
    unit: str
    date: datetime.date
    origin: Origin
    encounter: str | None


class TreatmentCourse(Entry):
    """A treatment from one day until another, or until now."""

    treatment: str | None = Field(description="Id in the knowledge")
    words: str | None = Field(description="In words, where the knowledge has none such")
    leg: Leg | None
    since: datetime.date
    until: datetime.date | None
    why_stopped: str | None
    encounter: str | None


class Outcome(Entry):
    """What it turned out to be, by a clinician."""

    encounter: str
    date: datetime.date
    conditions: tuple[str, ...] = Field(description="condition or condition.state; empty: none of the vocabulary")
    over: tuple[str, ...] = Field(description="Those of the conditions that are over, and are not carried on")
    words: str | None = Field(description="Diagnosis outside the vocabulary")
    agreement: Agreement = Field(description="Did Saphena's answer agree?")
    why_not: str | None
    triage: Level | None = Field(description="Triage by the clinician, where it overrides")
    why_triage: str | None
    assessment: str | None = Field(description="The stored assessment that is judged")


class DiaryDay(Entry):
    """One day of a patient's diary; a later entry of the same day is its next version."""

    date: datetime.date
    right_heaviness: float | None
    left_heaviness: float | None
    right_pain: float | None
    left_pain: float | None
    evening_swelling: Literal["yes", "no"] | None
    note: str | None
    link: str | None


class StoredAssessment(Shape):
    """What Saphena said of one version of a case, with the versions of model and care it said it with."""

    id: str
    patient: str
    encounter: str
    case_number: int
    at: datetime.datetime
    by_kind: ActorKind
    by_id: str
    software: str
    model: str
    care: str
    assessment: dict[str, Any] = Field(description="The Assessment as JSON; ``Assessment.model_validate`` reads it")


class Moved(Shape):
    """How an answer differs from the last one stored for the same version of a case."""

    patient: str
    encounter: str
    case_number: int
    old_model: str
    new_model: str
    old_leader: str | None
    new_leader: str | None
    old_triage: Level
    new_triage: Level
    probabilities: dict[str, tuple[float, float]] = Field(description="Conditions that moved by more than asked")

    @property
    def leader_moved(self) -> bool:
        """Does another condition lead, or none any more?"""
        return self.old_leader != self.new_leader

    @property
    def triage_moved(self) -> bool:
        """Is it more or less urgent than before?"""
        return self.old_triage != self.new_triage


class NotAssessed(Shape):
    """A case that the present model cannot take, with what it says."""

    patient: str
    encounter: str
    case_number: int
    faults: tuple[str, ...]


class Reassessment(Shape):
    """The case of every visit assessed again."""

    assessed: int
    compared: int = Field(description="Those with a stored assessment of the same version to compare with")
    moved: tuple[Moved, ...]
    refused: tuple[NotAssessed, ...]
    stored: int


class Shown(Shape):
    """A value of last time, to be shown beside an empty field: never an answer of the new visit."""

    id: str = Field(description="Finding, risk factor, medicines, or kind of measurement (instrument id for a score)")
    kind: Literal["finding", "context", "measurement", "condition", "medicine"]
    leg: Leg | None
    value: str
    date: datetime.date


class NextCase(Shape):
    """What a new visit starts from."""

    case: Case | None = Field(
        description="Age, sex, setting, diagnoses made and lasting risk factors, no findings; None where the record "
        "knows no age or no setting"
    )
    shown: tuple[Shown, ...] = Field(description="Last values of what changes, to be asked again")
    since: datetime.date | None = Field(description="Date of the last visit; None at the first")


class Link(Shape):
    """A patient's way in: the token is known to the patient only."""

    id: str
    patient: str | None = Field(description="None until a clinician has taken the interview over")
    purpose: Purpose
    language: str
    created: datetime.datetime
    expires: datetime.datetime
    revoked_at: datetime.datetime | None
    handed_over_at: datetime.datetime | None
    encounter: str | None = Field(description="The visit made of it")

    def actor(self, said_by: Speaker | None = None) -> Actor:
        """Whoever holds the link: sees its own patient and nobody else."""
        return Actor("patient", self.id, said_by, (self.patient,) if self.patient else ())


class Consent(Shape):
    """What somebody agreed to, when, and in which language it was put."""

    id: str
    patient: str | None
    link: str | None
    what: str = Field(description="Id of the text that was agreed to, with its version")
    language: str
    at: datetime.datetime
    said_by: Speaker
    withdrawn_at: datetime.datetime | None


class Draft(Shape):
    """An interview under way: whatever JSON the interview keeps, saved as one piece."""

    link: str
    number: int
    answers: dict[str, Any]
    at: datetime.datetime


class Account(Shape):
    """Somebody who signs in."""

    id: str
    name: str
    roles: tuple[Role, ...]
    active: bool
    must_change_password: bool
    patients: tuple[str, ...] = Field(description="Patients that a patient's account may see")
    has_password: bool = Field(description="False until set by a one-time token, or for single sign-on")
    created: datetime.datetime

    def actor(self, acting_as: Role) -> Actor:
        """The account at work in one of its roles."""
        return Actor(acting_as, self.id, only=self.patients if acting_as == "patient" else None)


class Session(Shape):
    """Somebody signed in; the token itself is only in the browser."""

    id: str
    account: Account
    created: datetime.datetime
    last_seen: datetime.datetime
    expires: datetime.datetime


class AuditEntry(Shape):
    """Who did what to which part of the record, and when; holds no clinical content."""

    number: int
    at: str
    actor_kind: str
    actor_id: str
    said_by: str
    action: str
    kind: str
    subject: str = Field(description="Id of the patient, also after deletion; empty if none")
    entry: str
    version: int
    details: str = Field(description="Canonical JSON of counts and ids")
    previous: str
    hash: str


class Head(Shape):
    """The last entry of the audit; kept elsewhere, it shows whether the whole chain was rebuilt."""

    number: int
    hash: str


class AuditFault(Shape):
    """One thing wrong with the audit chain."""

    number: int
    what: Literal["changed", "removed", "inserted", "reordered", "head"]
    message: str


class AuditReport(Shape):
    """What ``verify_audit`` found; sound if ``faults`` is empty."""

    entries: int
    head: Head
    faults: tuple[AuditFault, ...]


class RetentionPolicy(Shape):
    """Days after which things are deleted; 0 keeps them."""

    drafts: int = Field(
        30, ge=0, description="Answers of interviews, since they were last touched; visits made of them stay"
    )
    links: int = Field(30, ge=0, description="Links, since they expired or were revoked")
    diary: int = Field(0, ge=0, description="Days of the diary, since that day")
    archived: int = Field(0, ge=0, description="Patients, since they were archived")


class RetentionReport(Shape):
    """What was, or with ``dry_run`` would be, deleted."""

    dry_run: bool
    drafts: int
    links: int
    diary: int
    patients: tuple[str, ...]


class Deleted(Shape):
    """How many rows of each table went, or with ``dry_run`` would go, with a patient."""

    patient: str
    rows: dict[str, int]


class Timeline(Shape):
    """Everything of one patient in the order of time, without older versions."""

    patient: Patient
    encounters: tuple[Encounter, ...]
    assessments: tuple[StoredAssessment, ...] = Field(description="The last of each encounter")
    measurements: tuple[Measurement, ...] = Field(description="Heaviness and pain of the diary included")
    treatments: tuple[TreatmentCourse, ...]
    outcomes: tuple[Outcome, ...]
    diary: tuple[DiaryDay, ...]
