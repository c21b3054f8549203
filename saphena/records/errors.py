"""What can go wrong with the record; each says where, what is wrong, and what to do instead."""

from __future__ import annotations

import datetime

from saphena.faults import Fault, Faulty


class RecordFault(Faulty):
    """Anything the record refuses."""

    def __init__(self, place: str, message: str, remedy: str) -> None:
        super().__init__([Fault(place, None, "", message, remedy)])


class NotFound(RecordFault):
    """There is no such thing in the record, or this person may not see it; the two cannot be told apart."""


class Conflict(RecordFault):
    """Somebody changed it since it was read; ``current`` is what it is now, ready to be shown beside the own words."""

    def __init__(self, place: str, message: str, remedy: str, current: object) -> None:
        super().__init__(place, message, remedy)
        self.current = current


class Taken(Conflict):
    """A name that has to be the only one belongs to somebody else, who is ``current``."""


class Refused(RecordFault):
    """Not let in: a wrong name, password, code or link, or one that is used up, revoked or expired."""


class LockedOut(Refused):
    """Too many wrong tries; ``until`` is when the next one is looked at."""

    def __init__(self, place: str, message: str, remedy: str, until: datetime.datetime) -> None:
        super().__init__(place, message, remedy)
        self.until = until


class NewerDatabase(RecordFault):
    """The database was written by a later version of the software."""


class Busy(RecordFault):
    """Another unit of work did not finish in time; nothing was written."""
