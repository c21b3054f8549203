"""``saphena evaluate``: runs, shows, writes and records."""

from __future__ import annotations

import os
from pathlib import Path

from rich.padding import Padding
from rich.progress import Progress
from rich.table import Table as Grid
from rich.text import Text

from saphena.evaluation import recorded
from saphena.evaluation.cases import CASES, SECOND, read_cases, seal
from saphena.evaluation.coded import answer
from saphena.evaluation.documentation import PAGE, changed, page
from saphena.evaluation.evaluate import TIER_MEANS, Evaluation, evaluate_cases, run_of
from saphena.evaluation.needed import needed
from saphena.evaluation.record import Drop, drops, read_runs, record, runs_file
from saphena.evaluation.report import report
from saphena.evaluation.robustness import SHARES, robustness
from saphena.evaluation.spread import overall_influence
from saphena.evaluation.tables import Table, misses, tables, warnings
from saphena.interfaces.cli.show import console
from saphena.model.network import Model

WORKERS = 2
"""Processes that share the cases; each holds a model of its own."""


def evaluated(model: Model, place: Path | None, second: Path | None, interviews: bool, robust: bool) -> Evaluation:
    """Run everything that was asked for, with a bar on the terminal."""
    for package in ("statsmodels", "sklearn"):
        needed(package)  # Said at once, not after all cases.
    cases = place or CASES
    if place is None and second is None:
        second = SECOND
    held = read_cases(model, cases)
    with Progress(console=console(stderr=True), transient=True, disable=not console(stderr=True).is_terminal) as bar:
        task = bar.add_task("cases", total=len(held.coded))
        result = evaluate_cases(
            model,
            cases,
            second=second,
            interview=interviews,
            workers=min(WORKERS, os.cpu_count() or 1),
            done=lambda: bar.advance(task),
        )
        if robust:
            harm = bar.add_task("robustness", total=len(held.in_scope) * len(SHARES))
            found = robustness(model, held, done=lambda: bar.advance(harm))
            result = result.model_copy(update={"robustness": found})
    return result


def sealed(place: Path | None) -> None:
    """Seal a folder of cases."""
    folder = place or CASES
    console().print(f"{folder}: sealed as {seal(folder)}")


def written(
    model: Model, place: Path | None, result: Evaluation, html: Path | None, docs: bool, keep: bool
) -> tuple[Drop, ...]:
    """Write what was asked for; what has dropped since the last recorded run with the same cases."""
    if html is not None:
        influence = overall_influence(model, answer(model, place or CASES))
        html.write_text(report(model, result, influence), encoding="utf-8")
    if docs:
        PAGE.write_text(page(result), encoding="utf-8")
        recorded.write(result)
        recorded.write(recorded.work_out(model))
    run = run_of(result)
    dropped = drops(run, read_runs(runs_file()))
    if keep:
        record(run, runs_file())
    return dropped


def documented(result: Evaluation) -> bool:
    """Does the reference page say what was found? Where it does not, the lines are printed."""
    lines = changed(PAGE.read_text(encoding="utf-8") if PAGE.exists() else "", result)
    out = console(stderr=True)
    if lines:
        out.print(Text(f"{PAGE.name} does not say this; write it anew: saphena evaluate --write-docs", style="red"))
    for line in lines:
        out.print(Text(line))
    return not lines


def evaluation(result: Evaluation, dropped: tuple[Drop, ...]) -> None:
    """Figures with intervals, then every table, then every miss."""
    out = console()
    out.print(
        Text.assemble(
            (f"{result.in_scope} published cases", "bold"),
            " whose diagnosis is in the model",
            f"; {result.out_of_scope} outside it" if result.out_of_scope else "",
        )
    )
    out.print(Text(f"model {result.model}, code {result.code}, cases {result.case_set}", style="dim"))
    out.print(Text(f"evidence tier {TIER_MEANS}", style="dim"))
    for f in result.figures:
        out.print(f"  {f.name:<34} {f.hits:>3} of {f.of:<3} = {f.share:.2f}  (95 % {f.low:.2f} to {f.high:.2f})")
    for drop in dropped:
        out.print(
            Text(
                f"  {drop.figure}: {drop.before:.2f} → {drop.now:.2f} since {drop.when}, model {drop.model}",
                style="red",
            )
        )
    for table in tables(result):
        _table(table)
    _list("Misses of the first place", misses(result))
    _list("Dangers below their threshold, triage less urgent than its readers'", warnings(result))
    for case in result.cases:
        if case.fault:
            out.print(Text(f"  {case.id}: {case.fault}", style="red"))
    out.print()
    out.print(Text(result.caution, style="dim"))


def _table(table: Table) -> None:
    out = console()
    out.print()
    out.print(Text(table.title, style="bold"))
    out.print(Padding(Text(table.note, style="dim"), (0, 0, 0, 2)))
    grid = Grid(box=None, pad_edge=False, padding=(0, 1), header_style="")
    for column in table.columns:
        grid.add_column(column, overflow="fold")
    for row in table.rows:
        grid.add_row(*(Text(cell) for cell in row))
    out.print(Padding(grid, (0, 0, 0, 2)))


def _list(title: str, lines: tuple[str, ...]) -> None:
    out = console()
    out.print()
    out.print(Text(title, style="bold"))
    for line in lines or ("None.",):
        out.print(Padding(Text(line), (0, 0, 0, 2)))
