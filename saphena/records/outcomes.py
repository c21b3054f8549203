"""Outcomes: what it turned out to be, and whether Saphena had said so."""

from __future__ import annotations

import datetime
from typing import Any

from saphena.model.network import Model
from saphena.records.record import Work
from saphena.records.shapes import Agreement, Level, Outcome


def write(
    work: Work,
    encounter: str,
    seen: int,
    date: datetime.date,
    agreement: Agreement,
    *,
    conditions: tuple[str, ...] = (),
    over: tuple[str, ...] = (),
    words: str | None = None,
    why_not: str | None = None,
    triage: Level | None = None,
    why_triage: str | None = None,
    assessment: str | None = None,
    reason: str | None = None,
    model: Model | None = None,
) -> Outcome:
    """The outcome of a visit; ``seen`` is 0 for the first, later ones need a reason. Clinicians only."""
    raise NotImplementedError


def get(work: Work, encounter: str) -> Outcome | None:
    """The latest outcome of a visit."""
    raise NotImplementedError


def of(work: Work, patient: str) -> list[Outcome]:
    """The latest outcome of each visit, in order of date."""
    raise NotImplementedError


def history(work: Work, encounter: str) -> list[Outcome]:
    """All versions, first to last."""
    raise NotImplementedError


def rows(work: Work) -> list[dict[str, Any]]:
    """For audit of the tool: one flat row per outcome, beside what the judged assessment had said."""
    raise NotImplementedError
