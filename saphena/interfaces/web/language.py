"""The words of the pages in the reader's language.

English stands in the templates; each file ``locales/<language>/<room>.po`` translates one room of the application.
Babel reads the files as they are, so that nothing has to be compiled. What Saphena says of medicine comes from the
knowledge, not from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

from babel.core import Locale
from babel.dates import format_date, format_datetime
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from starlette.requests import Request

LOCALES = Path(__file__).parent / "locales"
LANGUAGES = {"en": "English", "ru": "Русский"}
COOKIE = "language"
YEAR = 365 * 24 * 3600
"""Seconds for which a browser remembers what was chosen."""
PLURALS = ("one", "few", "many", "other")
"""Forms of a noun after a number, in the order of a file of translations."""


@dataclass(frozen=True)
class Language:
    """One language: its words, dates and numbers."""

    code: str

    def say(self, message: str) -> str:
        """A sentence of the pages; itself where there is no translation."""
        found = _messages(self.code).get(message, message)
        return found if isinstance(found, str) else found[0]

    def say_number(self, one: str, many: str, n: int) -> str:
        """A sentence with a number, in the right form."""
        forms = _messages(self.code).get(one)
        if forms is None or isinstance(forms, str):
            return one if n == 1 else many
        place = PLURALS.index(str(Locale(self.code).plural_form(n)))
        return forms[min(place, len(forms) - 1)]

    def date(self, value: date) -> str:
        """2 March 2026; 2 марта 2026."""
        return format_date(value, "d MMMM y", locale=self.code)

    def moment(self, value: datetime) -> str:
        """2 March 2026, 10:44."""
        return format_datetime(value, "d MMMM y, HH:mm", locale=self.code)

    def number(self, value: float, digits: int = 0) -> str:
        """A decimal point in English, a comma in Russian; a minus sign, not a hyphen."""
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return format_decimal(value, pattern, locale=self.code).replace("-", "−")


Messages = dict[str, str | tuple[str, ...]]


@lru_cache
def _messages(code: str) -> Messages:
    found: Messages = {}
    for path in sorted((LOCALES / code).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=code):
                key = message.id if isinstance(message.id, str) else message.id[0]
                if key and message.string and not message.fuzzy:
                    found[key] = message.string if isinstance(message.string, str) else tuple(message.string)
    return found


def language_of(request: Request) -> Language:
    """As asked for in the address, then as chosen before, then as the browser prefers."""
    asked = request.query_params.get("lang", "")
    if asked in LANGUAGES:
        return Language(asked)
    chosen = request.cookies.get(COOKIE, "")
    if chosen in LANGUAGES:
        return Language(chosen)
    for part in request.headers.get("accept-language", "").split(","):
        code = part.split(";")[0].strip().lower()[:2]
        if code in LANGUAGES:
            return Language(code)
    return Language("en")
