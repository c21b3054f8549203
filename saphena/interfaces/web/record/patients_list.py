"""The list of patients: search, a new one, the example."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from saphena.interfaces.web.access import Clinician, Reader, record_of
from saphena.interfaces.web.record.example import add_example
from saphena.interfaces.web.record.fields import Fields, Sent, today
from saphena.interfaces.web.rendering import page
from saphena.records import Conflict, NotFound, RecordFault, Work, patients, retention
from saphena.records.shapes import Patient

router = APIRouter(include_in_schema=False)
AT_ONCE = 50
OLDEST_BIRTH = 1900


@router.get("/patients")
def listed(request: Request, reader: Clinician, archived: bool = False) -> Response:
    """Everybody in the record."""
    return _list(request, reader, "", archived, 0, None)


@router.post("/patients/find")
def find(request: Request, reader: Clinician, sent: Sent) -> Response:
    """By the clinic's own identifier, which is sent in the form: addresses are kept by browsers and hold no identifier."""
    skip = sent.whole("skip", 0, 1_000_000) or 0
    return _list(request, reader, sent["q"][:100], sent["archived"] == "true", skip, None)


@router.get("/patients/find")
@router.get("/patients/save")
def begin_again(reader: Clinician) -> Response:
    """The address of a form that was sent, opened by itself: as after a change of language."""
    return RedirectResponse("/patients", 303)


@router.post("/patients")
def add(request: Request, reader: Clinician, sent: Sent) -> Response:
    """A new patient."""
    held: Patient | None = None
    with record_of(request).work(reader.actor("clinician")) as work:
        held = new_patient(work, sent)
    if held is None:
        return _list(request, reader, "", False, 0, sent)
    return RedirectResponse(f"/patients/{held.id}", 303)


@router.post("/patients/examples/add")
def bring_example(request: Request, reader: Clinician) -> Response:
    """The fictional patient, again."""
    try:
        with record_of(request).work(reader.actor("clinician")) as work:
            held = add_example(work)
    except RecordFault:  # It is there already.
        return RedirectResponse("/patients", 303)
    return RedirectResponse(f"/patients/{held.id}", 303)


@router.post("/patients/examples/remove")
def remove_examples(request: Request, reader: Clinician) -> Response:
    """One click, and nothing fictional is left."""
    with record_of(request).work(reader.actor("clinician")) as work:
        patients.delete_examples(work)
    return RedirectResponse("/patients", 303)


def new_patient(work: Work, sent: Fields) -> Patient | None:
    """The patient of three fields; None, with the faults in ``sent``, where they do not do."""
    _ = sent.language.say
    identifier = sent.words("identifier", _("Give the identifier that your clinic uses."), longest=100)
    birth_year = sent.whole("birth_year", OLDEST_BIRTH, today().year)
    sex = sent.choice("sex", ("female", "male", "unknown"), _("Choose one of those offered."))
    if sent.errors or identifier is None:
        return None
    if patients.called(work, identifier):
        sent.blame("identifier", _("There is already a patient with this identifier, perhaps archived."))
        return None
    try:
        return patients.add(work, identifier, birth_year, sex)  # type: ignore[arg-type]
    except (Conflict, NotFound):
        raise
    except RecordFault as fault:
        sent.blame_faulty(fault, "identifier")
        return None


def _list(request: Request, reader: Reader, q: str, archived: bool, skip: int, sent: Fields | None) -> Response:
    with record_of(request).work(reader.actor("clinician")) as work:
        found = patients.find(work, q, archived=archived, limit=AT_ONCE + 1, offset=skip)
        kept = retention.policy(work)
    held: dict[str, Any] = {
        "found": found[:AT_ONCE],
        "more": len(found) > AT_ONCE,
        "q": q,
        "archived": archived,
        "skip": skip,
    }
    return page(
        request,
        "record/patients.html",
        422 if sent else 200,
        **held,
        at_once=AT_ONCE,
        kept=kept,
        sent=sent,
        this_year=today().year,
    )
