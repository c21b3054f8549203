"""Every rule against its frozen edge cases; every mutant of every rule disagrees with one of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from saphena.case import Case
from saphena.inference.observe import observe
from saphena.model.network import Model
from saphena.model.store import load_model
from saphena.pathway.truth import Rules
from tests.rules.every import Named, rules_of
from tests.rules.mutants import mutants

FOLDER = Path(__file__).parent.parent / "rules"
FROZEN: dict[str, dict[str, list[dict[str, Any]]]] = {
    p.stem: yaml.safe_load(p.read_text()) for p in FOLDER.glob("*.yaml")
}
MODEL = load_model()
EVERY = rules_of(MODEL)
SAME: dict[str, str] = {}
"""``group.name: mutant`` -> why the mutant means the same as the rule."""


def frozen(model: Model, named: Named) -> list[tuple[Rules, Any]]:
    cases = FROZEN.get(named.group, {}).get(named.name, [])
    return [(Rules(model, observe(model, Case.model_validate(one["case"]))), one["holds"]) for one in cases]


def test_no_case_belongs_to_a_rule_that_is_gone() -> None:
    names = {(named.group, named.name) for named in EVERY}
    assert [(g, n) for g, rules in FROZEN.items() for n in rules if (g, n) not in names] == []


@pytest.mark.parametrize("named", EVERY, ids=lambda n: f"{n.group}.{n.name}")
def test_a_rule_agrees_with_its_edge_cases_and_no_mutant_does(named: Named) -> None:
    held = frozen(MODEL, named)
    truths = [expected for _, expected in held]
    assert True in truths, "no case inside"
    assert [rules.holds(named.rule, named.leg) for rules, _ in held] == truths
    survivors = [
        what
        for what, mutant in mutants(MODEL, named.rule)
        if all(rules.holds(mutant, named.leg) == expected for rules, expected in held)
    ]
    assert [s for s in survivors if f"{named.group}.{named.name}: {s}" not in SAME] == []
