"""Visits: the next one, one that was, and one entered in error."""

from __future__ import annotations

import json

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from saphena.case import Setting
from saphena.interfaces.web.access import Clinician, Reader, record_of
from saphena.interfaces.web.record.case_lines import differences, lines, sex_name
from saphena.interfaces.web.record.fields import Fields, Sent, today
from saphena.interfaces.web.record.given import earlier, given, last_said
from saphena.interfaces.web.record.naming import Names
from saphena.interfaces.web.record.patient_page import names_of, visit_of
from saphena.interfaces.web.record.trends import kind_name, unit_shown
from saphena.interfaces.web.rendering import model_of, page
from saphena.interfaces.web.start import setting_names
from saphena.records import Conflict, NotFound, RecordFault, assessments, encounters, patients, visits
from saphena.records.measurements import KINDS
from saphena.records.shapes import NextCase, Shown

router = APIRouter(include_in_schema=False)


@router.get("/patients/{patient}/visits/new")
def next_visit(request: Request, reader: Clinician, patient: str, setting: Setting | None = None) -> Response:
    """What is carried over, and what is asked again with the last value beside it."""
    names = names_of(request)
    with record_of(request).work(reader.actor("clinician")) as work:
        held = patients.get(work, patient)
        begun = visits.next_case(work, patient, model_of(request), today(), setting)
        if begun.case is None and setting is None:  # The first visit says nothing of where it is.
            begun = visits.next_case(work, patient, model_of(request), today(), "primary_care")
        last = last_said(assessments.of(work, patient), [v for v in encounters.of(work, patient) if v.date <= today()])
    case = begun.case
    carried = [line for key, line in lines(case, names).items() if key[0] in ("condition", "context")] if case else []
    return page(
        request,
        "record/next_visit.html",
        patient=held,
        sex_name=sex_name(held.sex, names),
        begun=begun,
        case=case.model_dump_json(exclude_none=True) if case else "",
        last=json.dumps(_last_words(begun, names), ensure_ascii=False),
        earlier=earlier(last),
        carried=carried,
        shown=[
            (shown_name(one, names), names.leg(one.leg), shown_value(one, names), one.date)
            for one in _asked_again(begun)
        ],
        setting_names=setting_names(names.language),
    )


@router.get("/patients/{patient}/visits/{encounter}")
def visit(request: Request, reader: Clinician, patient: str, encounter: str, version: int | None = None) -> Response:
    """One visit, in the version asked for: its case, what was said of it, and how it came to be."""
    return _visit(request, reader, patient, encounter, version, None)


@router.get("/patients/{patient}/visits/{encounter}/withdraw")
def before_withdrawing(reader: Clinician, patient: str, encounter: str) -> Response:
    """The form stands on the page of the visit."""
    return RedirectResponse(f"/patients/{patient}/visits/{encounter}", 303)


@router.post("/patients/{patient}/visits/{encounter}/withdraw")
def withdraw(request: Request, reader: Clinician, patient: str, encounter: str, sent: Sent) -> Response:
    """Entered in error: kept, but counts for nothing."""
    reason = sent.words("reason", sent.language.say("Say why it is withdrawn."))
    seen = sent.whole("seen", 1, 1_000_000)
    if sent.errors or reason is None or seen is None:
        return _visit(request, reader, patient, encounter, None, sent)
    try:
        with record_of(request).work(reader.actor("clinician")) as work:
            visit_of(work, patient, encounter)
            visits.withdraw(work, encounter, seen, reason)
    except (Conflict, NotFound):
        raise
    except RecordFault as fault:
        sent.blame_faulty(fault, "reason")
        return _visit(request, reader, patient, encounter, None, sent)
    return RedirectResponse(f"/patients/{patient}", 303)


def shown_name(one: Shown, names: Names) -> object:
    """What a value of last time is a value of."""
    if one.kind == "condition":
        return names.condition(one.id)
    if one.kind == "medicine":
        return names.language.say("Medicine")
    return kind_name(one.id, names) if one.id in KINDS else names.item(one.id)


def shown_value(one: Shown, names: Names) -> str:
    """A value of last time, with its unit as the pages write it."""
    if one.kind == "medicine":
        return one.value
    number, _space, unit = one.value.partition(" ")
    return f"{number} {unit_shown(unit, names)}".strip() if one.kind == "measurement" else names.plain_value(one.value)


def _marked(one: Shown, names: Names) -> str:
    return shown_value(one, names) if one.kind in ("measurement", "medicine") else names.value(one.value)


def _last_words(begun: NextCase, names: Names) -> dict[str, str]:
    """By finding, risk factor or measurement: what was said last time, for the findings page."""
    found: dict[str, list[str]] = {}
    for one in begun.shown:
        if one.kind != "condition":
            said = f"{names.leg(one.leg)} {shown_value(one, names)}".strip()
            found.setdefault(one.id, []).append(f"{said} ({names.language.date(one.date)})")
    return {id_: "; ".join(words) for id_, words in found.items()}


def _asked_again(begun: NextCase) -> list[Shown]:
    """Without what is carried over, and without findings that stand among the measurements already."""
    carried = set(begun.case.known_conditions) if begun.case else set()
    return [
        one
        for one in begun.shown
        if not (one.kind == "condition" and one.id in carried) and not (one.kind == "finding" and one.id in KINDS)
    ]


def _visit(
    request: Request, reader: Reader, patient: str, encounter: str, version: int | None, sent: Fields | None
) -> Response:
    names = names_of(request)
    with record_of(request).work(reader.actor("clinician")) as work:
        held = patients.get(work, patient)
        shown = visit_of(work, patient, encounter, version)
        versions = encounters.history(work, encounter)
        others = encounters.of(work, patient)
        everything = assessments.of(work, patient)
    latest = versions[-1]
    mine = [one for one in everything if one.encounter == encounter and one.case_number == shown.number]
    before = next((one for one in versions if one.number == shown.number - 1), None)
    said_before = last_said(everything, [one for one in others if one.date < shown.date and one.id != shown.id])
    return page(
        request,
        "record/visit.html",
        422 if sent else 200,
        patient=held,
        visit=shown,
        latest=latest,
        versions=versions,
        lines=list(lines(shown.case, names).values()),
        changed=differences(before.case, shown.case, names) if before else [],
        case=shown.case.model_dump_json(exclude_none=True),
        answers=[(one, given(one)) for one in mine],
        earlier=earlier(said_before),
        names=names,
        setting_names=setting_names(names.language),
        sent=sent,
    )
