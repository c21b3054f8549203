"""Emergency telephone numbers; the number is shown wherever somebody is told to call."""

from __future__ import annotations

COUNTRIES = {
    **dict.fromkeys(
        [
            "AT",
            "BE",
            "BG",
            "CY",
            "CZ",
            "DE",
            "DK",
            "EE",
            "ES",
            "FI",
            "FR",
            "GR",
            "HR",
            "HU",
            "IE",
            "IT",
            "LT",
            "LU",
            "LV",
            "MT",
            "NL",
            "PL",
            "PT",
            "RO",
            "SE",
            "SI",
            "SK",
            "IS",
            "LI",
            "NO",
        ],
        "112",
    ),
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
    "IN": "112",
}
"""Country -> number of the ambulance. Recalled, not read from a source; 112 reaches help from a mobile telephone in most others."""
EVERYWHERE = "112"


def emergency_number(country: str) -> str | None:
    """The number of this country; None where the country is not set, or is none of these."""
    return COUNTRIES.get(country.upper())
