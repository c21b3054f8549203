"""Every rule against its frozen edge cases; every mutant of every rule disagrees with one of them."""

from __future__ import annotations

import os

from saphena.case import Case
from saphena.evaluation.rules import judge, read_frozen, rules_of
from saphena.inference.observe import observe
from saphena.model.store import load_model
from saphena.pathway.truth import Rules

MODEL = load_model()
EVERY = rules_of(MODEL)
CASES = read_frozen()


def test_no_case_belongs_to_a_rule_that_is_gone() -> None:
    names = {(named.group, named.name) for named in EVERY}
    assert [(g, n) for g, rules in CASES.items() for n in rules if (g, n) not in names] == []


def test_rules_agree_with_their_edge_cases() -> None:
    wrong = []
    for named in EVERY:
        for one in CASES.get(named.group, {}).get(named.name, []):
            rules = Rules(MODEL, observe(MODEL, Case.model_validate(one["case"])))
            if rules.holds(named.rule, named.leg) != one["holds"]:
                wrong.append((named.group, named.name, one))
    assert wrong == []


def test_every_rule_has_a_case_inside() -> None:
    without = [(n.group, n.name) for n in EVERY if not any(c["holds"] for c in CASES.get(n.group, {}).get(n.name, []))]
    assert without == []


def test_mutants_of_rules_disagree() -> None:
    """Of every eighth rule; ``saphena knowledge rules`` tries all."""
    some = EVERY[:: 1 if os.environ.get("SAPHENA_TESTS") == "all" else 8]
    judged = [judge(MODEL, named, CASES.get(named.group, {}).get(named.name, [])) for named in some]
    assert sum(one.mutants for one in judged) > 1000
    assert [(one.named.name, one.survivors) for one in judged if one.survivors] == []
