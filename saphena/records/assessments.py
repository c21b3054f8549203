"""Assessments as they were given, and the same cases assessed again when knowledge changes."""

from __future__ import annotations

from saphena.assessment import Assessment
from saphena.model.network import Model
from saphena.records.record import Record, Work
from saphena.records.shapes import Actor, Reassessment, StoredAssessment


def store(work: Work, encounter: str, case_number: int, assessment: Assessment) -> StoredAssessment:
    """Keep an assessment of one version of a case."""
    raise NotImplementedError


def get(work: Work, assessment: str) -> StoredAssessment:
    """One stored assessment."""
    raise NotImplementedError


def of(work: Work, patient: str, encounter: str | None = None) -> list[StoredAssessment]:
    """All that are stored of a patient (or one visit), in order of time."""
    raise NotImplementedError


def reassess(
    record: Record, actor: Actor, model: Model, *, moved_by: float = 0.1, store_new: bool = False
) -> Reassessment:
    """Every latest case of the record assessed with this model; whose answer moved.

    It works in units of its own, so that nobody waits while it assesses; nothing is stored unless asked.
    Archived patients are left out.
    """
    raise NotImplementedError
