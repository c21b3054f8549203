"""Signing in and out. What is tried in vain is counted even though it fails, so these open units of their own."""

from __future__ import annotations

import datetime
import unicodedata
from typing import Any

import sqlalchemy as sa

from saphena.records import passwords, tables, tokens
from saphena.records.errors import NotFound, RecordFault, Refused
from saphena.records.record import Record, Work, is_id, new_id
from saphena.records.shapes import SYSTEM, Account, Session

SIGHT = datetime.timedelta(minutes=1)
"""How exactly it is kept when somebody was last seen."""


def log_in(record: Record, name: str, password: str) -> tuple[Session, str]:
    """Sign in; returns the session and its token. Works in units of its own, since wrong tries are counted.

    Raises ``Refused`` (the same for an unknown name and a wrong password) or ``LockedOut``.
    """
    spelled = key_of(name)
    key = tries_key(name)
    with record.work(SYSTEM) as work:
        waiting = tokens.counted(work, key, work.settings.tries)
        row = _by_name(work, spelled)
        id_ = row.id if row else ""
        if waiting is not None:
            work.note("refuse locked", "account", entry=id_)
    if waiting is not None:
        raise waiting
    kept = row.password if row is not None and row.active else None
    good = passwords.right(kept, password)
    fresh = passwords.hashed(password) if good and passwords.outdated(kept or "") else None
    with record.work(SYSTEM) as work:
        still = _by_name(work, spelled)
        good = good and still is not None and still.active and still.password == kept
        if good:
            tokens.forgiven(work, key)
            if fresh is not None:
                where = tables.accounts.c.id == id_
                work.connection.execute(sa.update(tables.accounts).where(where).values(password=fresh))
            return open_session(work, id_)
        work.note("refuse", "account", entry=id_)
    raise _wrong()


def open_session(work: Work, account: str) -> tuple[Session, str]:
    """A session without a password: for single sign-on, and for the one-time token of a local start."""
    found = read_account(work.connection, account) if is_id(account) else None
    if found is None or not found.active:
        raise _wrong()
    token, moment = tokens.new_token(), work.now()
    row = {
        "id": new_id(),
        "hash": tokens.hashed(token),
        "account": account,
        "created": moment,
        "last_seen": moment,
        "expires": moment + datetime.timedelta(hours=work.settings.session_hours),
    }
    work.connection.execute(sa.delete(tables.sessions).where(tables.sessions.c.expires < moment))
    work.connection.execute(sa.insert(tables.sessions).values(row))
    work.note("sign in", "account", entry=account)
    return Session(id=row["id"], account=found, created=moment, last_seen=moment, expires=row["expires"]), token


def session_of(record: Record, token: str) -> Session:
    """Who is signed in; raises ``Refused`` if nobody is any more. Counts as activity."""
    moment = record.clock()
    table = tables.sessions
    with record.snapshot() as connection:
        row = connection.execute(sa.select(table).where(table.c.hash == tokens.hashed(token))).one_or_none()
        account = None if row is None else read_account(connection, row.account)
    idle = datetime.timedelta(minutes=record.settings.session_idle_minutes)
    if row is None or account is None or not account.active or row.expires <= moment or row.last_seen + idle <= moment:
        raise Refused("session", "nobody is signed in any more", "Sign in again")
    if row.last_seen + SIGHT < moment:
        with record.work(SYSTEM) as work:
            work.connection.execute(sa.update(table).where(table.c.id == row.id).values(last_seen=moment))
    return Session(id=row.id, account=account, created=row.created, last_seen=moment, expires=row.expires)


def log_out(record: Record, token: str) -> None:
    """End a session."""
    table = tables.sessions
    with record.work(SYSTEM) as work:
        account = work.connection.scalar(sa.select(table.c.account).where(table.c.hash == tokens.hashed(token)))
        if account is not None:
            work.connection.execute(sa.delete(table).where(table.c.hash == tokens.hashed(token)))
            work.note("sign out", "account", entry=account)


def set_password(record: Record, token: str, password: str) -> Account:
    """With a one-time token; ends every session of the account."""
    table = tables.one_time_tokens
    query = sa.select(table.c.account).where(table.c.hash == tokens.hashed(token), table.c.expires > record.clock())
    with record.snapshot() as connection:
        id_ = connection.scalar(query)
        account = None if id_ is None else read_account(connection, id_)
    closed = Refused("token", "does not open: it is unknown, used or too old", "Ask an administrator for a new one")
    if account is None or not account.active:
        raise closed
    fresh = passwords.hashed(passwords.checked(password, account.name))
    with record.work(SYSTEM) as work:
        used = work.connection.execute(sa.delete(table).where(table.c.hash == tokens.hashed(token))).rowcount
        if not used:  # Somebody was quicker.
            raise closed
        return _changed(work, account, fresh)


def change_password(record: Record, account: str, old: str, new: str) -> Account:
    """By its owner; ends every session of the account."""
    with record.snapshot() as connection:
        name = connection.scalar(sa.select(tables.accounts.c.name).where(tables.accounts.c.id == account))
    if name is None:
        raise NotFound("account", "there is no such account", "Sign in again")
    spelled = passwords.checked(new, name)
    if new == old:
        raise RecordFault("password", "is the old one", "Choose another")
    log_in(record, name, old)  # Counts wrong tries like any other; its session ends with the others.
    fresh = passwords.hashed(spelled)
    with record.work(SYSTEM) as work:
        found = read_account(work.connection, account)
        assert found is not None
        return _changed(work, found, fresh)


def ended(work: Work, account: str) -> None:
    """End every session of an account."""
    work.connection.execute(sa.delete(tables.sessions).where(tables.sessions.c.account == account))


def read_account(connection: sa.Connection, id_: str) -> Account | None:
    """An account as it is in the database, its password left there."""
    row = connection.execute(sa.select(tables.accounts).where(tables.accounts.c.id == id_)).one_or_none()
    if row is None:
        return None
    table = tables.account_patients.c
    seen = connection.scalars(sa.select(table.patient).where(table.account == id_).order_by(table.patient))
    return Account(
        id=row.id,
        name=row.name,
        roles=tuple(row.roles),
        active=row.active,
        must_change_password=row.must_change_password,
        patients=tuple(seen),
        has_password=row.password is not None,
        created=row.created,
    )


def key_of(name: str) -> str:
    """A name as it is looked up: the same in capitals, and however a keyboard composes its letters."""
    spelled = unicodedata.normalize("NFC", name).strip().casefold()
    return spelled.encode("utf-8", "replace").decode().replace("\0", "")


def tries_key(name: str) -> str:
    """What wrong tries are counted under; a hash, for people type passwords where the name should be."""
    return f"account {tokens.hashed(key_of(name))}"


def _wrong() -> Refused:
    """The same whether the name or the password is wrong."""
    return Refused("sign-in", "name or password is wrong", "Try again, or ask an administrator for a reset")


def _by_name(work: Work, key: str) -> sa.Row[Any] | None:
    query = sa.select(tables.accounts).where(tables.accounts.c.key == key)
    return work.connection.execute(query).one_or_none()


def _changed(work: Work, account: Account, password: str) -> Account:
    where = tables.accounts.c.id == account.id
    values = {"password": password, "must_change_password": False}
    work.connection.execute(sa.update(tables.accounts).where(where).values(values))
    ended(work, account.id)
    tokens.forgiven(work, tries_key(account.name))
    work.note("set password", "account", entry=account.id)
    found = read_account(work.connection, account.id)
    assert found is not None
    return found
