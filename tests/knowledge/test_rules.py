"""Every rule against its frozen edge cases; every mutant of every rule disagrees with one of them."""

from __future__ import annotations

import pytest

from saphena.evaluation.rules import Named, judge, read_frozen, rules_of
from saphena.model.store import load_model

MODEL = load_model()
EVERY = rules_of(MODEL)
CASES = read_frozen()
SAME: dict[str, str] = {}
"""``group.rule: mutant`` -> why the mutant means the same as the rule."""


def test_no_case_belongs_to_a_rule_that_is_gone() -> None:
    names = {(named.group, named.name) for named in EVERY}
    assert [(g, n) for g, rules in CASES.items() for n in rules if (g, n) not in names] == []


@pytest.mark.parametrize("named", EVERY, ids=lambda n: f"{n.group}.{n.name}")
def test_a_rule_agrees_with_its_edge_cases_and_no_mutant_does(named: Named) -> None:
    judged = judge(MODEL, named, CASES.get(named.group, {}).get(named.name, []))
    assert (judged.inside > 0, judged.wrong) == (True, ())
    assert [s for s in judged.survivors if f"{named.group}.{named.name}: {s}" not in SAME] == []
