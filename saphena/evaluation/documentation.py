"""The reference page of the figures, written by the command; its head tells from what."""

from __future__ import annotations

import re
from difflib import unified_diff

from saphena.evaluation.evaluate import TIER_MEANS, Evaluation
from saphena.evaluation.record import PACKAGE
from saphena.evaluation.tables import Table, misses, tables, warnings

PAGE = PACKAGE.parent / "docs" / "reference" / "evaluation.md"
_HEAD = re.compile(r"<!-- model (\S+), cases (\S+);")


def page(result: Evaluation) -> str:
    """The page as Markdown."""
    parts = [
        head(result.model, result.case_set),
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


def head(model: str, cases: str) -> str:
    """First line of the page."""
    return f"<!-- model {model}, cases {cases}; written by saphena evaluate --write-docs, not by hand -->"


def stale(text: str, model: str, cases: str) -> tuple[str, ...]:
    """What has changed since the page was written: model, cases; both if it does not say."""
    found = _HEAD.match(text)
    wanted = {"model": model, "cases": cases}
    return tuple(name for i, (name, value) in enumerate(wanted.items(), 1) if found is None or found[i] != value)


def changed(text: str, result: Evaluation) -> tuple[str, ...]:
    """Lines in which a page differs from the one that these figures would give, - before and + now.

    What was not evaluated this time, the interviews, is not compared.
    """
    if result.interviews is None:
        text = re.sub(r"## Interviews\n.*?(?=^## )", "", text, flags=re.DOTALL | re.MULTILINE)
    lines = unified_diff(text.splitlines(), page(result).splitlines(), lineterm="", n=0)
    return tuple(line for line in lines if not line.startswith(("---", "+++", "@@")))


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
