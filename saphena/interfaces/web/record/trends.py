"""From a timeline to what is drawn: one trend for each thing measured, one for the differential, and what was done."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

from markupsafe import Markup

from saphena.assessment import DISPLAY_CAP
from saphena.interfaces.web.record.given import Given
from saphena.interfaces.web.record.naming import Names
from saphena.records.measurements import Side
from saphena.records.shapes import Measurement, Timeline

SIDES: tuple[Side, ...] = ("right", "left")
WEEKLY_FROM = 12
"""So many days of a diary are drawn week by week, by the worst day of each; the table has them all."""
FOLLOWED = 3
"""Conditions whose probability is drawn over time."""
RATED_BY = {
    "pain": "numeric_rating_0_10",
    "ankle_brachial_index": "ankle_brachial_index",
    "leg_volume": "leg_volume",
}
"""Kind of measurement -> instrument that publishes its smallest change that matters. Of heaviness none is published."""
SCALES = {"heaviness": (0.0, 10.0), "pain": (0.0, 10.0)}
ORDER = ("heaviness", "pain", "ankle_circumference", "calf_circumference", "leg_volume", "ankle_brachial_index")
DIGITS = {"ankle_brachial_index": 2, "ankle_circumference": 1, "calf_circumference": 1}


@dataclass(frozen=True)
class Point:
    """One value on one day."""

    date: datetime.date
    value: float


@dataclass(frozen=True)
class Series:
    """One line: a leg, the whole person, or a condition."""

    side: Side | None
    name: Markup
    points: tuple[Point, ...]
    drawn: tuple[Point, ...]
    """The same, a long diary by the worst day of each week."""


@dataclass(frozen=True)
class Trend:
    """One small multiple."""

    id: str
    title: Markup
    unit: str
    digits: int
    scale: tuple[float, float] | None
    """Ends of the axis, where the scale has ends."""
    series: tuple[Series, ...]
    change: float | None = None
    """Smallest change that matters, as a number of this unit, where it is published as one."""
    change_words: str | None = None

    @property
    def rows(self) -> list[tuple[datetime.date, list[float | None]]]:
        """The data as a table: a day, and the value of each series on it."""
        days = sorted({point.date for one in self.series for point in one.points})
        held = [{point.date: point.value for point in one.points} for one in self.series]
        return [(day, [values.get(day) for values in held]) for day in days]


@dataclass(frozen=True)
class Done:
    """What was done on one day, marked on every trend with its number."""

    number: int
    date: datetime.date
    words: tuple[Markup, ...]


def trends(timeline: Timeline, names: Names) -> list[Trend]:
    """Everything measured at least once, in a fixed order, scores last."""
    held: dict[tuple[str, str | None], list[Measurement]] = {}
    for one in timeline.measurements:
        held.setdefault((one.kind, one.instrument), []).append(one)
    places = {kind: place for place, kind in enumerate(ORDER)}
    keys = sorted(held, key=lambda key: (places.get(key[0], len(places)), key[1] or ""))
    return [_trend(kind, instrument, held[kind, instrument], names) for kind, instrument in keys]


def _trend(kind: str, instrument: str | None, measured: list[Measurement], names: Names) -> Trend:
    series = []
    for side in (*SIDES, None):
        of_side = [one for one in measured if one.leg == side]
        if of_side:
            name = Markup("{}").format(names.leg(side))
            series.append(Series(side, name, _points(of_side), _weekly(of_side)))
    known = names.model.knowledge.instruments.get(instrument or RATED_BY.get(kind, ""))
    words = known.change if known else None
    first = min(series[0].points, key=lambda point: point.date).value
    return Trend(
        id=instrument or kind,
        title=names.instrument(instrument) if instrument else Markup("{}").format(kind_name(kind, names)),
        unit=unit_shown(measured[-1].unit, names),
        digits=DIGITS.get(kind, 0 if all(one.value == int(one.value) for one in measured) else 1),
        scale=SCALES.get(kind),
        series=tuple(series),
        change=smallest_change(words, first),
        change_words=words,
    )


def _points(measured: list[Measurement]) -> tuple[Point, ...]:
    days = {one.date: one.value for one in measured}
    return tuple(Point(day, days[day]) for day in sorted(days))


def _weekly(measured: list[Measurement]) -> tuple[Point, ...]:
    days = [one for one in measured if one.origin == "diary"]
    if len(days) < WEEKLY_FROM:
        return _points(measured)
    worst: dict[tuple[int, int], Measurement] = {}
    for one in days:
        week = one.date.isocalendar()[:2]
        if week not in worst or one.value > worst[week].value:
            worst[week] = one
    return _points([*worst.values(), *(one for one in measured if one.origin != "diary")])


def smallest_change(words: str | None, first: float) -> float | None:
    """The number at the beginning of the published words; none where a range or nothing firm is published."""
    match = re.match(r"(?:More than )?(\d+(?:\.\d+)?)( to )?\s*(percent)?", words or "")
    if match is None or match[2]:
        return None
    return float(match[1]) / 100 * first if match[3] else float(match[1])


def differential_trend(answers: list[tuple[datetime.date, Given]], names: Names) -> Trend | None:
    """Probability of those conditions that ever stood highest, visit by visit, in per cent."""
    highest: dict[str, float] = {}
    for _day, answer in answers:
        for entry in answer.differential:
            if entry.group in ("explains", "must_not_miss", "may_explain"):
                highest[entry.id] = max(highest.get(entry.id, 0.0), entry.probability)
    followed = sorted(highest, key=lambda id_: -highest[id_])[:FOLLOWED]
    if not followed:
        return None
    series = []
    for id_ in followed:
        points = tuple(
            Point(day, 100 * min(entry.probability, DISPLAY_CAP))
            for day, answer in answers
            for entry in answer.differential
            if entry.id == id_
        )
        series.append(Series(None, names.condition(id_), points, points))
    title = Markup("{}").format(names.language.say("Differential over time"))
    return Trend("differential", title, "%", 0, (0.0, 100.0), tuple(series))


def done(timeline: Timeline, names: Names) -> list[Done]:
    """Treatments started and stopped, and outcomes, in the order of time."""
    _ = names.language.say
    found: list[tuple[datetime.date, Markup]] = []
    for course in timeline.treatments:
        what = names.treatment(course.treatment) if course.treatment else Markup("{}").format(course.words or "")
        leg = f" ({names.leg(course.leg)})" if course.leg else ""
        why = f": {course.why_stopped}" if course.why_stopped else ""
        if course.until == course.since:
            found.append((course.since, Markup("{}{}{}").format(what, leg, why)))
            continue
        found.append((course.since, Markup("{}{} · {}").format(what, leg, _("started"))))
        if course.until:
            found.append((course.until, Markup("{}{} · {}{}").format(what, leg, _("stopped"), why)))
    for outcome in timeline.outcomes:
        made = [names.condition(id_) for id_ in outcome.conditions]
        if outcome.words:
            made.append(Markup("{}").format(outcome.words))
        found.append(
            (outcome.date, Markup("{}: {}").format(_("Outcome"), Markup(", ").join(made) or _("none of those known")))
        )
    days: dict[datetime.date, list[Markup]] = {}
    for day, words in sorted(found, key=lambda pair: pair[0]):
        days.setdefault(day, []).append(words)
    return [Done(number, day, tuple(words)) for number, (day, words) in enumerate(days.items(), 1)]


def kind_name(kind: str, names: Names) -> str:
    """What is measured."""
    _ = names.language.say
    return {
        "heaviness": _("Heaviness"),
        "pain": _("Pain"),
        "ankle_circumference": _("Ankle circumference"),
        "calf_circumference": _("Calf circumference"),
        "leg_volume": _("Leg volume"),
        "ankle_brachial_index": _("Ankle–brachial index"),
    }.get(kind, kind.replace("_", " "))


def unit_shown(unit: str, names: Names) -> str:
    """A unit as it stands after a number; a ratio has none."""
    _ = names.language.say
    own = {"cm": _("cm"), "mL": _("mL"), "0-10": _("of 10"), "points": _("points"), "1": ""}
    return own[unit] if unit in own else names.language.tell(unit)
