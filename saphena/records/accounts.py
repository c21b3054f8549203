"""Accounts of a clinic: who signs in, in which role, and which patients a patient's account may see."""

from __future__ import annotations

from saphena.records.record import Record, Work
from saphena.records.shapes import Account, Role, Session

SHORTEST_PASSWORD = 12


def add(work: Work, name: str, roles: tuple[Role, ...]) -> tuple[Account, str]:
    """A new account without a password, and the one-time token with which its owner sets one."""
    raise NotImplementedError


def get(work: Work, account: str) -> Account:
    """One account by id."""
    raise NotImplementedError


def all_of(work: Work) -> list[Account]:
    """All accounts by name."""
    raise NotImplementedError


def any_exist(work: Work) -> bool:
    """Is there any account? Without one the first administrator is made on the command line."""
    raise NotImplementedError


def set_roles(work: Work, account: str, roles: tuple[Role, ...]) -> Account:
    """Other roles; open sessions end. The last active administrator stays one."""
    raise NotImplementedError


def set_active(work: Work, account: str, active: bool) -> Account:
    """Let in, or no longer; sessions and tokens end. The last active administrator stays one."""
    raise NotImplementedError


def allow(work: Work, account: str, patient: str, allowed: bool = True) -> Account:
    """Which patients a patient's account sees."""
    raise NotImplementedError


def reset(work: Work, account: str) -> str:
    """By an administrator: the old password no longer opens; a one-time token sets a new one."""
    raise NotImplementedError


def log_in(record: Record, name: str, password: str) -> tuple[Session, str]:
    """Sign in; returns the session and its token. Works in units of its own, since wrong tries are counted.

    Raises ``Refused`` (the same for an unknown name and a wrong password) or ``LockedOut``.
    """
    raise NotImplementedError


def set_password(record: Record, token: str, password: str) -> Account:
    """With a one-time token; ends every session of the account."""
    raise NotImplementedError


def change_password(record: Record, account: str, old: str, new: str) -> Account:
    """By its owner; ends every session of the account."""
    raise NotImplementedError


def session_of(record: Record, token: str) -> Session:
    """Who is signed in; raises ``Refused`` if nobody is any more. Counts as activity."""
    raise NotImplementedError


def log_out(record: Record, token: str) -> None:
    """End a session."""
    raise NotImplementedError


def external(work: Work, issuer: str, subject: str) -> Account | None:
    """The account that signs in elsewhere (OIDC) under this subject."""
    raise NotImplementedError


def connect_external(work: Work, account: str, issuer: str, subject: str) -> Account:
    """Let an account sign in elsewhere."""
    raise NotImplementedError


def open_session(work: Work, account: str) -> tuple[Session, str]:
    """A session without a password: for single sign-on, and for the one-time token of a local start."""
    raise NotImplementedError
