"""What was measured over time, as small multiples on one axis of time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from markupsafe import Markup

from saphena.interfaces.web.charts.drawing import drawing, element, line, text

Side = Literal["right", "left", ""]


@dataclass(frozen=True)
class Point:
    """One value on one day."""

    day: date
    value: float


@dataclass(frozen=True)
class Series:
    """One quantity: its name with unit, the ends of its axis, and its values by side ("": of the whole person)."""

    name: str
    low: float
    high: float
    points: dict[Side, tuple[Point, ...]]
    important: float | None = None
    """Smallest change that matters to people; drawn as a band around the first value."""
    digits: int = 0


@dataclass(frozen=True)
class Event:
    """Something done on a day: its number stands on the axis, its name in the list beside it."""

    day: date
    number: int


WIDTH = {"wide": 900.0, "narrow": 350.0}
LEFT, ROW, TOP, PANEL = 44.0, 150.0, 34.0, 96.0
"""Room for the words of the axis; height of one small multiple with its title; of the numbers of events; of its plot."""


def trend(
    series: Sequence[Series],
    events: Sequence[Event],
    label: str,
    *,
    size: Literal["wide", "narrow"] = "wide",
    written: Callable[[date], str] = date.isoformat,
) -> Markup:
    """One small multiple below the other. Right: circles and a solid line; left: squares and dashes. ``written``
    says a day in the reader's language."""
    width = WIDTH[size]
    days = [p.day for s in series for side in s.points.values() for p in side] + [e.day for e in events]
    if not days:
        return Markup("")
    first, last = min(days), max(days)
    span = max((last - first).days, 1)

    def x(day: date) -> float:
        return LEFT + (width - LEFT - 56) * (day - first).days / span

    height = TOP + ROW * len(series)
    parts: list[Markup] = []
    for event in sorted(events, key=lambda e: e.day):
        at = x(event.day)
        parts += [
            line("ev", at, 20, at, height - 20),
            element("circle", class_="f-ink", cx=at, cy=11.0, r=8.5),
            text(str(event.number), at, 15, "t-on t-small", "middle"),
        ]
    for n, one in enumerate(series):
        parts += _multiple(one, TOP + ROW * n, x, width)
        bottom = TOP + ROW * n + 22 + PANEL + 16
        parts.append(text(written(first), x(first), bottom))
        if last > first:
            parts.append(text(written(last), x(last), bottom, anchor="end"))
    return drawing(parts, width, height, label)


def _multiple(series: Series, top: float, x: Callable[[date], float], width: float) -> list[Markup]:
    """One quantity."""
    plot = top + 22
    span = (series.high - series.low) or 1.0

    def y(value: float) -> float:
        return plot + PANEL * (1 - (min(max(value, series.low), series.high) - series.low) / span)

    parts = [text(series.name, 0, top + 10, "t-ink t-b")]
    for value in (series.low, (series.low + series.high) / 2, series.high):
        parts += [
            line("grid-l", LEFT, y(value), width - 56, y(value)),
            text(f"{value:g}", LEFT - 6, y(value) + 4, anchor="end"),
        ]
    for side, points in series.points.items():
        ink = "ochre" if side == "left" else "vein"
        held = sorted(points, key=lambda p: p.day)
        if not held:
            continue
        if series.important is not None:
            upper, lower = y(held[0].value + series.important), y(held[0].value - series.important)
            parts.append(
                element("rect", class_=f"a-{ink}", x=LEFT, y=upper, width=width - 56 - LEFT, height=lower - upper)
            )
        path = " ".join(f"{'M' if i == 0 else 'L'}{x(p.day):.1f} {y(p.value):.1f}" for i, p in enumerate(held))
        parts.append(element("path", class_=f"l-{ink}", d=path))
        for p in held:
            parts.append(_mark(side, ink, x(p.day), y(p.value)))
        end = held[-1]
        parts.append(text(f"{end.value:.{series.digits}f}", x(end.day) + 10, y(end.value) + 4, f"t-{ink}"))
    return parts


def _mark(side: Side, ink: str, x: float, y: float) -> Markup:
    if side == "left":
        return element("rect", class_=f"f-{ink}", x=x - 4, y=y - 4, width=8.0, height=8.0)
    return element("circle", class_=f"f-{ink}", cx=x, cy=y, r=4.5)
