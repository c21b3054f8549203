"""The patient's diary: two minutes a day, one entry per day."""

from __future__ import annotations

import datetime
from typing import Literal

from saphena.records.record import Work
from saphena.records.shapes import DiaryDay

LONGEST_NOTE = 500


def write(
    work: Work,
    patient: str,
    date: datetime.date,
    *,
    right_heaviness: float | None = None,
    left_heaviness: float | None = None,
    right_pain: float | None = None,
    left_pain: float | None = None,
    evening_swelling: Literal["yes", "no"] | None = None,
    note: str | None = None,
    link: str | None = None,
) -> DiaryDay:
    """Today's entry as a whole; a second one of the same day replaces it, and the first is kept as a version."""
    raise NotImplementedError


def day(work: Work, patient: str, date: datetime.date) -> DiaryDay | None:
    """The entry of one day."""
    raise NotImplementedError


def of(work: Work, patient: str, since: datetime.date | None = None) -> list[DiaryDay]:
    """The diary in order of date."""
    raise NotImplementedError


def history(work: Work, entry: str) -> list[DiaryDay]:
    """All versions of one day, first to last."""
    raise NotImplementedError
