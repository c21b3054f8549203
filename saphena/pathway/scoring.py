"""Published scores, stages and formulas: from answers, or from what a case says, to points and a band."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from saphena.faults import Fault, Faulty
from saphena.model.instruments import Criterion, InstrumentFile, ScoreBand, ScoreItem
from saphena.model.rules import Bounds
from saphena.model.suggest import did_you_mean
from saphena.pathway.points import Points, cut_points, total
from saphena.pathway.truth import Rules, Truth, all_of, any_of, bounded

Answer = bool | float | int | str | None
"""Yes or no, a number, the id of a level (or its points), or None where nothing is known."""
YES = ("yes", "present", "true")
NO = ("no", "absent", "false")


@dataclass(frozen=True)
class ScoreResult:
    """What an instrument says; a range where items are missing."""

    instrument: InstrumentFile
    leg: str
    points: Points | None
    """None where the instrument gives no number: items are missing that it must have."""
    bands: tuple[ScoreBand, ...]
    """The band that is certain, then the later ones that missing items could still reach."""
    certain: bool
    """Exactly one band is left."""
    missing: tuple[str, ...]
    """Items without an answer, or with more than one left."""
    answered: tuple[str, ...]
    """Items with an answer, or with fewer left than there were."""

    @property
    def band(self) -> ScoreBand | None:
        """The one band, if nothing missing could change it."""
        return self.bands[0] if self.certain else None


def score(instrument: InstrumentFile, values: Mapping[str, Answer], leg: str = "") -> ScoreResult:
    """Score from answers by item id; what is left out is unknown.

    Raises ``Faulty`` for an item that does not exist or an answer that is none.
    """
    if not instrument.licence.shipped:
        raise Faulty(
            [
                Fault(
                    instrument.id,
                    None,
                    "",
                    f"{instrument.name} is not shipped ({instrument.licence.terms})",
                    f"Get it from {instrument.licence.where}",
                )
            ]
        )
    items = {item.id: item for item in instrument.items}
    faults, points = [], {}
    for name, value in values.items():
        if name not in items:
            faults.append(Fault(instrument.id, None, name, f"there is no item {name}", did_you_mean(name, list(items))))
            continue
        try:
            points[name] = answered(items[name], value)
        except ValueError as error:
            message, _, remedy = str(error).partition("; ")
            faults.append(Fault(instrument.id, None, name, message, remedy))
    if faults:
        raise Faulty(faults)
    return _result(instrument, {id_: points.get(id_, Points(*item.range)) for id_, item in items.items()}, leg)


def score_case(rules: Rules, instrument: InstrumentFile, leg: str = "") -> ScoreResult:
    """Score from what a case says of one leg, or of the person."""
    return _result(instrument, {item.id: rules.points(item, leg) for item in instrument.items}, leg)


def answered(item: ScoreItem, value: Answer) -> Points:
    """Points of one answer; raises ``ValueError`` with a remedy after a semicolon where it is none."""
    if isinstance(value, str) and value.strip().lower() in ("", "unknown"):
        value = None
    if value is None:
        return Points(*item.range)
    if item.levels:
        for level in item.levels:
            if value == level.id or (_is_number(value) and float(value) == level.points):
                return Points(level.points, level.points, known=True)
        allowed = ", ".join(f"{level.id} ({level.points:g})" for level in item.levels)
        raise ValueError(f"{value!r} is no level of it; Write one of: {allowed}")
    if item.points is not None:
        word = value.strip().lower() if isinstance(value, str) else value
        if word in (True, 1, *YES):
            return Points(item.points, item.points, known=True)
        if word in (False, 0, *NO):
            return Points(0.0, 0.0, known=True)
        raise ValueError(f"{value!r} is no answer; Write yes, no or unknown")
    assert item.number is not None
    low, high = item.number.plausible
    unit = "" if item.number.unit == "1" else f" {item.number.unit}"
    if not _is_number(value) or not low <= float(value) <= high:
        raise ValueError(f"{value!r} does not fit; Write a number from {low:g} to {high:g}{unit}")
    points = cut_points(item.number, float(value))
    return Points(points, points, known=True)


def _is_number(value: Answer) -> bool:
    if isinstance(value, bool) or value is None:
        return False
    try:
        return float(value) == float(value)
    except ValueError:
        return False


def _result(instrument: InstrumentFile, points: dict[str, Points], leg: str) -> ScoreResult:
    missing = tuple(id_ for id_, one in points.items() if not one.known)
    ranges = {item.id: item.range for item in instrument.items}
    known = tuple(id_ for id_, one in points.items() if one.known or (one.lowest, one.highest) != ranges[id_])
    filled = _filled(instrument, points)
    if filled is None:
        return ScoreResult(instrument, leg, None, (), False, missing, known)
    whole = total(instrument, filled)
    truths = [_band_holds(band, whole, filled) for band in instrument.bands]
    last = max((i for i, truth in enumerate(truths) if truth is True), default=-1)
    bands = [instrument.bands[last]] if last >= 0 else []
    bands += [
        band for band, truth in zip(instrument.bands[last + 1 :], truths[last + 1 :], strict=True) if truth is None
    ]
    return ScoreResult(instrument, leg, whole, tuple(bands), len(bands) == 1 and last >= 0, missing, known)


def _filled(instrument: InstrumentFile, points: dict[str, Points]) -> dict[str, Points] | None:
    """Missing items treated as the publication does; None where there is then no result."""
    items = {item.id: item for item in instrument.items}
    unknown = [id_ for id_, one in points.items() if not one.known]
    if not unknown or instrument.missing == "range":
        return points
    if instrument.missing == "required":
        return None
    known = [one.lowest for one in points.values() if one.known]
    if instrument.missing == "mean":
        if 2 * len(known) < len(points):
            return None
        mean = sum(known) / len(known)
        return {id_: one if one.known else Points(mean, mean) for id_, one in points.items()}
    return {id_: one if one.known or items[id_].number is not None else Points(0.0, 0.0) for id_, one in points.items()}


def _band_holds(band: ScoreBand, whole: Points | None, points: dict[str, Points]) -> Truth:
    if band.when is not None:
        return _criterion_holds(band.when, whole, points)
    return bounded(Bounds(at_least=band.at_least), whole) if whole is not None else None


def _criterion_holds(criterion: Criterion, whole: Points | None, points: dict[str, Points]) -> Truth:
    if criterion.all is not None:
        return all_of(_criterion_holds(part, whole, points) for part in criterion.all)
    if criterion.any is not None:
        return any_of(_criterion_holds(part, whole, points) for part in criterion.any)
    if criterion.not_ is not None:
        inner = _criterion_holds(criterion.not_, whole, points)
        return None if inner is None else not inner
    if criterion.at_least is not None:
        truths = [_criterion_holds(part, whole, points) for part in criterion.at_least.of]
        if truths.count(True) >= criterion.at_least.n:
            return True
        return None if truths.count(True) + truths.count(None) >= criterion.at_least.n else False
    if criterion.item is not None:
        return bounded(Bounds(above=0), points[criterion.item])
    if criterion.value is not None:
        return bounded(criterion.value, points[criterion.value.item])
    if criterion.part is not None:
        some = [points[id_] for id_ in criterion.part.items]
        return bounded(criterion.part, Points(sum(p.lowest for p in some), sum(p.highest for p in some)))
    return bounded(criterion.total or Bounds(at_least=0), whole) if whole is not None else None
