"""The fields of a form that was sent: read one by one; what is wrong is kept for the page, and so is what was written."""

from __future__ import annotations

import datetime
import re
from collections.abc import Collection
from typing import Annotated

from fastapi import Depends, Request

from saphena.case import Case
from saphena.faults import Faulty
from saphena.interfaces.web.language import Language, language_of

LONGEST = 500
"""Letters of a field of words."""


class Fields:
    """What was written, by field, and what is wrong with it."""

    def __init__(self, written: dict[str, list[str]], language: Language) -> None:
        self.written, self.language = written, language
        self.errors: dict[str, str] = {}

    def __getitem__(self, name: str) -> str:
        """As it was written; empty where nothing was."""
        return next(iter(self.written.get(name, ())), "").strip()

    def all(self, name: str) -> list[str]:
        """Of a field that stands several times."""
        return [value.strip() for value in self.written.get(name, ()) if value.strip()]

    def blame(self, name: str, words: str) -> None:
        """Something is wrong with a field; the first fault of each is enough."""
        self.errors.setdefault(name, words)

    def blame_faulty(self, faulty: Faulty, name: str) -> None:
        """The record or the vocabulary refused it: in its own words."""
        self.blame(name, " ".join(f"{self.language.fault(fault.message, fault.remedy)}." for fault in faulty.faults))

    def words(self, name: str, needed: str = "", longest: int = LONGEST) -> str | None:
        """Free words; ``needed`` is what to say if there are none."""
        written = self[name]
        if needed and not written:
            self.blame(name, needed)
        if len(written) > longest:
            said = self.language.say("%(written)s letters are too many here: at most %(longest)s.")
            self.blame(name, said % {"written": len(written), "longest": longest})
        return written or None

    def choice(self, name: str, allowed: Collection[str], needed: str = "") -> str | None:
        """One of a few."""
        written = self[name]
        if written in allowed:
            return written
        if needed or written:
            self.blame(name, needed or self.language.say("Choose one of those offered."))
        return None

    def whole(self, name: str, lowest: int, highest: int) -> int | None:
        """A whole number, or nothing."""
        number = self.number(name, lowest, highest)
        if number is not None and number != int(number):
            self.blame(name, self.language.say("Write a whole number."))
        return None if number is None else int(number)

    def version(self, name: str = "seen") -> int:
        """Number of the version that was seen, from a field that nobody types; 0, which no version has, for anything else."""
        return int(self[name]) if re.fullmatch(r"[0-9]{1,6}", self[name]) else 0

    def number(self, name: str, lowest: float, highest: float) -> float | None:
        """A number between two others, with a decimal point or comma, or nothing."""
        written = self[name].replace(",", ".").replace("−", "-")
        if not written:
            return None
        if not re.fullmatch(r"-?\d{1,9}(\.\d{1,9})?", written):
            self.blame(name, self.language.say("“%(written)s” is not a number.") % {"written": self[name][:40]})
            return None
        number = float(written)
        if not lowest <= number <= highest:
            said = self.language.say("%(number)s is not believable here: it lies between %(lowest)s and %(highest)s.")
            self.blame(name, said % {"number": written, "lowest": f"{lowest:g}", "highest": f"{highest:g}"})
            return None
        return number

    def date(self, name: str, needed: bool = True, future: bool = False) -> datetime.date | None:
        """A day, as the date field of a browser sends it."""
        written = self[name]
        if not written:
            if needed:
                self.blame(name, self.language.say("Give a date."))
            return None
        try:
            day = datetime.date.fromisoformat(written)
        except ValueError:
            said = self.language.say("“%(written)s” is not a date: write it like 2026-03-02.")
            self.blame(name, said % {"written": written[:40]})
            return None
        if day > today() and not future:
            self.blame(name, self.language.say("This day is still to come."))
        elif day.year < 1900:
            self.blame(name, self.language.say("This day is too long ago."))
        return day

    def case(self, name: str = "case") -> Case:
        """A case as JSON; raises ``Faulty`` through pydantic's words where it is none."""
        try:
            return Case.model_validate_json(self[name])
        except ValueError as error:
            raise NotACase(error) from None


class NotACase(Exception):
    """What was sent as a case is none."""

    def __init__(self, error: ValueError) -> None:
        errors = error.errors() if hasattr(error, "errors") else []
        self.faults = [f"{'.'.join(map(str, one['loc'])) or 'case'}: {one['msg']}" for one in errors[:5]]
        super().__init__("; ".join(self.faults))


def today() -> datetime.date:
    """The day where the server stands."""
    return datetime.date.today()


async def _fields(request: Request) -> Fields:
    form = await request.form()
    written: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            written.setdefault(name, []).append(value)
    return Fields(written, language_of(request))


Sent = Annotated[Fields, Depends(_fields)]
