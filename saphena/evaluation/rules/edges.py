"""Cases at the edges of a rule: just inside, just outside by one fact, and with that fact unknown.

They are worked out once from the rule, read against the words of its source, and then frozen in
``knowledge/cases/rules``. From then on they speak for the source and not for the rule: a rule that is changed
has to disagree with one of them (``mutants``).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, islice, product
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

    def case(self, literals: list[Literal], per_leg: bool = False) -> dict[str, Any] | None:
        """A case in which exactly these leaves are decided so; None where they contradict each other."""
        told: dict[str, Any] = {"age": 50, "sex": "female", "setting": "primary_care", "context": {}, "findings": {}}
        told |= {"known_conditions": [], "excluded_conditions": [], "clinician_says": {}}
        for leaf, yes in literals:
            if not self._put(told, leaf, yes, per_leg):
                return None
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

        def keep(literals: list[Literal], what: str) -> None:
            told = self.case(literals, per_leg)
            if told is None:
                return
            truth = self.truth(rule, told, leg)
            if truth != "refused":
                found.setdefault(repr(told), {"what": what, "case": told, "holds": truth})

        for term in terms(rule):
            keep(list(term), "inside")
            rest = [(leaf, False) for leaf in every if not any(leaf == held for held, _ in term)]
            for i, (leaf, yes) in enumerate(term):
                flipped = [*term[:i], (leaf, not yes), *term[i + 1 :]]
                keep([*flipped, *rest], "outside")
                keep(flipped, "outside, the rest unknown")
                keep([*term[:i], *term[i + 1 :]], "unknown")
            keep([*term, *rest], "inside, the rest absent")
        keep([], "nothing known")
        return list(found.values())

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
            return self._finding(told, value.finding, grades[place], per_leg)
        if name == "measure":
            return self._measure(told, value.id, edge(value, yes), per_leg)
        if name == "difference":
            number = edge(value, yes)
            unit = self._unit(value.id)
            low = self._low(value.id) + abs(number)
            return self._set(told["findings"], value.id, {"right": f"{low + number:g}{unit}", "left": f"{low:g}{unit}"})
        if name == "context":
            return self._set(told["context"], value, "present" if yes else "absent")
        if name == "pregnant":
            return self._set(told["context"], "pregnancy", "present" if yes else "absent")
        if name == "pregnancy_weeks":
            told["pregnancy_weeks"] = edge(value, yes)
            return self._set(told["context"], "pregnancy", "present")
        if name == "known":
            told["known_conditions" if yes else "excluded_conditions"].append(value)
            return not set(told["known_conditions"]) & set(told["excluded_conditions"])
        if name == "clinician_says":
            return self._set(told["clinician_says"], value, "present" if yes else "absent")
        if name in ("age", "sex", "setting"):
            new = (
                edge(value, yes)
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
        sided = self.model.knowledge.findings[id_].sided
        return self._set(
            told["findings"], id_, {"right": value} if per_leg and sided else value if not sided else {"both": value}
        )

    def _measure(self, told: dict[str, Any], id_: str, number: float, per_leg: bool) -> bool:
        text = f"{number:g}{self._unit(id_)}"
        sided = self.model.knowledge.measurements[id_].sided
        return self._set(told["findings"], id_, {"right" if per_leg else "both": text} if sided else text)

    def _unit(self, id_: str) -> str:
        unit = self.model.knowledge.measurements[id_].unit
        return "" if unit == "1" else f" {unit}"

    def _low(self, id_: str) -> float:
        return self.model.knowledge.measurements[id_].plausible[0]

    def _score(self, told: dict[str, Any], bounds: Any, yes: bool, per_leg: bool) -> bool:
        """Answers every item so that the score lies just inside, or just outside."""
        instrument = self.model.knowledge.instruments[bounds.id]
        wanted = edge(bounds, yes, step=1.0)
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


def edge(bounds: Bounds, inside: bool, step: float | None = None) -> float:
    """A number just inside the bounds, or just outside."""
    low = bounds.at_least if bounds.at_least is not None else bounds.above
    high = bounds.at_most if bounds.at_most is not None else bounds.below
    bound = low if low is not None else high
    assert bound is not None
    small = step or (0.01 if abs(bound) < 3 else 0.1 if abs(bound) < 20 else 1.0)
    if low is not None:
        least = bound if bounds.at_least is not None else bound + small
        return round(least if inside else least - small, 3)
    most = bound if bounds.at_most is not None else bound - small
    return round(most if inside else most + small, 3)
