"""Small pieces of Markdown that all pages share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from saphena.assessment import citation, describe_parent
from saphena.model.network import Model
from saphena.model.numbers import Parent
from saphena.model.schema import Codes

SYSTEMS = {
    "icd10": "ICD-10",
    "icd10cm": "ICD-10-CM",
    "hpo": "HPO",
    "loinc": "LOINC",
    "atc": "ATC",
    "snomed_gps": "SNOMED CT",
}
SETTING_NAMES = {
    "primary_care": "primary care",
    "vascular_clinic": "vascular clinic",
    "emergency_without_injury": "emergency, no injury",
    "emergency_after_injury": "emergency, after injury",
    "population": "population",
}


def cell(text: str) -> str:
    """Text that may stand in a table."""
    return " ".join(text.replace("|", "/").split())


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; nothing for no rows."""
    body = [f"| {' | '.join(cell(c) for c in row)} |" for row in rows]
    if not body:
        return ""
    return "\n".join([f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}", *body])


def section(title: str, *parts: str) -> str:
    """A heading with its parts; nothing if all are empty."""
    held = [part for part in parts if part]
    return "\n\n".join([f"## {title}", *held]) if held else ""


def page(*parts: str) -> str:
    """Parts with an empty line between."""
    return "\n\n".join(part for part in parts if part) + "\n"


def plain(value: float) -> str:
    """Digits only: 0.00008, not 8e-05."""
    return np.format_float_positional(value, trim="-")


def number(value: float | None, grades: dict[str, float] | None = None) -> str:
    """One probability, or one for each grade."""
    if grades is not None:
        return ", ".join(f"{name.replace('_', ' ')} {plain(p)}" for name, p in grades.items())
    return "" if value is None else plain(value)


def parent(model: Model, value: Parent) -> str:
    """Where a number comes from, in one sentence with its kind first."""
    told = describe_parent(model, value, "")
    words = f"“{told.quote}”" if told.quote else told.reasoning or ""
    source = f"[{told.source}]({told.url})" if told.source and told.url else told.source or ""
    more = [words, source, f"in {value.population}" if value.population else "", value.note or ""]
    if value.range is not None:
        more.append(f"range {plain(value.range[0])}–{plain(value.range[1])}")
    return f"**{value.kind}**: " + "; ".join(part.rstrip(".;") for part in more if part)


def codes(held: Codes) -> str:
    """Codes by system."""
    return "; ".join(f"{SYSTEMS.get(system, system)} {', '.join(values)}" for system, values in held.items() if values)


def sources(model: Model, used: Iterable[str]) -> str:
    """A list of sources with how well each is known."""
    lines = []
    for id_ in sorted(set(used)):
        source = model.knowledge.sources[id_]
        name = f"[{citation(source)}]({source.URL})" if source.URL else citation(source)
        depth = f", {source.custom.depth}" if source.custom.depth else ""
        lines.append(f"- {name}: {source.title} ({source.custom.how_known}{depth})")
    return "\n".join(lines)
