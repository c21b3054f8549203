"""Everything of one patient as JSON, out and in again."""

from __future__ import annotations

from typing import Any

from saphena.records.record import Work
from saphena.records.shapes import Patient


def export_patient(work: Work, patient: str) -> dict[str, Any]:
    """Every row of every table that belongs to the patient, and the audit entries about them."""
    raise NotImplementedError


def import_patient(work: Work, exported: dict[str, Any]) -> Patient:
    """An export read into this record; refused if the patient or the identifier is already here.

    Links come in revoked; which accounts could see the patient is not taken over.
    """
    raise NotImplementedError
