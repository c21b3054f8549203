"""One patient: timeline, what was done, visits, and what can be done with the record as a whole."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from saphena.assessment import assess
from saphena.faults import Faulty
from saphena.interfaces.web.access import Clinician, Reader, record_of
from saphena.interfaces.web.language import language_of
from saphena.interfaces.web.record.case_lines import sex_name
from saphena.interfaces.web.record.drawing import drawn
from saphena.interfaces.web.record.fields import Fields, Sent, today
from saphena.interfaces.web.record.given import given
from saphena.interfaces.web.record.naming import Names
from saphena.interfaces.web.record.patients_list import OLDEST_BIRTH
from saphena.interfaces.web.record.trends import differential_trend, done, trends
from saphena.interfaces.web.rendering import model_of, page
from saphena.interfaces.web.start import setting_names
from saphena.records import (
    Conflict,
    NotFound,
    Taken,
    Work,
    assessments,
    encounters,
    links,
    patients,
    transfer,
    visits,
)
from saphena.records.shapes import Encounter, Patient, StoredAssessment, Timeline

router = APIRouter(include_in_schema=False)


@router.get("/patients/{patient}")
def show(request: Request, reader: Clinician, patient: str) -> Response:
    """The timeline."""
    names = names_of(request)
    with record_of(request).work(reader.actor("clinician")) as work:
        timeline = visits.timeline(work, patient)
        ways_in = [link for link in links.of(work, patient) if link.purpose == "diary"]
    stored = assessed(request, reader, timeline)
    answers = {id_: given(one) for id_, one in stored.items()}
    dated = [(one.date, answers[one.id]) for one in timeline.encounters if one.id in answers]
    marks = done(timeline, names)
    measured = trends(timeline, names)
    over_time = differential_trend(dated, names)
    return page(
        request,
        "record/patient.html",
        **_head(timeline.patient, names),
        timeline=timeline,
        measured=measured,
        over_time=over_time,
        drawings=(drawn(measured, marks, names, "wide"), drawn(measured, marks, names, "narrow")) if measured else (),
        chances=(drawn([over_time], marks, names, "wide"), drawn([over_time], marks, names, "narrow"))
        if over_time
        else (),
        done=marks,
        answers=answers,
        names=names,
        setting_names=setting_names(names.language),
        outcomes={one.encounter: one for one in timeline.outcomes if not one.withdrawn},
        links=ways_in,
        moved=moved_on(request, stored),
        today=today(),
    )


@router.get("/patients/{patient}/correct")
def correction(request: Request, reader: Clinician, patient: str) -> Response:
    """Identifier, birth year or sex were wrong."""
    return _correction(request, reader, patient, None, None)


@router.post("/patients/{patient}/correct")
def correct(request: Request, reader: Clinician, patient: str, sent: Sent) -> Response:
    """The next version; the old one is kept."""
    _ = sent.language.say
    identifier = sent.words("identifier", _("Give the identifier that your clinic uses."), longest=100)
    birth_year = sent.whole("birth_year", OLDEST_BIRTH, today().year)
    sex = sent.choice("sex", ("female", "male", "unknown"), _("Choose one of those offered."))
    reason = sent.words("reason", _("Say why it is corrected."))
    seen = sent.whole("seen", 1, 1_000_000)
    if sent.errors or identifier is None or reason is None or seen is None:
        return _correction(request, reader, patient, sent, None)
    try:
        with record_of(request).work(reader.actor("clinician")) as work:
            patients.correct(
                work,
                patient,
                seen,
                reason,
                identifier=identifier,
                birth_year=birth_year,
                sex=sex,  # type: ignore[arg-type]
            )
    except Taken:
        sent.blame("identifier", _("There is already a patient with this identifier, perhaps archived."))
        return _correction(request, reader, patient, sent, None)
    except Conflict as conflict:
        return _correction(request, reader, patient, sent, conflict.current)
    except NotFound:
        raise
    except Faulty as fault:
        sent.blame_faulty(fault, "identifier")
        return _correction(request, reader, patient, sent, None)
    return RedirectResponse(f"/patients/{patient}", 303)


@router.post("/patients/{patient}/archive")
def archive(request: Request, reader: Clinician, patient: str, sent: Sent) -> Response:
    """Out of the daily list, or back into it."""
    with record_of(request).work(reader.actor("clinician")) as work:
        patients.archive(work, patient, sent["archived"] != "no")
    return RedirectResponse(f"/patients/{patient}", 303)


@router.get("/patients/{patient}/export")
def export(request: Request, reader: Clinician, patient: str) -> Response:
    """Everything of one patient, as JSON."""
    with record_of(request).work(reader.actor("clinician")) as work:
        held = transfer.export_patient(work, patient)
    text = json.dumps(held, ensure_ascii=False, indent=1, default=str)
    name = f"saphena-{patient}.json"
    return Response(
        text, media_type="application/json", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@router.get("/patients/{patient}/delete")
def deletion(request: Request, reader: Clinician, patient: str) -> Response:
    """Asks before everything of a patient goes."""
    return _deletion(request, reader, patient, None)


@router.post("/patients/{patient}/delete")
def delete(request: Request, reader: Clinician, patient: str, sent: Sent) -> Response:
    """Everything of the patient, once the identifier has been typed."""
    with record_of(request).work(reader.actor("clinician")) as work:
        held = patients.get(work, patient)
        right = sent["identifier"] == held.identifier
        if right:
            patients.delete(work, patient)
    if right:
        return RedirectResponse("/patients", 303)
    sent.blame("identifier", sent.language.say("This is not the identifier of this patient. Nothing was deleted."))
    return _deletion(request, reader, patient, sent)


def names_of(request: Request) -> Names:
    """Names in the reader's language."""
    return Names(model_of(request), language_of(request))


def assessed(request: Request, reader: Reader, timeline: Timeline) -> dict[str, StoredAssessment]:
    """The answer of each visit; one that was never given for the present version of its case is worked out and kept."""
    held = {one.encounter: one for one in timeline.assessments}
    model, record, actor = model_of(request), record_of(request), reader.actor("clinician")
    for visit in timeline.encounters:
        before = held.get(visit.id)
        if visit.withdrawn or (before and before.case_number == visit.number):
            continue
        held.pop(visit.id, None)
        try:
            answer = assess(model, visit.case)
        except Faulty:  # A case from before a change of the vocabulary: the page of the visit says so.
            continue
        with record.work(actor) as work:
            held[visit.id] = assessments.store(work, visit.id, visit.number, answer)
    return held


def moved_on(request: Request, answers: dict[str, StoredAssessment]) -> bool:
    """Was any answer given by another model than the present one?"""
    model = model_of(request)
    now = (model.version, model.care_version)
    return any((one.model, one.care) != now for one in answers.values())


def visit_of(work: Work, patient: str, encounter: str, number: int | None = None) -> Encounter:
    """A visit of this patient; of another it is not found."""
    found = encounters.get(work, encounter, number)
    if found.patient != patient:
        raise NotFound("encounter", "There is no such visit of this patient", "Open the patient and choose the visit")
    return found


def _head(patient: Patient, names: Names) -> dict[str, Any]:
    return {"patient": patient, "sex_name": sex_name(patient.sex, names)}


def _correction(request: Request, reader: Reader, patient: str, sent: Fields | None, newer: object) -> Response:
    names = names_of(request)
    with record_of(request).work(reader.actor("clinician")) as work:
        held = patients.get(work, patient)
        versions = patients.history(work, patient)
    status = 409 if newer else 422 if sent else 200
    said = {one: sex_name(one, names) for one in ("female", "male", "unknown")}
    return page(
        request,
        "record/correct.html",
        status,
        **_head(held, names),
        versions=versions,
        sent=sent,
        newer=newer,
        sexes=said,
        this_year=today().year,
    )


def _deletion(request: Request, reader: Reader, patient: str, sent: Fields | None) -> Response:
    with record_of(request).work(reader.actor("clinician")) as work:
        held = patients.get(work, patient)
    return page(request, "record/delete.html", 422 if sent else 200, **_head(held, names_of(request)), sent=sent)
