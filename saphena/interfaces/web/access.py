"""Who is asking, and may they? Every route names the roles that may use it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, cast

from fastapi import Depends, HTTPException, Request

from saphena.interfaces.web.problems import is_api
from saphena.records import Actor, Record, Refused, accounts, api_tokens
from saphena.records.shapes import Account, Role

COOKIE = "session"
BEARER = "bearer "
ACTING: tuple[Role, ...] = ("clinician", "administrator", "patient")
"""Who has several roles acts in the first of these that the place allows."""


@dataclass(frozen=True)
class Reader:
    """The person behind a request."""

    name: str
    roles: frozenset[Role]
    account: Account | None = None
    """None: the one person of a computer of their own."""

    def actor(self, *allowed: Role) -> Actor:
        """As whom the record knows them, in one of the roles that a place allows."""
        role = next(role for role in ACTING if role in self.roles and (not allowed or role in allowed))
        return self.account.actor(role) if self.account else Actor(role)


LOCAL = Reader("local", frozenset(("patient", "clinician", "administrator")))
"""The one person of a computer of their own."""


class Doors:
    """Sessions of local mode: one token, printed at start, opens the browser that brings it."""

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(24)
        self._open: set[str] = set()

    def fits(self, token: str) -> bool:
        """Is it the token that was printed?"""
        return secrets.compare_digest(token.encode("utf-8", "replace"), self.token.encode())

    def enter(self, token: str) -> str | None:
        """A new session for the right token."""
        if not self.fits(token):
            return None
        session = secrets.token_urlsafe(32)
        self._open.add(_hashed(session))
        return session

    def knows(self, session: str) -> bool:
        """Is this session open?"""
        return _hashed(session) in self._open

    def leave(self, session: str) -> None:
        """Close it."""
        self._open.discard(_hashed(session))


def _hashed(secret: str) -> str:
    return sha256(secret.encode("utf-8", "replace")).hexdigest()


class NotSignedIn(Exception):
    """Nobody known is asking; the pages lead to the door."""


class MustChangePassword(Exception):
    """Known, but let in only after choosing a password of their own."""


def record_of(request: Request) -> Record:
    """The open record."""
    return cast(Record, request.app.state.record)


def reader_of(request: Request) -> Reader | None:
    """Who is asking; None if nobody known. Looked up once for each request."""
    if not hasattr(request.state, "reader"):
        request.state.reader = _found(request)
    return cast("Reader | None", request.state.reader)


def _found(request: Request) -> Reader | None:
    given = request.headers.get("authorization", "")
    token = given[len(BEARER) :].strip() if given.lower().startswith(BEARER) else ""
    if token and is_api(request.url.path):
        return _by_token(request, token)
    session = request.cookies.get(COOKIE, "")
    if not session:
        return None
    if request.app.state.settings.mode == "local":
        doors: Doors = request.app.state.doors
        return LOCAL if doors.knows(session) else None
    try:
        return _reader(accounts.session_of(record_of(request), session).account)
    except Refused:
        return None


def _by_token(request: Request, token: str) -> Reader | None:
    """A program's token: of local mode the one that is printed at start, else one that an account has made."""
    doors: Doors = request.app.state.doors
    if request.app.state.settings.mode == "local":
        return LOCAL if doors.fits(token) else None
    try:
        return _reader(api_tokens.account_of(record_of(request), token))
    except Refused:
        return None


def _reader(account: Account) -> Reader:
    return Reader(account.name, frozenset(account.roles), account)


def needs(*roles: Role) -> Callable[[Request], Reader]:
    """A dependency: the reader, if they have one of the roles."""

    def check(request: Request) -> Reader:
        reader = reader_of(request)
        if reader is None:
            raise NotSignedIn
        if reader.account is not None and reader.account.must_change_password:
            raise MustChangePassword
        if not reader.roles & set(roles):
            raise HTTPException(403, f"Only for: {', '.join(roles)}")
        return reader

    check.roles = roles  # type: ignore[attr-defined]
    return check


Clinician = Annotated[Reader, Depends(needs("clinician"))]
Administrator = Annotated[Reader, Depends(needs("administrator"))]
Anyone = Annotated[Reader, Depends(needs("patient", "clinician", "administrator"))]
