"""The words of the pages in the reader's language.

English stands in the templates; each file ``locales/<language>/<room>.po`` translates one room of the application.
Babel reads the files as they are, so that nothing has to be compiled. What Saphena says of medicine comes from the
knowledge, not from here: names by id, and sentences from the files of translations beside them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path

from babel.core import Locale
from babel.dates import format_date, format_datetime
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from markupsafe import Markup, escape
from starlette.requests import Request

from saphena.assessment import per_cent
from saphena.model.load import KNOWLEDGE

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

    def tell(self, sentence: str) -> str:
        """A sentence of the knowledge; in English where it has no translation."""
        found = _sentences(self.code).get(sentence, sentence)
        return found if isinstance(found, str) else found[0]

    def told(self, sentence: str) -> Markup:
        """The same for a page: marked as English where it is on a page in another language."""
        if self.code == "en" or sentence in _sentences(self.code):
            return escape(self.tell(sentence))
        return Markup('<span lang="en">{}</span>').format(sentence)

    def fault(self, *parts: str, named: Callable[[str], str] = str) -> str:
        """What is wrong with an input and what to do: ``locales/<language>/faults/`` has ``{}`` for what is filled in.

        ``named`` says how what is filled in is called in this language.
        """
        return ". ".join(self._fault(part, named) for part in parts if part)

    def _fault(self, sentence: str, named: Callable[[str], str]) -> str:
        for pattern, said in _faults(self.code):
            if found := pattern.fullmatch(sentence):
                return said.format(*map(named, found.groups()))
        return sentence

    def date(self, value: date) -> str:
        """2 March 2026; 2 марта 2026."""
        here = value.astimezone() if isinstance(value, datetime) else value
        return format_date(here, "d MMMM y", locale=self.code)

    def moment(self, value: datetime) -> str:
        """2 March 2026, 10:44: by the clock where the server stands, as the days of the record are."""
        return format_datetime(value.astimezone(), "d MMMM y, HH:mm", locale=self.code)

    def number(self, value: float, digits: int = 0) -> str:
        """A decimal point in English, a comma in Russian; a minus sign, not a hyphen."""
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return format_decimal(value, pattern, locale=self.code).replace("-", "−")

    def brief(self, value: float) -> str:
        """As many digits as it has, six at most; a decimal comma where the language has one."""
        return f"{value:g}".replace(".", "," if self.code == "ru" else ".").replace("-", "−")

    def per_cent(self, probability: float) -> str:
        """As in every answer, never certain; a decimal comma where the language has one."""
        return per_cent(probability).replace(".", "," if self.code == "ru" else ".")


Messages = dict[str, str | tuple[str, ...]]


@lru_cache
def _messages(code: str) -> Messages:
    return _read(LOCALES / code, code)


@lru_cache
def _sentences(code: str) -> Messages:
    return _read(KNOWLEDGE / "text" / code, code)


@lru_cache
def _faults(code: str) -> list[tuple[re.Pattern[str], str]]:
    """Patterns of what can be wrong; those that fix more are tried sooner."""
    said = _read(LOCALES / code / "faults", code)
    return [
        (re.compile(re.escape(english).replace(r"\{\}", "(.*?)"), re.DOTALL), str(said[english]))
        for english in sorted(said, key=lambda one: -len(one.replace("{}", "")))
    ]


def _read(folder: Path, code: str) -> Messages:
    found: Messages = {}
    for path in sorted(folder.glob("*.po")):
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
