"""Conditions that must not be missed: found, falsely feared, and every miss by name."""

from __future__ import annotations

from collections.abc import Sequence

from saphena.evaluation.cases import Gold, Shape
from saphena.evaluation.metrics import Figure, wilson
from saphena.evaluation.results import CaseResult
from saphena.model.network import Model
from saphena.pathway.triage import LEVELS


class Danger(Shape):
    """One condition that must not be missed; found means that its probability passed its own threshold."""

    condition: str
    name: str
    sensitivity: Figure
    precision: Figure
    """Of the cases in which it passed its threshold, those that have it. Low by design: thresholds are low."""
    missed: tuple[str, ...]
    """Cases below the threshold."""
    missed_by_all: tuple[str, ...]
    """Those that nothing else made urgent enough either."""


def dangers(model: Model, results: Sequence[CaseResult], gold: dict[str, Gold]) -> tuple[Danger, ...]:
    """Each dangerous condition that some case has, or is suspected of."""
    found = []
    for condition in model.knowledge.conditions.values():
        rule = condition.must_not_miss
        if rule is None:
            continue
        having = [r for r in results if _has(gold[r.id], condition.id, rule.states)]
        feared = [r for r in results if condition.id in r.must_not_miss]
        if not having and not feared:
            continue
        missed = [r for r in having if r not in feared]
        urgent = LEVELS[: LEVELS.index(rule.triage) + 1]
        found.append(
            Danger(
                condition=condition.id,
                name=condition.name,
                sensitivity=wilson("sensitivity", len(having) - len(missed), len(having)),
                precision=wilson("precision", len([r for r in feared if r in having]), len(feared)),
                missed=tuple(r.id for r in missed),
                missed_by_all=tuple(r.id for r in missed if r.triage not in urgent),
            )
        )
    return tuple(found)


def _has(gold: Gold, condition: str, states: tuple[str, ...]) -> bool:
    """Is it published? Where only some states are dangerous, the state must be published too."""
    wanted = {f"{condition}.{state}" for state in states}
    return any(
        name in wanted if wanted else name.partition(".")[0] == condition for name in (*gold.conditions, *gold.also)
    )
