"""The record: opening it, and one unit of work at a time."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from saphena.records.shapes import Actor, AuditReport, Head

Clock = Callable[[], datetime.datetime]


def now() -> datetime.datetime:
    """This moment, in UTC."""
    return datetime.datetime.now(datetime.UTC)


@dataclass(frozen=True)
class Settings:
    """What a clinic may set; the defaults are safe."""

    labels: bool = False
    """May a patient have a free label, such as a name?"""
    link_days: int = 14
    code_minutes: int = 60
    code_tries: int = 10
    """Wrong codes by one account before it has to wait."""
    session_idle_minutes: int = 30
    session_hours: int = 12
    reset_hours: int = 24
    tries: int = 5
    """Wrong passwords before an account is locked."""
    first_lock_seconds: int = 30
    """Doubles with every further wrong password."""
    longest_lock_seconds: int = 3600
    busy_seconds: float = 10.0
    """How long a unit of work waits for another to finish."""


class Work:
    """One transaction in the name of one actor. Everything read or written through it is in the audit."""


class Record:
    """An open record; share one between threads, each with its own units of work."""

    def work(self, actor: Actor) -> AbstractContextManager[Work]:
        """One transaction: all of it is kept, or after an exception none of it.

        Units of work follow one another (the audit is one chain), so keep them short: assess a case
        outside, not inside. Raises ``Busy`` if others do not finish in time.
        """
        raise NotImplementedError

    def verify_audit(self, expected: Head | None = None) -> AuditReport:
        """Recompute the whole chain; says which entry was changed, removed, inserted or moved.

        Whoever can write to the whole database can also rebuild the whole chain. So keep ``head`` of the report
        somewhere else now and then (on paper, in another system) and give it as ``expected`` later: if the chain
        no longer holds that entry with that hash, it was rebuilt.
        """
        raise NotImplementedError

    def backup(self, path: Path, actor: Actor) -> None:
        """Write everything into one file, consistent while in use; the file holds patient data."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of the database."""
        raise NotImplementedError


def open_record(
    url: str | None = None, *, settings: Settings | None = None, clock: Clock = now, create: bool = True
) -> Record:
    """Open a record, making or migrating its tables.

    ``url`` is ``sqlite:///path`` or ``postgresql://...``; None is SQLite in the user's data folder. Raises
    ``NewerDatabase`` for a database of later software, and ``RecordFault`` for one that is no record, or (with
    ``create=False``) is not there.
    """
    raise NotImplementedError


def restore(path: Path, url: str, actor: Actor) -> AuditReport:
    """Fill an empty database from a backup of either engine, and verify its audit."""
    raise NotImplementedError
