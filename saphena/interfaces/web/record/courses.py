"""Treatments started and stopped, and measurements that were taken without a visit."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from saphena.interfaces.web.access import Clinician, Reader
from saphena.interfaces.web.record.fields import Fields, Sent, today
from saphena.interfaces.web.record.naming import Names
from saphena.interfaces.web.record.opening import actor_of, record_of
from saphena.interfaces.web.record.patient_page import names_of
from saphena.interfaces.web.record.trends import ORDER, kind_name, unit_shown
from saphena.interfaces.web.rendering import model_of, page
from saphena.records import Conflict, NotFound, RecordFault, Work, measurements, patients, treatments
from saphena.records.measurements import KINDS
from saphena.records.shapes import Measurement, TreatmentCourse

router = APIRouter(include_in_schema=False)
LEGS = ("right", "left", "both")
SCORES = (-1000.0, 100_000.0)
"""A score is checked by its instrument; this only keeps out what is no score at all."""


@router.get("/patients/{patient}/treatments")
def courses(request: Request, reader: Clinician, patient: str) -> Response:
    """What is and was given, and a new one."""
    return _treatments(request, reader, patient, None)


@router.post("/patients/{patient}/treatments")
def start(request: Request, reader: Clinician, patient: str, sent: Sent) -> Response:
    """Started."""
    _ = sent.language.say
    names = names_of(request)
    offered = {name.casefold(): id_ for name, id_ in names.treatments().items()}
    written = sent.words("treatment", _("Say what is given."))
    treatment = offered.get((written or "").casefold())
    leg = sent.choice("leg", LEGS)
    since = sent.date("since")
    until = sent.date("until", needed=False)
    why = sent.words("why", _("Say why it was stopped.") if until else "")
    if since and until and until < since:
        sent.blame("until", _("It ends before it begins."))
    if sent.errors or since is None:
        return _treatments(request, reader, patient, sent)
    try:
        with record_of(request).work(actor_of(reader)) as work:
            course = treatments.start(
                work,
                patient,
                since,
                treatment=treatment,
                words=None if treatment else written,
                leg=leg,  # type: ignore[arg-type]
                model=model_of(request),
            )
            if until:
                treatments.stop(work, course.id, course.number, until, why or "")
    except NotFound:
        raise
    except RecordFault as fault:
        sent.blame_faulty(fault, "treatment")
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
    try:
        with record_of(request).work(actor_of(reader)) as work:
            _course_of(work, patient, course)
            if until is None:
                treatments.withdraw(work, course, seen, why)
            else:
                treatments.stop(work, course, seen, until, why)
    except Conflict:
        sent.blame("until", _("Somebody else changed this meanwhile. It stands here as it is now; enter yours again."))
        return _course(request, reader, patient, course, sent, 409)
    except NotFound:
        raise
    except RecordFault as fault:
        sent.blame_faulty(fault, "reason" if withdrawing else "until")
        return _course(request, reader, patient, course, sent)
    return RedirectResponse(f"/patients/{patient}", 303)


@router.get("/patients/{patient}/measurements")
def measured(request: Request, reader: Clinician, patient: str) -> Response:
    """Every number, and new ones typed directly."""
    return _measurements(request, reader, patient, None)


@router.post("/patients/{patient}/measurements")
def measure(request: Request, reader: Clinician, patient: str, sent: Sent) -> Response:
    """New numbers of one day."""
    _ = sent.language.say
    day = sent.date("date")
    given: list[tuple[str, str | None, str | None, float]] = []
    for kind in ORDER:
        for leg in ("right", "left"):
            value = sent.number(f"{kind}-{leg}", KINDS[kind].low, KINDS[kind].high)
            if value is not None:
                given.append((kind, None, leg, value))
    instrument = sent["instrument"]
    if instrument:
        scored = names_of(request).model.knowledge.instruments.get(instrument)
        if scored is None:
            sent.blame("instrument", _("Choose one of those offered."))
        else:
            for leg in ("right", "left") if scored.per_leg else ("whole",):
                value = sent.number(f"score-{leg}", *SCORES)
                if value is not None:
                    given.append(("instrument", instrument, None if leg == "whole" else leg, value))
    if not given and not sent.errors:
        sent.blame("heaviness-right", _("Nothing was entered."))
    if sent.errors or day is None:
        return _measurements(request, reader, patient, sent)
    try:
        with record_of(request).work(actor_of(reader)) as work:
            for kind, of, side, value in given:
                measurements.add(
                    work,
                    patient,
                    kind,
                    value,
                    side,  # type: ignore[arg-type]
                    day,
                    instrument=of,
                    model=model_of(request),
                )
    except NotFound:
        raise
    except RecordFault as fault:
        sent.blame_faulty(fault, "instrument" if instrument else "date")
        return _measurements(request, reader, patient, sent)
    return RedirectResponse(f"/patients/{patient}", 303)


@router.get("/patients/{patient}/measurements/{measurement}")
def measurement_page(request: Request, reader: Clinician, patient: str, measurement: str) -> Response:
    """One number and its versions."""
    return _measurement(request, reader, patient, measurement, None)


@router.post("/patients/{patient}/measurements/{measurement}")
def change_measurement(request: Request, reader: Clinician, patient: str, measurement: str, sent: Sent) -> Response:
    """Corrected, or entered in error; a reason is needed, and the old value is kept."""
    _ = sent.language.say
    seen = sent.whole("seen", 1, 1_000_000) or 0
    withdrawing = sent["step"] == "withdraw"
    value = None if withdrawing else sent.number("value", *SCORES)
    if value is None and not withdrawing:
        sent.blame("value", _("Give the value."))
    reason = sent.words("reason", _("Say why."))
    if sent.errors or reason is None:
        return _measurement(request, reader, patient, measurement, sent)
    try:
        with record_of(request).work(actor_of(reader)) as work:
            held = _measurement_of(work, patient, measurement)[-1]
            if value is None:
                measurements.withdraw(work, measurement, seen, reason)
            else:
                measurements.correct(
                    work, measurement, seen, reason, value=value, leg=held.leg, date=held.date, model=model_of(request)
                )
    except Conflict:
        sent.blame("value", _("Somebody else changed this meanwhile. It stands here as it is now; enter yours again."))
        return _measurement(request, reader, patient, measurement, sent, 409)
    except NotFound:
        raise
    except RecordFault as fault:
        sent.blame_faulty(fault, "value")
        return _measurement(request, reader, patient, measurement, sent)
    return RedirectResponse(f"/patients/{patient}/measurements", 303)


def _course_of(work: Work, patient: str, course: str) -> list[TreatmentCourse]:
    versions = treatments.history(work, course)
    if not versions or versions[-1].patient != patient:
        raise NotFound("treatment", "There is no such treatment of this patient", "Choose it from the patient's page")
    return versions


def _measurement_of(work: Work, patient: str, measurement: str) -> list[Measurement]:
    versions = measurements.history(work, measurement)
    if not versions or versions[-1].patient != patient:
        raise NotFound(
            "measurement", "There is no such measurement of this patient", "Choose it from the patient's page"
        )
    return versions


def _treatments(request: Request, reader: Reader, patient: str, sent: Fields | None) -> Response:
    names = names_of(request)
    with record_of(request).work(actor_of(reader)) as work:
        held = patients.get(work, patient)
        given = [one for one in treatments.of(work, patient) if not one.withdrawn]
    return page(
        request,
        "record/treatments.html",
        422 if sent else 200,
        patient=held,
        given=given,
        names=names,
        offered=list(names.treatments()),
        legs={leg: names.leg(leg) for leg in LEGS},
        sent=sent,
        today=today(),
    )


def _course(
    request: Request, reader: Reader, patient: str, course: str, sent: Fields | None, status: int = 422
) -> Response:
    with record_of(request).work(actor_of(reader)) as work:
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


def _measurements(request: Request, reader: Reader, patient: str, sent: Fields | None) -> Response:
    names = names_of(request)
    with record_of(request).work(actor_of(reader)) as work:
        held = patients.get(work, patient)
        given = [one for one in measurements.of(work, patient, diary=False) if not one.withdrawn]
    last = {(one.kind, one.leg): one for one in given}
    scores = sorted(names.model.knowledge.instruments.values(), key=lambda one: one.name.casefold())
    return page(
        request,
        "record/measurements.html",
        422 if sent else 200,
        patient=held,
        given=given[::-1],
        last=last,
        rows=[(kind, kind_name(kind, names), unit_shown(KINDS[kind].unit, names)) for kind in ORDER],
        scores=scores,
        sent=sent,
        today=today(),
        **_said(names),
    )


def _measurement(
    request: Request, reader: Reader, patient: str, measurement: str, sent: Fields | None, status: int = 422
) -> Response:
    names = names_of(request)
    with record_of(request).work(actor_of(reader)) as work:
        held = patients.get(work, patient)
        versions = _measurement_of(work, patient, measurement)
    return page(
        request,
        "record/measurement.html",
        status if sent else 200,
        patient=held,
        versions=versions,
        measurement=versions[-1],
        sent=sent,
        **_said(names),
    )


def _said(names: Names) -> dict[str, Any]:
    def what(one: Measurement) -> object:
        return names.instrument(one.instrument) if one.instrument else kind_name(one.kind, names)

    return {"names": names, "what": what, "unit": lambda one: unit_shown(one.unit, names)}
