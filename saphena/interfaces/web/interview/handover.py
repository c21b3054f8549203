"""The clinician's end of an interview: a code that opens what the patient said, once."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import Response

from saphena.interfaces.web.access import Clinician
from saphena.interfaces.web.interview.held import Held, answered, marked, readable, told_by
from saphena.interfaces.web.interview.keeping import record_of, speaker
from saphena.interfaces.web.interview.sheets import Unreadable
from saphena.interfaces.web.interview.wording import Wording
from saphena.interfaces.web.language import language_of
from saphena.interfaces.web.rendering import model_of, page
from saphena.records import links
from saphena.records.errors import LockedOut, Refused

router = APIRouter(include_in_schema=False)


@router.get("/handover")
def ask_for_code(request: Request, reader: Clinician, code: Annotated[str, Query(max_length=100)] = "") -> Response:
    """Where the code is typed; an address that brings it fills it in, and opens nothing by itself."""
    return page(request, "interview/handover.html", code=code, fault="", keeps=record_of(request) is not None)


@router.post("/handover")
def open_by_code(request: Request, reader: Clinician, code: Annotated[str, Form(max_length=100)] = "") -> Response:
    """What the patient said, and the way into the findings page with it filled in."""
    record = record_of(request)
    if record is None:
        return page(request, "interview/handover.html", 404, code=code, fault="none", keeps=False)
    actor = reader.actor("clinician")
    try:
        link = links.redeem(record, actor, code.strip())
        with record.work(actor) as work:
            draft = links.draft(work, link.id)
    except LockedOut:
        return page(request, "interview/handover.html", 429, code="", fault="waiting", keeps=True)
    except Refused:
        return page(request, "interview/handover.html", 422, code=code, fault="wrong", keeps=True)
    try:
        held = Held.of(draft) if draft is not None else Held()
        given = readable(model_of(request), held)
    except Unreadable:
        return page(request, "interview/handover.html", 422, code="", fault="old", keeps=True)
    return page(
        request,
        "interview/said.html",
        case=marked(given.case(), held).model_dump_json(exclude_defaults=True, exclude_none=True),
        said_by=speaker(held),
        who=told_by(held),
        done=answered(model_of(request), held),
        patient=link.patient,
        w=Wording(language_of(request), model_of(request)),
    )
