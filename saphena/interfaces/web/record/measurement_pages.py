"""Measurements that were taken without a visit, and their corrections."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from saphena.interfaces.web.access import Clinician, Reader, record_of
from saphena.interfaces.web.record.extracting import Number, typed_numbers
from saphena.interfaces.web.record.fields import Fields, Sent, today
from saphena.interfaces.web.record.naming import Names
from saphena.interfaces.web.record.patient_page import names_of
from saphena.interfaces.web.record.trends import ORDER, kind_name, unit_shown
from saphena.interfaces.web.record.writing import refused
from saphena.interfaces.web.rendering import model_of, page
from saphena.records import NotFound, Work, measurements, patients
from saphena.records.measurements import KINDS, SCORES, Side
from saphena.records.shapes import Measurement

router = APIRouter(include_in_schema=False)
ANY = 1_000_000
"""What is believable the record says, kind by kind; here a number need only be one."""


@router.get("/patients/{patient}/measurements")
def measured(request: Request, reader: Clinician, patient: str) -> Response:
    """Every number, and new ones typed directly."""
    return _measurements(request, reader, patient, None)


@router.post("/patients/{patient}/measurements")
def measure(request: Request, reader: Clinician, patient: str, sent: Sent) -> Response:
    """New numbers of one day."""
    day = sent.date("date")
    given = [*typed_numbers(sent), *_scores(sent, names_of(request))]
    if not given and not sent.errors:
        sent.blame("heaviness-right", sent.language.say("Nothing was entered."))
    if sent.errors or day is None:
        return _measurements(request, reader, patient, sent)

    def add(work: Work) -> None:
        for one in given:
            measurements.add(
                work, patient, one.kind, one.value, one.leg, day, instrument=one.instrument, model=model_of(request)
            )

    if refused(request, reader, sent, "instrument" if sent["instrument"] else "date", add):
        return _measurements(request, reader, patient, sent)
    return RedirectResponse(f"/patients/{patient}", 303)


def _scores(sent: Fields, names: Names) -> list[Number]:
    """Of the instrument that was chosen: of each leg, or of the whole person, and never of the other."""
    _ = sent.language.say
    places: dict[str, Side | None] = {"score-right": "right", "score-left": "left", "score-whole": None}
    written = {field: sent.number(field, *SCORES) for field in places}
    values = {field: value for field, value in written.items() if value is not None}
    known = names.model.knowledge.instruments.get(sent["instrument"])
    if known is None:
        if sent["instrument"] or values:
            sent.blame("instrument", _("Choose one of those offered."))
        return []
    for field in values:
        if known.per_leg and field == "score-whole":
            sent.blame(field, _("This score is of one leg: write it under right or left."))
        if not known.per_leg and field != "score-whole":
            sent.blame(field, _("This score is of the whole person: write it there."))
    if not values:
        sent.blame("score-right" if known.per_leg else "score-whole", _("Give the value."))
    return [Number("instrument", known.id, places[field], value) for field, value in values.items()]


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
    value = None if withdrawing else sent.number("value", -ANY, ANY)
    if value is None and not withdrawing:
        sent.blame("value", _("Give the value."))
    reason = sent.words("reason", _("Say why."))
    if sent.errors or reason is None:
        return _measurement(request, reader, patient, measurement, sent)

    def change(work: Work) -> None:
        _measurement_of(work, patient, measurement)
        if value is None:
            measurements.withdraw(work, measurement, seen, reason)
        else:
            measurements.correct(work, measurement, seen, reason, value=value, model=model_of(request))

    if status := refused(request, reader, sent, "value", change):
        return _measurement(request, reader, patient, measurement, sent, status)
    return RedirectResponse(f"/patients/{patient}/measurements", 303)


def _measurement_of(work: Work, patient: str, measurement: str) -> list[Measurement]:
    versions = measurements.history(work, measurement)
    if not versions or versions[-1].patient != patient:
        raise NotFound(
            "measurement", "There is no such measurement of this patient", "Choose it from the patient's page"
        )
    return versions


def _measurements(request: Request, reader: Reader, patient: str, sent: Fields | None) -> Response:
    names = names_of(request)
    with record_of(request).work(reader.actor("clinician")) as work:
        held = patients.get(work, patient)
        given = measurements.of(work, patient, diary=False)
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
    with record_of(request).work(reader.actor("clinician")) as work:
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
