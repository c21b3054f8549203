"""Assessments as they were given, and the same cases assessed again when knowledge changes."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from saphena.assessment import Assessment, assess
from saphena.faults import Faulty
from saphena.model.network import Model
from saphena.records import tables
from saphena.records.encounters import ENCOUNTERS
from saphena.records.errors import NotFound
from saphena.records.record import Record, Work, is_id, new_id
from saphena.records.shapes import Actor, Encounter, Moved, NotAssessed, Reassessment, StoredAssessment
from saphena.records.versions import stamp

HELD = [column for column in tables.assessments.c if column.name != "said_by"]
TOGETHER = 100
"""Assessments stored in one unit of work, so that others get their turn."""


def store(work: Work, encounter: str, case_number: int, assessment: Assessment) -> StoredAssessment:
    """Keep an assessment of one version of a case."""
    visit = ENCOUNTERS.get(work, encounter, case_number)
    id_ = new_id()
    work.connection.execute(
        sa.insert(tables.assessments).values(
            id=id_,
            patient=visit.patient,
            encounter=encounter,
            case_number=case_number,
            **stamp(work),
            software=assessment.software,
            model=assessment.model,
            care=assessment.care,
            assessment=assessment.model_dump(mode="json"),
        )
    )
    work.note("add", "assessment", visit.patient, id_, case_number)
    return get(work, id_)


def get(work: Work, assessment: str) -> StoredAssessment:
    """One stored assessment."""
    query = sa.select(*HELD).where(tables.assessments.c.id == assessment)
    row = work.connection.execute(query).mappings().one_or_none() if is_id(assessment) else None
    if row is None or (work.actor.only is not None and row["patient"] not in work.actor.only):
        raise NotFound("assessment", "there is no such assessment", "Look it up in the record of the patient")
    found = StoredAssessment.model_validate(dict(row))
    work.note("read", "assessment", found.patient, found.id, found.case_number)
    return found


def of(work: Work, patient: str, encounter: str | None = None) -> list[StoredAssessment]:
    """All that are stored of a patient (or one visit), in order of time."""
    work.patient(patient)
    work.note("read", "assessment", patient)
    table = tables.assessments.c
    where = [table.patient == patient] + ([] if encounter is None else [table.encounter == encounter])
    query = sa.select(*HELD).where(*where).order_by(table.at, table.id)
    return [StoredAssessment.model_validate(dict(row)) for row in work.connection.execute(query).mappings()]


def reassess(
    record: Record, actor: Actor, model: Model, *, moved_by: float = 0.1, store_new: bool = False
) -> Reassessment:
    """The case of every visit, in its latest version, assessed with this model; whose answer moved.

    It works in units of its own, so that nobody waits while it assesses; nothing is stored unless asked.
    Archived patients are left out.
    """
    with record.work(actor) as work:
        work.staff("clinician", "administrator")
        visits = _latest(work)
        for visit in visits:
            work.note("read", "encounter", visit.patient, visit.id, visit.number)
        before = {visit.id: _last(work, visit) for visit in visits}
    moved: list[Moved] = []
    refused: list[NotAssessed] = []
    made: list[tuple[Encounter, Assessment]] = []
    for visit in visits:
        place = {"patient": visit.patient, "encounter": visit.id, "case_number": visit.number}
        try:
            answer = assess(model, visit.case)
        except Faulty as error:
            refused.append(NotAssessed(**place, faults=tuple(map(str, error.faults))))
            continue
        old = before[visit.id]
        if old is not None and (found := _moved(old, answer, moved_by, place)):
            moved.append(found)
        if old is None or (old.model, old.care) != (answer.model, answer.care):
            made.append((visit, answer))
    for start in range(0, len(made) if store_new else 0, TOGETHER):
        with record.work(actor) as work:
            for visit, answer in made[start : start + TOGETHER]:
                if _is_there(work, visit.patient):  # It may have been deleted meanwhile.
                    store(work, visit.id, visit.number, answer)
    return Reassessment(
        assessed=len(visits) - len(refused),
        compared=sum(before[visit.id] is not None for visit in visits) - sum(before[r.encounter] is not None for r in refused),
        moved=tuple(moved),
        refused=tuple(refused),
        stored=len(made) if store_new else 0,
    )  # fmt: skip


def leader(assessment: dict[str, Any]) -> str | None:
    """The first of the conditions that explain; None if none does."""
    return next((entry["id"] for entry in assessment["differential"] if entry["group"] == "explains"), None)


def _latest(work: Work) -> list[Encounter]:
    """The latest version of every visit of patients who are not archived."""
    kept = sa.select(tables.patients.c.patient).where(tables.patients.c.archived_at.is_(None))
    visits = ENCOUNTERS.present(work, tables.encounter_versions.c.patient.in_(kept))
    return list(visits)


def _last(work: Work, visit: Encounter) -> StoredAssessment | None:
    """The last stored assessment of this very version of the case."""
    table = tables.assessments.c
    query = sa.select(*HELD).where(table.encounter == visit.id, table.case_number == visit.number)
    row = work.connection.execute(query.order_by(table.at.desc()).limit(1)).mappings().one_or_none()
    return None if row is None else StoredAssessment.model_validate(dict(row))


def _moved(old: StoredAssessment, answer: Assessment, moved_by: float, place: dict[str, Any]) -> Moved | None:
    new = answer.model_dump(mode="json")
    before = {entry["id"]: entry["probability"] for entry in old.assessment["differential"]}
    after = {entry["id"]: entry["probability"] for entry in new["differential"]}
    far = {
        id_: (before.get(id_, 0.0), after.get(id_, 0.0))
        for id_ in dict.fromkeys((*before, *after))
        if abs(after.get(id_, 0.0) - before.get(id_, 0.0)) > moved_by
    }
    found = Moved(
        **place,
        old_model=old.model,
        new_model=answer.model,
        old_leader=leader(old.assessment),
        new_leader=leader(new),
        old_triage=old.assessment["triage"]["level"],
        new_triage=answer.triage.level,
        probabilities=far,
    )
    return found if far or found.leader_moved or found.triage_moved else None


def _is_there(work: Work, patient: str) -> bool:
    return work.connection.scalar(sa.select(sa.literal(1)).where(tables.patients.c.patient == patient)) is not None
