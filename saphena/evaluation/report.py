"""One self-contained page with every figure, the plots, and every miss with its ledger."""

from __future__ import annotations

from collections import Counter
from html import escape
from io import StringIO
from typing import Any

import numpy as np

from saphena.assessment import per_cent
from saphena.evaluation.evaluate import TIER_MEANS, Evaluation
from saphena.evaluation.needed import needed
from saphena.evaluation.results import CaseResult, Ledger
from saphena.evaluation.spread import OverallInfluence
from saphena.evaluation.tables import Table, misses, tables, warnings
from saphena.model.network import Model

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1b1b1b; }
table { border-collapse: collapse; margin: 0.5rem 0 1.5rem; font-size: 0.9rem; }
th, td { text-align: left; padding: 0.25rem 0.7rem; border-bottom: 1px solid #ccc; vertical-align: top; }
.note { color: #444; margin: 0; } svg { max-width: 100%; height: auto; } h2 { margin-top: 2rem; }
"""
BLUE, RED, GREY = "#225ea8", "#b2182b", "#888888"
MOST_NUMBERS = 20
"""Numbers in the plot of influence."""
KNOWN = {"seen": "#1a9850", "derived": BLUE, "recalled": "#f0a030", "assumption": RED}
"""Colours by how a number is known."""


def report(model: Model, result: Evaluation, influence: OverallInfluence) -> str:
    """The page as HTML; raises ``Faulty`` where matplotlib is missing."""
    figures = {
        "Hits with their 95 % intervals": _hits(result),
        "Reliability: on published cases, not a population": _reliability(result),
        "Which condition came first instead": _confusion(result),
        f"Numbers on which the cases rest: {influence.draws:,} draws of all of them": _influence(influence),
    }
    parts = [
        "<h1>Saphena on published cases</h1>",
        f"<p>{escape(TIER_MEANS)}.</p>",
        f"<p>{result.in_scope} cases whose diagnosis is in the model, {result.out_of_scope} outside it. "
        f"Model {escape(result.model)}, code {escape(result.code)}, cases {escape(result.case_set)}, "
        f"{escape(result.when)}.</p>",
        f"<p>{escape(result.caution)}</p>",
        *(f"<h2>{escape(title)}</h2>{svg}" for title, svg in figures.items() if svg),
        *(_table(one) for one in tables(result)),
        _table(_spreads(influence)),
        "<h2>Misses of the first place</h2>",
        _list(misses(result)),
        "<h2>Dangers below their threshold, triage less urgent than its readers'</h2>",
        _list(warnings(result)),
        "<h2>Every miss with its ledger</h2>",
        "<p class='note'>Decibans: 10 log10 of the factor on the odds, each finding left out in turn.</p>",
        *(_miss(model, case) for case in result.cases if case.ledgers or case.fault),
    ]
    return (
        "<!doctype html>\n<html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width, initial-scale=1'>"
        f"<title>Saphena on published cases</title><style>{STYLE}</style></head>\n<body>"
        + "\n".join(parts)
        + "</body></html>\n"
    )


def _table(table: Table) -> str:
    head = "".join(f"<th scope='col'>{escape(c)}</th>" for c in table.columns)
    rows = "".join(f"<tr>{''.join(f'<td>{escape(c)}</td>' for c in row)}</tr>" for row in table.rows)
    return (
        f"<h2>{escape(table.title)}</h2><p class='note'>{escape(table.note)}</p>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _list(lines: tuple[str, ...]) -> str:
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>" if lines else "<p>None.</p>"


def _miss(model: Model, case: CaseResult) -> str:
    if case.fault:
        return f"<h3>{escape(case.id)}</h3><p>{escape(case.fault)}</p>"
    return f"<h3>{escape(case.id)}</h3>" + "".join(_ledger(model, ledger) for ledger in case.ledgers)


def _ledger(model: Model, ledger: Ledger) -> str:
    name = model.knowledge.conditions[ledger.condition].name
    rows = [
        ("prior", f"{ledger.prior:.4f}"),
        *((entry.finding.replace("_", " "), f"{entry.decibans:+.1f} dB") for entry in ledger.weights),
        ("shared between findings, or explained away", f"{ledger.shared_decibans:+.1f} dB"),
        ("probability", f"{ledger.probability:.4f}"),
    ]
    cells = "".join(f"<tr><td>{escape(a)}</td><td>{escape(b)}</td></tr>" for a, b in rows)
    return f"<h4>{escape(name)}</h4><table>{cells}</table>"


def _spreads(influence: OverallInfluence) -> Table:
    """How far the figures spread when all numbers are drawn from their ranges."""
    return Table(
        title="If the numbers were others",
        note=f"{influence.draws:,} draws of all numbers from their own ranges; conditions by what each explains.",
        columns=("figure or case", "with the numbers as they stand", "over the draws"),
        rows=(
            *(
                (s.name, f"{s.authored:.2f}", f"{s.mean:.2f} (95 % {s.low:.2f} to {s.high:.2f})")
                for s in influence.spreads
            ),
            *(
                (
                    f"{m.id}: {m.gold}",
                    f"place {m.place}, {per_cent(m.probability)}",
                    f"not first in {per_cent(m.not_first)}"
                    + (
                        f", below its threshold in {per_cent(m.below_threshold)}"
                        if m.below_threshold is not None
                        else ""
                    ),
                )
                for m in influence.missed
            ),
        ),
    )


# --- plots -----------------------------------------------------------------------------------


def _axes(width: float, height: float) -> tuple[Any, Any]:
    figure = needed("matplotlib.figure").Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()


def _svg(figure: Any, title: str) -> str:
    """The figure as SVG without the head of a file of its own."""
    text = StringIO()
    with needed("matplotlib").rc_context({"svg.fonttype": "none", "svg.hashsalt": title}):
        figure.savefig(text, format="svg", metadata={"Date": None, "Title": title})
    svg = text.getvalue()
    return svg[svg.index("<svg") :].replace("<svg ", f"<svg role='img' aria-label='{escape(title)}' ", 1)


def _hits(result: Evaluation) -> str:
    rows = [("all", f) for f in result.figures] + [(g.name, f) for g in result.levels for f in g.figures]
    figure, axes = _axes(7, 0.35 * len(rows) + 0.8)
    for y, (_, f) in enumerate(reversed(rows)):
        axes.plot([f.low, f.high], [y, y], color=BLUE, linewidth=2)
        axes.plot([f.share], [y], "o", color=BLUE)
    axes.set_yticks(range(len(rows)), [f"{name}: {f.name}" for name, f in reversed(rows)])
    axes.set_xlim(0, 1)
    axes.set_xlabel("share of the cases")
    axes.grid(axis="x", color=GREY, alpha=0.3)
    return _svg(figure, "Hits with their intervals")


def _reliability(result: Evaluation) -> str:
    if not result.calibration:
        return ""
    figure, axes = _axes(5.5, 5)
    axes.plot([0, 1], [0, 1], color=GREY, linewidth=1)
    for one, colour, mark in zip(result.calibration, (BLUE, RED, GREY), ("o", "s", "^"), strict=False):
        said = np.array([b.said for b in one.bins])
        true = np.array([b.true.share for b in one.bins])
        # Rounding may put the end of an interval a hair inside the share itself.
        below = np.maximum(true - [b.true.low for b in one.bins], 0)
        above = np.maximum([b.true.high for b in one.bins] - true, 0)
        axes.errorbar(said, true, [below, above], fmt=mark, color=colour, capsize=3, label=one.name)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="probability said", ylabel="share true (95 % interval)")
    axes.legend(loc="upper left")
    return _svg(figure, "Reliability")


def _confusion(result: Evaluation) -> str:
    pairs = Counter((c.gold or "", c.leader) for c in result.cases if c.gold and c.rank != 1)
    if not pairs:
        return ""
    golds, leaders = sorted({g for g, _ in pairs}), sorted({one for _, one in pairs})
    counts = np.zeros((len(golds), len(leaders)))
    for (gold, leader), count in pairs.items():
        counts[golds.index(gold), leaders.index(leader)] = count
    figure, axes = _axes(2.5 + 0.9 * len(leaders), 1.8 + 0.5 * len(golds))
    axes.imshow(counts, cmap="Blues", vmin=0, vmax=max(2.0, counts.max()), aspect="auto")
    for (y, x), number in np.ndenumerate(counts):
        if number:
            axes.text(x, y, f"{number:g}", ha="center", va="center")
    axes.set_xticks(range(len(leaders)), [one.replace("_", " ") for one in leaders], rotation=30, ha="right")
    axes.set_yticks(range(len(golds)), [g.replace("_", " ") for g in golds])
    axes.set(xlabel="came first", ylabel="published")
    return _svg(figure, "Which condition came first instead")


def _influence(influence: OverallInfluence) -> str:
    numbers = influence.numbers[:MOST_NUMBERS]
    if not numbers:
        return ""
    figure, axes = _axes(10, 0.3 * len(numbers) + 1.2)
    for y, number in enumerate(reversed(numbers)):
        axes.barh(y, number.spread, color=KNOWN.get(number.parent, GREY))
    axes.set_yticks(range(len(numbers)), [number.name for number in reversed(numbers)])
    axes.set_xlabel("share of the spread of log odds, summed over cases")
    patch = needed("matplotlib.patches").Patch
    kinds = [kind for kind in KNOWN if any(number.parent == kind for number in numbers)]
    axes.legend(handles=[patch(color=KNOWN[kind], label=kind) for kind in kinds], loc="lower right")
    return _svg(figure, "Numbers on which the cases rest")
