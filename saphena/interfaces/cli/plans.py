"""What ``saphena evaluate --plans`` shows."""

from __future__ import annotations

import json
import os
from collections import Counter
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from saphena.evaluation.plan_check import ENOUGH, KINDS, PlanCheck, check_plans
from saphena.model.network import Model

WORKERS = 2
SHOWN = 3
"""Violations of one kind that are printed with their case; ``--json`` has more."""


def run_plans(model: Model, people: int, as_json: bool) -> int:
    """Plan for so many people and check each plan; 1 where something must not be."""
    with Progress(
        TextColumn("plans"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        console=Console(stderr=True), transient=True,
    ) as bar:  # fmt: skip
        task = bar.add_task("", total=people)
        result = check_plans(
            model, people, workers=min(WORKERS, os.cpu_count() or 1), done=lambda count: bar.advance(task, count)
        )
    if as_json:
        typer.echo(json.dumps(_figures(result), indent=2, ensure_ascii=False))
    else:
        show_plans(result)
    return 1 if result.found else 0


def show_plans(result: PlanCheck) -> None:
    """Counts, what held too seldom, and every violation; some with their case."""
    typer.echo(f"{result.cases} plans in {result.seconds:.0f} s; {result.refused} cases could not be answered.\n")
    found = Counter[str]()
    for (kind, _, _), count in result.found.items():
        found[kind] += count
    typer.echo(f"{'checks':>9} {'violations':>10}")
    for kind, words in KINDS.items():
        typer.echo(f"{result.checks[kind]:9,} {found[kind]:10,}  {kind}: {words}")
    typer.echo(
        f"\n{len(result.pairs)} contraindications of treatments: {len(result.enough)} held in {ENOUGH} or more cases whose "
        f"treatment was indicated, {len(result.fewer)} in fewer; {sum(result.alone[p] > 0 for p in result.pairs)} held "
        "with nothing else against the treatment."
    )
    for (treatment, barrier), count in result.fewer:
        typer.echo(f"  {count:3} {treatment}: {barrier}")
    for name, count in result.unjudged.items():
        typer.echo(f"The predicate {name} was not worked out, {count:,} times.")
    shown = Counter[str]()
    for (kind, treatment, rule), count in result.found.most_common():
        typer.echo(f"\n{count} of kind {kind}: {treatment or 'the plan'}, {rule}")
        shown[kind] += 1
        if shown[kind] <= SHOWN:
            typer.echo(
                next(
                    v.printed()
                    for v in result.violations
                    if (v.kind, v.treatment or "", v.rule) == (kind, treatment, rule)
                )
            )


def _figures(result: PlanCheck) -> dict[str, Any]:
    return {
        "cases": result.cases,
        "refused": result.refused,
        "seconds": round(result.seconds, 1),
        "checks": dict(result.checks),
        "contraindications": [
            {"treatment": t, "obstacle": b, "cases": result.forced[t, b], "alone": result.alone[t, b]}
            for t, b in result.pairs
        ],
        "unjudged": dict(result.unjudged),
        "found": [
            {"kind": kind, "treatment": treatment, "rule": rule, "count": count}
            for (kind, treatment, rule), count in result.found.most_common()
        ],
        "violations": [vars(one) for one in result.violations],
    }
