"""The first pages: the door, the start, and what this is and is not."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from saphena.case import Setting
from saphena.interfaces.web.access import COOKIE, Anyone, Doors, reader_of
from saphena.interfaces.web.language import Language, language_of
from saphena.interfaces.web.rendering import model_of, page

router = APIRouter(include_in_schema=False)
OPEN_HOURS = 12


@router.get("/")
def start(request: Request, reader: Anyone) -> Response:
    """Who is answering, and where."""
    known = model_of(request).knowledge.settings.settings
    return page(request, "start.html", settings_known=known, setting_names=setting_names(language_of(request)))


@router.post("/begin")
def begin(
    reader: Anyone, role: Annotated[Literal["patient", "clinician"], Form()], setting: Annotated[Setting, Form()]
) -> Response:
    """To the interview, or to the findings."""
    return RedirectResponse(f"/{'interview' if role == 'patient' else 'intake'}?setting={setting}", 303)


@router.get("/enter")
def enter(request: Request, token: Annotated[str, Query(max_length=200)] = "", to: str = "/") -> Response:
    """The door: opened by the address that was printed at start."""
    if reader_of(request) is not None:
        return RedirectResponse(inside(to), 303)
    return _opened(request, token, to) if token else page(request, "enter.html", to=inside(to), wrong=False)


@router.post("/enter")
def enter_by_form(
    request: Request, token: Annotated[str, Form(max_length=200)] = "", to: Annotated[str, Form()] = "/"
) -> Response:
    """The same, typed."""
    return _opened(request, token.strip(), to)


@router.post("/leave")
def leave(request: Request) -> Response:
    """Close the session."""
    doors: Doors = request.app.state.doors
    doors.leave(request.cookies.get(COOKIE, ""))
    response = RedirectResponse("/enter", 303)
    response.delete_cookie(COOKIE)
    return response


@router.get("/about")
def about(request: Request) -> Response:
    """Intended use, limits, and how to report a harmful answer."""
    texts = model_of(request).knowledge.texts
    code = language_of(request).code
    return page(request, "about.html", intended_use=texts[code if code in texts else "en"].intended_use)


@router.get("/health")
def health() -> dict[str, str]:
    """For whoever watches the server; says nothing of anybody."""
    return {"status": "ok"}


def setting_names(language: Language) -> dict[str, str]:
    """The places where a patient may be seen, as the pages call them."""
    _ = language.say
    return {
        "primary_care": _("Primary care"),
        "vascular_clinic": _("Vascular clinic"),
        "emergency_without_injury": _("Emergency department, no injury"),
        "emergency_after_injury": _("Emergency department, after an injury"),
        "population": _("Nowhere yet, at home"),
    }


def inside(address: str) -> str:
    """An address of this application; the start for anything else."""
    return address if address.startswith("/") and not address.startswith(("//", "/\\")) else "/"


def _opened(request: Request, token: str, to: str) -> Response:
    doors: Doors = request.app.state.doors
    session = doors.enter(token)
    if session is None:
        return page(request, "enter.html", 403, to=inside(to), wrong=True)
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
