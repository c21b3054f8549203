"""What a form asks for, written into the record; what is refused is said at a field, and nothing of it is kept."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request

from saphena.interfaces.web.access import Reader, record_of
from saphena.interfaces.web.record.fields import Fields
from saphena.records import Conflict, NotFound, RecordFault, Work


def refused(request: Request, reader: Reader, sent: Fields, field: str, change: Callable[[Work], object]) -> int:
    """0 once it is in the record; else the status with which the form is shown again."""
    try:
        with record_of(request).work(reader.actor("clinician")) as work:
            change(work)
    except NotFound:
        raise
    except Conflict:
        _ = sent.language.say
        sent.blame(
            field, _("Somebody else changed this meanwhile: it stands here as it is now. Yours is still in the form.")
        )
        return 409
    except RecordFault as fault:
        sent.blame_faulty(fault, field)
        return 422
    return 0
