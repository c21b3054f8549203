"""The ledger of a condition: every finding moves the probability along an axis of log odds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log10

from markupsafe import Markup

from saphena.interfaces.web.charts.drawing import element, line, stretched

TICKS = (0.0001, 0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 0.8, 0.9, 0.95, 0.99, 0.999, 0.9999)
LEAST = 1e-6
"""Nearer to 0 or 1 than this is drawn at this."""


def decibans(p: float) -> float:
    """Ten times the decimal logarithm of the odds."""
    held = min(max(p, LEAST), 1 - LEAST)
    return 10 * log10(held / (1 - held))


def probability(db: float) -> float:
    """The probability with these odds, in decibans."""
    odds = 10 ** (db / 10)
    return float(odds / (1 + odds))


@dataclass(frozen=True)
class LogOdds:
    """A stretch of the axis, in decibans, mapped to 0..100."""

    low: float
    high: float

    @classmethod
    def around(cls, held: Iterable[float]) -> LogOdds:
        """Wide enough for all of ``held`` (decibans), with a little room at both ends."""
        all_ = list(held)
        room = max(1.0, 0.06 * (max(all_) - min(all_)))
        return cls(min(all_) - room, max(all_) + room)

    def x(self, db: float) -> float:
        """Where it stands."""
        return 100 * (db - self.low) / (self.high - self.low)

    @property
    def ticks(self) -> tuple[tuple[float, str], ...]:
        """Round probabilities on this stretch that do not touch: (place, per cent)."""
        shown: list[tuple[float, str]] = []
        for p in TICKS:
            at = self.x(decibans(p))
            if 2 <= at <= 98 and (not shown or at - shown[-1][0] >= 14):
                shown.append((at, f"{100 * p:g}"))
        return tuple(shown)

    def scale(self) -> Markup:
        """The words of the axis. Placed in per cent of the width, so that they are not stretched."""
        words = Markup("").join(
            element("text", f"{word}%", class_="t-3 t-small", x=f"{at:.1f}%", y="11", text_anchor="middle")
            for at, word in self.ticks
        )
        return element("svg", words, class_="wf-scale", aria_hidden="true")


@dataclass(frozen=True)
class Step:
    """One line of the ledger: the weight, and where it leads from and to, in decibans."""

    before: float
    after: float

    @property
    def weight(self) -> float:
        """For (above 0) or against (below 0)."""
        return self.after - self.before

    @property
    def probability(self) -> float:
        """So far."""
        return probability(self.after)


def steps(start: float, weights: Sequence[float]) -> tuple[Step, ...]:
    """The lines of a ledger that begins at ``start`` and adds ``weights``, all in decibans."""
    made: list[Step] = []
    for weight in weights:
        before = made[-1].after if made else start
        made.append(Step(before, before + weight))
    return tuple(made)


def waterfall(axis: LogOdds, step: Step | float) -> Markup:
    """One row: a step as a box between two places, or a place as a mark."""
    parts = [line("grid", at, -6, at, 26) for at, _ in axis.ticks]
    if isinstance(step, Step):
        low, high = sorted((axis.x(step.before), axis.x(step.after)))
        kind = "for" if step.weight >= 0 else "against"
        parts.append(element("rect", class_=kind, x=low, y=3.0, width=max(high - low, 0.6), height=14.0))
    else:
        parts.append(line("mark", axis.x(step), 1, axis.x(step), 19))
    return stretched(parts, "", "wf")
