"""One score, stage or formula: its items as a form, and its result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from saphena.faults import Faulty
from saphena.interfaces.web.knowledge.reading import Reading
from saphena.pathway.scoring import score


def instrument_facts(reading: Reading, id_: str, asked: Mapping[str, str]) -> dict[str, Any]:
    """Items, bands and licence; the result, or what is wrong with the answers."""
    one = reading.model.knowledge.instruments[id_]
    result, faults = None, {}
    given = {name: value for name, value in asked.items() if value.strip()}
    if given and one.licence.shipped:
        try:
            numbers = {item.id for item in one.items if item.number is not None}
            result = score(one, {n: v.replace(",", ".") if n in numbers else v for n, v in given.items()})
        except Faulty as error:
            faults = {fault.path: reading.language.fault(fault.message, fault.remedy) for fault in error.faults}
    names = {item.id: item.name for item in one.items}
    return {
        "one": one,
        "asked": asked,
        "faults": faults,
        "result": result,
        "missing": [names[item] for item in result.missing] if result else [],
        "points": _points(reading, result.points.lowest, result.points.highest) if result and result.points else "",
        "source": reading.ground(one),
        "plain": lambda value: reading.digits(float(value)),
        "article": [row for row in reading.model.knowledge.article if id_ in row.instruments],
        "investigations": [i.id for i in reading.model.knowledge.care.investigations.values() if id_ in i.instruments],
    }


def _points(reading: Reading, lowest: float, highest: float) -> str:
    low, high = reading.digits(round(lowest, 2)), reading.digits(round(highest, 2))
    return low if low == high else f"{low} … {high}"
