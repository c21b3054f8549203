"""``create_app``: the pages and the API of one installation, put together."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from saphena.faults import Faulty
from saphena.interfaces.web import (
    accounts,
    api,
    audit,
    clinician,
    door,
    evaluation,
    interview,
    knowledge,
    sso,
    start,
)
from saphena.interfaces.web.access import Doors, MustChangePassword, NotSignedIn
from saphena.interfaces.web.api import page as api_page
from saphena.interfaces.web.language import COOKIE, LANGUAGES, YEAR
from saphena.interfaces.web.limits import Brakes
from saphena.interfaces.web.problems import REFUSED, faults_of, is_api, problem, status_of
from saphena.interfaces.web.record import room as record_room
from saphena.interfaces.web.record.opening import open_for
from saphena.interfaces.web.rendering import page
from saphena.interfaces.web.security import Compressed, Guard
from saphena.interfaces.web.settings import Settings, static_folder
from saphena.interfaces.web.sso import Provider
from saphena.model.network import Model
from saphena.model.store import load_model
from saphena.records import Conflict, Record, Taken
from saphena.version import VERSION

ROOMS = (
    start.router,
    door.router,
    clinician.router,
    record_room.router,
    interview.router,
    knowledge.router,
    evaluation.router,
    sso.router,
    accounts.router,
    audit.router,
    api_page.router,
    api.router,
)
"""Every room of the application, in the order of the navigation."""
COMPRESSED_FROM = 4_000
"""Bytes; less travels in two or three packets as it is."""
ANSWERED = ("/interview", "/intake", "/assessment")
"""Addresses that are sent what somebody took time to answer, and no password."""
MOST_FIELDS = 20_000
DESCRIPTION = (
    "Decision support, not a medical device; it does not replace a clinician, and no clinician has reviewed its "
    "knowledge yet. What a case does not mention is unknown, never absent. Entries of the record have a version as "
    "ETag, which a change sends back as If-Match. Refusals are problem+json."
)


def create_app(settings: Settings | None = None, model: Model | None = None, record: Record | None = None) -> FastAPI:
    """The application; ``app.state`` holds settings, model, record and who is signed in. Whoever made it closes the record."""
    settings = settings or Settings()
    app = FastAPI(
        title="Saphena",
        version=VERSION,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        summary="Support for clinicians and their patients in thinking about a leg complaint",
        description=DESCRIPTION,
    )
    app.state.settings = settings
    app.state.model = model or load_model()
    app.state.record = record or open_for(settings)
    app.state.doors = Doors()
    app.state.provider = Provider(settings) if settings.oidc_issuer and settings.mode == "clinic" else None
    for router in ROOMS:
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=static_folder()), name="static")
    app.add_exception_handler(NotSignedIn, _to_the_door)
    app.add_exception_handler(MustChangePassword, _to_own_password)
    app.add_exception_handler(StarletteHTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _refused)
    app.add_exception_handler(Faulty, _refused)
    app.add_exception_handler(interview.Unreadable, interview.unreadable)
    app.middleware("http")(_remember_language)
    app.add_middleware(Compressed, minimum_size=COMPRESSED_FROM, compresslevel=4)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=[*settings.hosts, settings.host, "localhost"])
    app.add_middleware(Brakes, wrong_tries=settings.wrong_tries)
    app.add_middleware(
        Guard,
        body_limit=settings.body_limit,
        secure=settings.secure,
        slowest=settings.slowest,
        broken=_broken,
    )
    return app


async def _remember_language(request: Request, go_on) -> Response:  # type: ignore[no-untyped-def]
    response: Response = await go_on(request)
    asked = request.query_params.get("lang", "")
    if asked in LANGUAGES:
        response.set_cookie(COOKIE, asked, max_age=YEAR, httponly=True, samesite="lax", secure=_secure(request))
    return response


def _secure(request: Request) -> bool:
    return bool(request.app.state.settings.secure)


async def _to_the_door(request: Request, _: Exception) -> Response:
    """Whoever was signed out while answering keeps the answers: they stand on the page that says so."""
    if is_api(request.url.path):
        headers = {"WWW-Authenticate": "Bearer"}
        return problem(401, "Not signed in", "Send a token: Authorization: Bearer ...; see /api", headers)
    if request.method == "POST" and request.url.path in ANSWERED:
        form = await request.form(max_fields=MOST_FIELDS, max_files=0)
        sent = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
        if sent:
            return page(request, "signed_out.html", 401, sent=sent)
    return RedirectResponse(f"/enter?to={quote(request.url.path)}", 303)


def _to_own_password(request: Request, _: Exception) -> Response:
    if is_api(request.url.path):
        return problem(403, "Password not set", "Sign in on the page and choose a password of your own")
    return RedirectResponse("/password", 303)


def _refused(request: Request, error: Exception) -> Response:
    """What was asked for is refused, and why."""
    faults: list[dict[str, str]] = []
    headers: dict[str, str] = {}
    if isinstance(error, StarletteHTTPException):
        status, detail = error.status_code, str(error.detail)
        headers = dict(error.headers or {})
    elif isinstance(error, RequestValidationError):
        status, detail = 422, "The request does not have the form that is asked for"
        faults = faults_of(error)
    else:
        assert isinstance(error, Faulty)
        status, headers = status_of(error)
        if status == 409 and "if-match" in request.headers and not isinstance(error, Taken):
            status = 412
        detail = REFUSED.get(status, "Something in what was sent does not fit")
        faults = [{"path": f.path or f.file, "message": f.message, "remedy": f.remedy} for f in error.faults]
    if is_api(request.url.path):
        more: dict[str, object] = {"faults": faults} if faults else {}
        if isinstance(error, Conflict) and isinstance(error.current, BaseModel):
            more["current"] = error.current.model_dump(mode="json")
        return problem(status, detail.partition(".")[0], detail, headers, **more)
    own = "" if detail == HTTPStatus(status).phrase else detail  # The page says it in the reader's language.
    answer = page(request, "refused.html", status, error_status=status, detail=own, faults=faults)
    answer.headers.update(headers)
    return answer


def _broken(request: Request) -> Response:
    """A fault of ours: logged by the server, never shown with its insides."""
    if not hasattr(request.state, "reader"):
        request.state.reader = None  # Looking who it is may be what failed.
    if is_api(request.url.path):
        return problem(500, "Something in Saphena failed", "It has been logged; nothing of the request was kept")
    return page(request, "refused.html", 500, error_status=500, detail="", faults=[])
