"""The audit: one chain of entries, each sealed with the hash of the one before it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from saphena.records.connection import canonical
from saphena.records.shapes import AuditEntry, AuditFault, AuditReport, Head
from saphena.records.tables import audit, audit_head

SEALED = ("at", "actor_kind", "actor_id", "said_by", "action", "kind", "subject", "entry", "version", "details")
"""What of an entry its hash covers, beside the hash of the entry before it, which also settles its place."""
MANY = 500
# Statements of every unit of work are built once.
HEAD = sa.select(audit_head.c.number, audit_head.c.hash)
HELD = HEAD.with_for_update()
NEW, MOVED = sa.insert(audit), sa.update(audit_head)


def seal(previous: str, content: dict[str, Any]) -> str:
    """SHA-256 over the previous hash and the canonical JSON of an entry."""
    return hashlib.sha256(f"{previous}\n{canonical({key: content[key] for key in SEALED})}".encode()).hexdigest()


def held(connection: sa.Connection) -> Head:
    """The head, held until the transaction ends: whoever comes next waits here."""
    return Head.model_validate(dict(connection.execute(HELD).mappings().one()))


def head(connection: sa.Connection) -> Head:
    """The head as it stands."""
    return Head.model_validate(dict(connection.execute(HEAD).mappings().one()))


def append(connection: sa.Connection, head: Head, contents: list[dict[str, Any]]) -> None:
    """Add entries behind the head, and move it."""
    if not contents:
        return
    rows, number, previous = [], head.number, head.hash
    for content in contents:
        number += 1
        hash_ = seal(previous, content)
        rows.append({**content, "number": number, "previous": previous, "hash": hash_})
        previous = hash_
    connection.execute(NEW, rows)
    connection.execute(MOVED, {"number": number, "hash": previous})


def entries(connection: sa.Connection, *, patient: str | None = None, after: int = 0) -> Iterator[AuditEntry]:
    """The entries in their order; of one patient if named."""
    query = sa.select(audit).where(audit.c.number > after).order_by(audit.c.number)
    if patient is not None:
        query = query.where(audit.c.subject == patient)
    for row in connection.execute(query, execution_options={"yield_per": MANY}).mappings():
        yield AuditEntry.model_validate(dict(row))


def verified(connection: sa.Connection, expected: Head | None) -> AuditReport:
    """Recompute the chain from its first entry to its head."""
    faults: list[AuditFault] = []
    count, number, hash_, before = 0, 0, "", ""
    met = expected in (None, Head(number=0, hash=""))
    for entry in entries(connection):
        count += 1
        broken = entry.previous != hash_
        if broken:
            faults.append(_break(connection, entry, number, hash_, before))
        if entry.hash != seal(entry.previous, entry.model_dump()):
            faults.append(_fault(entry.number, "changed", f"Entry {entry.number} is not what was written"))
        elif not broken and entry.number != number + 1:
            faults.append(_fault(entry.number, "changed", f"Entry {entry.number} carries the wrong number"))
        if expected is not None and entry.number == expected.number:
            met = entry.hash == expected.hash
        number, hash_, before = entry.number, entry.hash, entry.previous
    end = head(connection)
    if count < end.number and number < end.number:
        message = f"Entries {number + 1} to {end.number} at the end are gone"
        faults.append(_fault(number + 1, "removed", message))
    elif number > end.number:
        faults.append(_fault(end.number + 1, "inserted", f"Entries after {end.number} were not written by Saphena"))
    elif hash_ != end.hash and not faults:
        faults.append(_fault(number, "head", f"The chain does not end in the hash kept beside it at {end.number}"))
    if not met and expected is not None:
        message = f"Entry {expected.number} is not the one whose hash was kept elsewhere: the chain was rebuilt"
        faults.append(_fault(expected.number, "head", message))
    return AuditReport(entries=count, head=Head(number=number, hash=hash_), faults=tuple(faults))


def _break(connection: sa.Connection, entry: AuditEntry, number: int, hash_: str, before: str) -> AuditFault:
    """What happened where an entry does not follow the one that stands before it."""
    if entry.previous == before and number:
        return _fault(number, "inserted", f"Entry {number} was put between two entries")
    if entry.number > number + 1:
        if entry.number == number + 2:
            return _fault(number + 1, "removed", f"Entry {number + 1} is gone")
        return _fault(number + 1, "removed", f"Entries {number + 1} to {entry.number - 1} are gone")
    if connection.scalar(sa.select(audit.c.number).where(audit.c.hash == entry.previous).limit(1)) is not None or (
        entry.previous == "" and number
    ):
        return _fault(entry.number, "reordered", f"Entry {entry.number} does not stand where it was written")
    message = f"Entry {number} was rewritten, or entries after it are gone" if number else "The first entries are gone"
    return _fault(number or 1, "changed" if number else "removed", message)


def _fault(number: int, what: Any, message: str) -> AuditFault:
    return AuditFault(number=number, what=what, message=message)
