"""Tokens and codes: shown once, kept as a hash only; and how often a wrong one may be tried."""

from __future__ import annotations

import datetime
import hashlib
import secrets

import sqlalchemy as sa

from saphena.records import tables
from saphena.records.errors import LockedOut
from saphena.records.record import Work

ALPHABET = "23456789BCDFGHJKLMNPQRSTVWXZ"
"""No vowels, so that no word comes out; nothing that looks like something else."""
LETTERS = 8
FORGOTTEN = datetime.timedelta(days=1)
"""Wrong tries are forgotten after a day without one."""


def new_token() -> str:
    """256 bits that cannot be guessed."""
    return secrets.token_urlsafe(32)


def new_code() -> str:
    """Short enough to be read aloud; safe only because it expires, opens once, and wrong tries are counted."""
    signs = "".join(secrets.choice(ALPHABET) for _ in range(LETTERS))
    return f"{signs[:4]}-{signs[4:]}"


def hashed(secret: str) -> str:
    """What is kept of a token. It is long and random, so a plain hash cannot be turned back."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def plain_code(text: str) -> str:
    """A code as it was meant, however it was typed; a long token stays as it is."""
    signs = "".join(sign for sign in text.upper() if sign in ALPHABET)
    return f"{signs[:4]}-{signs[4:]}" if len(signs) == LETTERS and len(text) <= 2 * LETTERS else text


def counted(work: Work, key: str, allowed: int) -> LockedOut | None:
    """Count one more try, before it is looked at, so that many at once gain nothing; or say until when to wait.

    A right try forgets them all (``forgiven``). From ``allowed`` on each wrong one doubles the wait.
    """
    table, moment = tables.wrong_tries, work.now()
    work.connection.execute(sa.delete(table).where(table.c.last < moment - FORGOTTEN))
    row = work.connection.execute(sa.select(table).where(table.c.key == key)).one_or_none()
    if row is not None and row.locked_until is not None and row.locked_until > moment:
        message = f"too many wrong tries; the next is looked at from {row.locked_until:%H:%M:%S} UTC on"
        return LockedOut("sign-in", message, "Wait until then, or ask an administrator", row.locked_until)
    tries = 1 if row is None else row.tries + 1
    until = None
    if tries >= allowed:
        first, longest = work.settings.first_lock_seconds, work.settings.longest_lock_seconds
        until = moment + datetime.timedelta(seconds=min(longest, first * 2 ** min(tries - allowed, 30)))
    work.connection.execute(sa.delete(table).where(table.c.key == key))
    work.connection.execute(sa.insert(table).values(key=key, tries=tries, last=moment, locked_until=until))
    return None


def forgiven(work: Work, key: str) -> None:
    """The right one was given, or an administrator says so."""
    work.connection.execute(sa.delete(tables.wrong_tries).where(tables.wrong_tries.c.key == key))
