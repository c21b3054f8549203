"""Everything of one patient as JSON, out and in again."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from pydantic import ValidationError

from saphena.records import assessments, audit, patients, tables
from saphena.records.backups import decoded, encoded
from saphena.records.connection import revision
from saphena.records.diary import DIARY
from saphena.records.encounters import ENCOUNTERS
from saphena.records.errors import RecordFault, Taken
from saphena.records.measurements import MEASUREMENTS
from saphena.records.outcomes import OUTCOMES
from saphena.records.patients import PATIENTS
from saphena.records.record import Work, is_id
from saphena.records.shapes import Patient
from saphena.records.treatments import TREATMENTS
from saphena.version import VERSION

FORMAT = "saphena-patient-1"
KINDS = (PATIENTS, ENCOUNTERS, MEASUREMENTS, TREATMENTS, OUTCOMES, DIARY)
STAYS = "account_patients"
"""Who may see the patient here is no business of another record."""


def export_patient(work: Work, patient: str) -> dict[str, Any]:
    """Every row of every table that belongs to the patient, and the audit entries about them."""
    work.patient(patient)
    work.note("export", "patient", patient, patient)
    held = {}
    for table in tables.of_patients():
        query = sa.select(table).where(table.c.patient == patient).order_by(*table.primary_key)
        rows = [
            {name: encoded(value) for name, value in row.items()} for row in work.connection.execute(query).mappings()
        ]
        held[table.name] = rows
    return {
        "format": FORMAT,
        "software": VERSION,
        "revision": revision(work.connection),
        "patient": patient,
        "tables": held,
        "audit": [entry.model_dump() for entry in audit.entries(work.connection, patient=patient)],
    }


def import_patient(work: Work, exported: dict[str, Any]) -> Patient:
    """An export read into this record; refused if the patient or the identifier is already here.

    Links come in revoked; which accounts could see the patient is not taken over.
    """
    work.staff("administrator")
    if not isinstance(exported, dict) or exported.get("format") != FORMAT or not is_id(str(exported.get("patient"))):
        raise RecordFault("import", "is no export of a patient", "Give the file that saphena record export wrote")
    if exported.get("revision") != revision(work.connection):
        message = f"is of revision {exported.get('revision')}, this record of {revision(work.connection)}"
        raise RecordFault("import", message, "Bring both to the same version of Saphena")
    patient, held = str(exported["patient"]), exported.get("tables")
    if work.connection.scalar(sa.select(tables.patients.c.patient).where(tables.patients.c.patient == patient)):
        raise Taken("import", "this patient is already here", "Nothing needs to be done", PATIENTS.get(work, patient))
    try:
        assert isinstance(held, dict)
        for table in tables.of_patients():
            rows = [_row(table, row, patient) for row in held.get(table.name, ())] if table.name != STAYS else []
            if table is tables.links:
                rows = [{**row, "revoked_at": row["revoked_at"] or work.now(), "code_hash": None} for row in rows]
            if rows:
                work.connection.execute(sa.insert(table), rows)
        work.note("import", "patient", patient, patient)
        for kind in KINDS:  # Nothing comes in that cannot be shown.
            kind.every(work, patient)
        assessments.of(work, patient)
        found = PATIENTS.get(work, patient)
    except (
        AssertionError,
        KeyError,
        TypeError,
        ValueError,
        AttributeError,
        ValidationError,
        sa.exc.SQLAlchemyError,
    ) as e:
        if isinstance(e, RecordFault):
            raise
        raise RecordFault("import", "is damaged, or was written by hand", "Export the patient again") from None
    if other := next((one for one in patients.called(work, found.identifier) if one.id != patient), None):
        message = f"the identifier {found.identifier!r} belongs to another patient here"
        raise Taken("import", message, "Give that patient another identifier first", other)
    return found


def _row(table: sa.Table, row: dict[str, Any], patient: str) -> dict[str, Any]:
    if row["patient"] != patient or set(row) != set(table.c.keys()):
        raise ValueError
    return {name: decoded(table.c[name], value) for name, value in row.items()}
