"""Freezes edge cases of rules that have none yet: ``python -m tests.rules.freeze [GROUP.NAME ...]``.

A rule that is named is frozen anew; read what it writes against the words of the source before it is committed.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml

from saphena.case import Case
from saphena.inference.observe import observe
from saphena.model.network import Model
from saphena.model.store import load_model
from saphena.pathway.truth import Rules
from tests.rules.every import Named, rules_of
from tests.rules.mutants import mutants
from tests.rules.witness import Edges

FOLDER = Path(__file__).parent


def chosen(model: Model, edges: Edges, named: Named) -> list[dict[str, Any]]:
    """A few edge cases that together disagree with every mutant, and one each inside, outside and unknown."""
    found = edges.witnesses(named.rule, named.per_leg)
    found.sort(key=lambda w: len(repr(w["case"])))
    rules = [Rules(model, observe(model, Case.model_validate(w["case"]))) for w in found]
    kept: list[int] = []
    for truth in (True, False, None):
        kept += [i for i, w in enumerate(found) if w["holds"] is truth][:1]
    for _, mutant in mutants(model, named.rule):
        if any(rules[i].holds(mutant, named.leg) != found[i]["holds"] for i in kept):
            continue
        kept += [i for i, w in enumerate(found) if rules[i].holds(mutant, named.leg) != w["holds"]][:1]
    return [found[i] for i in sorted(set(kept))]


def main(again: list[str]) -> None:
    """Writes the files of each group."""
    model = load_model()
    edges = Edges(model)
    groups: dict[str, dict[str, Any]] = {}
    for named in rules_of(model):
        groups.setdefault(named.group, {})[named.name] = named
    for group, rules in groups.items():
        path = FOLDER / f"{group}.yaml"
        held = yaml.safe_load(path.read_text()) if path.exists() else {}
        new = {}
        for name, named in rules.items():
            frozen = held.get(name)
            if frozen is None or f"{group}.{name}" in again:
                frozen = chosen(model, edges, named)
            new[name] = frozen
        path.write_text(yaml.safe_dump(new, sort_keys=False, allow_unicode=True, width=160, default_flow_style=None))
        sys.stdout.write(f"{group}: {len(new)} rules, {sum(len(v) for v in new.values())} cases\n")


if __name__ == "__main__":
    main(sys.argv[1:])
