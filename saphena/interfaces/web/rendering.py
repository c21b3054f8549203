"""Pages from templates, in the reader's language."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.responses import HTMLResponse

from saphena.interfaces.web.access import reader_of
from saphena.interfaces.web.countries import country_of, emergency_of, named
from saphena.interfaces.web.language import LANGUAGES, Language, language_of
from saphena.interfaces.web.settings import Settings
from saphena.model.network import Model
from saphena.version import VERSION

TEMPLATES = Path(__file__).parent / "templates"
LEVELS = ("self_care", "routine", "urgent", "same_day", "emergency")
"""The least urgent first: their place is the number of bars."""


@lru_cache
def _environment(language: Language) -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    cast(Any, made).install_gettext_callables(language.say, language.say_number, newstyle=True)
    made.filters["told"] = language.told
    made.globals |= {
        "LEVELS": LEVELS,
        "notes": None,
        "language": language,
        "languages": LANGUAGES,
        "software": VERSION,
        "countries": named,
    }
    return made


def page(request: Request, template: str, status: int = 200, **held: Any) -> HTMLResponse:
    """One page. ``held`` is what the template shows."""
    return HTMLResponse(html(request, template, **held), status)


def html(request: Request, template: str, **held: Any) -> str:
    """The same as text, for a part of a page or for paper."""
    language = language_of(request)
    settings: Settings = request.app.state.settings
    country = country_of(request)
    number, words = emergency_of(country, language)
    return (
        _environment(language)
        .get_template(template)
        .render(
            request=request,
            here=_in_language(request),
            settings=settings,
            model=model_of(request),
            reader=reader_of(request),
            emergency_number=number,
            emergency_words=words,
            country=country,
            **held,
        )
    )


def _in_language(request: Request) -> dict[str, str]:
    """Address of this page in every language. A form that was sent is asked for anew, so its own page is."""
    return {code: str(request.url.include_query_params(lang=code)) for code in LANGUAGES}


def model_of(request: Request) -> Model:
    """The knowledge in use."""
    return cast(Model, request.app.state.model)
