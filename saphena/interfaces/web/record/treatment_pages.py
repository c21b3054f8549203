"""Treatments: started, stopped, corrected."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from saphena.case import Leg
from saphena.interfaces.web.access import Clinician, Reader, record_of
from saphena.interfaces.web.record.fields import Fields, Sent, today
from saphena.interfaces.web.record.naming import Names
from saphena.interfaces.web.record.patient_page import names_of
from saphena.interfaces.web.record.writing import refused
from saphena.interfaces.web.rendering import model_of, page
from saphena.records import NotFound, Work, patients, treatments
from saphena.records.shapes import TreatmentCourse

router = APIRouter(include_in_schema=False)
LEGS = ("right", "left", "both")


@dataclass(frozen=True)
class Course:
    """A course as it was written into the form."""

    treatment: str | None
    words: str | None
    leg: Leg | None
    since: datetime.date
    until: datetime.date | None
    why: str | None


@router.get("/patients/{patient}/treatments")
def courses(request: Request, reader: Clinician, patient: str) -> Response:
    """What is and was given, and a new one."""
    return _treatments(request, reader, patient, None)


@router.post("/patients/{patient}/treatments")
def start(request: Request, reader: Clinician, patient: str, sent: Sent) -> Response:
    """Started."""
    course = _written(sent, names_of(request))
    if course is None:
        return _treatments(request, reader, patient, sent)

    def begin(work: Work) -> None:
        made = treatments.start(
            work,
            patient,
            course.since,
            treatment=course.treatment,
            words=course.words,
            leg=course.leg,
            model=model_of(request),
        )
        if course.until:
            treatments.stop(work, made.id, made.number, course.until, course.why or "")

    if refused(request, reader, sent, "treatment", begin):
        return _treatments(request, reader, patient, sent)
    return RedirectResponse(f"/patients/{patient}", 303)


@router.get("/patients/{patient}/treatments/{course}")
def course_page(request: Request, reader: Clinician, patient: str, course: str) -> Response:
    """One course: stop it, or take it back."""
    return _course(request, reader, patient, course, None)


@router.post("/patients/{patient}/treatments/{course}")
def change_course(request: Request, reader: Clinician, patient: str, course: str, sent: Sent) -> Response:
    """Stopped, or entered in error."""
    _ = sent.language.say
    seen = sent.whole("seen", 1, 1_000_000) or 0
    withdrawing = sent["step"] == "withdraw"
    until = None if withdrawing else sent.date("until")
    why = sent.words("reason" if withdrawing else "why", _("Say why."))
    if sent.errors or why is None:
        return _course(request, reader, patient, course, sent)

    def change(work: Work) -> None:
        _course_of(work, patient, course)
        if until is None:
            treatments.withdraw(work, course, seen, why)
        else:
            treatments.stop(work, course, seen, until, why)

    if status := refused(request, reader, sent, "reason" if withdrawing else "until", change):
        return _course(request, reader, patient, course, sent, status)
    return RedirectResponse(f"/patients/{patient}", 303)


@router.get("/patients/{patient}/treatments/{course}/correct")
def correction(request: Request, reader: Clinician, patient: str, course: str) -> Response:
    """What was given, its leg or its days were written down wrongly."""
    return _correction(request, reader, patient, course, None)


@router.post("/patients/{patient}/treatments/{course}/correct")
def correct(request: Request, reader: Clinician, patient: str, course: str, sent: Sent) -> Response:
    """The next version, given as a whole; the old one is kept."""
    seen = sent.whole("seen", 1, 1_000_000) or 0
    reason = sent.words("reason", sent.language.say("Say why it is corrected."))
    right = _written(sent, names_of(request))
    if right is None or reason is None:
        return _correction(request, reader, patient, course, sent)

    def change(work: Work) -> None:
        _course_of(work, patient, course)
        treatments.correct(
            work,
            course,
            seen,
            reason,
            since=right.since,
            until=right.until,
            why_stopped=right.why,
            leg=right.leg,
            treatment=right.treatment,
            words=right.words,
            model=model_of(request),
        )

    if status := refused(request, reader, sent, "since", change):
        return _correction(request, reader, patient, course, sent, status)
    return RedirectResponse(f"/patients/{patient}/treatments/{course}", 303)


def _written(sent: Fields, names: Names) -> Course | None:
    """The course of a form; None, with the faults in ``sent``, where it does not do."""
    _ = sent.language.say
    written = sent.words("treatment", _("Say what is given."))
    leg = sent.choice("leg", LEGS)
    since = sent.date("since")
    until = sent.date("until", needed=False)
    why = sent.words("why", _("Say why it was stopped.") if until else "")
    if since and until and until < since:
        sent.blame("until", _("It ends before it begins."))
    if why and not until:
        sent.blame("until", _("Say when it was stopped, or leave the reason out."))
    if sent.errors or since is None or written is None:
        return None
    known = names.treatment_called(written)
    return Course(known, None if known else written, leg, since, until, why)  # type: ignore[arg-type]


def _course_of(work: Work, patient: str, course: str) -> list[TreatmentCourse]:
    versions = treatments.history(work, course)
    if not versions or versions[-1].patient != patient:
        raise NotFound("treatment", "There is no such treatment of this patient", "Choose it from the patient's page")
    return versions


def _treatments(request: Request, reader: Reader, patient: str, sent: Fields | None) -> Response:
    names = names_of(request)
    with record_of(request).work(reader.actor("clinician")) as work:
        held = patients.get(work, patient)
        given = treatments.of(work, patient)
    return page(
        request,
        "record/treatments.html",
        422 if sent else 200,
        patient=held,
        given=given,
        names=names,
        sent=sent,
        today=today(),
        **_offered(names),
    )


def _course(
    request: Request, reader: Reader, patient: str, course: str, sent: Fields | None, status: int = 422
) -> Response:
    with record_of(request).work(reader.actor("clinician")) as work:
        held = patients.get(work, patient)
        versions = _course_of(work, patient, course)
    return page(
        request,
        "record/course.html",
        status if sent else 200,
        patient=held,
        course=versions[-1],
        versions=versions,
        names=names_of(request),
        sent=sent,
        today=today(),
    )


def _correction(
    request: Request, reader: Reader, patient: str, course: str, sent: Fields | None, status: int = 422
) -> Response:
    names = names_of(request)
    with record_of(request).work(reader.actor("clinician")) as work:
        held = patients.get(work, patient)
        present = _course_of(work, patient, course)[-1]
    return page(
        request,
        "record/correct_course.html",
        status if sent else 200,
        patient=held,
        course=present,
        names=names,
        sent=sent,
        **_offered(names),
    )


def _offered(names: Names) -> dict[str, object]:
    return {"offered": list(names.treatments()), "legs": {leg: names.leg(leg) for leg in LEGS}}
