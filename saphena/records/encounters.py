"""Encounters: dated visits, each with its case in versions."""

from __future__ import annotations

import datetime

from saphena.case import Case
from saphena.records.record import Work
from saphena.records.shapes import Encounter, Speaker


def add(work: Work, patient: str, date: datetime.date, case: Case, *, origin: Speaker = "clinician") -> Encounter:
    """A new visit with the first version of its case; the setting is the case's."""
    raise NotImplementedError


def get(work: Work, encounter: str, number: int | None = None) -> Encounter:
    """The latest version, or the one with this number."""
    raise NotImplementedError


def of(work: Work, patient: str) -> list[Encounter]:
    """The latest version of each visit, in order of date."""
    raise NotImplementedError


def history(work: Work, encounter: str) -> list[Encounter]:
    """All versions, first to last."""
    raise NotImplementedError


def write(
    work: Work,
    encounter: str,
    seen: int,
    case: Case,
    reason: str,
    *,
    date: datetime.date | None = None,
    origin: Speaker = "clinician",
) -> Encounter:
    """The next version; raises ``Conflict`` with the current one if ``seen`` is not its number."""
    raise NotImplementedError


def withdraw(work: Work, encounter: str, seen: int, reason: str) -> Encounter:
    """Entered in error."""
    raise NotImplementedError
