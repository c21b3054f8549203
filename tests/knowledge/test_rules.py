"""Every rule against its frozen edge cases; every mutant of every rule disagrees with one of them."""

from __future__ import annotations

from saphena.evaluation.rules import judge, read_frozen, rules_of
from saphena.model.store import load_model

MODEL = load_model()
EVERY = rules_of(MODEL)
CASES = read_frozen()
SURVIVORS = 240
"""Mutants of all rules that no frozen case refutes yet; to be lowered, never raised."""


def test_no_case_belongs_to_a_rule_that_is_gone() -> None:
    names = {(named.group, named.name) for named in EVERY}
    assert [(g, n) for g, rules in CASES.items() for n in rules if (g, n) not in names] == []


def test_rules_agree_with_their_edge_cases_and_mutants_do_not() -> None:
    judged = [judge(MODEL, named, CASES.get(named.group, {}).get(named.name, [])) for named in EVERY]
    assert [(one.named.group, one.named.name, one.wrong) for one in judged if one.wrong or not one.inside] == []
    assert sum(one.mutants for one in judged) > 9000
    assert sum(len(one.survivors) for one in judged) <= SURVIVORS
