"""``saphena account``: the accounts of a clinic, from the computer that holds the record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, cast

import typer

from saphena.faults import Fault, Faulty
from saphena.interfaces.cli.database import Database, working

# The record is imported where it is used: the other commands need no database, and start faster without it.
if TYPE_CHECKING:
    from saphena.records.shapes import Account, Role

account = typer.Typer(help="Accounts of a clinic: make the first administrator here, the others on the page.")
Name = Annotated[str, typer.Argument(metavar="NAME", help="The name to sign in with.")]


@account.command("create")
def create(
    name: Name,
    role: Annotated[list[str], typer.Option(help="clinician, administrator or patient; may be repeated.")],
    database: Database = None,
) -> None:
    """Make an account and print its one-time token; there is no default password."""
    from saphena.records import accounts

    with working(database, create=True) as work:
        _, token = accounts.add(work, name, cast("tuple[Role, ...]", tuple(role)))
        hours = work.settings.token_hours
    _told(token, hours)


@account.command("reset")
def reset(name: Name, database: Database = None) -> None:
    """Take the password away and print a one-time token for a new one."""
    from saphena.records import accounts

    with working(database) as work:
        token = accounts.reset(work, _named(accounts.all_of(work), name).id)
        hours = work.settings.token_hours
    _told(token, hours)


@account.command("list")
def show(database: Database = None) -> None:
    """List the accounts with their roles."""
    from saphena.records import accounts

    with working(database) as work:
        found = accounts.all_of(work)
    for one in found:
        state = "" if one.active and one.has_password else ", shut out" if not one.active else ", no password yet"
        typer.echo(f"{one.name}: {', '.join(one.roles)}{state}")
    if not found:
        typer.echo("There is no account yet. Make one: saphena account create NAME --role administrator")


def _named(found: list[Account], name: str) -> Account:
    for one in found:
        if one.name.casefold() == name.strip().casefold():
            return one
    names = ", ".join(one.name for one in found) or "there is none yet"
    raise Faulty([Fault("saphena account", None, "", f"there is no account {name}", f"Accounts: {names}")])


def _told(token: str, hours: int) -> None:
    typer.echo(f"One-time token: {token}")
    typer.echo(f"Open the page /password of your Saphena and choose a password with it, within {hours} hours.")
