"""Cases at the edges of a rule: just inside, just outside by one fact, and with that fact unknown.

They are worked out once from the rule, read against the words of its source, and then frozen in
``knowledge/cases/rules``. From then on they speak for the source and not for the rule: a rule that is changed
has to disagree with one of them (``mutants``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations, islice, product
from random import Random
from typing import Any

from saphena.case import Case
from saphena.faults import Faulty
from saphena.inference.observe import observe
from saphena.model.network import Model
from saphena.model.rules import Bounds, Rule
from saphena.pathway.truth import Rules, Truth

TERMS = 60
"""Ways of making a rule true that are tried; the simplest first."""
Leaf = tuple[str, str]
"""(predicate as JSON, for messages; what is asked)."""
Literal = tuple[Rule, bool]


def terms(rule: Rule, wanted: bool = True) -> list[tuple[Literal, ...]]:
    """Sets of leaves that make the rule true (or false), the shortest first."""
    directed = [term for leaf in leaves(rule) if (term := _through(rule, leaf, wanted)) is not None]
    found = [*directed, *islice(_terms(rule, wanted), 200)]
    unique: dict[str, tuple[Literal, ...]] = {}
    for term in found:
        unique.setdefault(repr([(leaf.model_dump(exclude_none=True), yes) for leaf, yes in term]), term)
    return list(unique.values())[: len(directed) + TERMS]


def _terms(rule: Rule, wanted: bool) -> Iterator[tuple[Literal, ...]]:
    if rule.not_ is not None:
        yield from _terms(rule.not_, not wanted)
    elif rule.all is not None or rule.any is not None:
        parts = rule.all or rule.any or ()
        if (rule.all is not None) == wanted:
            for chosen in product(*(list(islice(_terms(part, wanted), 12)) for part in parts)):
                yield tuple(literal for term in chosen for literal in term)
        else:
            for part in parts:
                yield from _terms(part, wanted)
    elif rule.at_least is not None:
        n, of = rule.at_least.n, rule.at_least.of
        needed = n if wanted else len(of) - n + 1
        for some in combinations(of, needed):
            for chosen in product(*(list(islice(_terms(part, wanted), 4)) for part in some)):
                yield tuple(literal for term in chosen for literal in term)
    else:
        yield ((rule, wanted),)


def _through(rule: Rule, leaf: Rule, wanted: bool) -> tuple[Literal, ...] | None:
    """A way of making the rule true (or false) in which this very leaf counts."""
    if rule is leaf:
        return ((rule, wanted),)
    if rule.not_ is not None:
        return _through(rule.not_, leaf, not wanted)
    parts = rule.parts
    place = next((i for i, part in enumerate(parts) if any(one is leaf for one in leaves(part))), None)
    own = _through(parts[place], leaf, wanted) if place is not None else None
    if own is None or place is None:
        return None
    if rule.at_least is not None:
        needed = rule.at_least.n if wanted else len(parts) - rule.at_least.n + 1
    else:
        needed = len(parts) if (rule.all is not None) == wanted else 1
    others = [part for i, part in enumerate(parts) if i != place][: needed - 1]
    rest = [next(_terms(part, wanted), None) for part in others]
    if any(term is None for term in rest):
        return None
    return (*own, *(literal for term in rest if term is not None for literal in term))


def leaves(rule: Rule) -> list[Rule]:
    """Every leaf, in order."""
    return [leaf for part in rule.parts for leaf in leaves(part)] if rule.parts else [rule]


class Edges:
    """Builds cases for the leaves of rules."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._draw: Random | None = None
        """While cases are drawn: which edge of two a number takes."""

    def case(
        self, literals: Sequence[Literal], per_leg: bool = False, rest: Sequence[Literal] = ()
    ) -> dict[str, Any] | None:
        """A case in which these leaves are decided so, and of the rest what does not contradict them.

        None where the first contradict each other.
        """
        told: dict[str, Any] = {"age": 50, "sex": "female", "setting": "primary_care", "context": {}, "findings": {}}
        told |= {"known_conditions": [], "excluded_conditions": [], "clinician_says": {}}
        for leaf, yes in literals:
            if not self._put(told, leaf, yes, per_leg):
                return None
        for leaf, yes in rest:
            self._put(told, leaf, yes, per_leg)
        return {key: value for key, value in told.items() if value not in ({}, [])}

    def truth(self, rule: Rule, told: dict[str, Any], leg: str) -> Truth | str:
        """What the rule says of a case; ``refused`` where it is no case."""
        try:
            observation = observe(self.model, Case.model_validate(told))
        except (Faulty, ValueError):
            return "refused"
        return Rules(self.model, observation).holds(rule, leg)

    def witnesses(self, rule: Rule, per_leg: bool = False) -> list[dict[str, Any]]:
        """Edge cases of a rule: ``case``, and what the rule says of it now."""
        leg = "right" if per_leg else ""
        every = leaves(rule)
        found: dict[str, dict[str, Any]] = {}

        def keep(literals: Sequence[Literal], what: str, rest: Sequence[Literal] = ()) -> None:
            told = self.case(literals, per_leg, rest)
            if told is None:
                return
            truth = self.truth(rule, told, leg)
            if truth != "refused":
                found.setdefault(repr(told), {"what": what, "case": told, "holds": truth})

        for term in terms(rule):
            keep(term, "inside")
            rest = [(leaf, False) for leaf in every if not any(leaf == held for held, _ in term)]
            rest.sort(key=lambda literal: self._grade(literal[0]))
            for i, (leaf, yes) in enumerate(term):
                flipped = [*term[:i], (leaf, not yes), *term[i + 1 :]]
                keep(flipped, "outside", rest)
                keep(flipped, "outside, the rest unknown")
                keep([*term[:i], *term[i + 1 :]], "unknown")
            keep(term, "inside, the rest absent", rest)
        keep([], "nothing known")
        return list(found.values())

    def drawn(self, rule: Rule, per_leg: bool, seed: str, n: int) -> list[dict[str, Any]]:
        """Edge cases in which every leaf is decided or left open by a draw; the same for the same seed."""
        leg = "right" if per_leg else ""
        rng = Random(seed)  # noqa: S311 - cases, not secrets
        every = leaves(rule)
        found: dict[str, dict[str, Any]] = {}
        for _ in range(n):
            shares = rng.choice(((1, 1, 1), (1, 4, 1), (4, 1, 1), (1, 1, 4), (0, 1, 8)))
            answers = rng.choices((True, False, None), shares, k=len(every))
            literals = [(leaf, yes) for leaf, yes in zip(every, answers, strict=True) if yes is not None]
            rng.shuffle(literals)  # Where two contradict each other, the first is told.
            self._draw = rng
            told = self.case((), per_leg, literals)
            self._draw = None
            if told is not None and (truth := self.truth(rule, told, leg)) != "refused":
                found.setdefault(repr(told), {"what": "drawn", "case": told, "holds": truth})
        return sorted(found.values(), key=lambda one: len(repr(one["case"])))

    # --- leaves ------------------------------------------------------------------------------

    def _put(self, told: dict[str, Any], leaf: Rule, yes: bool, per_leg: bool) -> bool:
        name = leaf.predicate
        value: Any = getattr(leaf, name)
        if name in ("present", "absent"):
            here = "present" if yes == (name == "present") else "absent"
            return self._finding(told, value, here, per_leg)
        if name == "both_legs":
            sided = self.model.knowledge.findings[value].sided
            said: Any = {"both": "present"} if yes else {"right": "present", "left": "absent"}
            return self._set(told["findings"], value, said if sided else "present" if yes else "absent")
        if name == "one_leg":
            return self._set(
                told["findings"], value, {"right": "present", "left": "absent"} if yes else {"both": "present"}
            )
        if name in ("grade", "duration"):
            grades = self.model.knowledge.findings[value.finding].grades
            bound = grades.index(value.at_least or value.at_most)
            place = bound if yes else bound - 1 if value.at_least else bound + 1
            if not 0 <= place < len(grades):
                return False
            if self._draw is not None:
                upwards = yes == (value.at_least is not None)
                place = self._draw.randrange(place, len(grades)) if upwards else self._draw.randint(0, place)
            return self._finding(told, value.finding, grades[place], per_leg)
        if name == "measure":
            return self._measure(told, value.id, self._edge(value, yes), per_leg)
        if name == "difference":
            number = self._edge(value, yes)
            unit = self._unit(value.id)
            low = self._low(value.id) + abs(number)
            return self._set(told["findings"], value.id, {"right": f"{low + number:g}{unit}", "left": f"{low:g}{unit}"})
        if name == "context":
            return self._set(told["context"], value, "present" if yes else "absent")
        if name == "pregnant":
            return self._set(told["context"], "pregnancy", "present" if yes else "absent")
        if name == "pregnancy_weeks":
            told["pregnancy_weeks"] = self._edge(value, yes)
            return self._set(told["context"], "pregnancy", "present")
        if name == "known":
            told["known_conditions" if yes else "excluded_conditions"].append(value)
            return not set(told["known_conditions"]) & set(told["excluded_conditions"])
        if name == "clinician_says":
            return self._set(told["clinician_says"], value, "present" if yes else "absent")
        if name in ("age", "sex", "setting"):
            new = (
                self._edge(value, yes)
                if name == "age"
                else value
                if yes
                else {"female": "male", "male": "female"}.get(value, "population")
            )
            if told.get(f"_{name}", new) != new:
                return False
            told[name] = new
            return True
        if name == "score":
            return self._score(told, value, yes, per_leg)
        raise AssertionError(f"leaf without a case: {name}")

    def _set(self, held: dict[str, Any], id_: str, value: Any) -> bool:
        return bool(held.setdefault(id_, value) == value)

    def _finding(self, told: dict[str, Any], id_: str, value: str, per_leg: bool) -> bool:
        if not self.model.knowledge.findings[id_].sided:
            return self._set(told["findings"], id_, value)
        one = per_leg or (self._draw is not None and self._draw.random() < 0.3)
        return self._set(told["findings"], id_, {"right" if one else "both": value})

    def _measure(self, told: dict[str, Any], id_: str, number: float, per_leg: bool) -> bool:
        text = f"{number:g}{self._unit(id_)}"
        sided = self.model.knowledge.measurements[id_].sided
        return self._set(told["findings"], id_, {"right" if per_leg else "both": text} if sided else text)

    def _grade(self, leaf: Rule) -> int:
        """The grade a rule asks for; the lowest is denied first."""
        asked = leaf.grade or leaf.duration
        if asked is None or asked.at_least is None:
            return 0
        return self.model.knowledge.findings[asked.finding].grades.index(asked.at_least)

    def _edge(self, bounds: Bounds, yes: bool, step: float | None = None) -> float:
        high = self._draw is not None and self._draw.random() < 0.5
        return edge(bounds, yes, step, high)

    def _unit(self, id_: str) -> str:
        unit = self.model.knowledge.measurements[id_].unit
        return "" if unit == "1" else f" {unit}"

    def _low(self, id_: str) -> float:
        return self.model.knowledge.measurements[id_].plausible[0]

    def _score(self, told: dict[str, Any], bounds: Any, yes: bool, per_leg: bool) -> bool:
        """Answers every item so that the score lies just inside, or just outside."""
        instrument = self.model.knowledge.instruments[bounds.id]
        wanted = self._edge(bounds, yes, step=1.0)
        total = 0.0
        for item in instrument.items:
            if item.when is None or item.points is None:
                return False
            take = item.points > 0 and total + item.points <= wanted
            term = next(iter(terms(item.when, take)), None)
            if term is None or not all(self._put(told, leaf, y, per_leg) for leaf, y in term):
                return False
            total += item.points if take else 0.0
        return total == wanted


def edge(bounds: Bounds, inside: bool, step: float | None = None, high: bool = False) -> float:
    """A number just inside the bounds, or just outside; at the upper one of two if ``high``."""
    lower = bounds.at_least if bounds.at_least is not None else bounds.above
    upper = bounds.at_most if bounds.at_most is not None else bounds.below
    at_upper = lower is None or (high and upper is not None)
    bound = upper if at_upper else lower
    assert bound is not None
    small = step or (0.01 if abs(bound) < 3 else 0.1 if abs(bound) < 20 else 1.0)
    if at_upper:
        most = bound if bounds.at_most is not None else bound - small
        return round(most if inside else most + small, 3)
    least = bound if bounds.at_least is not None else bound + small
    return round(least if inside else least - small, 3)
