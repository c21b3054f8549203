"""Patients: pseudonymous, archived rather than deleted, deleted altogether when asked."""

from __future__ import annotations

from typing import Any, get_args

import sqlalchemy as sa

from saphena.records import tables
from saphena.records.errors import Conflict, RecordFault
from saphena.records.record import Work, new_id
from saphena.records.shapes import Deleted, Patient, Sex
from saphena.records.versions import Versions
from saphena.records.written import maybe_words, one_of, within, words

PATIENTS = Versions(
    "patient", tables.patient_versions, Patient, tables.patients.c.example, tables.patients.c.archived_at
)
LONGEST_NAME = 100
MOST_AT_ONCE = 200


def add(
    work: Work,
    identifier: str,
    birth_year: int | None = None,
    sex: Sex = "unknown",
    *,
    label: str | None = None,
    example: bool = False,
) -> Patient:
    """A new patient; the identifier is the clinic's own and must be free."""
    work.staff("clinician", "administrator")
    content = _content(work, identifier, birth_year, sex, label)
    patient = new_id()
    row = {"patient": patient, "example": example, "archived_at": None, "added_at": work.now()}
    work.connection.execute(sa.insert(tables.patients).values(row))
    return PATIENTS.add(work, patient, patient, **content)


def get(work: Work, patient: str) -> Patient:
    """One patient by id."""
    return PATIENTS.get(work, patient)


def find(work: Work, text: str = "", *, archived: bool = False, limit: int = 50, offset: int = 0) -> list[Patient]:
    """Patients whose identifier (or label) holds this text, last added first."""
    query = sa.select(tables.patients.c.patient)
    versions = tables.patient_versions.c
    query = query.join(tables.entries, tables.entries.c.id == tables.patients.c.patient).join(
        tables.patient_versions,
        sa.and_(versions.id == tables.patients.c.patient, versions.number == tables.entries.c.number),
    )
    if sought := maybe_words("search", text, LONGEST_NAME):
        query = query.where(
            sa.or_(*(column.icontains(sought, autoescape=True) for column in (versions.identifier, versions.label)))
        )
    if not archived:
        query = query.where(tables.patients.c.archived_at.is_(None))
    if work.actor.only is not None:
        query = query.where(tables.patients.c.patient.in_(work.actor.only))
    query = query.order_by(tables.patients.c.added_at.desc(), tables.patients.c.patient)
    bounds = max(0, min(limit, MOST_AT_ONCE)), max(0, min(offset, 2**31))
    ids = list(work.connection.scalars(query.limit(bounds[0]).offset(bounds[1])))
    work.note("list", "patient", patients=ids)
    found = {one.id: one for one in PATIENTS.present(work, versions.patient.in_(ids), order="at")}
    return [found[id_] for id_ in ids]


def correct(
    work: Work,
    patient: str,
    seen: int,
    reason: str,
    *,
    identifier: str | None = None,
    birth_year: int | None = None,
    sex: Sex | None = None,
    label: str | None = None,
) -> Patient:
    """Change what is given; the old version is kept."""
    work.staff("clinician", "administrator")
    old = PATIENTS.get(work, patient)
    if old.number == seen:  # Otherwise the conflict is what matters, whatever was written.
        content = _content(
            work, identifier or old.identifier, birth_year or old.birth_year, sex or old.sex, label, patient
        )
        if label is None:
            content["label"] = old.label
        return PATIENTS.change(work, patient, seen, reason, **content)
    return PATIENTS.change(work, patient, seen, reason)


def history(work: Work, patient: str) -> list[Patient]:
    """All versions, first to last."""
    return PATIENTS.history(work, patient)


def archive(work: Work, patient: str, archived: bool = True) -> Patient:
    """Take out of the daily list, or put back."""
    work.staff("clinician", "administrator")
    work.patient(patient)
    when = work.now() if archived else None
    where = tables.patients.c.patient == patient
    work.connection.execute(sa.update(tables.patients).where(where).values(archived_at=when))
    work.note("archive" if archived else "unarchive", "patient", patient, patient)
    return PATIENTS.get(work, patient)


def delete(work: Work, patient: str) -> Deleted:
    """Remove everything of a patient; the audit, which holds no content, keeps a tombstone."""
    work.staff("clinician", "administrator")
    work.patient(patient)
    rows: dict[str, int] = {}
    for table in reversed(tables.of_patients()):
        count = work.connection.execute(sa.delete(table).where(table.c.patient == patient)).rowcount
        if count:
            rows[table.name] = count
    work.note("delete", "patient", patient, patient, rows=rows)
    return Deleted(patient=patient, rows=rows)


def delete_examples(work: Work) -> list[Deleted]:
    """Remove all example patients."""
    ids = list(work.connection.scalars(sa.select(tables.patients.c.patient).where(tables.patients.c.example)))
    return [delete(work, id_) for id_ in ids]


def _content(
    work: Work, identifier: str, birth_year: int | None, sex: str, label: str | None, patient: str | None = None
) -> dict[str, Any]:
    name = words("identifier", identifier, LONGEST_NAME)
    if label is not None and label.strip() and not work.settings.labels:
        raise RecordFault("label", "labels are off, so that the record stays pseudonymous", "Leave it empty")
    if birth_year is not None:
        within("birth year", birth_year, work.now().year - 121, work.now().year)
    versions = tables.patient_versions.c
    same = [one for one in PATIENTS.present(work, versions.identifier == name, order="at") if one.id != patient]
    if same:
        hidden = work.actor.only is not None
        message = f"{name!r} is already there" + (", archived" if same[0].archived_at else "")
        raise Conflict("identifier", message, "Open that patient, or write another", None if hidden else same[0])
    return {
        "identifier": name,
        "birth_year": birth_year,
        "sex": one_of("sex", sex, get_args(Sex)),
        "label": maybe_words("label", label, LONGEST_NAME),
    }
