"""Trends as drawings: the axis each quantity gets, and the sentence that says what is seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from markupsafe import Markup

from saphena.interfaces.web import charts
from saphena.interfaces.web.charts.trend import Side
from saphena.interfaces.web.record.naming import Names
from saphena.interfaces.web.record.trends import Done, Series, Trend

STEPS = [base * 10**power for power in range(-2, 5) for base in (1, 2, 5)]
"""Distances between the marks of an axis."""


def drawn(trends: Sequence[Trend], done: Sequence[Done], names: Names, size: Literal["wide", "narrow"]) -> Markup:
    """One small multiple below the other, on one axis of time, with what was done."""
    marks = [charts.Event(one.date, one.number) for one in done]
    series = [made for trend in trends for made in _series(trend, names)]
    return charts.trend(series, marks, sentence(trends, names), size=size, written=names.language.date)


def axis(values: Sequence[float]) -> tuple[float, float]:
    """Ends of an axis whose middle is a round number too."""
    lowest, highest = min(values), max(values)
    for step in STEPS:
        low = step * int(lowest / step // 1)
        if low + 2 * step >= highest and (highest > lowest or step >= abs(highest) / 20):
            return round(low, 6), round(low + 2 * step, 6)
    return lowest, highest


def sentence(trends: Sequence[Trend], names: Names) -> str:
    """What is seen, for who cannot see it."""
    _ = names.language.say
    said = []
    for trend in trends:
        for series in trend.series:
            name = f"{trend.title.striptags()} {series.name.striptags()}".strip()
            first, last = series.points[0].value, series.points[-1].value
            numbers = {"name": name, "first": number(trend, first, names), "last": number(trend, last, names)}
            said.append(
                _("%(name)s: from %(first)s to %(last)s") % numbers
                if len(series.points) > 1
                else _("%(name)s: once, %(last)s") % numbers
            )
    return ". ".join(said) + "."


def number(trend: Trend, value: float | None, names: Names) -> str:
    """A value with as many digits as it deserves; a dash for none."""
    return "–" if value is None else names.language.number(value, trend.digits)


def _series(trend: Trend, names: Names) -> list[charts.Series]:
    if all(one.side is None for one in trend.series):
        return [_one(trend, one, (one,), names) for one in trend.series]
    return [_one(trend, trend.series[0], trend.series, names)]


def _values(trend: Trend, lines: tuple[Series, ...]) -> list[float]:
    """What must fit on the axis: every value, and the smallest change that matters around the first."""
    values = [point.value for line in lines for point in line.points]
    around = [line.points[0].value + way for line in lines for way in (-(trend.change or 0), trend.change or 0)]
    return [*values, *(max(value, 0.0) for value in around)]


def _one(trend: Trend, named: Series, lines: tuple[Series, ...], names: Names) -> charts.Series:
    low, high = trend.scale or axis(_values(trend, lines))
    title = trend.title.striptags() if named.side or not named.name else named.name.striptags()
    points: dict[Side, tuple[charts.Point, ...]] = {
        line.side or "": tuple(charts.Point(point.date, point.value) for point in line.drawn) for line in lines
    }
    unit = "0–10" if trend.scale == (0.0, 10.0) else trend.unit
    return charts.Series(f"{title}, {unit}" if unit else title, low, high, points, trend.change, trend.digits)
