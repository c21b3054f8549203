"""``saphena knowledge rules``: rules against their edge cases, and mutants of rules."""

from __future__ import annotations

from collections import Counter

import typer

from saphena.evaluation.rules import freeze, judge, read_frozen, rules_of
from saphena.model.network import Model


def run_rules(model: Model, write: bool, again: list[str]) -> int:
    """Judge every rule; 1 where one disagrees with a case, has none, or a mutant of it survives."""
    if write:
        for group, (count, cases) in freeze(model, again).items():
            typer.echo(f"{group}: {cases} cases of {count} rules written")
    held, counts, bad = read_frozen(), Counter[str](), 0
    for named in rules_of(model):
        judged = judge(model, named, held.get(named.group, {}).get(named.name, []))
        counts.update(rules=1, inside=judged.inside, outside=judged.outside, unknown=judged.unknown)
        counts.update(mutants=judged.mutants, survivors=len(judged.survivors))
        name = f"{named.group}.{named.name}"
        for place in judged.wrong:
            typer.echo(f"{name}: disagrees with its case {place + 1}")
        for what in judged.survivors if judged.inside else ():
            typer.echo(f"{name}: no case refutes: {what}")
        if not judged.inside:
            typer.echo(f"{name}: has no case inside; saphena knowledge rules --freeze writes some")
        bad += bool(judged.wrong or judged.survivors or not judged.inside)
    typer.echo(
        f"{counts['rules']} rules; {counts['inside']} cases inside, {counts['outside']} outside, {counts['unknown']} unknown; "
        f"{counts['mutants']} mutants, {counts['survivors']} survive"
    )
    return 1 if bad else 0
