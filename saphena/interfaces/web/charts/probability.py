"""One probability as a bar, and what a next step would make of it."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from saphena.interfaces.web.charts.drawing import drawing, element, line, stretched, text

MARKS = (0, 25, 50, 75, 100)


def bar(
    p: float,
    low: float | None = None,
    high: float | None = None,
    *,
    was: float | None = None,
    limit: float | None = None,
    label: str = "",
) -> Markup:
    """A probability from 0 to 1 on the axis of all rows. Whiskers: ``low`` to ``high``; thin line: what it was;
    dotted line: the limit above which it must not be left alone."""
    parts = [line("track", mark, 0, mark, 20) for mark in MARKS]
    parts.append(element("rect", class_="fill", x=0.0, y=5.0, width=_x(p), height=10.0))
    if low is not None and high is not None:
        for kind in ("whisk halo", "whisk"):
            parts += [
                line(kind, _x(low), 10, _x(high), 10),
                line(kind, _x(low), 6.5, _x(low), 13.5),
                line(kind, _x(high), 6.5, _x(high), 13.5),
            ]
    if was is not None:
        parts.append(line("was", _x(was), -2, _x(was), 22))
    if limit is not None:
        parts.append(line("thr", _x(limit), -1, _x(limit), 21))
    return stretched(parts, label, "pbar")


def _x(p: float) -> float:
    return 100 * min(max(p, 0.0), 1.0)


@dataclass(frozen=True)
class Outcome:
    """One answer of a next step, and the probability after it."""

    name: str
    after: float


LEFT, WIDE, ROW = 84.0, 220.0, 30.0
"""Where 0 % stands, how far it is to 100 %, and the height of one outcome."""


def before_after(before: float, outcomes: tuple[Outcome, ...], label: str) -> Markup:
    """From what is held now (the black line) to what each answer would make of it."""
    bottom = 16 + ROW * len(outcomes) + 8

    def x(p: float) -> float:
        return LEFT + WIDE * min(max(p, 0.0), 1.0)

    parts: list[Markup] = []
    for mark in MARKS:
        at = x(mark / 100)
        parts += [
            line("grid-l", at, 16, at, bottom),
            text(f"{mark}%" if mark in (0, 100) else str(mark), at, 10, anchor="middle"),
        ]
    parts.append(line("s-ink", x(before), 16, x(before), bottom))
    for n, one in enumerate(outcomes):
        y = 16 + ROW * n + 21
        ink = "vein" if one.after >= before else "ochre"
        parts += [
            text(one.name, 0, y + 4, "t-ink"),
            line(f"s-{ink}", x(before), y, x(one.after), y),
            element("circle", class_=f"f-{ink}", cx=x(one.after), cy=float(y), r=5.5),
            text(_per_cent(one.after), x(one.after), y - 8, f"t-{ink}", "middle"),
        ]
    return drawing(parts, LEFT + WIDE + 36, bottom + 4, label)


def _per_cent(p: float) -> str:
    shown = round(100 * p)
    return "<1%" if p > 0 and shown == 0 else ">99%" if p < 1 and shown == 100 else f"{shown}%"
