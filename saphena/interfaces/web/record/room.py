"""All pages of the record room; fixed addresses before those with the id of a patient."""

from __future__ import annotations

from fastapi import APIRouter

from saphena.interfaces.web.record import (
    diary_links,
    diary_pages,
    measurement_pages,
    outcome_pages,
    patient_page,
    patients_list,
    reassessing,
    saving,
    treatment_pages,
    visit_pages,
)

router = APIRouter(include_in_schema=False)
for part in (
    saving,
    patients_list,
    patient_page,
    visit_pages,
    treatment_pages,
    measurement_pages,
    outcome_pages,
    diary_links,
    diary_pages,
    reassessing,
):
    router.include_router(part.router)
