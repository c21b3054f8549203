"""From a rule to a case in which it holds: tries every way of making it true, and takes the first that is a sound case."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations, islice
from typing import Any

from saphena import Case, Faulty, Model
from saphena.inference.observe import observe
from saphena.model.rules import Bounds, Rule
from saphena.model.schema import RedFlag
from saphena.pathway.triage import flag_holds
from saphena.pathway.truth import Rules

AGES = (45.0, 30.0, 60.0, 75.0, 20.0, 16.0, 10.0, 4.0, 2.0, 0.5)
MOST_WAYS = 3000


@dataclass(frozen=True)
class Wish:
    """What a case must say."""

    grades: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    """(finding, leg) -> lowest and highest grade."""
    context: dict[str, bool] = field(default_factory=dict)
    measured: dict[str, float] = field(default_factory=dict)
    clinician: dict[str, bool] = field(default_factory=dict)
    ages: tuple[tuple[Bounds, bool], ...] = ()
    settings: tuple[tuple[str, bool], ...] = ()


def _together(one: Wish, other: Wish) -> Wish | None:
    """Both wishes, or nothing if they exclude each other."""
    grades = dict(one.grades)
    for key, (low, high) in other.grades.items():
        before = grades.get(key, (low, high))
        grades[key] = max(low, before[0]), min(high, before[1])
        if grades[key][0] > grades[key][1]:
            return None
    for mine, theirs in (
        (one.context, other.context),
        (one.measured, other.measured),
        (one.clinician, other.clinician),
    ):
        if any(mine.get(k, v) != v for k, v in theirs.items()):
            return None
    return Wish(
        grades,
        one.context | other.context,
        one.measured | other.measured,
        one.clinician | other.clinician,
        one.ages + other.ages,
        one.settings + other.settings,
    )


def _within(bounds: Bounds, value: float) -> bool:
    return (
        (bounds.at_least is None or value >= bounds.at_least)
        and (bounds.above is None or value > bounds.above)
        and (bounds.at_most is None or value <= bounds.at_most)
        and (bounds.below is None or value < bounds.below)
    )


class _Solver:
    def __init__(self, model: Model) -> None:
        self.k = model.knowledge

    def ways(self, rule: Rule, wanted: bool = True) -> Iterator[Wish]:
        name = rule.predicate
        value: Any = getattr(rule, name)
        if name == "not_":
            yield from self.ways(value, not wanted)
        elif name in ("all", "any"):
            if (name == "all") == wanted:
                yield from self.every(value, wanted)
            else:
                for part in value:
                    yield from self.ways(part, wanted)
        elif name == "at_least":
            count = value.n if wanted else len(value.of) - value.n + 1
            for parts in combinations(value.of, count):
                yield from self.every(parts, wanted)
        elif name in ("present", "absent"):
            yield self.graded(value, 1, None) if (name == "present") == wanted else self.graded(value, 0, 0)
        elif name == "both_legs":
            sides = ("right", "left") if self.k.findings[value].sided else ("",)
            if wanted:
                yield Wish({(value, side): (1, self.top(value)) for side in sides})
            else:
                yield Wish({(value, sides[-1]): (0, 0)})
        elif name == "one_leg":
            if wanted:
                yield Wish({(value, "left"): (1, self.top(value))})
            else:
                yield Wish({(value, side): (0, 0) for side in ("right", "left")})
        elif name in ("grade", "duration"):
            names = self.k.findings[value.finding].grades
            if value.at_least is not None:
                grade = names.index(value.at_least)
                yield self.graded(value.finding, grade, None) if wanted else self.graded(value.finding, 0, grade - 1)
            else:
                grade = names.index(value.at_most)
                yield self.graded(value.finding, 0, grade) if wanted else self.graded(value.finding, grade + 1, None)
        elif name in ("context", "pregnant"):
            yield Wish(context={"pregnancy" if name == "pregnant" else value: wanted})
        elif name == "measure":
            low, high = self.k.measurements[value.id].plausible
            ends = [b for b in (value.at_least, value.above, value.at_most, value.below) if b is not None]
            for number in (low, high, *(end + step for end in ends for step in (0, -0.1, 0.1))):
                if _within(value, number) == wanted and low <= number <= high:
                    yield Wish(measured={value.id: number})
        elif name == "age":
            yield Wish(ages=((value, wanted),))
        elif name == "setting":
            yield Wish(settings=((value, wanted),))
        elif name == "clinician_says":
            yield Wish(clinician={value: wanted})

    def every(self, parts: Any, wanted: bool) -> Iterator[Wish]:
        if not parts:
            yield Wish()
            return
        for first in self.ways(parts[0], wanted):
            for rest in self.every(parts[1:], wanted):
                both = _together(first, rest)
                if both is not None:
                    yield both

    def top(self, finding: str) -> int:
        grades = self.k.findings[finding].grades
        return len(grades) - 1 if grades else 1

    def graded(self, finding: str, low: int, high: int | None) -> Wish:
        side = "right" if self.k.findings[finding].sided else ""
        return Wish({(finding, side): (low, self.top(finding) if high is None else high)})

    def case(self, wish: Wish) -> Case | None:
        """The wish in words."""
        age = next((a for a in AGES if all(_within(b, a) == wanted for b, wanted in wish.ages)), None)
        if age is None:
            return None
        settings = [s.id for s in self.k.settings.settings]
        setting = next((s for s in settings if all((s == name) == wanted for name, wanted in wish.settings)), None)
        findings: dict[str, list[dict[str, Any]]] = {}
        for (id_, side), (low, high) in wish.grades.items():
            names = self.k.findings[id_].grades or ("absent", "present")
            for key, grade in (("at_least", low), ("at_most", high)):
                findings.setdefault(id_, []).append({key: names[grade]} | ({"leg": side} if side else {}))
        for id_, number in wish.measured.items():
            unit = self.k.measurements[id_].unit
            findings[id_] = [{"value": f"{number:g} {unit}" if unit != "1" else number}]
        return Case.model_validate(
            {
                "age": age,
                "sex": "female",
                "setting": setting,
                "index_leg": "right",
                "context": {k: "present" if v else "absent" for k, v in wish.context.items()},
                "findings": findings,
                "clinician_says": {k: "present" if v else "absent" for k, v in wish.clinician.items()},
            }
        )


def cases_for(model: Model, flag: RedFlag) -> Iterator[Case]:
    """Sound cases in which the flag holds."""
    solver = _Solver(model)
    for wish in islice(solver.ways(flag.when), MOST_WAYS):
        case = solver.case(wish)
        if case is None:
            continue
        try:
            observation = observe(model, case)
        except Faulty:
            continue
        if flag_holds(Rules(model, observation), flag) is True:
            yield case
