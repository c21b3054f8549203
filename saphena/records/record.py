"""The record: opening it, and one unit of work at a time."""

from __future__ import annotations

import datetime
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL

from saphena.records import audit, backups
from saphena.records.connection import canonical, connected, default_url, migrate, parsed, shown
from saphena.records.errors import Busy, NotFound, RecordFault, Refused
from saphena.records.shapes import Actor, ActorKind, AuditEntry, AuditReport, Head
from saphena.records.tables import patients

IS_THERE = sa.select(patients.c.patient).where(patients.c.patient == sa.bindparam("patient"))
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
    code_hours: int = 72
    code_tries: int = 10
    """Wrong codes by one account before it has to wait."""
    session_idle_minutes: int = 30
    session_hours: int = 12
    token_hours: int = 24
    """How long the one-time token of a new or reset account opens."""
    tries: int = 5
    """Wrong passwords before an account is locked."""
    first_lock_seconds: int = 30
    """Doubles with every further wrong password."""
    longest_lock_seconds: int = 3600
    busy_seconds: float = 10.0
    """How long a unit of work waits for another to finish."""


@dataclass
class Work:
    """One transaction in the name of one actor. Everything read or written through it is in the audit."""

    connection: sa.Connection
    actor: Actor
    settings: Settings
    clock: Clock
    noted: list[dict[str, Any]] = field(default_factory=list)
    _last: datetime.datetime | None = None
    _read: set[str] = field(default_factory=set)

    def now(self) -> datetime.datetime:
        """This moment; later than any other of this unit of work, so that rows keep their order."""
        moment = self.clock()
        if self._last is not None and moment <= self._last:
            moment = self._last + datetime.timedelta(microseconds=1)
        self._last = moment
        return moment

    def note(
        self, action: str, kind: str, patient: str = "", entry: str = "", version: int = 0, **details: Any
    ) -> None:
        """Put into the audit what is done here: ids, kinds and numbers of versions, never what a patient said."""
        content = {
            "actor_kind": self.actor.kind,
            "actor_id": self.actor.id,
            "said_by": self.actor.said_by or "",
            "action": action,
            "kind": kind,
            "subject": patient,
            "entry": entry,
            "version": version,
            "details": canonical(details) if details else "",
        }
        same = canonical(content)
        if action == "read" and same in self._read:
            return
        self._read.add(same)
        self.noted.append({**content, "at": self.now().isoformat(timespec="microseconds")})

    def patient(self, patient: str) -> str:
        """The id of a patient whom this actor may touch; raises ``NotFound`` for any other."""
        only = self.actor.only
        allowed = is_id(patient) and (only is None or patient in only)
        if not allowed or self.connection.scalar(IS_THERE, {"patient": patient}) is None:
            raise NotFound("patient", "there is no such patient", "Look the patient up in the list")
        return patient

    def staff(self, *kinds: ActorKind) -> None:
        """Refuse an actor of another kind, or one confined to some patients."""
        if self.actor.only is not None or self.actor.kind not in (*kinds, "system"):
            raise Refused("account", f"the role {self.actor.kind} does not allow this", f"Needed: {' or '.join(kinds)}")


@dataclass
class Record:
    """An open record; share one between threads, each with its own units of work."""

    engine: sa.Engine
    settings: Settings
    clock: Clock
    _turn: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def work(self, actor: Actor) -> Iterator[Work]:
        """One transaction: all of it is kept, or after an exception none of it.

        Units of work follow one another (the audit is one chain), so keep them short: assess a case outside, not
        inside, and never begin one inside another. Raises ``Busy`` if others do not finish in time.
        """
        if not self._turn.acquire(timeout=self.settings.busy_seconds):
            raise _busy()
        try:
            with _reached(self.engine) as connection, connection.begin():
                head = audit.held(connection)
                work = Work(connection, actor, self.settings, self.clock)
                yield work
                audit.append(connection, head, work.noted)
        finally:
            self._turn.release()

    @contextmanager
    def snapshot(self) -> Iterator[sa.Connection]:
        """Everything as it stands at one moment, for reading, while others write on."""
        options = (
            {"begin": "DEFERRED"} if self.engine.dialect.name == "sqlite" else {"isolation_level": "REPEATABLE READ"}
        )
        with _reached(self.engine) as connection:
            connection = connection.execution_options(**options)
            with connection.begin():
                yield connection

    def verify_audit(self, expected: Head | None = None) -> AuditReport:
        """Recompute the whole chain; says which entry was changed, removed, inserted or moved.

        Whoever can write to the whole database can also rebuild the whole chain. So keep ``head`` of the report
        somewhere else now and then (on paper, in another system) and give it as ``expected`` later: if the chain
        no longer holds that entry with that hash, it was rebuilt.
        """
        with self.snapshot() as connection:
            return audit.verified(connection, expected)

    def audit_of(self, patient: str | None = None, after: int = 0, limit: int | None = None) -> list[AuditEntry]:
        """The entries of the audit, of one patient if named, from after this number on; at most so many."""
        with self.snapshot() as connection:
            return list(islice(audit.entries(connection, patient=patient, after=after), limit))

    def audit_head(self) -> Head:
        """The last entry of the audit: to be kept elsewhere."""
        with self.snapshot() as connection:
            return audit.head(connection)

    def backup(self, path: Path, actor: Actor) -> None:
        """Write everything into one file, consistent while in use; the file holds patient data."""
        with self.work(actor) as work:
            work.note("backup", "record")
        with self.snapshot() as connection:
            backups.write(connection, path)

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()


def open_record(
    url: str | None = None, *, settings: Settings | None = None, clock: Clock = now, create: bool = True
) -> Record:
    """Open a record, making or migrating its tables.

    ``url`` is ``sqlite:///path`` or ``postgresql://...``; None is SQLite in the user's data folder. Raises
    ``NewerDatabase`` for a database of later software, and ``RecordFault`` for one that is no record, or (with
    ``create=False``) is not there.
    """
    chosen = settings or Settings()
    engine = connected(parsed(url or default_url()), chosen.busy_seconds, create)
    try:
        with _reached(engine) as connection, connection.begin():
            migrate(connection)
    except BaseException:
        engine.dispose()
        raise
    return Record(engine, chosen, clock)


def restore(path: Path, url: str, actor: Actor) -> AuditReport:
    """Fill an empty database from a backup of either engine, and verify its audit."""
    address = parsed(url)
    file = Path(address.database or "") if address.get_backend_name() == "sqlite" else None
    fresh = file is not None and not file.exists()
    engine = connected(address, Settings().busy_seconds, create=True)
    try:
        with _reached(engine) as connection, connection.begin():
            backups.read(connection, path)
    except BaseException:
        engine.dispose()
        if fresh and file is not None:
            for suffix in ("", "-wal", "-shm"):
                file.with_name(file.name + suffix).unlink(missing_ok=True)
        raise
    record = Record(engine, Settings(), now)
    try:
        report = record.verify_audit()
        if not report.faults:
            with record.work(actor) as work:
                work.note("restore", "record")
        return report
    finally:
        record.close()


def is_id(text: str) -> bool:
    """Does it look like an id of ours? Anything else is not looked for at all."""
    return len(text) == 32 and all(letter in "0123456789abcdef" for letter in text)


def new_id() -> str:
    """An id that cannot be guessed from another."""
    return secrets.token_hex(16)


@contextmanager
def _reached(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection; what the database refuses is said in our words."""
    try:
        with engine.connect() as connection:
            yield connection
    except sa.exc.OperationalError as error:
        raise _said(engine.url, error) from error
    except sa.exc.DatabaseError as error:
        if "file is not a database" in str(error.orig):
            message = "is no database, or is damaged"
            raise RecordFault(shown(engine.url), message, "Name another file, or restore a backup") from error
        raise


def _said(url: URL, error: sa.exc.OperationalError) -> RecordFault:
    text = str(error.orig)
    if "locked" in text or "lock timeout" in text:
        return _busy()
    reason = text.strip().partition("\n")[0]
    return RecordFault(shown(url), f"the database cannot be used ({reason})", "Check address, rights and server")


def _busy() -> Busy:
    return Busy("record", "is busy with other work; nothing was written", "Try again")
