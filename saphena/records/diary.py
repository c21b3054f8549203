"""The patient's diary: two minutes a day, one entry per day."""

from __future__ import annotations

import datetime
from typing import Any, Literal

from saphena.records import tables
from saphena.records.errors import RecordFault
from saphena.records.record import Work
from saphena.records.shapes import DiaryDay
from saphena.records.versions import Versions
from saphena.records.written import day as checked_day
from saphena.records.written import maybe_words, one_of, within

DIARY = Versions("diary", tables.diary_versions, DiaryDay)
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
    work.patient(patient)
    numbers = {
        "right_heaviness": right_heaviness,
        "left_heaviness": left_heaviness,
        "right_pain": right_pain,
        "left_pain": left_pain,
    }
    for name, value in numbers.items():
        if value is not None:
            within(name.replace("_", " "), value, 0, 10)
    content: dict[str, Any] = {
        **numbers,
        "evening_swelling": evening_swelling and one_of("evening swelling", evening_swelling, ("yes", "no")),
        "note": maybe_words("note", note, LONGEST_NOTE),
    }
    if all(value is None for value in content.values()):
        raise RecordFault("diary", "nothing is filled in", "Answer at least one question")
    content |= {"date": checked_day("date", date, work.now().date()), "link": link}
    before = _of_day(work, patient, content["date"])
    if before is None:
        return DIARY.add(work, patient, **content)
    return DIARY.change(work, before.id, before.number, "written again on the same page", **content)


def day(work: Work, patient: str, date: datetime.date) -> DiaryDay | None:
    """The entry of one day."""
    work.patient(patient)
    work.note("read", "diary", patient)
    return _of_day(work, patient, date)


def of(work: Work, patient: str, since: datetime.date | None = None) -> list[DiaryDay]:
    """The diary in order of date."""
    return DIARY.of(work, patient, *([] if since is None else [tables.diary_versions.c.date >= since]))


def history(work: Work, entry: str) -> list[DiaryDay]:
    """All versions of one day, first to last."""
    return DIARY.history(work, entry)


def _of_day(work: Work, patient: str, date: datetime.date) -> DiaryDay | None:
    columns = tables.diary_versions.c
    return next(iter(DIARY.present(work, columns.patient == patient, columns.date == date)), None)
