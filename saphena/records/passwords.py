"""Passwords: hashed with Argon2, checked for length, never kept."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from saphena.records.errors import RecordFault

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 1000
HASHER = PasswordHasher()


def checked(password: str, name: str) -> str:
    """A password that may be set; length matters, not which signs."""
    spelled = _spelled(password)
    if not SHORTEST_PASSWORD <= len(spelled) <= LONGEST_PASSWORD:
        message = f"has {len(spelled)} signs"
        raise RecordFault("password", message, f"Use {SHORTEST_PASSWORD} to {LONGEST_PASSWORD}; several words are good")
    if len(set(spelled)) < 5 or name.casefold() in spelled.casefold():
        raise RecordFault("password", "is easy to guess", "Use several words that have nothing to do with the name")
    return spelled


def hashed(password: str) -> str:
    """What is kept of a password; takes a while on purpose, so never inside a unit of work."""
    return HASHER.hash(_bytes(_spelled(password)))


def right(kept: str | None, password: str) -> bool:
    """Is it the password? Takes as long for an account without one, or without an account."""
    try:
        return HASHER.verify(kept or _nobody(), _bytes(_spelled(password)[:LONGEST_PASSWORD])) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def outdated(kept: str) -> bool:
    """Was it hashed with weaker settings than today's?"""
    return HASHER.check_needs_rehash(kept)


@lru_cache(maxsize=1)
def _nobody() -> str:
    return hashed("the password of nobody")


def _spelled(password: str) -> str:
    """The same letters however a keyboard composes them."""
    return unicodedata.normalize("NFKC", password)


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
