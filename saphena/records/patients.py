"""Patients: pseudonymous, archived rather than deleted, deleted altogether when asked."""

from __future__ import annotations

from saphena.records.record import Work
from saphena.records.shapes import Deleted, Patient, Sex


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
    raise NotImplementedError


def get(work: Work, patient: str) -> Patient:
    """One patient by id."""
    raise NotImplementedError


def find(work: Work, text: str = "", *, archived: bool = False, limit: int = 50, offset: int = 0) -> list[Patient]:
    """Patients whose identifier (or label) holds this text, last added first."""
    raise NotImplementedError


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
    raise NotImplementedError


def history(work: Work, patient: str) -> list[Patient]:
    """All versions, first to last."""
    raise NotImplementedError


def archive(work: Work, patient: str, archived: bool = True) -> Patient:
    """Take out of the daily list, or put back."""
    raise NotImplementedError


def delete(work: Work, patient: str) -> Deleted:
    """Remove everything of a patient; the audit, which holds no content, keeps a tombstone."""
    raise NotImplementedError


def delete_examples(work: Work) -> list[Deleted]:
    """Remove all example patients."""
    raise NotImplementedError
