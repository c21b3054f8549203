"""The reference page of the figures, written by the command; its head tells from what."""

from __future__ import annotations

import re

from saphena.evaluation.evaluate import TIER_MEANS, Evaluation
from saphena.evaluation.record import PACKAGE
from saphena.evaluation.tables import Table, misses, tables, warnings

PAGE = PACKAGE.parent / "docs" / "reference" / "evaluation.md"
_HEAD = re.compile(r"<!-- model (\S+), code (\S+), cases (\S+);")


def page(result: Evaluation) -> str:
    """The page as Markdown."""
    parts = [
        head(result.model, result.code, result.case_set),
        "# Figures on published cases",
        f"{TIER_MEANS}. {result.in_scope} cases whose diagnosis is in the model, {result.out_of_scope} outside it. What the "
        "figures mean, and what they do not: [explanation/evaluation.md](../explanation/evaluation.md).",
        result.caution,
        *(_table(one) for one in tables(result)),
        "## Misses of the first place",
        _list(misses(result)),
        "## Dangers below their threshold, triage less urgent than its readers'",
        _list(warnings(result)),
    ]
    return "\n\n".join(parts) + "\n"


def head(model: str, code: str, cases: str) -> str:
    """First line of the page."""
    return f"<!-- model {model}, code {code}, cases {cases}; written by saphena evaluate --write-docs, not by hand -->"


def stale(text: str, model: str, code: str, cases: str) -> tuple[str, ...]:
    """What has changed since the page was written: model, code, cases; all of them if it does not say."""
    found = _HEAD.match(text)
    wanted = {"model": model, "code": code, "cases": cases}
    return tuple(name for i, (name, value) in enumerate(wanted.items(), 1) if found is None or found[i] != value)


def _table(table: Table) -> str:
    lines = [
        f"## {table.title}\n",
        f"{table.note}\n",
        f"| {' | '.join(table.columns)} |",
        f"|{'---|' * len(table.columns)}",
        *(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in table.rows),
    ]
    return "\n".join(lines)


def _list(lines: tuple[str, ...]) -> str:
    return "\n".join(f"- {line}" for line in lines) or "None."
