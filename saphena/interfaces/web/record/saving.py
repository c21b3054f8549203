"""Saving: whose visit it is, when it was, which numbers go onto the timeline. Nothing is stored before."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Any, get_args

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from saphena.assessment import Assessment, assess
from saphena.case import Case
from saphena.interfaces.web.access import Clinician, Reader, record_of
from saphena.interfaces.web.record.case_lines import differences, sex_name
from saphena.interfaces.web.record.extracting import Number, keep_numbers, numbers_of, typed_numbers
from saphena.interfaces.web.record.fields import Fields, NotACase, Sent, today
from saphena.interfaces.web.record.patient_page import names_of, visit_of
from saphena.interfaces.web.record.patients_list import AT_ONCE, new_patient
from saphena.interfaces.web.record.trends import ORDER, kind_name, unit_shown
from saphena.interfaces.web.rendering import model_of, page
from saphena.interfaces.web.start import setting_names
from saphena.records import Conflict, RecordFault, Work, assessments, encounters, links, measurements, patients
from saphena.records.measurements import KINDS
from saphena.records.shapes import Encounter, Measurement, Patient, Speaker

router = APIRouter(include_in_schema=False)


@dataclass
class Known:
    """What the record says of the patient, for the page."""

    patient: Patient | None = None
    visits: list[Encounter] = field(default_factory=list)
    last: dict[tuple[str, str], Measurement] = field(default_factory=dict)
    """Last value of each kind and leg: shown beside the empty field, never copied into it."""
    found: list[Patient] = field(default_factory=list)
    own: list[Measurement] = field(default_factory=list)
    """Numbers of the visit that is to be corrected: these do stand in the fields."""
    visit: Encounter | None = None
    """The visit to be corrected, as it stands now."""
    seen: Encounter | None = None
    """The same as it stood when its correction was begun."""


@router.post("/patients/save")
def save(request: Request, reader: Clinician, sent: Sent) -> Response:
    """First asks for what is missing; with ``step`` ``store``, stores."""
    try:
        case = sent.case()
    except NotACase as fault:
        raise HTTPException(422, f"What was sent is not a case: {fault}") from None
    answer = assess(model_of(request), case)
    storing = sent["step"] == "store"
    given = _numbers(request, case, answer, sent)
    if not storing:
        sent.errors.clear()
        return _form(request, reader, sent, case, answer)
    _check_visit(request, reader, sent, case)
    if sent.errors:
        return _form(request, reader, sent, case, answer)
    try:
        with record_of(request).work(reader.actor("clinician")) as work:
            kept = _store(work, request, sent, case, answer, given)
    except Conflict as conflict:
        sent.written["seen"] = [str(getattr(conflict.current, "number", ""))]
        return _form(request, reader, sent, case, answer, conflict=conflict)
    except RecordFault as fault:
        sent.blame_faulty(fault, "date")
        return _form(request, reader, sent, case, answer)
    except _Unfit:
        return _form(request, reader, sent, case, answer)
    return RedirectResponse(f"/patients/{kept.patient}", 303)


class _Unfit(Exception):
    """A field does not do; nothing of the unit of work is kept."""


def _store(
    work: Work, request: Request, sent: Fields, case: Case, answer: Assessment, numbers: list[Number]
) -> Encounter:
    """Patient if new, visit or its next version, numbers, assessment: all of it, or none."""
    patient = patients.get(work, sent["patient"]) if sent["patient"] else new_patient(work, sent)
    day = sent.date("date")
    if patient is None or day is None:
        raise _Unfit
    origin: Speaker = sent["said_by"] if sent["said_by"] in get_args(Speaker) else "clinician"  # type: ignore[assignment]
    reason = sent["reason"] or None
    if sent["encounter"]:
        visit_of(work, patient.id, sent["encounter"])
        seen = int(sent["seen"]) if sent["seen"].isdigit() else 0
        visit = encounters.write(work, sent["encounter"], seen, case, reason or "", date=day, origin=origin)
    else:
        visit = encounters.add(work, patient.id, day, case, origin=origin)
    keep_numbers(work, model_of(request), visit, numbers, reason)
    assessments.store(work, visit.id, visit.number, answer)
    if sent["link"]:
        links.take_over(work, sent["link"], patient.id, visit.id)
    return visit


def _numbers(request: Request, case: Case, answer: Assessment, sent: Fields) -> list[Number]:
    """Those of the case, and those typed on this page where the case has none."""
    found = {number.key: number for number in numbers_of(model_of(request), case, answer)}
    for number in typed_numbers(sent):
        found.setdefault(number.key, number)
    return list(found.values())


def _check_visit(request: Request, reader: Reader, sent: Fields, case: Case) -> None:
    _ = sent.language.say
    day = sent.date("date")
    if sent["encounter"]:
        sent.words("reason", _("Say why the visit is corrected."))
    if not sent["patient"]:
        return
    with record_of(request).work(reader.actor("clinician")) as work:
        patient = patients.get(work, sent["patient"])
    if _stranger(patient, case, day) and sent["surely"] != "yes":
        sent.blame(
            "surely", _("Age or sex of this visit do not fit this patient. Tick the box if it is the right one.")
        )


def _stranger(patient: Patient, case: Case, day: datetime.date | None) -> bool:
    """Do age or sex of the case not fit the patient?"""
    sexes = {patient.sex, case.sex} - {"unknown"}
    born = patient.birth_year
    age = (day or today()).year - born if born is not None else None
    return len(sexes) > 1 or (age is not None and not age - 1.5 <= case.age <= age + 0.5)


def _form(
    request: Request,
    reader: Reader,
    sent: Fields,
    case: Case,
    answer: Assessment,
    conflict: Conflict | None = None,
) -> Response:
    names = names_of(request)
    known = _known(request, reader, sent)
    if known.visit:
        _fill_in(sent, known.visit, known.own)
    extracted = {number.key for number in numbers_of(model_of(request), case, answer)}
    rows = [(kind, kind_name(kind, names), unit_shown(KINDS[kind].unit, names)) for kind in ORDER]
    held: dict[str, Any] = {
        "known": known,
        "case": case.model_dump_json(exclude_none=True),
        "age": case.age,
        "sex": sex_name(case.sex, names),
        "case_sex": case.sex,
        "birth_year": int(today().year - case.age),
        "where": setting_names(names.language)[case.setting],
        "answer": answer,
        "leader": next((one for one in answer.differential if one.group == "explains"), None),
        "changed": differences(known.visit.case, case, names) if known.visit else [],
        "theirs": differences(known.seen.case, known.visit.case, names)
        if conflict and known.visit and known.seen
        else [],
        "stranger": known.patient is not None and _stranger(known.patient, case, None),
        "extracted": {(kind, leg) for kind, _instrument, leg in extracted},
        "scores": [one for one in numbers_of(model_of(request), case, answer) if one.instrument],
    }
    status = 409 if conflict else 422 if sent.errors else 200
    return page(
        request,
        "record/save.html",
        status,
        **held,
        rows=rows,
        names=names,
        sent=sent,
        conflict=conflict,
        today=today(),
    )


def _fill_in(sent: Fields, visit: Encounter, own: list[Measurement]) -> None:
    """The form of a correction begins with what the visit holds."""
    if sent["step"] == "store":
        return
    written = sent.written
    if not sent["seen"].isdigit():
        written["seen"] = [str(visit.number)]
    written.setdefault("base", written["seen"])
    written.setdefault("date", [visit.date.isoformat()])
    for one in own:
        if one.leg and one.kind in KINDS and not one.withdrawn:
            written.setdefault(f"{one.kind}-{one.leg}", [f"{one.value:g}"])


def _known(request: Request, reader: Reader, sent: Fields) -> Known:
    with record_of(request).work(reader.actor("clinician")) as work:
        if not sent["patient"]:
            return Known(found=patients.find(work, sent["q"], limit=AT_ONCE))
        patient = patients.get(work, sent["patient"])
        known = Known(patient, [one for one in encounters.of(work, patient.id) if not one.withdrawn])
        for one in measurements.of(work, patient.id):
            if not one.withdrawn and one.leg:
                known.last[one.kind, one.leg] = one
        if sent["encounter"]:
            known.own = [
                one for one in measurements.of(work, patient.id, diary=False) if one.encounter == sent["encounter"]
            ]
            known.visit = visit_of(work, patient.id, sent["encounter"])
            number = int(sent["base"] or sent["seen"] or 0) if (sent["base"] or sent["seen"]).isdigit() else 0
            versions = {one.number: one for one in encounters.history(work, known.visit.id)}
            known.seen = versions.get(number)
    return known
