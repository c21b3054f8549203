"""The first pages: the start, and what this is and is not."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from saphena.case import Setting
from saphena.interfaces.web.access import Anyone
from saphena.interfaces.web.countries import COOKIE, COUNTRIES
from saphena.interfaces.web.door import inside
from saphena.interfaces.web.language import YEAR, Language, language_of
from saphena.interfaces.web.rendering import model_of, page

router = APIRouter(include_in_schema=False)


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


@router.get("/about")
def about(request: Request) -> Response:
    """Intended use, limits, and how to report a harmful answer."""
    texts = model_of(request).knowledge.texts
    code = language_of(request).code
    return page(request, "about.html", intended_use=texts[code if code in texts else "en"].intended_use)


@router.post("/country")
def choose_country(
    request: Request,
    country: Annotated[str, Form(max_length=10)] = "",
    to: Annotated[str, Form(max_length=500)] = "/",
) -> Response:
    """Whose emergency number is shown to this reader, where the installation has not set it."""
    response = RedirectResponse(inside(to), 303)
    if country in COUNTRIES:
        secure = bool(request.app.state.settings.secure)
        response.set_cookie(COOKIE, country, max_age=YEAR, httponly=True, samesite="lax", secure=secure)
    else:
        response.delete_cookie(COOKIE, httponly=True, samesite="lax")
    return response


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
