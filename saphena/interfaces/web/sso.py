"""Single sign-on by a clinic's own identity provider (OpenID Connect), behind a setting.

State binds the answer to the browser that asked, the nonce binds the token to the question, and PKCE binds the code to
this server. An account is found by issuer and subject, never by a name, which people change and others may take.
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock
from typing import Annotated, Any, cast, get_args
from urllib.parse import urlsplit

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import RedirectResponse, Response

from saphena.faults import Fault, Faulty
from saphena.interfaces.web.access import COOKIE, record_of
from saphena.interfaces.web.door import inside, opened
from saphena.interfaces.web.settings import Settings
from saphena.records import SYSTEM, Conflict, Record, accounts
from saphena.records.shapes import Account, Role

router = APIRouter(include_in_schema=False)
BACK = "/enter/elsewhere/back"
BROWSER = "sign_on"
MINUTES = 10
MOST_OPEN = 10_000
ALGORITHMS = ["RS256", "RS384", "RS512", "ES256", "ES384", "PS256", "EdDSA"]
"""Signed with a key that only the provider has; never none, never one that is shared."""


@dataclass(frozen=True)
class Asked:
    """One sign-on under way."""

    browser: str
    nonce: str
    verifier: str
    to: str
    until: float


@dataclass
class Provider:
    """The identity provider of a clinic."""

    settings: Settings
    asked: OrderedDict[str, Asked] = field(default_factory=OrderedDict)
    lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        where = urlsplit(self.settings.oidc_issuer)
        if where.scheme != "https" and where.hostname not in ("127.0.0.1", "localhost", "::1"):
            raise _setting("oidc_issuer", "is not reached over TLS", "Give an https address")
        for one in self.settings.oidc_roles:
            if one.partition("=")[2] not in get_args(Role):
                raise _setting("oidc_roles", f"{one} names no role", "Write group=role, such as doctors=clinician")

    @cached_property
    def facts(self) -> dict[str, Any]:
        """Where the provider asks, and where it gives tokens and keys; as it says itself."""
        issuer = self.settings.oidc_issuer.rstrip("/")
        found = self._get(f"{issuer}/.well-known/openid-configuration")
        if str(found.get("issuer", "")).rstrip("/") != issuer:
            raise HTTPException(503, "The identity provider calls itself otherwise than this installation does")
        return found

    def leave_for(self, back: str, to: str, browser: str) -> str:
        """The address at the provider to which the browser goes."""
        state, asked = (
            secrets.token_urlsafe(24),
            Asked(browser, secrets.token_urlsafe(24), secrets.token_urlsafe(48), to, time.monotonic() + MINUTES * 60),
        )
        with self.lock:
            self.asked[state] = asked
            while len(self.asked) > MOST_OPEN:
                self.asked.popitem(last=False)
        address, _ = self._client(back).create_authorization_url(
            self.facts["authorization_endpoint"], state=state, nonce=asked.nonce, code_verifier=asked.verifier
        )
        return str(address)

    def came_back(self, state: str, browser: str) -> Asked | None:
        """What was asked by this browser under this state; once."""
        with self.lock:
            asked = self.asked.pop(state, None)
        fits = asked is not None and secrets.compare_digest(asked.browser.encode(), browser.encode("utf-8", "replace"))
        return asked if fits and asked is not None and time.monotonic() <= asked.until else None

    def claims(self, back: str, code: str, asked: Asked) -> dict[str, Any]:
        """What the provider says of the person, its signature and everything that binds it checked."""
        import httpx
        from authlib.integrations.base_client import OAuthError
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        try:
            token = self._client(back).fetch_token(
                self.facts["token_endpoint"], code=code, code_verifier=asked.verifier
            )
            keys = KeySet.import_key_set(cast(Any, self._get(self.facts["jwks_uri"])))
            decoded = jwt.decode(token["id_token"], keys, algorithms=ALGORITHMS)
            jwt.JWTClaimsRegistry(
                leeway=60,
                iss={"essential": True, "value": self.facts["issuer"]},
                aud={"essential": True, "value": self.settings.oidc_client},
                exp={"essential": True},
                sub={"essential": True},
                nonce={"essential": True, "value": asked.nonce},
            ).validate(decoded.claims)
        except (OAuthError, JoseError, httpx.HTTPError, KeyError, ValueError) as error:
            raise HTTPException(
                403, f"The identity provider's answer was not accepted ({type(error).__name__})"
            ) from None
        return dict(decoded.claims)

    def _client(self, back: str) -> Any:
        from authlib.integrations.httpx_client import OAuth2Client

        return OAuth2Client(
            self.settings.oidc_client,
            self.settings.oidc_secret.get_secret_value() or None,
            scope="openid profile",
            redirect_uri=back,
            code_challenge_method="S256",
            timeout=10,
        )

    def _get(self, address: str) -> dict[str, Any]:
        import httpx

        try:
            return cast("dict[str, Any]", httpx.get(address, timeout=10).raise_for_status().json())
        except (httpx.HTTPError, ValueError):
            raise HTTPException(503, "The identity provider cannot be reached. Try again later") from None


@router.get("/enter/elsewhere")
def leave_for_provider(request: Request, to: Annotated[str, Query(max_length=500)] = "/") -> Response:
    """To the provider, with a question that only this browser can have answered."""
    browser = secrets.token_urlsafe(24)
    response = RedirectResponse(_provider(request).leave_for(_back(request), inside(to), browser), 303)
    secure = bool(request.app.state.settings.secure)
    response.set_cookie(BROWSER, browser, max_age=MINUTES * 60, httponly=True, samesite="lax", secure=secure)
    return response


@router.get("/enter/elsewhere/back")
def come_back(
    request: Request,
    state: Annotated[str, Query(max_length=200)] = "",
    code: Annotated[str, Query(max_length=2000)] = "",
) -> Response:
    """From the provider; a session for the account of that person."""
    provider = _provider(request)
    asked = provider.came_back(state, request.cookies.get(BROWSER, ""))
    if asked is None or not code:
        raise HTTPException(403, "This sign-on was not begun here, was refused, or took too long. Begin again")
    claims = provider.claims(_back(request), code, asked)
    record = record_of(request)
    account = _account(record, provider.settings, claims)
    with record.work(SYSTEM) as work:
        _, session = accounts.open_session(work, account.id)
    accounts.log_out(record, request.cookies.get(COOKIE, ""))
    response = opened(request, session, asked.to)
    response.delete_cookie(BROWSER)
    return response


def _account(record: Record, settings: Settings, claims: dict[str, Any]) -> Account:
    """Found by issuer and subject; made, with the roles of its groups, if the settings allow that."""
    issuer, subject, roles = str(claims["iss"]), str(claims["sub"]), _roles(settings, claims)
    unknown = HTTPException(403, "There is no account for you here yet. Ask an administrator of your clinic")
    with record.work(SYSTEM) as work:
        found = accounts.external(work, issuer, subject)
        if found is None:
            if not settings.oidc_create or not roles:
                raise unknown
            try:
                name = str(claims.get("preferred_username") or claims.get("name") or subject)
                found, _ = accounts.add(work, name[:100], roles)
            except Conflict:
                raise HTTPException(403, "An account of your name is here already. Ask an administrator") from None
            accounts.connect_external(work, found.id, issuer, subject)
        elif settings.oidc_roles and set(roles) != set(found.roles):
            if not roles:
                raise unknown
            found = accounts.set_roles(work, found.id, roles)
    if not found.active:
        raise HTTPException(403, "This account is shut out. Ask an administrator of your clinic")
    return found


def _roles(settings: Settings, claims: dict[str, Any]) -> tuple[Role, ...]:
    held = claims.get(settings.oidc_claim, [])
    groups = {held} if isinstance(held, str) else {str(one) for one in held}
    pairs = (one.partition("=") for one in settings.oidc_roles)
    return cast("tuple[Role, ...]", tuple(sorted({role for group, _, role in pairs if group in groups})))


def _provider(request: Request) -> Provider:
    provider: Provider | None = request.app.state.provider
    if provider is None:
        raise HTTPException(404, "This installation has no single sign-on")
    return provider


def _back(request: Request) -> str:
    where = request.url.replace(path=BACK, query="", fragment="")
    return str(where.replace(scheme="https") if request.app.state.settings.secure else where)


def _setting(name: str, message: str, remedy: str) -> Faulty:
    return Faulty([Fault("settings", None, name, message, remedy)])
