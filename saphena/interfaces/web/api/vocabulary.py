"""What can be said of a leg, and everything the knowledge holds about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from saphena.assessment import citation
from saphena.interfaces.web.access import Anyone
from saphena.interfaces.web.api.answers import MISSING, Lang, Limit, Offset, Page, part
from saphena.interfaces.web.problems import Unknown
from saphena.interfaces.web.rendering import model_of
from saphena.model.network import Model
from saphena.model.suggest import did_you_mean
from saphena.version import VERSION

router = APIRouter(tags=["Knowledge"])
Kind = Literal[
    "findings",
    "measurements",
    "risk_factors",
    "conditions",
    "instruments",
    "red_flags",
    "treatments",
    "investigations",
    "facts",
    "medicines",
    "sources",
]


class Term(BaseModel):
    """One entry of the vocabulary."""

    id: str = Field(description="As it is written in a case")
    name: str
    synonyms: list[str]
    description: str | None
    question: str | None = Field(description="As a patient is asked")
    answers: list[str] = Field(description="Words that are answers; empty for a number")
    unit: str | None
    by_leg: bool


class Versions(BaseModel):
    """What answers here."""

    software: str
    model: str = Field(description="Hash of the numbers and rules")
    care: str = Field(description="Hash of what is said about investigations, treatment and referral")
    settings: list[str]
    languages: list[str]


@router.get("/versions", summary="Versions")
def versions(request: Request, reader: Anyone) -> Versions:
    """Of the software and of the knowledge that it answers with."""
    model = model_of(request)
    return Versions(
        software=VERSION,
        model=model.version,
        care=model.care_version,
        settings=[one.id for one in model.knowledge.settings.settings],
        languages=sorted(model.knowledge.texts),
    )


@router.get("/vocabulary/{kind}", summary="List or search the vocabulary")
def terms(
    request: Request,
    reader: Anyone,
    kind: Kind,
    q: Annotated[str, Query(max_length=100, description="Part of an id, name or synonym, in any language")] = "",
    language: Lang = "en",
    limit: Limit = 50,
    offset: Offset = 0,
) -> Page[Term]:
    """The findings, risk factors, measurements and so on that a case can hold, and the conditions weighed."""
    model = model_of(request)
    found = [one for one in _space(model, kind).values() if _holds(model, one, q.strip().lower())]
    shown = part(found, offset, limit)
    return Page(items=[_term(model, one, language) for one in shown.items], next=shown.next)


@router.get("/vocabulary/{kind}/{id}", responses=MISSING, summary="One entry as a whole")
def entry(request: Request, reader: Anyone, kind: Kind, id: str) -> dict[str, Any]:
    """As authored: every number with its source, quote and population, or the reasoning behind an assumption."""
    space = _space(model_of(request), kind)
    if id not in space:
        raise Unknown(f"nothing is called {id[:80]}", did_you_mean(id[:80], list(space)))
    held: dict[str, Any] = space[id].model_dump(mode="json", by_alias=True, exclude_none=True)
    return held


def _space(model: Model, kind: Kind) -> Mapping[str, Any]:
    knowledge = model.knowledge
    if kind in ("treatments", "investigations", "facts"):
        return dict(getattr(knowledge.care, kind))
    if kind == "red_flags":
        return {one.id: one for one in knowledge.red_flags}
    return dict(getattr(knowledge, kind))


def _names(model: Model, one: Any) -> Iterable[str]:
    yield one.id.replace("_", " ")
    yield getattr(one, "name", "") or citation(one)
    yield from getattr(one, "synonyms", ())
    for of in model.knowledge.words.values():
        if one.id in of:
            yield of[one.id].name
            yield from of[one.id].synonyms


def _holds(model: Model, one: Any, text: str) -> bool:
    return not text or text == one.id or any(text in name.lower() for name in _names(model, one))


def _term(model: Model, one: Any, language: str) -> Term:
    words = model.knowledge.words.get(language, {}).get(one.id)
    texts = (getattr(one, key, None) for key in ("definition", "summary", "use_for", "what", "action"))
    graded = getattr(one, "grades", ())
    plain = hasattr(one, "question")
    return Term(
        id=one.id,
        name=words.name if words else getattr(one, "name", "") or citation(one),
        synonyms=list(words.synonyms if words else getattr(one, "synonyms", ())),
        description=next((text for text in texts if text), None),
        question=(words.question if words else None) or getattr(one, "question", None),
        answers=[*graded, "unknown"] if graded else ["present", "absent", "unknown"] if plain else [],
        unit=getattr(one, "unit", None),
        by_leg=bool(getattr(one, "sided", False) or getattr(one, "per_leg", False)),
    )
