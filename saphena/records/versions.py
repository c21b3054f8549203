"""Versions: whatever is corrected gets one more row, and everyone names the version they have seen."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from saphena.records.errors import Conflict, NotFound, RecordFault
from saphena.records.record import Work, is_id, new_id
from saphena.records.shapes import Entry
from saphena.records.tables import entries
from saphena.records.written import words

E = TypeVar("E", bound=Entry)
HEAD = sa.insert(entries)


class Versions(Generic[E]):
    """One kind of thing in the record, with its table of versions and the shape that is read from it."""

    def __init__(self, kind: str, table: sa.Table, shape: type[E], *joined: sa.Column[Any]) -> None:
        self.kind = kind
        self.table = table
        self.shape = shape
        self.columns = (*table.c, *joined)
        # Statements that every call needs are built once.
        self._new = sa.insert(table)
        of_kind = entries.c.id == sa.bindparam("id"), entries.c.kind == kind
        self._head = sa.select(entries.c.number).where(*of_kind)
        one = table.c.id == sa.bindparam("id"), table.c.number == sa.bindparam("number")
        self._one = self._joined(sa.select(*self.columns).where(*one))

    def add(self, work: Work, patient: str, id_: str | None = None, **content: Any) -> E:
        """The first version of something new."""
        work.patient(patient)
        id_ = id_ or new_id()
        work.connection.execute(HEAD, {"id": id_, "patient": patient, "kind": self.kind, "number": 1})
        self._insert(work, id_, 1, patient, None, False, content)
        work.note("add", self.kind, patient, id_, 1)
        return self._present(work, id_)

    def change(
        self,
        work: Work,
        id_: str,
        seen: int,
        reason: str | None,
        *,
        withdrawn: bool = False,
        anew: bool = False,
        **content: Any,
    ) -> E:
        """The next version: what is given in ``content`` changes, the rest stays; ``reason`` None for a plain next step.

        What was withdrawn has no next version, except ``anew`` where it holds a place that nothing else can take.
        """
        present = self._present(work, id_)
        if present.number != seen:
            message = f"was changed since you read it: you have seen version {seen}, it is now {present.number}"
            raise Conflict(self.kind, message, "Look at what changed, then change it again if need be", present)
        if present.withdrawn and not anew:
            raise RecordFault(self.kind, "was withdrawn as entered in error", "Enter it anew")
        said = words("reason", reason) if reason is not None else None
        row = self._row(work, present.id, present.number)
        kept = {column.name: row[column.name] for column in self.table.c if column.name not in STAMP}
        number = present.number + 1
        self._insert(work, id_, number, present.patient, said, withdrawn, kept | content)
        work.connection.execute(sa.update(entries).where(entries.c.id == id_).values(number=number))
        work.note("withdraw" if withdrawn else "correct" if said else "change", self.kind, present.patient, id_, number)
        return self._present(work, id_)

    def withdraw(self, work: Work, id_: str, seen: int, reason: str) -> E:
        """Entered in error: kept, but counts for nothing."""
        return self.change(work, id_, seen, reason, withdrawn=True)

    def withdraw_of(self, work: Work, encounter: str, reason: str) -> None:
        """All that was entered at a visit."""
        for one in self.present(work, self.table.c.encounter == encounter, order="at"):
            self.withdraw(work, one.id, one.number, reason)

    def get(self, work: Work, id_: str, number: int | None = None) -> E:
        """The present version, or the one with this number."""
        found = self._present(work, id_)
        if number is not None and number != found.number:
            row = self._row(work, id_, number) if _small(number) else None
            if row is None:
                raise NotFound(self.kind, f"there is no version {number}", f"Versions run from 1 to {found.number}")
            found = self._shaped(row)
        work.note("read", self.kind, found.patient, id_, found.number)
        return found

    def history(self, work: Work, id_: str) -> list[E]:
        """All versions, first to last."""
        present = self._present(work, id_)
        query = sa.select(*self.columns).where(self.table.c.id == id_).order_by(self.table.c.number)
        work.note("read", self.kind, present.patient, id_, 0)
        return [self._shaped(row) for row in work.connection.execute(self._joined(query)).mappings()]

    def of(self, work: Work, patient: str, *where: sa.ColumnElement[bool], order: str = "date") -> list[E]:
        """Present versions of one patient, without what was withdrawn."""
        work.patient(patient)
        work.note("read", self.kind, patient)
        return self.present(work, self.table.c.patient == patient, *where, order=order)

    def present(
        self,
        work: Work,
        *where: sa.ColumnElement[bool],
        order: str = "date",
        limit: int | None = None,
        offset: int | None = None,
    ) -> list[E]:
        """Present versions that are not withdrawn; whoever calls it notes what was read."""
        query = (
            sa.select(*self.columns)
            .join(entries, sa.and_(entries.c.id == self.table.c.id, entries.c.number == self.table.c.number))
            .where(self.table.c.withdrawn.is_(False), *where)
            .order_by(self.table.c[order], self.table.c.at, self.table.c.id)
            .limit(limit)
            .offset(offset)
        )
        return [self._shaped(row) for row in work.connection.execute(self._joined(query)).mappings()]

    def every(self, work: Work, patient: str) -> list[E]:
        """All versions of everything of one patient, whatever became of it."""
        query = self._joined(sa.select(*self.columns).where(self.table.c.patient == patient))
        return [self._shaped(row) for row in work.connection.execute(query).mappings()]

    def belongs(self, work: Work, id_: str, patient: str) -> str:
        """The id, if it is of this patient and counts."""
        found = self._present(work, id_)
        if found.patient != patient:
            raise NotFound(
                self.kind, f"there is no such {self.kind} of this patient", "Choose one of the patient's own"
            )
        if found.withdrawn:
            raise RecordFault(self.kind, "was withdrawn as entered in error", "Choose another")
        return id_

    def _present(self, work: Work, id_: str) -> E:
        missing = NotFound(self.kind, f"there is no such {self.kind}", "Look it up in the record of the patient")
        if not is_id(id_):
            raise missing
        number = work.connection.scalar(self._head, {"id": id_})
        row = self._row(work, id_, number) if number else None
        if row is None or (work.actor.only is not None and row["patient"] not in work.actor.only):
            raise missing
        return self._shaped(row)

    def _row(self, work: Work, id_: str, number: int) -> Any:
        return work.connection.execute(self._one, {"id": id_, "number": number}).mappings().one_or_none()

    def _joined(self, query: sa.Select[Any]) -> sa.Select[Any]:
        for other in {column.table for column in self.columns} - {self.table}:
            query = query.join(other, other.c.patient == self.table.c.patient)
        return query

    def _shaped(self, row: Any) -> E:
        return self.shape.model_validate(dict(row))

    def _insert(
        self,
        work: Work,
        id_: str,
        number: int,
        patient: str,
        reason: str | None,
        withdrawn: bool,
        content: dict[str, Any],
    ) -> None:
        head = {"id": id_, "number": number, "patient": patient, "reason": reason, "withdrawn": withdrawn}
        work.connection.execute(self._new, {**head, **stamp(work), **content})


STAMP = ("id", "number", "patient", "at", "by_kind", "by_id", "said_by", "reason", "withdrawn")
"""What every version has, whatever it is a version of."""


def stamp(work: Work) -> dict[str, Any]:
    """When, and by whom."""
    actor = work.actor
    return {"at": work.now(), "by_kind": actor.kind, "by_id": actor.id, "said_by": actor.said_by}


def _small(number: int) -> bool:
    return 0 < number < 2**31
