"""Stored cases assessed again with the present knowledge: whose answer moved."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from saphena.interfaces.web.access import Clinician, Reader
from saphena.interfaces.web.record.fields import Sent
from saphena.interfaces.web.record.opening import actor_of, record_of
from saphena.interfaces.web.record.patient_page import names_of
from saphena.interfaces.web.rendering import model_of, page
from saphena.records import assessments, encounters, patients
from saphena.records.shapes import Encounter, Patient, Reassessment

router = APIRouter(include_in_schema=False)
MOVED_BY = 0.1
"""A probability that changes by less has not moved."""


@router.get("/reassess")
def before(request: Request, reader: Clinician) -> Response:
    """What re-assessment does; nothing is worked out yet."""
    return _page(request, reader, None)


@router.post("/reassess")
def reassess(request: Request, reader: Clinician, sent: Sent) -> Response:
    """Every present case again; new answers are stored only if asked for."""
    found = assessments.reassess(
        record_of(request),
        actor_of(reader),
        model_of(request),
        moved_by=MOVED_BY,
        store_new=sent["store"] == "yes",
    )
    return _page(request, reader, found)


def _page(request: Request, reader: Reader, found: Reassessment | None) -> Response:
    whose: dict[str, tuple[Patient, Encounter]] = {}
    if found:
        with record_of(request).work(actor_of(reader)) as work:
            pairs = [(one.patient, one.encounter) for one in found.moved]
            pairs += [(one.patient, one.encounter) for one in found.refused]
            for patient, visit in pairs:
                whose[visit] = (patients.get(work, patient), encounters.get(work, visit))
    return page(
        request, "record/reassess.html", found=found, whose=whose, names=names_of(request), moved_by=100 * MOVED_BY
    )
