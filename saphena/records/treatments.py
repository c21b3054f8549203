"""Treatments: started, stopped, corrected."""

from __future__ import annotations

import datetime

from saphena.case import Leg
from saphena.model.network import Model
from saphena.records.record import Work
from saphena.records.shapes import TreatmentCourse


def start(
    work: Work,
    patient: str,
    since: datetime.date,
    *,
    treatment: str | None = None,
    words: str | None = None,
    leg: Leg | None = None,
    encounter: str | None = None,
    model: Model | None = None,
) -> TreatmentCourse:
    """Started; give the id of the knowledge or free words. With ``model`` the id is checked."""
    raise NotImplementedError


def stop(work: Work, course: str, seen: int, until: datetime.date, why: str) -> TreatmentCourse:
    """Stopped, and why."""
    raise NotImplementedError


def correct(
    work: Work,
    course: str,
    seen: int,
    reason: str,
    *,
    since: datetime.date,
    until: datetime.date | None,
    why_stopped: str | None = None,
    leg: Leg | None = None,
) -> TreatmentCourse:
    """The next version, given as a whole."""
    raise NotImplementedError


def withdraw(work: Work, course: str, seen: int, reason: str) -> TreatmentCourse:
    """Entered in error."""
    raise NotImplementedError


def of(work: Work, patient: str) -> list[TreatmentCourse]:
    """Current courses in order of start."""
    raise NotImplementedError


def history(work: Work, course: str) -> list[TreatmentCourse]:
    """All versions, first to last."""
    raise NotImplementedError
