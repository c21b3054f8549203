"""``saphena knowledge implied``: published beside implied, in the terminal, as JSON and as a plot."""

from __future__ import annotations

from pathlib import Path

import typer
from rich.table import Table
from rich.text import Text

from saphena.evaluation import recorded
from saphena.evaluation.implied import (
    COUNTED,
    MEASURES,
    Implied,
    ImpliedReport,
    Measure,
    by_measure,
    implied,
    read_accuracy,
)
from saphena.evaluation.needed import needed
from saphena.faults import Fault, Faulty
from saphena.interfaces.cli.show import console
from saphena.model.network import Model

SHORT: dict[Measure, str] = {
    "sensitivity": "sensitivity", "specificity": "specificity", "lr_positive": "LR+", "lr_negative": "LR-",
}  # fmt: skip


def run_implied(
    model: Model, condition: str | None, outside: bool, plot: Path | None, as_json: bool, record: bool
) -> None:
    """Work it out and show it."""
    needed("statsmodels")
    if record and condition is not None:
        message = "keeps the figures of all conditions"
        raise Faulty([Fault("--record", None, "", message, "Leave --condition out")])
    report = implied(model, read_accuracy(model), condition)
    if record:
        recorded.write(report)
    if plot is not None:
        draw(report, plot)
    if as_json:
        typer.echo(report.model_dump_json(indent=2))
        return
    show(report, outside)


def show(report: ImpliedReport, outside: bool) -> None:
    """Rows, then how many agree."""
    out = console()
    table = Table(box=None, padding=(0, 1))
    for name in ("condition", "finding", "", "published", "implied", "in"):
        table.add_column(name, justify="right" if name in ("published", "implied") else "left")
    for row in report.rows:
        if outside and row.agrees:
            continue
        table.add_row(
            row.condition, row.finding, SHORT[row.measure], _published(row), f"{row.implied:.2f}",
            Text("meets" if row.agrees else "known miss" if row.misses else "OUTSIDE", "green" if row.agrees else "red"),
        )  # fmt: skip
    out.print(table)
    for measure, (good, total) in by_measure(report).items():
        out.print(f"  {SHORT[measure]:<12} {good} of {total} meet the published figure")
    good, total = report.share()
    if total:
        out.print(Text(f"  without sensitivities: {good} of {total} = {good / total:.2f}", style="bold"))
    out.print(Text(f"  {len(report.not_placed)} published figures cannot be asked of the model", style="dim"))


def _published(row: Implied) -> str:
    if row.interval is None:
        return f"{row.published:.2f}"
    return f"{row.published:.2f} ({row.interval[0]:.2f}-{row.interval[1]:.2f})"


def draw(report: ImpliedReport, path: Path) -> None:
    """Published against implied, one panel for each measure; likelihood ratios on a logarithmic scale."""
    plots = needed("matplotlib.pyplot")
    shown = [m for m in MEASURES if any(r.measure == m for r in report.rows)]
    figure, axes = plots.subplots(1, len(shown), figsize=(4 * len(shown), 4), squeeze=False)
    for axis, measure in zip(axes[0], shown, strict=True):
        rows = [r for r in report.rows if r.measure == measure]
        ratio = measure in ("lr_positive", "lr_negative")
        low, high = (0.01, 200.0) if ratio else (0.0, 1.0)
        axis.plot([low, high], [low, high], color="0.7", linewidth=1)
        if ratio:
            axis.set_xscale("log")
            axis.set_yscale("log")
        for row in rows:
            colour = "#1b6e5a" if row.agrees else "#b3412e"
            if row.interval:
                axis.plot(
                    [max(low, x) for x in row.interval], [row.implied] * 2, color=colour, linewidth=0.6, alpha=0.6
                )
            axis.plot(max(low, row.published), row.implied, "o", color=colour, markersize=3)
        axis.set(xlim=(low, high), ylim=(low, high), xlabel="published", ylabel="implied by the model")
        axis.set_title(SHORT[measure] + ("" if measure in COUNTED else " (given back by construction)"), fontsize=10)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    plots.close(figure)
