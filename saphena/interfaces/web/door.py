"""The door: a printed token on a computer of one's own; name and password, or single sign-on, in a clinic."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from saphena.interfaces.web.access import COOKIE, Doors, reader_of, record_of
from saphena.interfaces.web.language import language_of
from saphena.interfaces.web.problems import status_of
from saphena.interfaces.web.rendering import page
from saphena.interfaces.web.settings import Settings
from saphena.records import LockedOut, RecordFault, Refused, accounts, sessions

router = APIRouter(include_in_schema=False)
OPEN_HOURS = 12
Secret = Annotated[str, Form(max_length=1000)]
To = Annotated[str, Form(max_length=500)]


@router.get("/enter")
def enter(
    request: Request,
    token: Annotated[str, Query(max_length=200)] = "",
    to: Annotated[str, Query(max_length=500)] = "/",
) -> Response:
    """Locally it is opened by the address that was printed at start."""
    if reader_of(request) is not None:
        return RedirectResponse(inside(to), 303)
    return _by_token(request, token, to) if token and _local(request) else _asked(request, to)


@router.post("/enter")
def enter_by_form(
    request: Request, token: Secret = "", name: Secret = "", password: Secret = "", to: To = "/"
) -> Response:
    """By what was typed."""
    if _local(request):
        return _by_token(request, token.strip(), to)
    record = record_of(request)
    try:
        _, session = accounts.log_in(record, name, password)
    except LockedOut as error:
        status, headers = status_of(error)
        answer = _asked(request, to, name, status, waiting=int(headers["Retry-After"]))
        answer.headers.update(headers)
        return answer
    except Refused:
        return _asked(request, to, name, 403, wrong=True)
    accounts.log_out(record, request.cookies.get(COOKIE, ""))
    return opened(request, session, to)


@router.post("/leave")
def leave(request: Request) -> Response:
    """Close the session."""
    session = request.cookies.get(COOKIE, "")
    if _local(request):
        doors: Doors = request.app.state.doors
        doors.leave(session)
    else:
        accounts.log_out(record_of(request), session)
    return _closed("/enter")


@router.post("/leave/everywhere")
def leave_everywhere(request: Request) -> Response:
    """Close this session and every other of the same account."""
    reader = reader_of(request)
    if reader is None or reader.account is None:
        return leave(request)
    with record_of(request).work(reader.actor()) as work:
        sessions.ended(work, reader.account.id)
        work.note("sign out everywhere", "account", entry=reader.account.id)
    return _closed("/enter")


@router.get("/password")
def own_password(request: Request) -> Response:
    """Choose one, with the old one or with a one-time token."""
    return page(request, "password.html", faults=[])


@router.post("/password")
def set_own_password(
    request: Request, new: Secret = "", again: Secret = "", old: Secret = "", token: Secret = ""
) -> Response:
    """Every open session of the account ends; a new one begins."""
    record, reader = record_of(request), reader_of(request)
    if new != again:
        _ = language_of(request).say
        said = {
            "path": _("New password again"),
            "message": _("The two are not the same"),
            "remedy": _("Type the new password twice"),
        }
        return page(request, "password.html", 422, faults=[said])
    try:
        if reader is not None and reader.account is not None:
            account = accounts.change_password(record, reader.account.id, old, new)
        else:
            account = accounts.set_password(record, token.strip(), new)
        with record.work(account.actor(account.roles[0])) as work:
            _, session = accounts.open_session(work, account.id)
    except RecordFault as error:
        status, headers = status_of(error)
        answer = page(request, "password.html", status, faults=error.faults)
        answer.headers.update(headers)
        return answer
    return opened(request, session, "/")


def inside(address: str) -> str:
    """An address of this application; the start for anything else."""
    good = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    return address if good else "/"


def opened(request: Request, session: str, to: str) -> Response:
    """Through the door, with a session that is new: whatever the browser brought along before is worth nothing."""
    response = RedirectResponse(inside(to), 303)
    response.set_cookie(
        COOKIE,
        session,
        max_age=OPEN_HOURS * 3600,
        httponly=True,
        samesite="lax",
        secure=bool(request.app.state.settings.secure),
    )
    return response


def _closed(to: str) -> Response:
    response = RedirectResponse(to, 303)
    response.delete_cookie(COOKIE, httponly=True, samesite="lax")
    return response


def _local(request: Request) -> bool:
    settings: Settings = request.app.state.settings
    return settings.mode == "local"


def _asked(
    request: Request, to: str, name: str = "", status: int = 200, *, wrong: bool = False, waiting: int = 0
) -> Response:
    template = "enter.html" if _local(request) else "sign_in.html"
    return page(request, template, status, to=inside(to), name=name, wrong=wrong, waiting=waiting)


def _by_token(request: Request, token: str, to: str) -> Response:
    doors: Doors = request.app.state.doors
    session = doors.enter(token)
    return _asked(request, to, status=403, wrong=True) if session is None else opened(request, session, to)
