"""A case in the making: facts, findings and measurements put into it so that a rule becomes true, or false."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from saphena.evaluation.plan_check.remedies import Remedies, RuleText
from saphena.evaluation.plan_check.truth import SIDES, within

YOUNGEST, OLDEST = 1.0, 95.0
PREGNANT = (18.0, 45.0)
NEAR = 0.01
"""Share of a bound by which a value lies just beside it."""


@dataclass
class Draft:
    """What a case will say; what was put in stays."""

    remedies: Remedies
    rng: np.random.Generator
    leg: str
    """The leg that is meant where a rule is about one."""
    ages: tuple[float, float] = (YOUNGEST, OLDEST)
    sex: str | None = None
    setting: str | None = None
    weeks: float | None = None
    context: dict[str, Any] = field(default_factory=dict)
    findings: dict[str, dict[str, str]] = field(default_factory=dict)
    """By finding and side."""
    values: dict[str, dict[str, float]] = field(default_factory=dict)
    """By measurement and side."""
    known: list[str] = field(default_factory=list)
    excluded: list[str] = field(default_factory=list)
    says: dict[str, str] = field(default_factory=dict)

    def wish(self, rule: RuleText, truth: bool) -> bool:
        """Make a rule true or false; leaves everything as it was, and says False, where that contradicts the rest."""
        before = {k: deepcopy(v) for k, v in vars(self).items() if k not in ("remedies", "rng")}
        if self._wish(rule, truth):
            return True
        vars(self).update(before)
        return False

    def _wish(self, rule: RuleText, truth: bool) -> bool:
        ((name, value),) = rule.items()
        if name == "not":
            return self.wish(value, not truth)
        if name in ("all", "any"):
            parts = list(value)
            self.rng.shuffle(parts)
            if (name == "all") == truth:
                return all(self.wish(part, truth) for part in parts)
            return any(self.wish(part, truth) for part in parts)
        if name == "at_least":
            parts = list(value["of"])
            self.rng.shuffle(parts)
            wanted = value["n"] if truth else len(parts) - value["n"] + 1
            return bool(sum(self.wish(part, truth) for part in parts) >= wanted)
        return name in _WISHES and _WISHES[name](self, value, truth)

    def chance(self, share: float) -> bool:
        """True in this share of all calls."""
        return bool(self.rng.random() < share)

    def pick(self, among: Any) -> Any:
        """One of several, each as likely."""
        return among[int(self.rng.integers(len(among)))]

    # --- what is put in ----------------------------------------------------------------------

    def aged(self, low: float, high: float) -> bool:
        """Narrow the ages."""
        low, high = max(low, self.ages[0]), min(high, self.ages[1])
        if low > high:
            return False
        self.ages = (low, high)
        return True

    def sexed(self, sex: str) -> bool:
        """Fix the sex."""
        if self.sex not in (None, sex):
            return False
        self.sex = sex
        return True

    def fact(self, id_: str, truth: bool) -> bool:
        """A fact or risk factor is present, in somebody who can have it, or absent."""
        word = "present" if truth else "absent"
        if self.context.setdefault(id_, word) != word:
            return False
        who = self.remedies.answerable[id_]
        if truth and who.only_sex is not None and not self.sexed(who.only_sex):
            return False
        if id_ == "pregnancy" and truth:
            return self.aged(*PREGNANT)
        return not truth or who.only_ages is None or self.aged(*who.only_ages)

    def finding(self, id_: str, low: int, high: int, everywhere: bool) -> bool:
        """A finding has a grade between two, on the leg that is meant, or on both."""
        term = self.remedies.terms[id_]
        grade = low if self.chance(0.5) else int(self.rng.integers(low, high + 1))
        parent = term.parent
        if (
            parent is not None
            and low > 0
            and not self.finding(parent, 1, len(self.remedies.terms[parent].grades) - 1, False)
        ):
            return False
        sides = () if not term.sided else SIDES if everywhere or self.chance(0.2) else (self.leg,)
        stated = self.findings.setdefault(id_, {})
        for side in sides or ("",):
            if side in stated and not low <= _grade(term.grades, stated[side]) <= high:
                return False
            stated.setdefault(side, term.grades[grade])
        return True

    def value(self, id_: str, bounds: dict[str, float], truth: bool) -> bool:
        """A measurement lies within bounds or not, often just there."""
        gauge = self.remedies.gauges[id_]
        low, high = gauge.plausible
        edges = [b for name, b in bounds.items() if name != "id"]
        near = [v for b in edges for v in (b, b * (1 - NEAR), b * (1 + NEAR))]
        far = [low + (high - low) * float(self.rng.random()) for _ in range(5)]
        between = [sum(edges) / len(edges), *(b * 0.8 for b in edges), *(b * 1.25 for b in edges)]
        fitting = [v for v in (*near, *near, *between, *far) if low <= v <= high and within(bounds, v) == truth]
        if not fitting:
            return False
        sides = () if not gauge.sided else SIDES if not truth or self.chance(0.3) else (self.leg,)
        stated = self.values.setdefault(id_, {})
        for side in sides or ("",):
            if side in stated and within(bounds, stated[side]) != truth:
                return False
            stated.setdefault(side, round(float(self.pick(fitting)), 4))
        return all(within(bounds, v) == truth for v in stated.values()) or truth

    def suffers(self, name: str) -> bool:
        """A condition is known, in this state if one is named."""
        id_, _, state = name.partition(".")
        if id_ in self.excluded:
            return False
        for i, other in enumerate(self.known):
            if other.partition(".")[0] == id_:
                if state and other.partition(".")[2] not in ("", state):
                    return False
                self.known[i] = name if state else other
                return True
        self.known.append(name)
        return True

    def is_free_of(self, name: str) -> bool:
        """A condition is excluded; one that is known in another state stays."""
        id_, _, state = name.partition(".")
        for other in self.known:
            if other.partition(".")[0] == id_:
                return bool(state) and other.partition(".")[2] not in ("", state)
        if id_ not in self.excluded:
            self.excluded.append(id_)
        return True


def _grade(grades: tuple[str, ...], word: str) -> int:
    return grades.index(word)


def _graded(draft: Draft, value: dict[str, str], truth: bool) -> bool:
    term = draft.remedies.terms[value["finding"]]
    top = len(term.grades) - 1
    up = "at_least" in value
    at = term.grades.index(value["at_least"] if up else value["at_most"]) + (not up)
    if up == truth:
        return at <= top and draft.finding(term.id, at, top, False)
    return at > 0 and draft.finding(term.id, 0, at - 1, True)


def _present(draft: Draft, id_: str, truth: bool) -> bool:
    top = len(draft.remedies.terms[id_].grades) - 1
    return draft.finding(id_, 1, top, False) if truth else draft.finding(id_, 0, 0, True)


def _one_leg(draft: Draft, id_: str, truth: bool) -> bool:
    stated = draft.findings.setdefault(id_, {})
    other = next(side for side in SIDES if side != draft.leg)
    grades = draft.remedies.terms[id_].grades
    if stated:
        return (stated.get(draft.leg, grades[0]) != grades[0] and stated.get(other, grades[0]) == grades[0]) == truth
    word = draft.pick(grades[1:])
    if truth:
        stated.update({draft.leg: word, **({other: grades[0]} if draft.chance(0.5) else {})})
    else:
        word = draft.pick(grades)
        stated.update({draft.leg: word, other: word})
    return True


def _both_legs(draft: Draft, id_: str, truth: bool) -> bool:
    top = len(draft.remedies.terms[id_].grades) - 1
    return draft.finding(id_, 1, top, True) if truth else draft.finding(id_, 0, 0, True)


def _known(draft: Draft, name: str, truth: bool) -> bool:
    if truth:
        return draft.suffers(name)
    return all(other.partition(".")[0] != name.partition(".")[0] for other in draft.known)


def _age(draft: Draft, bounds: dict[str, float], truth: bool) -> bool:
    low = max(YOUNGEST, *(bounds.get(k, 0.0) + (k == "above") for k in ("at_least", "above")))
    high = min(OLDEST, *(bounds.get(k, OLDEST + 1) - (k == "below") for k in ("at_most", "below")))
    if truth:
        return draft.aged(low, high)
    return draft.aged(YOUNGEST, low - 1) if low > YOUNGEST else draft.aged(high + 1, OLDEST)


def _weeks(draft: Draft, bounds: dict[str, float], truth: bool) -> bool:
    if not truth and draft.chance(0.5):
        return draft.fact("pregnancy", False)
    fitting = [w for w in range(4, 42) if within(bounds, w) == truth]
    if not fitting or not draft.fact("pregnancy", True):
        return False
    if draft.weeks is None:
        draft.weeks = float(draft.pick([*fitting, *(w for w in fitting if w in (fitting[0], fitting[-1]))]))
    return within(bounds, draft.weeks) == truth


def _sex(draft: Draft, value: str, truth: bool) -> bool:
    return draft.sexed(value if truth else {"female": "male", "male": "female"}[value])


def _setting(draft: Draft, value: str, truth: bool) -> bool:
    if truth and draft.setting is None:
        draft.setting = value
    return (draft.setting == value) == truth


def _says(draft: Draft, value: str, truth: bool) -> bool:
    word = "present" if truth else "absent"
    return draft.says.setdefault(value, word) == word


_WISHES: dict[str, Callable[[Draft, Any, bool], bool]] = {
    "present": _present,
    "absent": lambda draft, value, truth: _present(draft, value, not truth),
    "one_leg": _one_leg,
    "both_legs": _both_legs,
    "grade": _graded,
    "duration": _graded,
    "measure": lambda draft, value, truth: draft.value(value["id"], value, truth),
    "context": lambda draft, value, truth: draft.fact(value, truth),
    "pregnant": lambda draft, _, truth: draft.fact("pregnancy", truth),
    "pregnancy_weeks": _weeks,
    "known": _known,
    "age": _age,
    "sex": _sex,
    "setting": _setting,
    "clinician_says": _says,
}
