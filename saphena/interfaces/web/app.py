"""``create_app``: the pages and the API of one installation, put together."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from saphena.faults import Faulty
from saphena.interfaces.web import clinician, interview, start
from saphena.interfaces.web.access import Doors, NotSignedIn
from saphena.interfaces.web.language import COOKIE, LANGUAGES
from saphena.interfaces.web.record import room as record_room
from saphena.interfaces.web.record.opening import open_for
from saphena.interfaces.web.rendering import page
from saphena.interfaces.web.security import Guard
from saphena.interfaces.web.settings import Settings, static_folder
from saphena.model.network import Model
from saphena.model.store import load_model
from saphena.records import Busy, Conflict, LockedOut, NotFound, Record, Refused
from saphena.version import VERSION

ROOMS = (start.router, interview.router, clinician.router, record_room.router)
"""Every room of the application, in the order of the navigation."""
YEAR = 365 * 24 * 3600


STATUS: dict[type[Faulty], int] = {NotFound: 404, Conflict: 409, LockedOut: 429, Refused: 403, Busy: 503}
"""What the record refuses -> status of the answer; anything else does not fit, 422."""


def create_app(settings: Settings | None = None, model: Model | None = None, record: Record | None = None) -> FastAPI:
    """The application; ``app.state`` holds settings, model, record and who is signed in. Whoever made it closes the record."""
    settings = settings or Settings()
    app = FastAPI(
        title="Saphena",
        version=VERSION,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
    )
    app.state.settings = settings
    app.state.model = model or load_model()
    app.state.record = record or open_for(settings)
    app.state.doors = Doors()
    for router in ROOMS:
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=static_folder()), name="static")
    app.add_exception_handler(NotSignedIn, _to_the_door)
    app.add_exception_handler(StarletteHTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _refused)
    app.add_exception_handler(Faulty, _refused)
    app.add_exception_handler(Exception, _broken)
    app.middleware("http")(_remember_language)
    app.add_middleware(Guard, body_limit=settings.body_limit, secure=settings.secure)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=[*settings.hosts, settings.host, "localhost"])
    return app


async def _remember_language(request: Request, go_on) -> Response:  # type: ignore[no-untyped-def]
    response: Response = await go_on(request)
    asked = request.query_params.get("lang", "")
    if asked in LANGUAGES:
        response.set_cookie(COOKIE, asked, max_age=YEAR, httponly=True, samesite="lax", secure=_secure(request))
    return response


def _secure(request: Request) -> bool:
    return bool(request.app.state.settings.secure)


def is_api(request: Request) -> bool:
    """Asked by a program, not by a person."""
    return request.url.path.startswith("/api/")


def problem(status: int, title: str, detail: str = "", **more: object) -> JSONResponse:
    """RFC 9457: what went wrong, for a program."""
    held = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return JSONResponse(held, status, media_type="application/problem+json")


def _to_the_door(request: Request, _: Exception) -> Response:
    if is_api(request):
        return problem(401, "Not signed in", "Sign in, or send the token of a session")
    return RedirectResponse(f"/enter?to={quote(request.url.path)}", 303)


def _refused(request: Request, error: Exception) -> Response:
    """What was asked for is refused, and why."""
    faults: list[dict[str, str]] = []
    if isinstance(error, HTTPException | StarletteHTTPException):
        status, detail = error.status_code, str(error.detail)
    elif isinstance(error, RequestValidationError):
        status, detail = 422, "The request does not have the form that is asked for"
        faults = [{"path": ".".join(map(str, one["loc"])), "message": str(one["msg"])} for one in error.errors()]
    else:
        assert isinstance(error, Faulty)
        status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 422)
        detail = "The case does not fit the vocabulary" if status == 422 else str(error.faults[0].message)
        faults = [{"path": f.path, "message": f.message, "remedy": f.remedy} for f in error.faults]
    if is_api(request):
        return problem(status, detail.partition(".")[0], detail, **({"faults": faults} if faults else {}))
    return page(request, "refused.html", status, error_status=status, detail=detail, faults=faults)


def _broken(request: Request, _: Exception) -> Response:
    """A fault of ours: logged by the server, never shown with its insides."""
    if is_api(request):
        return problem(500, "Something in Saphena failed", "It has been logged; nothing of the request was kept")
    return page(request, "refused.html", 500, error_status=500, detail="", faults=[])
