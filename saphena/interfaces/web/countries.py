"""Emergency telephone numbers: whoever is told to call is shown the one that works where they are."""

from __future__ import annotations

from babel.core import Locale
from starlette.requests import Request

from saphena.interfaces.web.language import Language

EVERYWHERE = "112"
WITH_112 = (
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IN",
    "IS", "IT", "LI", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
)  # fmt: skip
COUNTRIES = dict.fromkeys(WITH_112, EVERYWHERE) | {
    "NO": "113",
    "GB": "999",
    "CH": "144",
    "UA": "103",
    "RU": "103",
    "BY": "103",
    "KZ": "103",
    "US": "911",
    "CA": "911",
    "AU": "000",
    "NZ": "111",
}
"""Country -> number of the ambulance. Recalled, not read from a source; 112 reaches help from a mobile telephone in most others."""
COOKIE = "country"


def country_of(request: Request) -> str:
    """As set for this installation, else as the reader chose; empty if neither."""
    chosen: str = request.app.state.settings.country or request.cookies.get(COOKIE, "")
    return chosen.upper() if chosen.upper() in COUNTRIES else ""


def emergency_of(country: str, language: Language) -> tuple[str, str]:
    """The number to call, and what is said of it: without a country, that it may be another one."""
    if country:
        return COUNTRIES[country], COUNTRIES[country]
    return EVERYWHERE, language.say("112, or the emergency number of your country")


def named(language: Language) -> list[tuple[str, str]]:
    """The countries as the reader calls them, in the order of their names."""
    territories = Locale(language.code).territories
    return sorted(((code, str(territories[code])) for code in COUNTRIES), key=lambda pair: pair[1])
