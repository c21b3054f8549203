"""The record of this installation, opened at start."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import make_url

from saphena.interfaces.web.access import LOCAL
from saphena.interfaces.web.record.example import add_example
from saphena.interfaces.web.settings import Settings
from saphena.records import Record, open_record


def open_for(settings: Settings) -> Record:
    """Open the record; the first start on a computer of one's own finds an example patient in it.

    Raises ``Faulty`` where the database is of later software, or no record.
    """
    first = settings.mode == "local" and _is_new(settings.database_url)
    record = open_record(settings.database_url)
    if first:
        with record.work(LOCAL.actor("clinician")) as work:
            add_example(work)
    return record


def _is_new(url: str) -> bool:
    parts = make_url(url)
    return parts.get_backend_name() == "sqlite" and not (parts.database and Path(parts.database).exists())
