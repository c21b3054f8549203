"""Points of items, and what they come to: a sum, or a formula."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

from saphena.model.instruments import InstrumentFile, Quantity, ScoreItem
from saphena.model.rules import Bounds
from saphena.pathway.formulas import FORMULAS


@dataclass(frozen=True)
class Points:
    """Points that an item, or a score, can still have: from what is known to what is not known yet."""

    lowest: float
    highest: float
    known: bool = False
    """Answered."""


def within(bounds: Bounds, value: float) -> bool:
    """Does a number lie within bounds?"""
    return (
        (bounds.at_least is None or value >= bounds.at_least)
        and (bounds.above is None or value > bounds.above)
        and (bounds.at_most is None or value <= bounds.at_most)
        and (bounds.below is None or value < bounds.below)
    )


def cut_points(quantity: Quantity, value: float) -> float:
    """Points of a number: of the first cut it lies in, or the number itself; outside every cut none."""
    if not quantity.cuts:
        return value
    return next((cut.points for cut in quantity.cuts if within(cut, value)), 0.0)


def total(instrument: InstrumentFile, points: Mapping[str, Points]) -> Points | None:
    """Points of all items together; None where a formula gives no number.

    A formula is worked out for every level, cut or answer that an item can still have; an unknown number
    without cuts is left out of it.
    """
    if instrument.formula is None:
        counted = [points[item.id] for item in instrument.items if item.counted]
        return Points(sum(one.lowest for one in counted), sum(one.highest for one in counted))
    formula = FORMULAS[instrument.formula]
    choices = [_choices(item, points[item.id]) for item in instrument.items]
    names = [item.id for item in instrument.items]
    found = [formula(dict(zip(names, chosen, strict=True))) for chosen in product(*choices)]
    values = [value for value in found if value is not None]
    if len(values) < len(found):
        return None
    return Points(min(values), max(values), known=len(set(values)) == 1)


def _choices(item: ScoreItem, points: Points) -> list[float | None]:
    if points.known:
        return [points.lowest]
    if item.levels:
        every = {level.points for level in item.levels}
    elif item.number is None:
        every = {0.0, item.points or 0.0}
    else:
        every = {cut.points for cut in item.number.cuts}
    return [value for value in sorted(every) if points.lowest <= value <= points.highest] or [None]
