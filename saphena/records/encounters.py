"""Encounters: dated visits, each with its case in versions."""

from __future__ import annotations

import datetime
from typing import Any, get_args

from saphena.case import Case
from saphena.records import tables
from saphena.records.record import Work
from saphena.records.shapes import Encounter, Speaker
from saphena.records.versions import Versions
from saphena.records.written import day, one_of

ENCOUNTERS = Versions("encounter", tables.encounter_versions, Encounter)


def add(work: Work, patient: str, date: datetime.date, case: Case, *, origin: Speaker = "clinician") -> Encounter:
    """A new visit with the first version of its case; the setting is the case's."""
    return ENCOUNTERS.add(work, patient, **_content(work, date, case, origin))


def get(work: Work, encounter: str, number: int | None = None) -> Encounter:
    """The latest version, or the one with this number."""
    return ENCOUNTERS.get(work, encounter, number)


def of(work: Work, patient: str) -> list[Encounter]:
    """The latest version of each visit, in order of date."""
    return ENCOUNTERS.of(work, patient)


def history(work: Work, encounter: str) -> list[Encounter]:
    """All versions, first to last."""
    return ENCOUNTERS.history(work, encounter)


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
    content = _content(work, date or ENCOUNTERS.get(work, encounter).date, case, origin)
    return ENCOUNTERS.change(work, encounter, seen, reason, **content)


def _content(work: Work, date: datetime.date, case: Case, origin: str) -> dict[str, Any]:
    return {
        "date": day("date", date, work.now().date()),
        "setting": case.setting,
        "origin": one_of("origin", origin, get_args(Speaker)),
        # Defaults are written out: what they are may change, what was meant may not.
        "case": case.model_dump(mode="json", exclude_none=True),
    }
