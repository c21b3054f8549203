"""The course between visits: measurements, treatments and the patient's diary."""

from __future__ import annotations

import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from saphena.case import Leg
from saphena.interfaces.web.access import Clinician
from saphena.interfaces.web.api.answers import EDIT, MISSING, TAG, Limit, Offset, Page, part
from saphena.interfaces.web.api.patients import Own
from saphena.interfaces.web.api.versions import Id, Reason, Ref, Seen, Words, add_versions, tagged, work
from saphena.interfaces.web.rendering import model_of
from saphena.records import diary, measurements, treatments
from saphena.records.shapes import DiaryDay, Measurement, Origin, TreatmentCourse

router = APIRouter(tags=["Course"])
Finite = Annotated[float, Field(allow_inf_nan=False)]
Tenth = Annotated[float, Field(ge=0, le=10)]
Note = Annotated[str, Field(max_length=diary.LONGEST_NOTE, pattern=r"^[^\x00-\x09\x0b-\x1f\x7f]*$")]


class NewMeasurement(BaseModel):
    """A number measured on a leg or of the whole person."""

    kind: Ref = Field(description=f"One of {', '.join(measurements.KINDS)}; or instrument", examples=["heaviness"])
    value: Finite = Field(examples=[6])
    leg: Literal["right", "left"] | None = Field(description="null: of the whole person", examples=["right"])
    date: datetime.date
    instrument: Ref | None = Field(None, description="Of a score: the id of the instrument")
    encounter: Ref | None = Field(None, description="The visit at which it was measured")
    origin: Origin = "clinician"


class MeasurementChange(BaseModel):
    """A corrected value; leg and date stay as they are if not given."""

    reason: Reason
    value: Finite
    leg: Literal["right", "left"] | None = None
    date: datetime.date | None = None


@router.get("/patients/{patient}/measurements", summary="Measurements of a patient", responses=MISSING)
def measurements_of(
    request: Request,
    reader: Clinician,
    patient: Id,
    kind: Annotated[Ref | None, Query(description="Only these")] = None,
    with_diary: Annotated[bool, Query(description="Heaviness and pain of the diary too")] = True,
    limit: Limit = 50,
    offset: Offset = 0,
) -> Page[Measurement]:
    """Present values in order of date."""
    with work(request, reader, "clinician") as w:
        return part(measurements.of(w, patient, kind, diary=with_diary), offset, limit)


@router.post(
    "/patients/{patient}/measurements",
    status_code=201,
    summary="Add a measurement",
    responses={201: {"headers": TAG}, **MISSING},
)
def measure(request: Request, response: Response, reader: Clinician, patient: Id, new: NewMeasurement) -> Measurement:
    """What lies outside a believable range is refused."""
    held = new.model_dump(exclude={"kind", "value", "leg", "date"})
    with work(request, reader, "clinician") as w:
        made = measurements.add(w, patient, new.kind, new.value, new.leg, new.date, **held, model=model_of(request))
        return tagged(response, made)


@router.put(
    "/measurements/{measurement}",
    summary="Correct a measurement",
    responses={200: {"headers": TAG}, **MISSING, **EDIT},
)
def correct_measurement(
    request: Request, response: Response, reader: Clinician, measurement: Id, seen: Seen, change: MeasurementChange
) -> Measurement:
    """The old value is kept as a version."""
    held = change.model_dump(exclude={"reason"})
    with work(request, reader, "clinician") as w:
        made = measurements.correct(w, measurement, seen, change.reason, **held, model=model_of(request))
        return tagged(response, made)


add_versions(router, "/measurements/{measurement}", Measurement, measurements.history, measurements.withdraw)


# --- treatments ------------------------------------------------------------------------------


class NewTreatment(BaseModel):
    """A treatment that was started."""

    since: datetime.date
    treatment: Ref | None = Field(None, description="Id in the knowledge", examples=["compression_stockings"])
    words: Words | None = Field(None, description="In words, where the knowledge has none such")
    leg: Leg | None = None
    encounter: Ref | None = None


class TreatmentStopped(BaseModel):
    """When it ended, and why."""

    until: datetime.date
    why: Words


class TreatmentChange(BaseModel):
    """A corrected course, as a whole."""

    reason: Reason
    since: datetime.date
    until: datetime.date | None
    why_stopped: Words | None = None
    leg: Leg | None = None
    treatment: Ref | None = Field(None, description="Id in the knowledge; stays if neither it nor words are given")
    words: Words | None = Field(None, description="In words, where the knowledge has none such")


@router.get("/patients/{patient}/treatments", summary="Treatments of a patient", responses=MISSING)
def treatments_of(
    request: Request, reader: Clinician, patient: Id, limit: Limit = 50, offset: Offset = 0
) -> Page[TreatmentCourse]:
    """In order of their start."""
    with work(request, reader, "clinician") as w:
        return part(treatments.of(w, patient), offset, limit)


@router.post(
    "/patients/{patient}/treatments",
    status_code=201,
    summary="A treatment was started",
    responses={201: {"headers": TAG}, **MISSING},
)
def start_treatment(
    request: Request, response: Response, reader: Clinician, patient: Id, new: NewTreatment
) -> TreatmentCourse:
    """Give its id, or words."""
    held = new.model_dump(exclude={"since"})
    with work(request, reader, "clinician") as w:
        return tagged(response, treatments.start(w, patient, new.since, **held, model=model_of(request)))


@router.post("/treatments/{course}/stop", summary="A treatment was stopped", responses={**MISSING, **EDIT})
def stop_treatment(
    request: Request, response: Response, reader: Clinician, course: Id, seen: Seen, stopped: TreatmentStopped
) -> TreatmentCourse:
    """When, and why."""
    with work(request, reader, "clinician") as w:
        return tagged(response, treatments.stop(w, course, seen, stopped.until, stopped.why))


@router.put("/treatments/{course}", summary="Correct a treatment", responses={200: {"headers": TAG}, **MISSING, **EDIT})
def correct_treatment(
    request: Request, response: Response, reader: Clinician, course: Id, seen: Seen, change: TreatmentChange
) -> TreatmentCourse:
    """The old version is kept."""
    with work(request, reader, "clinician") as w:
        held = change.model_dump(exclude={"reason"})
        return tagged(response, treatments.correct(w, course, seen, change.reason, **held, model=model_of(request)))


add_versions(router, "/treatments/{course}", TreatmentCourse, treatments.history, treatments.withdraw)


# --- diary -----------------------------------------------------------------------------------


class NewDay(BaseModel):
    """One day of the diary, as a whole."""

    right_heaviness: Tenth | None = Field(None, examples=[4])
    left_heaviness: Tenth | None = None
    right_pain: Tenth | None = None
    left_pain: Tenth | None = None
    evening_swelling: Literal["yes", "no"] | None = None
    note: Note | None = None


@router.get("/patients/{patient}/diary", summary="The diary of a patient", responses=MISSING)
def diary_of(
    request: Request,
    reader: Own,
    patient: Id,
    since: Annotated[datetime.date | None, Query(description="From this day on")] = None,
    limit: Limit = 50,
    offset: Offset = 0,
) -> Page[DiaryDay]:
    """In order of date."""
    with work(request, reader, "clinician", "patient") as w:
        return part(diary.of(w, patient, since), offset, limit)


@router.put("/patients/{patient}/diary/{date}", summary="Write a day of the diary", responses=MISSING)
def write_day(
    request: Request, response: Response, reader: Own, patient: Id, date: datetime.date, day: NewDay
) -> DiaryDay:
    """A second entry of the same day replaces the first, which is kept as a version."""
    with work(request, reader, "clinician", "patient") as w:
        return tagged(response, diary.write(w, patient, date, **day.model_dump()))
