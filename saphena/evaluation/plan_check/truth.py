"""One case read anew, and rules over it in three values: true, false, or None where it is not known.

Unknown is never absent. What nobody said of one leg is unknown of that leg, even where the other leg was told of; what
was said of no leg is meant of the index leg; a doubtful statement is no knowledge; only what age and sex rule out is
absent without being asked.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from saphena.case import Case, Statement
from saphena.evaluation.plan_check.remedies import Gauge, Remedies, RuleText, Term

Truth = bool | None
Leg = str | None
"""``right``, ``left``, ``""`` for the one leg of a case that names none, None for the person as a whole."""
Span = tuple[int, int]
SIDES = ("right", "left")
_NUMBER = re.compile(r"\s*([-+]?[0-9.,]+(?:[eE][-+]?[0-9]+)?)\s*(.*?)\s*")


class Unjudged(Exception):
    """A predicate that is not worked out here."""


@dataclass
class Told:
    """What a case says, leg by leg."""

    remedies: Remedies
    case: Case
    spans: dict[tuple[str, str], Span] = field(default_factory=dict)
    """Grades that are possible; a side that is not in it is unknown."""
    values: dict[tuple[str, str], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for id_, _, statement in self.case.statements():
            if id_ in self.remedies.gauges:
                self._value(self.remedies.gauges[id_], statement)
            elif id_ in self.remedies.terms:
                self._span(self.remedies.terms[id_], statement)
        for (id_, side), value in list(self.values.items()):
            self._read(self.remedies.gauges[id_], side, value)

    # --- what was said -----------------------------------------------------------------------

    def _value(self, gauge: Gauge, statement: Statement) -> None:
        written = statement.value
        if written is None or written == "unknown":
            return
        if isinstance(written, str):
            match = _NUMBER.fullmatch(written)
            if match is None:
                raise ValueError(f"{written!r} is no value of {gauge.id}")
            number, unit = float(match[1].replace(",", ".")), match[2].replace(" ", "").lower()
            factors = {name.replace(" ", "").lower(): factor for name, factor in gauge.units.items()}
            value = number * (factors[unit] if unit else 1.0)
        else:
            value = float(written)
        for side in _sides(statement):
            self.values[gauge.id, side] = value

    def _span(self, term: Term, statement: Statement) -> None:
        top = len(term.grades) - 1
        word = next(w for w in (statement.value, statement.at_least, statement.at_most) if w is not None)
        if word == "unknown" or statement.certainty < 1:
            return
        if word in term.grades:
            at = term.grades.index(str(word))
            span = (at if statement.at_most is None else 0, at if statement.at_least is None else top)
        else:
            span = (1, top) if word == "present" else (0, 0)
        for side in _sides(statement) if term.sided else ("",):
            self._narrow(term.id, side, span)

    def _narrow(self, finding: str, side: str, span: Span) -> None:
        low, high = self.spans.get((finding, side), span)
        self.spans[finding, side] = (max(low, span[0]), min(high, span[1]))

    def _read(self, gauge: Gauge, side: str, value: float) -> None:
        blocked: set[str] = set()
        for reading in sorted(gauge.reads, key=lambda r: "unknown_if" in r):
            finding = reading["finding"]
            stopper = reading.get("unknown_if")
            if stopper is not None and (stopper in blocked or self.spans.get((stopper, side), (0, 0))[0] > 0):
                continue
            if reading.get("difference"):
                continue  # Which leg is compared with which is for inference to say; no barrier rests on it.
            grade = self._cut(self.remedies.terms[finding], reading["cutoffs"], value)
            if grade:
                blocked.add(finding)
            self._narrow(finding, side if self.remedies.terms[finding].sided else "", (grade, grade))

    def _cut(self, term: Term, cutoffs: Iterable[dict[str, Any]], value: float) -> int:
        for cutoff in cutoffs:
            adjusted = cutoff.get("age_adjusted")
            shift = max(0.0, self.case.age - adjusted["over"]) * adjusted["per_year"] if adjusted else 0.0
            if within({k: v + shift for k, v in cutoff.items() if k in BOUNDS}, value):
                return term.grades.index(cutoff["grade"])
        return 0

    # --- what it means -----------------------------------------------------------------------

    def span(self, finding: str, leg: Leg) -> Span:
        """Grades that a finding may have on a leg, or on the worse leg of the person."""
        term = self.remedies.terms[finding]
        everything = (0, len(term.grades) - 1)
        if term.parent is not None and self._nowhere(term.parent):
            return (0, 0)
        if not term.sided:
            return self.spans.get((finding, ""), everything)
        unsided = self.spans.get((finding, ""), everything)
        if leg == "":
            stated = [s for (id_, _), s in self.spans.items() if id_ == finding]
            return (max(s[0] for s in stated), max(s[1] for s in stated)) if stated else everything
        # Said of no leg: the index leg has it, if there is one, and neither has more.
        each = {
            side: self.spans.get((finding, side), unsided if side == self.index else (0, unsided[1])) for side in SIDES
        }
        if leg is not None:
            return each[leg]
        return max(unsided[0], *(s[0] for s in each.values())), max(s[1] for s in each.values())

    def _nowhere(self, finding: str) -> bool:
        return self.span(finding, None)[1] == 0

    def numbers(self, measurement: str, leg: Leg) -> tuple[list[float], bool]:
        """Values that count for a leg, and whether there may be another one that is not known."""
        gauge = self.remedies.gauges[measurement]
        own = {side: v for (id_, side), v in self.values.items() if id_ == measurement}
        if not gauge.sided:
            return list(own.values()), not own
        if leg in SIDES:
            at = leg if leg in own or leg != self.index else ""
            return ([own[at]], False) if at in own else ([], True)
        return list(own.values()), not own if leg == "" else not set(SIDES) <= set(own)

    def fact(self, id_: str) -> Truth:
        """A fact or risk factor: as it was said, else absent where age or sex rule it out."""
        said = self.case.context.get(id_, "unknown")
        if id_ == "pregnancy" and self.case.pregnancy_weeks is not None:
            return True
        if said != "unknown":
            return said == "present"
        for gauge in self.remedies.gauges.values():
            if gauge.context == id_ and (values := self.numbers(gauge.id, None)[0]):
                return max(values) >= gauge.context_at_least
        who = self.remedies.answerable[id_]
        return None if who.possible(self.case.age, self.case.sex) else False

    @cached_property
    def known(self) -> dict[str, set[str]]:
        """Known conditions, with the states that were named."""
        result: dict[str, set[str]] = {}
        for name in self.case.known_conditions:
            id_, _, state = name.partition(".")
            result.setdefault(id_, set()).update({state} if state else ())
        return result

    @cached_property
    def excluded(self) -> frozenset[str]:
        """Conditions that were ruled out."""
        return frozenset(name.partition(".")[0] for name in self.case.excluded_conditions)

    @cached_property
    def index(self) -> str | None:
        """The leg of the complaint: as it is said, else the one with more present findings, or the right one."""
        if self.case.index_leg is not None:
            return self.case.index_leg
        sides = {side for _, side in (*self.spans, *self.values)} & set(SIDES)
        if len(sides) < 2:
            return next(iter(sides), None)
        present = Counter(side for (_, side), span in self.spans.items() if span[0] > 0)
        return "left" if present["left"] > present["right"] else "right"

    def legs_of(self, rule: RuleText) -> tuple[str, ...]:
        """Legs on which a rule is to be tried where no leg was named."""
        ids = set(terms_of(rule))
        stated = {side for id_, side in (*self.spans, *self.values) if id_ in ids}
        return SIDES if stated & set(SIDES) else ("",)

    @cached_property
    def legged(self) -> bool:
        """Does the case name a leg at all?"""
        sides = {side for _, side in (*self.spans, *self.values)}
        return self.case.index_leg is not None or bool(sides & set(SIDES))

    # --- rules -------------------------------------------------------------------------------

    def holds(self, rule: RuleText, leg: Leg) -> Truth:
        """Is the rule true of a leg, or of the person?"""
        ((name, value),) = rule.items()
        return _PREDICATES[name](self, value, leg) if name in _PREDICATES else _unjudged(name)


BOUNDS: dict[str, Callable[[float, float], bool]] = {
    "at_least": lambda value, bound: value >= bound,
    "above": lambda value, bound: value > bound,
    "at_most": lambda value, bound: value <= bound,
    "below": lambda value, bound: value < bound,
}


def within(bounds: dict[str, Any], value: float) -> bool:
    """Does a number lie within bounds?"""
    return all(test(value, bounds[name]) for name, test in BOUNDS.items() if bounds.get(name) is not None)


def either(truths: Iterable[Truth]) -> Truth:
    """True if one is; false if all are; else not known."""
    found = list(truths)
    return True if True in found else None if None in found else False


def both(truths: Iterable[Truth]) -> Truth:
    """False if one is; true if all are; else not known."""
    found = list(truths)
    return False if False in found else None if None in found else True


def opposite(truth: Truth) -> Truth:
    """What is not known stays so."""
    return None if truth is None else not truth


def parts_of(rule: RuleText) -> list[RuleText]:
    """Rules directly inside a rule."""
    ((name, value),) = rule.items()
    if name == "not":
        return [value]
    return list(value["of"] if name == "at_least" else value if name in ("all", "any") else ())


def terms_of(rule: RuleText) -> Iterator[str]:
    """Findings and measurements a rule speaks of."""
    ((name, value),) = rule.items()
    if name in ("present", "absent", "one_leg", "both_legs"):
        yield value
    elif name in ("grade", "duration"):
        yield value["finding"]
    elif name in ("measure", "difference"):
        yield value["id"]
    for part in parts_of(rule):
        yield from terms_of(part)


def facts_of(rule: RuleText) -> Iterator[str]:
    """Facts and risk factors a rule speaks of."""
    ((name, value),) = rule.items()
    if name == "context":
        yield value
    elif name in ("pregnant", "pregnancy_weeks"):
        yield "pregnancy"
    for part in parts_of(rule):
        yield from facts_of(part)


def _sides(statement: Statement) -> tuple[str, ...]:
    return SIDES if statement.leg == "both" else (statement.leg or "",)


def _unjudged(name: str) -> Truth:
    raise Unjudged(name)


def _beyond(span: Span, at: int) -> Truth:
    """Is the grade at or above a grade?"""
    return True if span[0] >= at else False if span[1] < at else None


def _present(told: Told, finding: str, leg: Leg) -> Truth:
    return _beyond(told.span(finding, leg), 1)


def _grade(told: Told, value: dict[str, str], leg: Leg) -> Truth:
    grades = told.remedies.terms[value["finding"]].grades
    span = told.span(value["finding"], leg)
    if "at_least" in value:
        return _beyond(span, grades.index(value["at_least"]))
    return opposite(_beyond(span, grades.index(value["at_most"]) + 1))


def _measure(told: Told, value: dict[str, Any], leg: Leg) -> Truth:
    values, more = told.numbers(value["id"], leg)
    return either([*(within(value, v) for v in values), *([None] if more else [])])


def _difference(told: Told, value: dict[str, Any], leg: Leg) -> Truth:
    right, left = (told.values.get((value["id"], side)) for side in SIDES)
    if right is None or left is None:
        return None
    signs = (1,) if leg == "right" else (-1,) if leg == "left" else (1, -1)
    return either(within(value, sign * (right - left)) for sign in signs)


def _one_leg(told: Told, finding: str, leg: Leg) -> Truth:
    stated = {side: told.spans.get((finding, side)) for side in SIDES}
    having = [side for side, span in stated.items() if span is not None and span[0] > 0]
    if len(having) == 1:
        return True if leg in (None, "", having[0]) else None if stated[str(leg)] is None else False
    if len(having) == 2 or told.span(finding, None)[1] == 0:
        return False
    return None


def _both_legs(told: Told, finding: str, _: Leg) -> Truth:
    return both(_present(told, finding, side) for side in SIDES)


def _known(told: Told, name: str, _: Leg) -> Truth:
    id_, _, state = name.partition(".")
    if id_ in told.excluded:
        return False
    if id_ not in told.known:
        return None  # Nobody said that it was looked for.
    if state and told.known[id_] and state not in told.known[id_]:
        return False
    return True if not state or state in told.known[id_] else None


def _weeks(told: Told, value: dict[str, Any], _: Leg) -> Truth:
    pregnant = told.fact("pregnancy")
    if not pregnant:
        return pregnant
    return None if told.case.pregnancy_weeks is None else within(value, told.case.pregnancy_weeks)


def _sex(told: Told, value: str, _: Leg) -> Truth:
    return None if told.case.sex == "unknown" else told.case.sex == value


def _said(told: Told, value: str, _: Leg) -> Truth:
    return {"present": True, "absent": False}.get(told.case.clinician_says.get(value, "unknown"))


def _count(told: Told, value: dict[str, Any], leg: Leg) -> Truth:
    found = [told.holds(part, leg) for part in value["of"]]
    if found.count(True) >= value["n"]:
        return True
    return None if found.count(True) + found.count(None) >= value["n"] else False


_PREDICATES: dict[str, Callable[[Told, Any, Leg], Truth]] = {
    "all": lambda told, value, leg: both(told.holds(part, leg) for part in value),
    "any": lambda told, value, leg: either(told.holds(part, leg) for part in value),
    "not": lambda told, value, leg: opposite(told.holds(value, leg)),
    "at_least": _count,
    "present": _present,
    "absent": lambda told, value, leg: opposite(_present(told, value, leg)),
    "both_legs": _both_legs,
    "one_leg": _one_leg,
    "grade": _grade,
    "duration": _grade,
    "measure": _measure,
    "difference": _difference,
    "context": lambda told, value, _: told.fact(value),
    "known": _known,
    "age": lambda told, value, _: within(value, told.case.age),
    "sex": _sex,
    "pregnant": lambda told, _value, _: told.fact("pregnancy"),
    "pregnancy_weeks": _weeks,
    "setting": lambda told, value, _: told.case.setting == value,
    "clinician_says": _said,
}
