"""When it says 70 %, is it true 70 times in 100?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from saphena.interfaces.web.charts.drawing import drawing, element, line, text

MARKS = (0, 25, 50, 75, 100)
SIDE, LEFT, TOP = 378.0, 40.0, 10.0
"""Length of an axis, and where the square begins."""


@dataclass(frozen=True)
class Reached:
    """Probabilities of one group: their mean, the share that came true with its interval, and how many."""

    predicted: float
    observed: float
    low: float
    high: float
    n: int


def reliability(groups: Sequence[Reached], label: str) -> Markup:
    """Observed share against predicted probability, with intervals; below, how many probabilities each group holds."""

    def x(p: float) -> float:
        return LEFT + SIDE * p

    def y(p: float) -> float:
        return TOP + SIDE * (1 - p)

    parts: list[Markup] = []
    for mark in MARKS:
        at = mark / 100
        parts += [
            line("grid-l", x(at), y(0), x(at), y(1)),
            line("grid-l", x(0), y(at), x(1), y(at)),
            text(str(mark), x(at), y(0) + 16, anchor="middle"),
            text(str(mark), x(0) - 7, y(at) + 4, anchor="end"),
        ]
    parts.append(line("ref", x(0), y(0), x(1), y(1)))
    most = max((g.n for g in groups), default=1) or 1
    floor = y(0) + 50
    for g in groups:
        tall = 26 * g.n / most
        parts += [
            line("s-vein", x(g.predicted), y(g.low), x(g.predicted), y(g.high)),
            element("circle", class_="f-vein", cx=x(g.predicted), cy=y(g.observed), r=4.5),
            element("rect", class_="f-band", x=x(g.predicted) - 8, y=floor - tall, width=16.0, height=tall),
        ]
    return drawing(parts, LEFT + SIDE + 14, floor + 6, label)
