"""Patients of the record: pseudonymous, corrected rather than overwritten, deleted altogether when asked."""

from __future__ import annotations

import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field

from saphena.case import Setting
from saphena.interfaces.web.access import Clinician, Reader, needs
from saphena.interfaces.web.api.answers import EDIT, MISSING, TAG, TAKEN, Limit, Offset, Page, at_most
from saphena.interfaces.web.api.versions import NO_CONTROLS, Id, Reason, Seen, Words, add_versions, tagged, work
from saphena.interfaces.web.rendering import model_of
from saphena.records import patients, transfer, visits
from saphena.records.shapes import Deleted, NextCase, Patient, Sex, Timeline

router = APIRouter(tags=["Patients"])
Own = Annotated[Reader, Depends(needs("clinician", "patient"))]
"""A patient's account sees its own patients only."""
Keeper = Annotated[Reader, Depends(needs("clinician", "administrator"))]
BirthYear = Annotated[int, Field(ge=1900, le=2200)]


class NewPatient(BaseModel):
    """A patient to be added."""

    identifier: Words = Field(description="The clinic's own; no name", examples=["B-1024"])
    birth_year: BirthYear | None = Field(None, examples=[1961])
    sex: Sex = "unknown"
    label: Words | None = Field(None, description="Free words; only if this installation allows them")


class PatientChange(BaseModel):
    """What is corrected; what is left out stays."""

    reason: Reason
    identifier: Words | None = Field(None, description="null: as it is")
    birth_year: BirthYear | None = Field(None, description="null: unknown after all")
    sex: Sex | None = Field(None, description="null: as it is")
    label: Words | None = Field(None, description="null: none any more")


class Archived(BaseModel):
    """Out of the daily list, or back in it."""

    archived: bool


@router.get("/patients", summary="Find patients")
def find(
    request: Request,
    reader: Own,
    q: Annotated[str, Query(max_length=100, pattern=NO_CONTROLS, description="Part of the identifier")] = "",
    archived: Annotated[bool, Query(description="Archived ones instead")] = False,
    limit: Limit = 50,
    offset: Offset = 0,
) -> Page[Patient]:
    """The last added first."""
    with work(request, reader, "clinician", "patient") as w:
        return at_most(patients.find(w, q, archived=archived, limit=limit + 1, offset=offset), offset, limit)


@router.post("/patients", status_code=201, summary="Add a patient", responses={201: {"headers": TAG}, **TAKEN})
def add(request: Request, response: Response, reader: Clinician, new: NewPatient) -> Patient:
    """The identifier must be free."""
    with work(request, reader, "clinician") as w:
        made = patients.add(w, new.identifier, new.birth_year, new.sex, label=new.label)
    response.headers["Location"] = f"/api/v1/patients/{made.id}"
    return tagged(response, made)


@router.get("/patients/{patient}", summary="One patient", responses={200: {"headers": TAG}, **MISSING})
def get(request: Request, response: Response, reader: Own, patient: Id) -> Patient:
    """The present version."""
    with work(request, reader, "clinician", "patient") as w:
        return tagged(response, patients.get(w, patient))


@router.patch(
    "/patients/{patient}",
    summary="Correct a patient",
    responses={200: {"headers": TAG}, **MISSING, **EDIT, **TAKEN},
)
def correct(
    request: Request, response: Response, reader: Clinician, patient: Id, seen: Seen, change: PatientChange
) -> Patient:
    """The old version is kept."""
    given = {
        name: value
        for name, value in change.model_dump(exclude_unset=True).items()
        if value is not None or name in ("birth_year", "label")
    }
    with work(request, reader, "clinician") as w:
        return tagged(response, patients.correct(w, patient, seen, **given))


@router.delete("/patients/{patient}", summary="Delete everything of a patient", responses=MISSING)
def delete(request: Request, reader: Keeper, patient: Id) -> Deleted:
    """It cannot be undone. The audit, which holds no content, keeps that it was done."""
    with work(request, reader, "clinician", "administrator") as w:
        return patients.delete(w, patient)


@router.put("/patients/{patient}/archived", summary="Archive a patient, or take back", responses=MISSING)
def archive(request: Request, response: Response, reader: Clinician, patient: Id, wanted: Archived) -> Patient:
    """Archived patients are left out of lists; nothing is deleted."""
    with work(request, reader, "clinician") as w:
        return tagged(response, patients.archive(w, patient, wanted.archived))


add_versions(router, "/patients/{patient}", Patient, patients.history)


@router.get("/patients/{patient}/timeline", summary="Everything of a patient in the order of time", responses=MISSING)
def timeline(request: Request, reader: Clinician, patient: Id) -> Timeline:
    """Visits, assessments, measurements, treatments, outcomes and diary, without older versions."""
    with work(request, reader, "clinician") as w:
        return visits.timeline(w, patient)


@router.get("/patients/{patient}/next-case", summary="What a new visit starts from", responses=MISSING)
def next_case(
    request: Request,
    reader: Clinician,
    patient: Id,
    date: Annotated[datetime.date, Query(description="Of the new visit")],
    setting: Annotated[Setting | None, Query(description="If not that of the last visit")] = None,
) -> NextCase:
    """Diagnoses and lasting risk factors are carried over; findings are only shown, to be asked again."""
    with work(request, reader, "clinician") as w:
        return visits.next_case(w, patient, model_of(request), date, setting)


@router.get("/patients/{patient}/export", summary="Everything that is held of a patient", responses=MISSING)
def export(request: Request, reader: Keeper, patient: Id) -> dict[str, Any]:
    """Every row of every table, older versions and the audit included."""
    with work(request, reader, "clinician", "administrator") as w:
        return transfer.export_patient(w, patient)
