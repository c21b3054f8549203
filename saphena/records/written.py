"""Words, numbers and dates as people write them into the record, checked."""

from __future__ import annotations

import datetime
import math
import unicodedata
from collections.abc import Collection

from saphena.model.suggest import did_you_mean
from saphena.records.errors import RecordFault

LONGEST_REASON = 500
FEW = 12
EARLIEST = datetime.date(1900, 1, 1)


def words(place: str, text: str, longest: int = LONGEST_REASON) -> str:
    """Some words, without signs that are none; line breaks stay."""
    kept = unicodedata.normalize("NFC", text).replace("\r\n", "\n").strip()
    if not kept:
        raise RecordFault(place, "is empty", "Write some words")
    if len(kept) > longest:
        raise RecordFault(place, f"is {len(kept)} letters long", f"Keep it to {longest}")
    if any(unicodedata.category(sign) in ("Cc", "Cs") and sign not in "\n\t" for sign in kept):
        raise RecordFault(place, "holds signs that cannot be kept", "Write letters, digits and punctuation only")
    return kept


def maybe_words(place: str, text: str | None, longest: int = LONGEST_REASON) -> str | None:
    """Words, or none."""
    return words(place, text, longest) if text is not None and text.strip() else None


def within(place: str, value: float, low: float, high: float, unit: str = "") -> float:
    """A number in its range; the message names the range, so that a slip of the comma is seen."""
    said = f" {unit}" if unit and unit not in ("1", "0-10") else ""
    if isinstance(value, bool) or not math.isfinite(value) or not low <= value <= high:
        raise RecordFault(place, f"{value:g}{said} is not believed", f"Write a number from {low:g} to {high:g}{said}")
    return float(value)


def day(place: str, date: datetime.date, today: datetime.date, *, future: bool = False) -> datetime.date:
    """A date that has been; one day ahead is let pass, for it is already tomorrow elsewhere."""
    if isinstance(date, datetime.datetime):
        date = date.date()
    if date < EARLIEST or (not future and date > today + datetime.timedelta(days=1)):
        raise RecordFault(place, f"{date.isoformat()} cannot be", f"Write a day from 1900 to {today.isoformat()}")
    return date


def one_of(place: str, value: str, known: Collection[str]) -> str:
    """One of a few words."""
    if value not in known:
        remedy = f"Known: {', '.join(known)}" if len(known) <= FEW else did_you_mean(value, list(known))
        raise RecordFault(place, f"there is no {value!r}", remedy)
    return value
