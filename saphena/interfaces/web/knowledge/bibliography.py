"""Pages over all of the knowledge: its sources with who cites them, and the source article item by item."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from pydantic import BaseModel

from saphena.assessment import citation
from saphena.interfaces.web.knowledge.reading import Reading
from saphena.interfaces.web.knowledge.searching import split
from saphena.model.network import Model

Cites = dict[str, tuple[tuple[str, str], ...]]
"""Source -> (kind, id) of every entry that rests on it."""


@lru_cache(maxsize=4)
def cited_by(model: Model) -> Cites:
    """Who cites each source; a source nobody cites has nothing here."""
    k = model.knowledge
    entries: list[tuple[str, str, object]] = [
        (kind, id_, one)
        for kind, held in (
            ("conditions", k.conditions), ("findings", k.findings), ("risk_factors", k.risk_factors),
            ("measurements", k.measurements), ("mechanisms", k.mechanisms), ("instruments", k.instruments),
            ("treatments", k.care.treatments), ("investigations", k.care.investigations),
        )
        for id_, one in held.items()
    ]  # fmt: skip
    entries += [("red_flags", one.id, one) for one in k.red_flags]
    entries += [("referrals", one.id, one) for one in k.care.referrals]
    found: dict[str, dict[tuple[str, str], None]] = defaultdict(dict)
    for kind, id_, one in entries:
        for source in _sources(one):
            found[source][kind, id_] = None
    return {source: tuple(of) for source, of in found.items()}


def _sources(shape: object) -> Iterator[str]:
    """Every source named anywhere inside."""
    if isinstance(shape, BaseModel):
        for name in type(shape).model_fields:
            value = getattr(shape, name)
            if name == "source" and isinstance(value, str):
                yield value
            elif name == "parents" and isinstance(value, tuple):
                yield from value
            elif isinstance(value, BaseModel | Mapping | tuple):
                yield from _sources(value)
    elif isinstance(shape, Mapping):
        for value in shape.values():
            yield from _sources(value)
    elif isinstance(shape, tuple):
        for value in shape:
            yield from _sources(value)


def source_facts(reading: Reading, q: str) -> dict[str, Any]:
    """Sources in the order of their citation, those with every word asked for."""
    cites = cited_by(reading.model)
    rows = []
    for source in reading.model.knowledge.sources.values():
        named = citation(source)
        if all(any(word in held for held in split(f"{named} {source.title} {source.id}")) for word in split(q)):
            rows.append((source, named, len(cites.get(source.id, ()))))
    rows.sort(key=lambda row: row[1].lower())
    return {"rows": rows, "all": len(reading.model.knowledge.sources)}


def one_source(reading: Reading, id_: str) -> dict[str, Any]:
    """One source with the entries that rest on it, by kind."""
    held = reading.model.knowledge.sources[id_]
    by: dict[str, list[str]] = {}
    for kind, entry in cited_by(reading.model).get(id_, ()):
        by.setdefault(kind, []).append(entry)
    return {"source": held, "named": citation(held), "by": by}


KINDS_OF_IDS = ("conditions", "findings", "risk_factors", "measurements", "mechanisms", "red_flags")


def article_facts(reading: Reading) -> dict[str, Any]:
    """Sections of the article with what holds each item."""
    rows = reading.model.knowledge.article
    known = {kind: reading.entries(kind) for kind in KINDS_OF_IDS}
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        held: dict[str, list[str]] = {}
        for id_ in row.ids:
            held.setdefault(next(kind for kind in KINDS_OF_IDS if id_ in known[kind]), []).append(id_)
        for kind in ("treatments", "investigations", "instruments", "referrals"):
            if getattr(row, kind):
                held[kind] = list(getattr(row, kind))
        groups.setdefault(row.section, []).append({"item": row.item, "answer": row.answer or "", "held": held})
    return {"groups": groups, "all": len(rows), "mapped": sum(1 for row in rows if row.held)}
