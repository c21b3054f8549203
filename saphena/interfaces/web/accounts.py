"""Accounts of a clinic: the administrator's list, and everybody's own account with its tokens."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from saphena.interfaces.web.access import Administrator, Anyone, record_of
from saphena.interfaces.web.api.versions import Id
from saphena.interfaces.web.language import Language, language_of
from saphena.interfaces.web.problems import status_of
from saphena.interfaces.web.rendering import page
from saphena.records import NotFound, RecordFault, Work, accounts, api_tokens, patients
from saphena.records.shapes import Account, Role

router = APIRouter(include_in_schema=False)
Name = Annotated[str, Form(max_length=200)]
Roles = Annotated[list[Role] | None, Form(max_length=3)]
TOKEN_DAYS = 90
"""How long a token of a program opens unless its owner says otherwise."""


def role_names(language: Language) -> dict[str, str]:
    """The roles, as the pages call them."""
    _ = language.say
    return {"clinician": _("Clinician"), "administrator": _("Administrator"), "patient": _("Patient")}


# --- for administrators ----------------------------------------------------------------------


@router.get("/accounts")
def all_accounts(request: Request, reader: Administrator) -> Response:
    """Who signs in here."""
    return _list(request, reader)


@router.post("/accounts")
def create(request: Request, reader: Administrator, name: Name, roles: Roles = None) -> Response:
    """A new account; its one-time token is shown once."""
    try:
        with record_of(request).work(reader.actor("administrator")) as work:
            made, token = accounts.add(work, name, tuple(roles or ()))
    except RecordFault as error:
        return _list(request, reader, error, name=name, roles=roles or [])
    return _one(request, reader, made.id, token=token)


@router.get("/accounts/{account}")
def one_account(request: Request, reader: Administrator, account: Id) -> Response:
    """One account."""
    return _one(request, reader, account)


@router.post("/accounts/{account}/roles")
def change_roles(request: Request, reader: Administrator, account: Id, roles: Roles = None) -> Response:
    """Other roles; its open sessions end."""
    return _done(request, reader, account, lambda work: accounts.set_roles(work, account, tuple(roles or ())))


@router.post("/accounts/{account}/reset")
def reset(request: Request, reader: Administrator, account: Id) -> Response:
    """The password no longer opens, nor does any token of a program; the owner chooses a new one by a one-time token."""
    with record_of(request).work(reader.actor("administrator")) as work:
        token = accounts.reset(work, account)
    return _one(request, reader, account, token=token)


@router.post("/accounts/{account}/shut-out")
def shut_out(request: Request, reader: Administrator, account: Id) -> Response:
    """Nobody gets in with it any more."""
    return _done(request, reader, account, lambda work: accounts.set_active(work, account, active=False))


@router.post("/accounts/{account}/let-in")
def let_in(request: Request, reader: Administrator, account: Id) -> Response:
    """It opens again."""
    return _done(request, reader, account, lambda work: accounts.set_active(work, account, active=True))


@router.post("/accounts/{account}/unlock")
def unlock(request: Request, reader: Administrator, account: Id) -> Response:
    """Forget the wrong passwords."""
    return _done(request, reader, account, lambda work: accounts.unlock(work, account))


@router.post("/accounts/{account}/patients")
def allow(
    request: Request,
    reader: Administrator,
    account: Id,
    identifier: Name,
    allowed: Annotated[bool, Form()] = True,
) -> Response:
    """Which patients the account of a patient sees, by the clinic's own identifier."""

    def change(work: Work) -> None:
        wanted = identifier.strip()
        found = [one for one in patients.called(work, wanted) if one.identifier == wanted]
        if not found:
            raise NotFound("identifier", "there is no such patient", "Look the patient up in the list")
        accounts.allow(work, account, found[0].id, allowed)

    return _done(request, reader, account, change)


def _done(request: Request, reader: Administrator, account: str, change: Any) -> Response:
    try:
        with record_of(request).work(reader.actor("administrator")) as work:
            change(work)
    except RecordFault as error:
        return _one(request, reader, account, error)
    return RedirectResponse(f"/accounts/{account}", 303)


def _list(request: Request, reader: Administrator, error: RecordFault | None = None, **typed: Any) -> Response:
    with record_of(request).work(reader.actor("administrator")) as work:
        found = accounts.all_of(work)
    held = {"name": "", "roles": [], **typed}
    return page(
        request,
        "accounts.html",
        status_of(error)[0] if error else 200,
        accounts=found,
        role_names=role_names(language_of(request)),
        faults=error.faults if error else [],
        **held,
    )


def _one(
    request: Request, reader: Administrator, account: str, error: RecordFault | None = None, token: str = ""
) -> Response:
    with record_of(request).work(reader.actor("administrator")) as work:
        found = accounts.get(work, account)
        seen = [patients.get(work, one).identifier for one in found.patients]
    return page(
        request,
        "account.html",
        status_of(error)[0] if error else 200,
        account=found,
        seen=seen,
        token=token,
        role_names=role_names(language_of(request)),
        faults=error.faults if error else [],
    )


# --- one's own -------------------------------------------------------------------------------


@router.get("/account")
def own(request: Request, reader: Anyone) -> Response:
    """One's own account."""
    return _own(request, reader)


@router.post("/account/tokens")
def make_token(
    request: Request,
    reader: Anyone,
    name: Name,
    days: Annotated[int, Form(ge=1, le=api_tokens.LONGEST_DAYS)] = TOKEN_DAYS,
    roles: Roles = None,
) -> Response:
    """A token for a program, shown once."""
    account = _account(reader)
    try:
        with record_of(request).work(reader.actor()) as work:
            _, token = api_tokens.make(work, account, name, tuple(roles or ()), days)
    except RecordFault as error:
        return _own(request, reader, error, name=name, days=days, roles=roles or ())
    return _own(request, reader, token=token)


@router.post("/account/tokens/{token}/revoke")
def revoke_token(request: Request, reader: Anyone, token: Id) -> Response:
    """It no longer opens."""
    with record_of(request).work(reader.actor()) as work:
        api_tokens.revoke(work, _account(reader).id, token)
    return RedirectResponse("/account", 303)


def _account(reader: Anyone) -> Account:
    if reader.account is None:
        raise NotFound("account", "a computer of one's own has no accounts", "Run Saphena with --mode clinic")
    return reader.account


def _own(request: Request, reader: Anyone, error: RecordFault | None = None, token: str = "", **typed: Any) -> Response:
    made: list[api_tokens.ApiToken] = []
    names = role_names(language_of(request))
    own: tuple[Role, ...] = reader.account.roles if reader.account else ()
    held = {"name": "", "days": TOKEN_DAYS, "roles": own[:1], **typed}
    if reader.account is not None:
        with record_of(request).work(reader.actor()) as work:
            made = [one for one in api_tokens.of(work, reader.account.id) if one.revoked_at is None]
    return page(
        request,
        "own_account.html",
        status_of(error)[0] if error else 200,
        tokens=made,
        token=token,
        longest=api_tokens.LONGEST_DAYS,
        role_names=names,
        own_roles={role: names[role] for role in own},
        faults=error.faults if error else [],
        **held,
    )
