"""The clinician's side of the diary: a link for the patient, made, shown once, revoked."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from saphena.interfaces.web.access import Clinician
from saphena.interfaces.web.language import LANGUAGES
from saphena.interfaces.web.record.fields import Sent
from saphena.interfaces.web.record.opening import actor_of, record_of
from saphena.interfaces.web.rendering import page
from saphena.records import NotFound, links, patients

router = APIRouter(include_in_schema=False)
DAYS = (14, 30, 90, 180)
"""How long a link may open the diary."""


@router.post("/patients/{patient}/diary")
def make(request: Request, reader: Clinician, patient: str, sent: Sent) -> Response:
    """A new link. Its address is on this page and never again: the record keeps only what recognises it."""
    days = sent.whole("days", 1, max(DAYS)) or DAYS[1]
    language = sent["language"] if sent["language"] in LANGUAGES else sent.language.code
    with record_of(request).work(actor_of(reader)) as work:
        held = patients.get(work, patient)
        link, token = links.make(work, "diary", patient, language=language, days=days)
    address = str(request.url_for("diary_page", token=token).include_query_params(lang=language))
    return page(request, "record/link.html", patient=held, link=link, address=address)


@router.post("/patients/{patient}/diary/{link}/revoke")
def revoke(request: Request, reader: Clinician, patient: str, link: str) -> Response:
    """No longer opens."""
    with record_of(request).work(actor_of(reader)) as work:
        if links.get(work, link).patient != patient:
            raise NotFound("link", "There is no such link of this patient", "Choose it from the patient's page")
        links.revoke(work, link)
    return RedirectResponse(f"/patients/{patient}", 303)
