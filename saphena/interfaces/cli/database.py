"""The record as commands reach it: by its address, in the name of whoever sits at the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

# The record is imported where it is used: other commands do not wait for the database libraries.
if TYPE_CHECKING:
    from saphena.records import Actor, Record, Work

Database = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL",
        envvar="SAPHENA_DATABASE",
        help="sqlite:///path or postgresql://...; without, the record in the user's data folder.",
    ),
]


def actor() -> Actor:
    """Whoever has the rights to the database has those of an administrator."""
    from saphena.records import Actor

    return Actor("administrator", "command line")


@contextmanager
def opened(database: str | None, *, create: bool = False) -> Iterator[Record]:
    """The record, closed at the end."""
    from saphena.records import open_record

    record = open_record(database, create=create)
    try:
        yield record
    finally:
        record.close()


@contextmanager
def working(database: str | None, *, create: bool = False) -> Iterator[Work]:
    """One unit of work."""
    with opened(database, create=create) as record, record.work(actor()) as work:
        yield work
