"""The addresses of the knowledge."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from saphena.evaluation.recorded import ImpliedReport, read
from saphena.interfaces.pages.overview import KINDS, network_numbers
from saphena.interfaces.web.access import Anyone
from saphena.interfaces.web.knowledge.bibliography import article_facts, one_source, source_facts
from saphena.interfaces.web.knowledge.condition import condition_facts
from saphena.interfaces.web.knowledge.entries import finding_facts, flag_facts, investigation_facts, treatment_facts
from saphena.interfaces.web.knowledge.instrument import instrument_facts
from saphena.interfaces.web.knowledge.reading import PAGES, Reading
from saphena.interfaces.web.knowledge.searching import search
from saphena.interfaces.web.knowledge.words import vocabulary
from saphena.interfaces.web.language import language_of
from saphena.interfaces.web.rendering import model_of, page
from saphena.model.network import Model
from saphena.model.numbers import NumberKind

router = APIRouter(include_in_schema=False)


@router.get("/knowledge")
def overview(request: Request, reader: Anyone, q: Annotated[str, Query(max_length=200)] = "") -> Response:
    """What the knowledge holds, and a search over it."""
    reading = _reading(request)
    model = reading.model
    count = _kinds(model)
    total = count.total()
    conditions = model.knowledge.conditions.values()
    lists = {kind: sorted(reading.entries(kind), key=lambda id_: reading.said(kind, id_)[0]) for kind in PAGES}
    return _page(
        request,
        reading,
        "index.html",
        q=q,
        found=search(model, q),
        counts=[(kind, count[kind], count[kind] / total) for kind in KINDS],
        total=total,
        reviewed=sum(one.reviewed is not None for one in conditions),
        lists=lists,
        sources=len(model.knowledge.sources),
        seen=sum(one.custom.how_known == "seen" for one in model.knowledge.sources.values()),
    )


@router.get("/knowledge/conditions/{id_}")
def condition(request: Request, reader: Anyone, id_: str) -> Response:
    """One condition with every number."""
    reading = _reading(request, "conditions", id_)
    return _page(request, reading, "condition.html", **condition_facts(reading, id_, read(ImpliedReport)))


@router.get("/knowledge/findings/{id_}")
def finding(request: Request, reader: Anyone, id_: str) -> Response:
    """One finding: what it is, how common it is without disease, and what raises it."""
    reading = _reading(request, "findings", id_)
    return _page(request, reading, "finding.html", **finding_facts(reading, id_))


@router.get("/knowledge/treatments/{id_}")
def treatment(request: Request, reader: Anyone, id_: str) -> Response:
    """One treatment: what it is for, and what forbids it."""
    reading = _reading(request, "treatments", id_)
    return _page(request, reading, "treatment.html", **treatment_facts(reading, id_))


@router.get("/knowledge/investigations/{id_}")
def investigation(request: Request, reader: Anyone, id_: str) -> Response:
    """One investigation: what it gives, and what it costs."""
    reading = _reading(request, "investigations", id_)
    return _page(request, reading, "investigation.html", **investigation_facts(reading, id_))


@router.get("/knowledge/instruments/{id_}")
def instrument(request: Request, reader: Anyone, id_: str) -> Response:
    """One score with its form; the answers stand in the address, so that a result can be kept as a link."""
    reading = _reading(request, "instruments", id_)
    asked = {key: value for key, value in request.query_params.items() if key != "lang"}
    held = instrument_facts(reading, id_, asked)
    return _page(request, reading, "instrument.html", 422 if held["faults"] else 200, **held)


@router.get("/knowledge/red_flags/{id_}")
def red_flag(request: Request, reader: Anyone, id_: str) -> Response:
    """One red flag: when it is raised, and what to do."""
    reading = _reading(request, "red_flags", id_)
    return _page(request, reading, "red_flag.html", **flag_facts(reading, id_))


@router.get("/knowledge/sources")
def sources(request: Request, reader: Anyone, q: Annotated[str, Query(max_length=200)] = "") -> Response:
    """Every source, how well it is known, and who cites it."""
    reading = _reading(request)
    return _page(request, reading, "sources.html", q=q, **source_facts(reading, q))


@router.get("/knowledge/sources/{id_}")
def source(request: Request, reader: Anyone, id_: str) -> Response:
    """One source, and every entry that rests on it."""
    reading = _reading(request, "sources", id_)
    return _page(request, reading, "source.html", **one_source(reading, id_))


@router.get("/knowledge/article")
def article(request: Request, reader: Anyone) -> Response:
    """What the source article names, and where each of it is held."""
    reading = _reading(request)
    return _page(request, reading, "article.html", **article_facts(reading))


@lru_cache(maxsize=4)
def _kinds(model: Model) -> Counter[NumberKind]:
    """How many numbers of the network are known in which way."""
    return Counter(value.kind for value in network_numbers(model))


def _reading(request: Request, kind: str = "", id_: str = "") -> Reading:
    """What a page is gathered with; 404 where there is no such entry."""
    reading = Reading(model_of(request), language_of(request))
    if kind:
        reading.must_exist(kind, id_)
    return reading


def _page(request: Request, reading: Reading, template: str, status: int = 200, **held: Any) -> Response:
    return page(
        request,
        f"knowledge/{template}",
        status,
        reading=reading,
        word=vocabulary(reading.language),
        setting_name={one.id: one.name for one in reading.model.knowledge.settings.settings},
        **held,
    )
