"""Edge cases of rules as files: read, judged against the rules of today, and written for rules that have none."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from saphena.case import Case
from saphena.evaluation.rules.edges import Edges
from saphena.evaluation.rules.every import Named, rules_of
from saphena.evaluation.rules.mutants import mutants
from saphena.inference.observe import observe
from saphena.model.network import Model
from saphena.pathway.truth import Rules

FROZEN = Path(__file__).parents[2] / "knowledge" / "cases" / "rules"
DRAWN, ROUNDS = 400, 12
"""Cases drawn at random in each round after the directed ones, for mutants that only a rare combination tells apart."""
Frozen = dict[str, dict[str, list[dict[str, Any]]]]
"""Group -> rule -> cases: what, case, holds."""


@dataclass(frozen=True)
class Judged:
    """One rule against its frozen cases."""

    named: Named
    inside: int
    outside: int
    unknown: int
    wrong: tuple[int, ...]
    """Places of the cases with which the rule disagrees."""
    mutants: int
    survivors: tuple[str, ...]
    """Changes of the rule that no case refutes."""


def read_frozen(folder: Path = FROZEN) -> Frozen:
    """Every frozen case."""
    return {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) or {} for path in sorted(folder.glob("*.yaml"))}


def judge(model: Model, named: Named, cases: list[dict[str, Any]]) -> Judged:
    """Does the rule agree with its cases, and does every mutant of it disagree with one?"""
    held = [(Rules(model, observe(model, Case.model_validate(one["case"]))), one["holds"]) for one in cases]
    truths = [truth for _, truth in held]
    wrong = tuple(i for i, (rules, truth) in enumerate(held) if rules.holds(named.rule, named.leg) != truth)
    tried = list(mutants(model, named.rule))
    survivors = tuple(
        what for what, mutant in tried if all(rules.holds(mutant, named.leg) == truth for rules, truth in held)
    )
    return Judged(named, truths.count(True), truths.count(False), truths.count(None), wrong, len(tried), survivors)


def freeze(model: Model, again: Collection[str] = (), folder: Path = FROZEN) -> dict[str, tuple[int, int]]:
    """Write cases for rules that have none, and anew for those named ``group.rule``; (rules, cases) by group.

    What it writes follows from the rule of today: read it against the words of the source before it counts.
    """
    edges = Edges(model)
    groups: dict[str, dict[str, Named]] = {}
    for named in rules_of(model):
        groups.setdefault(named.group, {})[named.name] = named
    held, written = read_frozen(folder), {}
    for group, rules in groups.items():
        new = {}
        for name, named in rules.items():
            old = held.get(group, {}).get(name)
            new[name] = _chosen(model, edges, named) if old is None or f"{group}.{name}" in again else old
        text = yaml.safe_dump(new, sort_keys=False, allow_unicode=True, width=150, default_flow_style=None)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{group}.yaml").write_text(text, encoding="utf-8")
        written[group] = len(new), sum(len(cases) for cases in new.values())
    return written


def _chosen(model: Model, edges: Edges, named: Named) -> list[dict[str, Any]]:
    """One case each inside, outside and unknown, and those that together disagree with every mutant."""
    found = edges.witnesses(named.rule, named.per_leg)
    found.sort(key=lambda one: len(repr(one["case"])))
    kept = [one for truth in (True, False, None) for one in [f for f in found if f["holds"] is truth][:1]]
    left = [mutant for _, mutant in mutants(model, named.rule)]
    for number in range(ROUNDS):
        tried = [(Rules(model, observe(model, Case.model_validate(one["case"]))), one) for one in found]
        kept_rules = [pair for pair in tried if any(pair[1] is one for one in kept)]
        survivors = []
        for mutant in left:
            if any(rules.holds(mutant, named.leg) != one["holds"] for rules, one in kept_rules):
                continue
            refuting = next((pair for pair in tried if pair[0].holds(mutant, named.leg) != pair[1]["holds"]), None)
            if refuting is None:
                survivors.append(mutant)
            else:
                kept_rules.append(refuting)
                kept.append(refuting[1])
        if not survivors:
            break
        left, found = survivors, edges.drawn(named.rule, named.per_leg, f"{named.group}.{named.name}.{number}", DRAWN)
    return kept
