"""Visits with their cases in versions, the assessments made of them, and what it turned out to be."""

from __future__ import annotations

import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from saphena.assessment import assess
from saphena.inference.observe import observe
from saphena.interfaces.web.access import Clinician, record_of
from saphena.interfaces.web.api.answers import EDIT, MISSING, TAG, Lang, Limit, Offset, Page, at_most, part
from saphena.interfaces.web.api.assessing import Ahead, Draws
from saphena.interfaces.web.api.cases import EXAMPLE, BoundedCase
from saphena.interfaces.web.api.versions import Id, Reason, Ref, Seen, Words, add_versions, tagged, work
from saphena.interfaces.web.rendering import model_of
from saphena.records import assessments, encounters, outcomes, visits
from saphena.records.shapes import Agreement, Encounter, Level, NotAssessed, Outcome, Speaker, StoredAssessment

router = APIRouter(tags=["Visits"])


class NewVisit(BaseModel):
    """A visit to be added."""

    date: datetime.date
    case: BoundedCase = Field(examples=[EXAMPLE])
    origin: Speaker = Field("clinician", description="Whose words they are")


class VisitChange(BaseModel):
    """The next version of a visit, as a whole."""

    case: BoundedCase = Field(examples=[EXAMPLE])
    reason: Reason
    date: datetime.date | None = None
    origin: Speaker = "clinician"


@router.get("/patients/{patient}/encounters", summary="Visits of a patient", responses=MISSING)
def of_patient(
    request: Request, reader: Clinician, patient: Id, limit: Limit = 50, offset: Offset = 0
) -> Page[Encounter]:
    """The present version of each, in order of date."""
    with work(request, reader, "clinician") as w:
        return part(encounters.of(w, patient), offset, limit)


@router.post(
    "/patients/{patient}/encounters",
    status_code=201,
    summary="Add a visit",
    responses={201: {"headers": TAG}, **MISSING},
)
def add(request: Request, response: Response, reader: Clinician, patient: Id, new: NewVisit) -> Encounter:
    """The first version of its case."""
    _accepted(request, new.case)
    with work(request, reader, "clinician") as w:
        made = encounters.add(w, patient, new.date, new.case, origin=new.origin)
    response.headers["Location"] = f"/api/v1/encounters/{made.id}"
    return tagged(response, made)


@router.get("/encounters/{encounter}", summary="One visit", responses={200: {"headers": TAG}, **MISSING})
def get(
    request: Request,
    response: Response,
    reader: Clinician,
    encounter: Id,
    number: Annotated[int | None, Query(ge=1, le=1_000_000, description="An older version")] = None,
) -> Encounter:
    """The present version, or an older one."""
    with work(request, reader, "clinician") as w:
        return tagged(response, encounters.get(w, encounter, number))


@router.put("/encounters/{encounter}", summary="Correct a visit", responses={200: {"headers": TAG}, **MISSING, **EDIT})
def write(
    request: Request, response: Response, reader: Clinician, encounter: Id, seen: Seen, change: VisitChange
) -> Encounter:
    """The next version; older ones are kept."""
    _accepted(request, change.case)
    with work(request, reader, "clinician") as w:
        return tagged(
            response,
            encounters.write(w, encounter, seen, change.case, change.reason, date=change.date, origin=change.origin),
        )


add_versions(router, "/encounters/{encounter}", Encounter, encounters.history, visits.withdraw)


def _accepted(request: Request, case: BoundedCase) -> None:
    """What the vocabulary does not have is refused before it is kept."""
    observe(model_of(request), case)


# --- assessments -----------------------------------------------------------------------------


@router.post(
    "/encounters/{encounter}/assessments", status_code=201, summary="Assess a visit and keep it", responses=MISSING
)
def assess_visit(
    request: Request, reader: Clinician, encounter: Id, draws: Draws = 0, ahead: Ahead = 0, language: Lang = "en"
) -> StoredAssessment:
    """The present version of its case, with the present knowledge."""
    with work(request, reader, "clinician") as w:
        visit = encounters.get(w, encounter)
    answer = assess(model_of(request), visit.case, language, draws=draws, ahead=ahead)
    with work(request, reader, "clinician") as w:
        return assessments.store(w, visit.id, visit.number, answer)


@router.get("/patients/{patient}/assessments", summary="Stored assessments of a patient", responses=MISSING)
def assessments_of(
    request: Request, reader: Clinician, patient: Id, limit: Limit = 50, offset: Offset = 0
) -> Page[StoredAssessment]:
    """In order of time."""
    with work(request, reader, "clinician") as w:
        return part(assessments.of(w, patient), offset, limit)


@router.get("/assessments/{assessment}", summary="One stored assessment", responses=MISSING)
def assessment_of(request: Request, reader: Clinician, assessment: Id) -> StoredAssessment:
    """As it was given, with the versions of model and care."""
    with work(request, reader, "clinician") as w:
        return assessments.get(w, assessment)


class MovedCondition(BaseModel):
    """A condition whose probability moved."""

    condition: str
    before: float
    after: float


class MovedVisit(BaseModel):
    """A visit whose answer moved."""

    patient: str
    encounter: str
    old_model: str
    old_leader: str | None
    new_leader: str | None
    old_triage: Level
    new_triage: Level
    probabilities: list[MovedCondition]


class Reassessed(BaseModel):
    """The case of every visit assessed again."""

    assessed: int
    compared: int
    stored: int
    moved: list[MovedVisit]
    refused: list[NotAssessed]


@router.post("/reassess", summary="Assess every visit again with the present knowledge")
def reassess(
    request: Request,
    reader: Clinician,
    moved_by: Annotated[float, Query(ge=0, le=1, description="Smallest change of a probability told")] = 0.1,
    keep: Annotated[bool, Query(description="Keep the new assessments")] = False,
) -> Reassessed:
    """Whose answer has moved since it was last kept."""
    found = assessments.reassess(
        record_of(request), reader.actor("clinician"), model_of(request), moved_by=moved_by, store_new=keep
    )
    return Reassessed(
        assessed=found.assessed,
        compared=found.compared,
        stored=found.stored,
        refused=list(found.refused),
        moved=[
            MovedVisit(
                **one.model_dump(include={*MovedVisit.model_fields} - {"probabilities"}),
                probabilities=[
                    MovedCondition(condition=id_, before=before, after=after)
                    for id_, (before, after) in one.probabilities.items()
                ],
            )
            for one in found.moved
        ],
    )


# --- outcomes --------------------------------------------------------------------------------


class NewOutcome(BaseModel):
    """What it turned out to be, as a whole."""

    date: datetime.date
    agreement: Agreement = Field(description="Did Saphena's answer agree?")
    conditions: tuple[Ref, ...] = Field((), max_length=50, description="Ids of conditions, or condition.state")
    over: tuple[Ref, ...] = Field((), max_length=50, description="Those of them that are over")
    words: Words | None = Field(None, description="A diagnosis outside the vocabulary")
    why_not: Words | None = Field(None, description="Why it did not agree")
    triage: Level | None = Field(None, description="Your urgency, where it differs")
    why_triage: Words | None = None
    assessment: Ref | None = Field(None, description="The stored assessment that is judged")
    reason: Words | None = Field(None, description="Why an earlier outcome is changed")


@router.put(
    "/encounters/{encounter}/outcome",
    summary="Record the outcome of a visit",
    responses={200: {"headers": TAG}, **MISSING, **EDIT},
)
def write_outcome(
    request: Request, response: Response, reader: Clinician, encounter: Id, seen: Seen, outcome: NewOutcome
) -> Outcome:
    """For the first one send `If-Match: "0"`."""
    held = outcome.model_dump()
    with work(request, reader, "clinician") as w:
        made = outcomes.write(
            w, encounter, seen, held.pop("date"), held.pop("agreement"), **held, model=model_of(request)
        )
        return tagged(response, made)


@router.get("/encounters/{encounter}/outcome", summary="The outcome of a visit", responses=MISSING)
def outcome_of(request: Request, response: Response, reader: Clinician, encounter: Id) -> Outcome | None:
    """The present version; null if none is recorded."""
    with work(request, reader, "clinician") as w:
        found = outcomes.get(w, encounter)
    return tagged(response, found) if found else None


add_versions(router, "/encounters/{encounter}/outcome", Outcome, outcomes.history, outcomes.withdraw)


@router.get("/outcomes", summary="All outcomes beside what Saphena had said")
def all_outcomes(request: Request, reader: Clinician, limit: Limit = 50, offset: Offset = 0) -> Page[dict[str, Any]]:
    """One flat row for each outcome: for an audit of the tool."""
    with work(request, reader, "clinician") as w:
        return at_most(outcomes.rows(w, limit + 1, offset), offset, limit)
