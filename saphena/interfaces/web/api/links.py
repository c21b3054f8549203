"""Links for patients, what was answered through them, and the codes that hand an interview over."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from saphena.interfaces.web.access import Clinician, record_of
from saphena.interfaces.web.api.answers import MISSING, Limit, Offset, Page, part
from saphena.interfaces.web.api.versions import NO_CONTROLS, Id, Ref, work
from saphena.records import links
from saphena.records.shapes import Consent, Draft, Link, Purpose

router = APIRouter(tags=["Links"])


class NewLink(BaseModel):
    """A link to be made."""

    purpose: Purpose
    patient: Ref | None = Field(None, description="Whose diary, or for whom the interview is; null for a newcomer")
    language: Literal["en", "ru"] = "en"
    days: Annotated[int, Field(ge=1, le=365)] | None = Field(None, description="Until it expires")


class MadeLink(BaseModel):
    """A link with its token, which is shown this once only."""

    link: Link
    token: str = Field(description="Ends the address /interview/... or /diary/... that the patient opens")


class Code(BaseModel):
    """What the patient shows at the end of the interview."""

    code: Annotated[str, Field(min_length=1, max_length=40, pattern=NO_CONTROLS)]


class TakenOver(BaseModel):
    """Whose interview it was."""

    patient: Ref
    encounter: Ref | None = Field(None, description="The visit made of it")


@router.post("/links", status_code=201, summary="Make a link for a patient", responses=MISSING)
def make(request: Request, reader: Clinician, new: NewLink) -> MadeLink:
    """Whoever has the token can answer in the patient's name until it expires or is revoked."""
    with work(request, reader, "clinician") as w:
        link, token = links.make(w, new.purpose, new.patient, language=new.language, days=new.days)
    return MadeLink(link=link, token=token)


@router.get("/patients/{patient}/links", summary="Links of a patient", responses=MISSING)
def of_patient(request: Request, reader: Clinician, patient: Id, limit: Limit = 50, offset: Offset = 0) -> Page[Link]:
    """The last first."""
    with work(request, reader, "clinician") as w:
        return part(links.of(w, patient), offset, limit)


@router.get("/links/{link}", summary="One link", responses=MISSING)
def get(request: Request, reader: Clinician, link: Id) -> Link:
    """Without its token, which is not kept."""
    with work(request, reader, "clinician") as w:
        return links.get(w, link)


@router.post("/links/{link}/revoke", summary="Revoke a link", responses=MISSING)
def revoke(request: Request, reader: Clinician, link: Id) -> Link:
    """It no longer opens."""
    with work(request, reader, "clinician") as w:
        return links.revoke(w, link)


@router.get("/links/{link}/consents", summary="What was agreed to", responses=MISSING)
def consents(request: Request, reader: Clinician, link: Id) -> list[Consent]:
    """Through this link."""
    with work(request, reader, "clinician") as w:
        return links.consents(w, link)


@router.get("/links/{link}/draft", summary="What was answered so far", responses=MISSING)
def draft(request: Request, reader: Clinician, link: Id) -> Draft | None:
    """Null if nothing was."""
    with work(request, reader, "clinician") as w:
        return links.draft(w, link)


@router.post("/handover", summary="Take an interview over by its code", responses=MISSING)
def redeem(request: Request, reader: Clinician, code: Code) -> Link:
    """The code is used up by it. Then read the draft, make a visit of it, and say whose it is."""
    return links.redeem(record_of(request), reader.actor("clinician"), code.code)


@router.post("/links/{link}/take-over", summary="Say whose interview it was", responses=MISSING)
def take_over(request: Request, reader: Clinician, link: Id, taken: TakenOver) -> Link:
    """Draft, consents and link then belong to the patient."""
    with work(request, reader, "clinician") as w:
        return links.take_over(w, link, taken.patient, taken.encounter)
