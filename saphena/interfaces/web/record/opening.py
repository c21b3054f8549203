"""The record of this installation: opened at start, and who is at work in it."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from fastapi import Request
from sqlalchemy import make_url

from saphena.interfaces.web.access import LOCAL, Reader
from saphena.interfaces.web.record.example import add_example
from saphena.interfaces.web.settings import Settings
from saphena.records import Actor, Record, open_record


def open_for(settings: Settings) -> Record:
    """Open the record; the first start on a computer of one's own finds an example patient in it.

    Raises ``Faulty`` where the database is of later software, or no record.
    """
    first = settings.mode == "local" and _is_new(settings.database_url)
    record = open_record(settings.database_url)
    if first:
        with record.work(Actor("clinician")) as work:
            add_example(work)
    return record


def record_of(request: Request) -> Record:
    """The open record."""
    return cast(Record, request.app.state.record)


def actor_of(reader: Reader) -> Actor:
    """Whose name stands in the audit; on a computer of one's own, nobody's."""
    return Actor("clinician", "" if reader is LOCAL else reader.name)


def _is_new(url: str) -> bool:
    parts = make_url(url)
    return parts.get_backend_name() == "sqlite" and not (parts.database and Path(parts.database).exists())
