"""Tokens of programs: made by an account for some of its roles, shown once, kept as a hash, revocable."""

from __future__ import annotations

import datetime

import sqlalchemy as sa
from pydantic import Field

from saphena.case import Shape
from saphena.records import tables, tokens
from saphena.records.errors import NotFound, RecordFault, Refused
from saphena.records.record import Record, Work, is_id, new_id
from saphena.records.sessions import read_account
from saphena.records.shapes import SYSTEM, Account, Role
from saphena.records.written import words

MARK = "saphena_"
"""Begins every token, so that one that strayed into a file is recognised."""
LONGEST_DAYS = 366
MOST = 20


class ApiToken(Shape):
    """A token of a program; the token itself is known to the program only."""

    id: str
    account: str
    name: str = Field(description="What it is for")
    roles: tuple[Role, ...]
    created: datetime.datetime
    expires: datetime.datetime
    last_used: datetime.date | None
    revoked_at: datetime.datetime | None


def make(work: Work, account: Account, name: str, roles: tuple[Role, ...], days: int) -> tuple[ApiToken, str]:
    """A new token; it can do no more than its account."""
    table, moment = tables.api_tokens, work.now()
    if not roles or set(roles) - set(account.roles):
        raise RecordFault("roles", "are not those of the account", f"Choose among {', '.join(account.roles)}")
    if not 1 <= days <= LONGEST_DAYS:
        raise RecordFault("days", f"{days} days is no time for a token", f"Give 1 to {LONGEST_DAYS}")
    usable = [one for one in of(work, account.id) if one.revoked_at is None and one.expires > moment]
    if len(usable) >= MOST:
        raise RecordFault("account", f"has {MOST} tokens already", "Revoke one that is no longer needed")
    token, id_ = MARK + tokens.new_token(), new_id()
    work.connection.execute(
        sa.insert(table).values(
            id=id_,
            account=account.id,
            name=words("name", name, 100),
            roles=sorted(set(roles)),
            hash=tokens.hashed(token),
            created=moment,
            expires=moment + datetime.timedelta(days=days),
        )
    )
    work.note("make token", "account", entry=account.id, token=id_)
    return next(one for one in of(work, account.id) if one.id == id_), token


def of(work: Work, account: str) -> list[ApiToken]:
    """The tokens of an account, the last made first."""
    table = tables.api_tokens
    rows = work.connection.execute(
        sa.select(table).where(table.c.account == account).order_by(table.c.created.desc(), table.c.id)
    ).mappings()
    return [ApiToken.model_validate({key: row[key] for key in ApiToken.model_fields}) for row in rows]


def revoke(work: Work, account: str, token: str | None = None) -> None:
    """It no longer opens; without its id, every token of the account."""
    table = tables.api_tokens
    query = sa.update(table).where(table.c.account == account, table.c.revoked_at.is_(None))
    if token is not None:
        query = query.where(table.c.id == (token if is_id(token) else ""))
    changed = work.connection.execute(query.values(revoked_at=work.now())).rowcount
    if token is not None and not changed:
        raise NotFound("token", "there is no such token", "It may be revoked already: look at the list")
    work.note("revoke token", "account", entry=account, tokens=changed)


def account_of(record: Record, token: str) -> Account:
    """The account of a token, with those roles only that the token has too; raises ``Refused`` if it does not open."""
    table, moment = tables.api_tokens, record.clock()
    with record.snapshot() as connection:
        row = connection.execute(sa.select(table).where(table.c.hash == tokens.hashed(token))).one_or_none()
        account = None if row is None else read_account(connection, row.account)
    if row is None or account is None or not account.active or row.revoked_at is not None or row.expires <= moment:
        raise Refused("token", "does not open: it is unknown, revoked or expired", "Make another on the account's page")
    if row.last_used != moment.date():
        with record.work(SYSTEM) as work:
            work.connection.execute(sa.update(table).where(table.c.id == row.id).values(last_used=moment.date()))
    return account.model_copy(update={"roles": tuple(role for role in account.roles if role in row.roles)})
