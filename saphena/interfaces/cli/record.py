"""``saphena record`` and ``saphena audit``: what is done to a record as a whole, without a page."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from saphena.faults import Fault, Faulty
from saphena.interfaces.cli.database import Database, actor, opened, working

if TYPE_CHECKING:  # Other commands do not wait for the database libraries.
    from saphena.records import Work
    from saphena.records.shapes import Head

record = typer.Typer(
    help="Back up, restore, export, delete and tidy the record of patients.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
audit = typer.Typer(no_args_is_help=True, rich_markup_mode=None)


@audit.callback()
def _group() -> None:
    """Look whether the audit of the record is whole."""


@audit.command("verify")
def verify(
    database: Database = None,
    expected: Annotated[
        str | None,
        typer.Option(metavar="NUMBER:HASH", help="A head that was kept elsewhere; must still be in the chain."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Recompute the chain of the audit; names what was changed, removed, inserted or moved.

    Keep the head it prints somewhere else: it shows later whether the whole chain was rebuilt.
    Exit status 0: whole; 1: tampered with; 2: the database cannot be read.
    """
    with opened(database) as found:
        report = found.verify_audit(_head(expected))
    if as_json:
        typer.echo(report.model_dump_json(indent=2))
    else:
        for fault in report.faults:
            typer.echo(f"{fault.number}: {fault.what}: {fault.message}.")
        state = "whole" if not report.faults else f"{len(report.faults)} faults"
        typer.echo(f"{report.entries} entries, {state}. Head: {report.head.number}:{report.head.hash}")
    raise typer.Exit(1 if report.faults else 0)


@record.command("backup")
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file; it will hold patient data.")],
    database: Database = None,
) -> None:
    """Write everything into one file, also while others work."""
    with opened(database) as found:
        found.backup(file, actor())
    typer.echo(f"Backup written to {file}. It holds patient data: keep it encrypted.")


@record.command("restore")
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup, of SQLite or of PostgreSQL.")],
    database: Annotated[
        str, typer.Option("--database", metavar="URL", help="An empty database; nothing is ever overwritten.")
    ],
) -> None:
    """Fill an empty database from a backup, and verify its audit. Exit status 1: its audit was tampered with."""
    from saphena.records import restore as fill

    report = fill(file, database, actor())
    for fault in report.faults:
        typer.echo(f"{fault.number}: {fault.what}: {fault.message}.")
    typer.echo(f"Restored. {report.entries} entries of audit, {'tampered with' if report.faults else 'whole'}.")
    raise typer.Exit(1 if report.faults else 0)


@record.command("export")
def export(
    patient: Annotated[str, typer.Argument(metavar="PATIENT", help="Identifier or id of the patient.")],
    file: Annotated[Path, typer.Option("--out", metavar="FILE", help="A new file; it will hold patient data.")],
    database: Database = None,
) -> None:
    """Write everything that is kept of one patient as JSON."""
    from saphena.records import transfer

    with working(database) as work:
        found = transfer.export_patient(work, _patient(work, patient))
        _write(file, json.dumps(found, ensure_ascii=False, indent=1) + "\n")
    typer.echo(f"Export written to {file}. It holds patient data.")


@record.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What saphena record export wrote.")],
    database: Database = None,
) -> None:
    """Read the export of one patient into this record."""
    from saphena.records import transfer

    try:
        exported = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        raise Faulty(
            [Fault(str(file), None, "", "is no JSON", "Give the file that saphena record export wrote")]
        ) from None
    with working(database) as work:
        found = transfer.import_patient(work, exported)
    typer.echo(f"{found.identifier} is in the record.")


@record.command("delete")
def delete(
    patient: Annotated[str, typer.Argument(metavar="PATIENT", help="Identifier or id of the patient.")],
    database: Database = None,
    yes: Annotated[bool, typer.Option("--yes", help="Delete; without it only says what would go.")] = False,
) -> None:
    """Delete everything of one patient for good. The audit, which holds no content, says that it was done."""
    from saphena.records import patients

    with working(database) as work:
        rows = patients.delete(work, _patient(work, patient), dry_run=not yes).rows
    typer.echo(f"{sum(rows.values())} rows in {len(rows)} tables {'are gone' if yes else 'would go; add --yes'}.")


@record.command("retention")
def retain(
    database: Database = None,
    yes: Annotated[bool, typer.Option("--yes", help="Delete; without it only says what would go.")] = False,
    drafts: Annotated[int | None, typer.Option(min=0, metavar="DAYS", help="Keep interviews so long.")] = None,
    links: Annotated[int | None, typer.Option(min=0, metavar="DAYS", help="Keep ended links so long.")] = None,
    diary: Annotated[int | None, typer.Option(min=0, metavar="DAYS", help="Keep diaries so long.")] = None,
    archived: Annotated[int | None, typer.Option(min=0, metavar="DAYS", help="Keep archived patients so long.")] = None,
) -> None:
    """Delete what is over its time, by the policy of the record; 0 days keeps for ever.

    Numbers of days given here become the policy.
    """
    from saphena.records import retention

    given = {"drafts": drafts, "links": links, "diary": diary, "archived": archived}
    changes = {name: days for name, days in given.items() if days is not None}
    with working(database) as work:
        policy = retention.policy(work)
        if changes:
            policy = policy.model_copy(update=changes)
            retention.set_policy(work, policy)
        report = retention.apply(work, dry_run=not yes)
    days = ", ".join(f"{name} {kept or 'for ever'}" for name, kept in policy.model_dump().items())
    typer.echo(f"Days kept: {days}.")
    counts = (
        f"{report.drafts} interviews, {report.links} links, {report.diary} diary days, {len(report.patients)} patients"
    )
    typer.echo(f"{counts} {'are gone' if yes else 'would go; add --yes'}.")


def _head(text: str | None) -> Head | None:
    from saphena.records.shapes import Head

    if text is None:
        return None
    number, _, hash_ = text.partition(":")
    if not number.isdecimal() or len(hash_) != 64:
        raise Faulty([Fault("--expected", None, "", f"{text!r} is no head", "Write NUMBER:HASH as verify printed it")])
    return Head(number=int(number), hash=hash_)


def _patient(work: Work, text: str) -> str:
    """Id of a patient by identifier or id, archived or not."""
    from saphena.records import patients
    from saphena.records.errors import NotFound
    from saphena.records.record import is_id

    if is_id(text):
        return text
    same = [one for one in patients.called(work, text) if one.identifier == text.strip()]
    if not same:
        raise NotFound(text, "is no identifier of a patient", "Write it as it stands in the list of patients")
    return same[0].id


def _write(file: Path, text: str) -> None:
    """Into a new file for its owner only."""
    try:
        number = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        raise Faulty([Fault(str(file), None, "", "is there already", "Name a new file")]) from None
    with os.fdopen(number, "w", encoding="utf-8") as out:
        out.write(text)
