"""Mutants of a rule: one clause dropped, one count, bound or grade moved, one predicate turned round."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from saphena.model.network import Model
from saphena.model.rules import Rule

TURNED = {"present": "absent", "absent": "present"}
BOUNDS = {"at_least": "above", "above": "at_least", "at_most": "below", "below": "at_most"}


def mutants(model: Model, rule: Rule) -> Iterator[tuple[str, Rule]]:
    """(what was changed, the changed rule)."""
    for what, changed in _changed(model, rule.model_dump(by_alias=True, exclude_none=True)):
        yield what, Rule.model_validate(changed)


def _changed(model: Model, rule: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    name, value = next(iter(rule.items()))
    if name in ("all", "any"):
        for i, part in enumerate(value):
            if len(value) > 1:
                yield f"{name}: without {part}", {name: [*value[:i], *value[i + 1 :]]}
            for what, changed in _changed(model, part):
                yield what, {name: [*value[:i], changed, *value[i + 1 :]]}
        if len(value) > 1:
            yield f"{name} turned round", {"any" if name == "all" else "all": value}
    elif name == "at_least":
        for n in (value["n"] - 1, value["n"] + 1):
            if 1 <= n <= len(value["of"]):
                yield f"{n} instead of {value['n']}", {name: {"n": n, "of": value["of"]}}
        for i, part in enumerate(value["of"]):
            rest = [*value["of"][:i], *value["of"][i + 1 :]]
            if rest:
                yield f"at_least: without {part}", {name: {"n": min(value["n"], len(rest)), "of": rest}}
            for what, changed in _changed(model, part):
                yield what, {name: {"n": value["n"], "of": [*value["of"][:i], changed, *value["of"][i + 1 :]]}}
    elif name == "not":
        yield "not dropped", value
        for what, changed in _changed(model, value):
            yield what, {name: changed}
    elif name in TURNED:
        yield f"{name} turned round", {TURNED[name]: value}
    elif name in ("grade", "duration"):
        bound = "at_least" if "at_least" in value else "at_most"
        grades = model.knowledge.findings[value["finding"]].grades
        place = grades.index(value[bound])
        for near in (place - 1, place + 1):
            if 0 < near < len(grades) or (near == 0 and bound == "at_most"):
                yield f"{value['finding']} {bound} {grades[near]}", {name: {**value, bound: grades[near]}}
    elif name in ("measure", "difference", "age", "pregnancy_weeks", "score"):
        yield from _bounds(name, value)
    elif name == "both_legs":
        yield "one leg is enough", {"present": value}
    elif name in ("context", "known", "clinician_says"):
        yield f"{name} turned round", {"not": rule}


def _bounds(name: str, value: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for bound, other in BOUNDS.items():
        if bound not in value:
            continue
        number = value[bound]
        step = 1.0 if name == "score" else 0.01 if abs(number) < 3 else 0.1 if abs(number) < 20 else 1.0
        for moved in (number - step, number + step):
            yield f"{bound} {moved:g} instead of {number:g}", {name: {**value, bound: round(moved, 3)}}
        if name != "score":
            rest = {key: held for key, held in value.items() if key != bound}
            yield f"{other} instead of {bound} {number:g}", {name: {**rest, other: number}}
