"""Patients: pseudonymous, archived rather than deleted, deleted altogether when asked."""

from __future__ import annotations

from typing import Any, TypedDict, Unpack, get_args

import sqlalchemy as sa

from saphena.records import tables
from saphena.records.errors import RecordFault, Taken
from saphena.records.record import Work, new_id
from saphena.records.shapes import Deleted, Patient, Sex
from saphena.records.versions import Versions
from saphena.records.written import maybe_words, one_of, within, words

PATIENTS = Versions(
    "patient", tables.patient_versions, Patient, tables.patients.c.example, tables.patients.c.archived_at
)
LONGEST_NAME = 100
MOST_AT_ONCE = 200


class Corrections(TypedDict, total=False):
    """What can be corrected; None takes it away."""

    identifier: str
    birth_year: int | None
    sex: Sex
    label: str | None


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
    content = _content(work, None, {"identifier": identifier, "birth_year": birth_year, "sex": sex, "label": label})
    patient = new_id()
    row = {"patient": patient, "example": example, "archived_at": None, "added_at": work.now()}
    work.connection.execute(sa.insert(tables.patients).values(row))
    return PATIENTS.add(work, patient, patient, **content)


def get(work: Work, patient: str) -> Patient:
    """One patient by id."""
    return PATIENTS.get(work, patient)


def find(work: Work, text: str = "", *, archived: bool = False, limit: int = 50, offset: int = 0) -> list[Patient]:
    """Patients in use, or archived ones, whose identifier (or label) holds this text; last added first."""
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
    query = query.where(
        tables.patients.c.archived_at.is_not(None) if archived else tables.patients.c.archived_at.is_(None)
    )
    if work.actor.only is not None:
        query = query.where(tables.patients.c.patient.in_(work.actor.only))
    query = query.order_by(tables.patients.c.added_at.desc(), tables.patients.c.patient)
    bounds = max(0, min(limit, MOST_AT_ONCE)), max(0, min(offset, 2**31))
    ids = list(work.connection.scalars(query.limit(bounds[0]).offset(bounds[1])))
    work.note("list", "patient", patients=ids)
    found = {one.id: one for one in PATIENTS.present(work, versions.patient.in_(ids), order="at")}
    return [found[id_] for id_ in ids]


def called(work: Work, identifier: str) -> list[Patient]:
    """Whoever has this identifier, in whatever capitals, archived or not."""
    work.staff("clinician", "administrator")
    written = sa.func.lower(tables.patient_versions.c.identifier)
    found = PATIENTS.present(work, written == identifier.strip().lower(), order="at")
    if found:
        work.note("list", "patient", patients=[one.id for one in found])
    return found


def correct(work: Work, patient: str, seen: int, reason: str, **given: Unpack[Corrections]) -> Patient:
    """Change what is given; the old version is kept."""
    work.staff("clinician", "administrator")
    # If somebody else was quicker, that is what matters, whatever was written.
    fits = PATIENTS.get(work, patient).number == seen
    return PATIENTS.change(work, patient, seen, reason, **(_content(work, patient, given) if fits else {}))


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


def delete(work: Work, patient: str, *, dry_run: bool = False) -> Deleted:
    """Remove everything of a patient, or only say what that would be; the audit, without content, keeps a tombstone."""
    work.staff("clinician", "administrator")
    work.patient(patient)
    rows: dict[str, int] = {}
    for table in reversed(tables.of_patients()):
        mine = table.c.patient == patient
        count = work.connection.scalar(sa.select(sa.func.count()).select_from(table).where(mine))
        if count:
            rows[table.name] = count
            if not dry_run:
                work.connection.execute(sa.delete(table).where(mine))
    if not dry_run:
        work.note("delete", "patient", patient, patient, rows=rows)
    return Deleted(patient=patient, rows=rows)


def delete_examples(work: Work) -> list[Deleted]:
    """Remove all example patients."""
    ids = list(work.connection.scalars(sa.select(tables.patients.c.patient).where(tables.patients.c.example)))
    return [delete(work, id_) for id_ in ids]


def _content(work: Work, patient: str | None, given: Corrections) -> dict[str, Any]:
    """What is given of a patient, checked."""
    content: dict[str, Any] = dict(given)
    if "identifier" in given:
        content["identifier"] = name = words("identifier", given["identifier"], LONGEST_NAME)
        if same := [one for one in called(work, name) if one.id != patient]:
            message = f"{same[0].identifier!r} is already there" + (", archived" if same[0].archived_at else "")
            raise Taken("identifier", message, "Open that patient, or write another", same[0])
    if (birth_year := given.get("birth_year")) is not None:
        within("birth year", birth_year, work.now().year - 121, work.now().year)
    if "sex" in given:
        one_of("sex", given["sex"], get_args(Sex))
    if "label" in given:
        content["label"] = maybe_words("label", given["label"], LONGEST_NAME)
        if content["label"] and not work.settings.labels:
            raise RecordFault("label", "labels are off, so that the record stays pseudonymous", "Leave it empty")
    return content
