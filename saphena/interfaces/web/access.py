"""Who is asking, and may they? Every route names the roles that may use it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Literal

from fastapi import Depends, HTTPException, Request

Role = Literal["patient", "clinician", "administrator"]
COOKIE = "session"


@dataclass(frozen=True)
class Reader:
    """The person behind a request."""

    name: str
    roles: frozenset[Role]


LOCAL = Reader("local", frozenset(("patient", "clinician", "administrator")))
"""The one person of a computer of their own."""


class Doors:
    """Sessions of local mode: one token, printed at start, opens the browser that brings it."""

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(24)
        self._open: set[str] = set()

    def enter(self, token: str) -> str | None:
        """A new session for the right token."""
        if not secrets.compare_digest(token.encode(), self.token.encode()):
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
    return sha256(secret.encode()).hexdigest()


class NotSignedIn(Exception):
    """Nobody known is asking; the pages lead to the door."""


def reader_of(request: Request) -> Reader | None:
    """Who is asking; None if nobody known."""
    session = request.cookies.get(COOKIE, "")
    doors: Doors = request.app.state.doors
    return LOCAL if session and doors.knows(session) else None


def needs(*roles: Role) -> Callable[[Request], Reader]:
    """A dependency: the reader, if they have one of the roles."""

    def check(request: Request) -> Reader:
        reader = reader_of(request)
        if reader is None:
            raise NotSignedIn
        if not reader.roles & set(roles):
            raise HTTPException(403, f"Only for: {', '.join(roles)}")
        return reader

    check.roles = roles  # type: ignore[attr-defined]
    return check


Clinician = Annotated[Reader, Depends(needs("clinician"))]
Anyone = Annotated[Reader, Depends(needs("patient", "clinician", "administrator"))]
