"""A fictional patient to explore on first start; its story is data, in ``example.yaml``."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field

from saphena.case import Case, Leg, Shape
from saphena.interfaces.web.record.fields import today
from saphena.interfaces.web.record.trends import SIDES
from saphena.records import Work, diary, encounters, measurements, outcomes, patients, treatments
from saphena.records.shapes import Agreement, Patient, Sex

STORY = Path(__file__).parent / "example.yaml"


class ByLeg(Shape):
    """One number for each leg."""

    right: float
    left: float


class ExampleOutcome(Shape):
    """What it turned out to be."""

    conditions: tuple[str, ...]
    agreement: Agreement


class ExampleVisit(Shape):
    """A visit so many days before the example is added."""

    days_ago: int
    case: Case
    measured: dict[str, ByLeg]
    scored: dict[str, ByLeg] = Field(default_factory=dict)
    outcome: ExampleOutcome | None = None


class ExampleTreatment(Shape):
    """A treatment, in days before the example is added."""

    treatment: str
    leg: Leg
    started: int
    stopped: int | None = None
    why: str = ""


class ExampleDiary(Shape):
    """Heaviness day by day from so many days ago."""

    days_ago: int
    heaviness: dict[Literal["right", "left"], tuple[float, ...]]


class Example(Shape):
    """The whole story."""

    identifier: str
    sex: Sex
    born: int
    visits: tuple[ExampleVisit, ...]
    treatments: tuple[ExampleTreatment, ...]
    diary: ExampleDiary


def story() -> Example:
    """The story as it is told."""
    return Example.model_validate(yaml.safe_load(STORY.read_text(encoding="utf-8")))


def add_example(work: Work) -> Patient:
    """Into the record, marked as an example. Nothing is assessed yet: that is done when it is looked at."""
    told = story()
    patient = patients.add(work, told.identifier, told.born, told.sex, example=True)
    for visit in told.visits:
        day = _ago(visit.days_ago)
        kept = encounters.add(work, patient.id, day, visit.case)
        for kind, value in visit.measured.items():
            for leg in SIDES:
                measurements.add(work, patient.id, kind, getattr(value, leg), leg, day, encounter=kept.id)
        for instrument, value in visit.scored.items():
            for leg in SIDES:
                measurements.add(
                    work,
                    patient.id,
                    "instrument",
                    getattr(value, leg),
                    leg,
                    day,
                    instrument=instrument,
                    encounter=kept.id,
                )
        if visit.outcome:
            outcomes.write(work, kept.id, 0, day, visit.outcome.agreement, conditions=visit.outcome.conditions)
    for one in told.treatments:
        course = treatments.start(work, patient.id, _ago(one.started), treatment=one.treatment, leg=one.leg)
        if one.stopped is not None:
            treatments.stop(work, course.id, course.number, _ago(one.stopped), one.why)
    days = zip(told.diary.heaviness["right"], told.diary.heaviness["left"], strict=True)
    for place, (right, left) in enumerate(days):
        diary.write(work, patient.id, _ago(told.diary.days_ago - place), right_heaviness=right, left_heaviness=left)
    return patient


def _ago(days: int) -> datetime.date:
    return today() - datetime.timedelta(days)
