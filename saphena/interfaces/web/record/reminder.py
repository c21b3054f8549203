"""A calendar file that reminds of the diary every day (iCalendar, RFC 5545)."""

from __future__ import annotations

import datetime

from saphena.interfaces.web.language import Language

LONGEST_LINE = 75
"""Octets of one line; longer ones go on after a line break and a space."""


def reminder(
    name: str, since: datetime.date, until: datetime.date, hour: int, language: Language, address: str = ""
) -> bytes:
    """Every day at this hour of the reader's own clock, until the link ends. Nothing in it says what the diary is of."""
    _ = language.say
    title = _escaped(_("Diary, two minutes"))
    begins = datetime.datetime.combine(since, datetime.time(hour))
    days = max((until - since).days, 1)
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Saphena//Diary//EN",
        "BEGIN:VEVENT",
        f"UID:{name}@saphena.invalid",
        f"DTSTAMP:{datetime.datetime.now(datetime.UTC):%Y%m%dT%H%M%SZ}",
        f"DTSTART:{begins:%Y%m%dT%H%M%S}",
        "DURATION:PT5M",
        f"RRULE:FREQ=DAILY;COUNT={days}",
        f"SUMMARY:{title}",
        *([f"URL:{address}"] if address else []),
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{title}",
        "TRIGGER:PT0M",
        "END:VALARM",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return b"".join(_folded(line) for line in lines)


def _escaped(text: str) -> str:
    for mark in "\\;,":
        text = text.replace(mark, f"\\{mark}")
    return text.replace("\n", "\\n")


def _folded(line: str) -> bytes:
    """One line in pieces of at most 75 octets, never inside a letter."""
    pieces: list[bytes] = []
    piece = b""
    for letter in line:
        octets = letter.encode()
        if len(piece) + len(octets) > LONGEST_LINE - bool(pieces):
            pieces.append(piece)
            piece = b""
        piece += octets
    pieces.append(piece)
    return b"\r\n ".join(pieces) + b"\r\n"
