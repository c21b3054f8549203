"""Accounts of a clinic: who signs in, in which role, and which patients a patient's account may see."""

from __future__ import annotations

import datetime
from typing import Any, get_args

import sqlalchemy as sa

from saphena.records import api_tokens, tables, tokens
from saphena.records.errors import NotFound, RecordFault, Taken
from saphena.records.passwords import SHORTEST_PASSWORD
from saphena.records.record import Work, is_id, new_id
from saphena.records.sessions import (
    change_password,
    ended,
    key_of,
    log_in,
    log_out,
    open_session,
    read_account,
    session_of,
    set_password,
    tries_key,
)
from saphena.records.shapes import Account, Role
from saphena.records.written import one_of, words

__all__ = [
    "SHORTEST_PASSWORD",
    "add",
    "all_of",
    "allow",
    "any_exist",
    "change_password",
    "connect_external",
    "demand_new_password",
    "external",
    "get",
    "log_in",
    "log_out",
    "open_session",
    "reset",
    "session_of",
    "set_active",
    "set_password",
    "set_roles",
    "unlock",
]


def add(work: Work, name: str, roles: tuple[Role, ...]) -> tuple[Account, str]:
    """A new account without a password, and the one-time token with which its owner sets one."""
    work.staff("administrator")
    kept = words("name", name, 100)
    query = sa.select(tables.accounts.c.id).where(tables.accounts.c.key == key_of(kept))
    if (there := work.connection.scalar(query)) is not None:
        raise Taken("name", f"{kept!r} is taken", "Choose another name", read_account(work.connection, there))
    id_ = new_id()
    work.connection.execute(
        sa.insert(tables.accounts).values(
            id=id_,
            name=kept,
            key=key_of(kept),
            roles=_roles(roles),
            must_change_password=False,
            active=True,
            created=work.now(),
        )
    )
    work.note("add", "account", entry=id_, roles=list(roles))
    return get(work, id_), _token(work, id_)


def get(work: Work, account: str) -> Account:
    """One account by id."""
    found = read_account(work.connection, account) if is_id(account) else None
    if found is None or (work.actor.only is not None and found.id != work.actor.id):
        raise NotFound("account", "there is no such account", "Look it up in the list of accounts")
    return found


def all_of(work: Work) -> list[Account]:
    """All accounts by name."""
    work.staff("administrator")
    ids = list(work.connection.scalars(sa.select(tables.accounts.c.id).order_by(tables.accounts.c.key)))
    return [get(work, id_) for id_ in ids]


def any_exist(work: Work) -> bool:
    """Is there any account? Without one the first administrator is made on the command line."""
    return work.connection.scalar(sa.select(tables.accounts.c.id).limit(1)) is not None


def set_roles(work: Work, account: str, roles: tuple[Role, ...]) -> Account:
    """Other roles; open sessions end. The last active administrator stays one."""
    work.staff("administrator")
    found = get(work, account)
    if "administrator" not in roles:
        _another_administrator(work, found)
    _change(work, account, roles=_roles(roles))
    ended(work, account)
    work.note("set roles", "account", entry=account, roles=list(roles))
    return get(work, account)


def set_active(work: Work, account: str, active: bool) -> Account:
    """Let in, or no longer: sessions and all tokens end. The last active administrator stays one."""
    work.staff("administrator")
    found = get(work, account)
    if not active:
        _another_administrator(work, found)
        api_tokens.revoke(work, account)
    _change(work, account, active=active)
    ended(work, account)
    work.connection.execute(sa.delete(tables.one_time_tokens).where(tables.one_time_tokens.c.account == account))
    work.note("let in" if active else "shut out", "account", entry=account)
    return get(work, account)


def allow(work: Work, account: str, patient: str, allowed: bool = True) -> Account:
    """Which patients a patient's account sees."""
    work.staff("clinician", "administrator")
    found = get(work, account)
    work.patient(patient)
    table = tables.account_patients
    work.connection.execute(sa.delete(table).where(table.c.account == account, table.c.patient == patient))
    if allowed:
        if "patient" not in found.roles:
            raise RecordFault("account", "is no patient's", "Choose an account with the role patient")
        work.connection.execute(sa.insert(table).values(account=account, patient=patient))
    work.note("allow" if allowed else "forbid", "account", patient, account)
    return get(work, account)


def reset(work: Work, account: str) -> str:
    """By an administrator: the old password no longer opens, nor any token of a program; a one-time token sets a new one."""
    work.staff("administrator")
    found = get(work, account)
    _change(work, account, password=None)
    ended(work, account)
    api_tokens.revoke(work, account)
    tokens.forgiven(work, tries_key(found.name))
    work.note("reset", "account", entry=account)
    return _token(work, account)


def unlock(work: Work, account: str) -> None:
    """By an administrator: forget the wrong passwords."""
    work.staff("administrator")
    tokens.forgiven(work, tries_key(get(work, account).name))
    work.note("unlock", "account", entry=account)


def demand_new_password(work: Work, account: str) -> Account:
    """The owner has to choose another password after signing in next."""
    work.staff("administrator")
    get(work, account)
    _change(work, account, must_change_password=True)
    work.note("demand new password", "account", entry=account)
    return get(work, account)


def external(work: Work, issuer: str, subject: str) -> Account | None:
    """The account that signs in elsewhere (OIDC) under this subject."""
    table = tables.accounts.c
    id_ = work.connection.scalar(sa.select(table.id).where(table.issuer == issuer, table.oidc_subject == subject))
    return None if id_ is None else read_account(work.connection, id_)


def connect_external(work: Work, account: str, issuer: str, subject: str) -> Account:
    """Let an account sign in elsewhere."""
    work.staff("administrator")
    get(work, account)
    if (other := external(work, issuer, subject)) is not None and other.id != account:
        raise Taken("account", "this sign-on belongs to another account", "Disconnect that one first", other)
    _change(work, account, issuer=words("issuer", issuer), oidc_subject=words("subject", subject))
    work.note("connect", "account", entry=account)
    return get(work, account)


def _token(work: Work, account: str) -> str:
    token, table = tokens.new_token(), tables.one_time_tokens
    expires = work.now() + datetime.timedelta(hours=work.settings.token_hours)
    work.connection.execute(sa.delete(table).where(table.c.account == account))
    work.connection.execute(sa.insert(table).values(hash=tokens.hashed(token), account=account, expires=expires))
    return token


def _roles(roles: tuple[Role, ...]) -> list[str]:
    for role in roles:
        one_of("role", role, get_args(Role))
    if not roles or ("patient" in roles and len(set(roles)) > 1):
        raise RecordFault("roles", "do not go together", "Give patient alone, or clinician, administrator, or both")
    return sorted(set(roles))


def _another_administrator(work: Work, account: Account) -> None:
    if "administrator" not in account.roles or not account.active:
        return
    if not any(one.active and "administrator" in one.roles and one.id != account.id for one in all_of(work)):
        raise RecordFault("account", "is the last administrator", "Make another account administrator first")


def _change(work: Work, account: str, **values: Any) -> None:
    work.connection.execute(sa.update(tables.accounts).where(tables.accounts.c.id == account).values(**values))
