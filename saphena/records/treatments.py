"""Treatments: started, stopped, corrected."""

from __future__ import annotations

import datetime
from typing import Any, get_args

from saphena.case import Leg
from saphena.model.network import Model
from saphena.records import tables
from saphena.records.encounters import ENCOUNTERS
from saphena.records.errors import RecordFault
from saphena.records.record import Work
from saphena.records.shapes import TreatmentCourse
from saphena.records.versions import Versions
from saphena.records.written import day, maybe_words, one_of, words

TREATMENTS = Versions("treatment", tables.treatment_versions, TreatmentCourse)
LONGEST = 200


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
    named = _named(treatment, words, model)
    if encounter is not None:
        ENCOUNTERS.belongs(work, encounter, patient)
    content = _course(work, since, None, None, leg)
    return TREATMENTS.add(work, patient, **named, **content, encounter=encounter)


def stop(work: Work, course: str, seen: int, until: datetime.date, why: str) -> TreatmentCourse:
    """Stopped, and why."""
    old = TREATMENTS.get(work, course)
    if old.until is not None and old.number == seen:
        raise RecordFault("treatment", f"was stopped on {old.until.isoformat()}", "Correct the course instead")
    content = _course(work, old.since, until, words("why stopped", why), old.leg)
    return TREATMENTS.change(work, course, seen, None, **content)


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
    treatment: str | None = None,
    words: str | None = None,
    model: Model | None = None,
) -> TreatmentCourse:
    """The next version, given as a whole; only what was given may be left out, and then stays."""
    content = _course(work, since, until, maybe_words("why stopped", why_stopped), leg)
    if treatment is not None or words is not None:
        content |= _named(treatment, words, model)
    return TREATMENTS.change(work, course, seen, reason, **content)


def withdraw(work: Work, course: str, seen: int, reason: str) -> TreatmentCourse:
    """Entered in error."""
    return TREATMENTS.withdraw(work, course, seen, reason)


def of(work: Work, patient: str) -> list[TreatmentCourse]:
    """Current courses in order of start."""
    return TREATMENTS.of(work, patient, order="since")


def history(work: Work, course: str) -> list[TreatmentCourse]:
    """All versions, first to last."""
    return TREATMENTS.history(work, course)


def _named(treatment: str | None, words: str | None, model: Model | None) -> dict[str, str | None]:
    """By the id of the knowledge, or in words."""
    said = maybe_words("treatment", words, LONGEST)
    if (treatment is None) == (said is None):
        raise RecordFault("treatment", "is named twice or not at all", "Choose one of the list, or write it in words")
    if treatment is not None and model is not None:
        one_of("treatment", treatment, model.knowledge.care.treatments)
    return {"treatment": maybe_words("treatment", treatment, LONGEST), "words": said}


def _course(
    work: Work, since: datetime.date, until: datetime.date | None, why: str | None, leg: str | None
) -> dict[str, Any]:
    today = work.now().date()
    if until is not None and until < since:
        message = f"ends on {until.isoformat()}, before it starts on {since.isoformat()}"
        raise RecordFault("treatment", message, "Exchange the dates, or correct one")
    if until is None and why is not None:
        raise RecordFault("why stopped", "a treatment that goes on was not stopped", "Give the day, or leave it out")
    return {
        "since": day("since", since, today),
        "until": None if until is None else day("until", until, today, future=True),
        "why_stopped": why,
        "leg": None if leg is None else one_of("leg", leg, get_args(Leg)),
    }
