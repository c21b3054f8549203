"""Rules over a case in three-valued logic: True, False, or None for unknown (Kleene)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from math import inf
from typing import Any

from saphena.inference.observation import Interval, Observation
from saphena.model.instruments import InstrumentFile, Quantity, ScoreItem
from saphena.model.network import Model
from saphena.model.priors import can_have
from saphena.model.rules import Bounds, Grade, Measure, Rule, Score
from saphena.pathway.points import Points, cut_points, total, within

Truth = bool | None
LEGS = ("right", "left")


def all_of(truths: Iterable[Truth]) -> Truth:
    """False as soon as one is false; unknown if one is unknown; else true."""
    unknown = False
    for truth in truths:
        if truth is False:
            return False
        unknown |= truth is None
    return None if unknown else True


def any_of(truths: Iterable[Truth]) -> Truth:
    """True as soon as one is true; unknown if one is unknown; else false."""
    unknown = False
    for truth in truths:
        if truth is True:
            return True
        unknown |= truth is None
    return None if unknown else False


@dataclass(frozen=True)
class ScoreRange:
    """Points that a score can still have, and the items not answered yet."""

    lowest: float
    highest: float
    unknown: tuple[str, ...]


def bounded(bounds: Bounds, points: Points | ScoreRange) -> Truth:
    """True if every number of the range is within the bounds, false if none can be."""
    if within(bounds, points.lowest) and within(bounds, points.highest):
        return True
    outside = (
        (bounds.at_least is not None and points.highest < bounds.at_least)
        or (bounds.above is not None and points.highest <= bounds.above)
        or (bounds.at_most is not None and points.lowest > bounds.at_most)
        or (bounds.below is not None and points.lowest >= bounds.below)
    )
    return False if outside else None


class Rules:
    """Evaluates rules for one observation.

    A leg of ``right`` or ``left`` asks for that leg; ``""`` asks for any leg. A finding that was
    stated without a side counts for every leg: it lies on one of them, and rules are cautious.

    So are they with what was said in doubt. Whatever holds, or fails, without it is settled; beyond that
    a doubtful presence can make a rule hold, and nothing doubtful can make one fail.
    """

    def __init__(self, model: Model, observation: Observation, index_only: bool = False) -> None:
        self.model = model
        self.observation = self.seen = observation
        self._index_only = index_only
        """What was stated without a side counts for the index leg alone."""
        self._known: dict[tuple[int, str], tuple[Rule, Truth]] = {}
        """By the identity of a rule, which is kept with its answer so that no other can take its place."""
        self._intervals: dict[tuple[str, str], Interval | None] = {}
        self.answered = observation.mentioned
        """Findings on which the case says anything with certainty."""
        self._sure: Rules | None = None
        if any(i.doubt for i in observation.intervals.values()):
            self.seen = observation.cautious
            self._sure, self._cautious = Rules(model, observation.sure), Rules(model, self.seen)
            self.answered = self._sure.answered

    def holds(self, rule: Rule, leg: str = "") -> Truth:
        """Does the rule hold? Answered once for each rule and leg: flags share parts and are asked again for reasons."""
        key = id(rule), leg
        if key not in self._known:
            of = rule.findings
            silent = of is not None and of.isdisjoint(self._spoken_of)
            self._known[key] = rule, None if silent else self._holds(rule, leg)
        return self._known[key][1]

    @cached_property
    def _spoken_of(self) -> frozenset[str]:
        """Findings that the case says something on, and the kinds of them."""
        mentioned, kinds = self.seen.mentioned, self.model.children
        return frozenset((*mentioned, *(kind for id_ in mentioned for kind in kinds.get(id_, ()))))

    def settled(self, rule: Rule, leg: str = "") -> Truth:
        """Does it hold, or fail, whatever is doubtful? What is said of no leg settles nothing but of the index leg."""
        return self._settled.holds(rule, leg)

    @cached_property
    def _settled(self) -> Rules:
        return Rules(self.model, self.observation.sure, index_only=True)

    def _holds(self, rule: Rule, leg: str) -> Truth:
        if self._sure is not None:
            settled = self._sure.holds(rule, leg)
            return settled if settled is not None else self._cautious.holds(rule, leg) or None
        name = rule.predicate
        value: Any = getattr(rule, name)
        case = self.seen.case
        if name == "all":
            return all_of(self.holds(part, leg) for part in value)
        if name == "any":
            return any_of(self.holds(part, leg) for part in value)
        if name == "not_":
            inner = self.holds(value, leg)
            return None if inner is None else not inner
        if name == "at_least":
            truths = [self.holds(part, leg) for part in value.of]
            if truths.count(True) >= value.n:
                return True
            return None if truths.count(True) + truths.count(None) >= value.n else False
        if name == "present":
            return self._present(value, leg)
        if name == "absent":
            present = self._present(value, leg)
            return None if present is None else not present
        if name == "both_legs":
            return (
                all_of(self._present(value, side) for side in LEGS) if self._sided(value) else self._present(value, "")
            )
        if name == "one_leg":
            return any_of(self._one_leg(value, side) for side in ((leg,) if leg else LEGS))
        if name in ("grade", "duration"):
            return self._grade(value, leg)
        if name == "measure":
            return self._measure(value, leg)
        if name == "difference":
            return self._difference(value, leg)
        if name == "context":
            return self.context(value)
        if name == "known":
            return True if value in self.seen.known else False if value in self.seen.excluded else None
        if name == "age":
            return within(value, case.age)
        if name == "sex":
            return None if case.sex == "unknown" else bool(case.sex == value)
        if name == "pregnant":
            return self.context("pregnancy")
        if name == "pregnancy_weeks":
            pregnant = self.context("pregnancy")
            weeks = case.pregnancy_weeks
            return (None if weeks is None else within(value, weeks)) if pregnant else pregnant
        if name == "setting":
            return bool(case.setting == value)
        if name == "score":
            return self._score(value, leg)
        if name == "clinician_says":
            answer = case.clinician_says.get(value, "unknown")
            return None if answer == "unknown" else answer == "present"
        raise AssertionError(f"rule without meaning: {name}")

    def score(self, instrument: InstrumentFile, leg: str = "") -> ScoreRange:
        """Range of a published score; an item that is not answered leaves room for its points."""
        points = {item.id: self.points(item, leg) for item in instrument.items}
        whole = total(instrument, points) or Points(-inf, inf)
        return ScoreRange(whole.lowest, whole.highest, tuple(id_ for id_, one in points.items() if not one.known))

    def points(self, item: ScoreItem, leg: str = "") -> Points:
        """Points of one item, as far as the case answers it."""
        low, high = item.range
        if item.points is not None:
            truth = self.holds(item.when, leg) if item.when is not None else None
            earned = item.points if truth else 0.0
            return Points(low, high) if truth is None else Points(earned, earned, known=True)
        if item.levels:
            return self._level(item, leg)
        assert item.number is not None
        value = self._measured(item.number, leg)
        if value is None:
            return Points(low, high)
        earned = cut_points(item.number, value)
        return Points(earned, earned, known=True)

    def _level(self, item: ScoreItem, leg: str) -> Points:
        """The last level that holds; a first level without a rule is what is left when all others are false."""
        truths: list[Truth] = [self.holds(level.when, leg) if level.when is not None else None for level in item.levels]
        if item.levels[0].when is None and any(level.when is not None for level in item.levels):
            truths[0] = all_of(not t if t is not None else None for t in truths[1:]) or None
        held = [i for i, truth in enumerate(truths) if truth is True]
        start = held[-1] if held else 0
        left = [start, *(i for i, truth in enumerate(truths) if truth is None and i > start)]
        if not held:
            left = [i for i, truth in enumerate(truths) if truth is not False] or list(range(len(truths)))
        points = [item.levels[i].points for i in left]
        return Points(min(points), max(points), known=len(left) == 1)

    def _measured(self, number: Quantity, leg: str) -> float | None:
        if number.measure is None:
            return None
        sides = self._sides(leg) if leg else ("", *LEGS)
        if number.other_leg:
            sides = tuple(side for side in LEGS if leg and side != leg)
        return next(
            (self.seen.measured[number.measure, s] for s in sides if (number.measure, s) in self.seen.measured), None
        )

    # --- parts -------------------------------------------------------------------------------

    def _sides(self, leg: str) -> tuple[str, ...]:
        """Where to look for what is known of a leg, or of any."""
        if not leg:
            return (*LEGS, "")
        return (leg,) if self._index_only and leg != self.seen.index_leg else (leg, "")

    def _sided(self, finding: str) -> bool:
        return self.model.knowledge.findings[finding].sided

    def context(self, factor: str) -> Truth:
        """A stated answer; unstated and impossible at this age and sex is absent, otherwise unknown."""
        stated = self.seen.context.get(factor, self.seen.facts.get(factor))
        k = self.model.knowledge
        known = k.risk_factors.get(factor) or k.care.facts.get(factor)
        if stated is not None or known is None:
            return stated
        case = self.seen.case
        return None if can_have(known, case.age, case.sex) else False

    def _present(self, finding: str, leg: str) -> Truth:
        interval = self._interval(finding, leg)
        return None if interval is None else interval.present

    def _one_leg(self, finding: str, leg: str) -> Truth:
        """Present in this leg and not known to be in the other; unknown where no side was stated."""
        own, other = (self.seen.intervals.get((finding, side)) for side in (leg, *(s for s in LEGS if s != leg)))
        if own is None:
            absent = self._present(finding, leg) is False
            return False if absent else None
        return False if other is not None and other.present else own.present

    def _interval(self, finding: str, leg: str) -> Interval | None:
        key = finding, leg
        if key not in self._intervals:
            self._intervals[key] = self._found(finding, leg)
        return self._intervals[key]

    def _found(self, finding: str, leg: str) -> Interval | None:
        sides = self._sides(leg) if self._sided(finding) else self._sides("")
        found = self.seen.interval(finding, sides)
        if found is None:
            parent = self.model.knowledge.findings[finding].given
            if parent is not None and self._present(parent, leg if self._sided(finding) else "") is False:
                return Interval(0, 0)  # It is a kind of what is not there.
        if found is not None and found.highest == 0 and not leg and self._sided(finding):
            # Absent in one leg says nothing of the other.
            stated = {side for (id_, side) in self.seen.intervals if id_ == finding}
            if "" not in stated and stated != set(LEGS):
                return None
        return found

    def _grade(self, wanted: Grade, leg: str) -> Truth:
        interval = self._interval(wanted.finding, leg)
        if interval is None:
            return None
        names = self.model.knowledge.findings[wanted.finding].grades
        if wanted.at_least is not None:
            grade = names.index(wanted.at_least)
            return True if interval.lowest >= grade else False if interval.highest < grade else None
        grade = names.index(wanted.at_most or "")
        return True if interval.highest <= grade else False if interval.lowest > grade else None

    def _measure(self, wanted: Measure, leg: str) -> Truth:
        sides = self._sides(leg)
        measured = [s for s in sides if (wanted.id, s) in self.seen.measured]
        truths: list[Truth] = [within(wanted, self.seen.measured[wanted.id, s]) for s in measured]
        if not measured or (not leg and len(measured) == 1 and measured[0] in LEGS):
            truths.append(None)  # One leg says nothing of the other.
        return any_of(truths)

    def _difference(self, bounds: Bounds, leg: str) -> Truth:
        measured = {side: self.seen.measured.get((bounds.id, side)) for side in LEGS}  # type: ignore[attr-defined]
        right, left = measured["right"], measured["left"]
        if right is None or left is None:
            return None
        differences = {"right": right - left, "left": left - right}
        return any(within(bounds, d) for side, d in differences.items() if leg in ("", side))

    def _score(self, wanted: Score, leg: str) -> Truth:
        instrument = self.model.knowledge.instruments[wanted.id]
        legs = (leg,) if leg else (*LEGS, "")
        return any_of(bounded(wanted, self.score(instrument, side)) for side in legs)
