"""What the terminal shows of the knowledge: vocabulary, entries with every parent, and counts."""

from __future__ import annotations

from collections import Counter
from typing import get_args

from rapidfuzz import fuzz
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from saphena.assessment import (
    citation,
    describe_parent,
)
from saphena.faults import Faulty
from saphena.interfaces.cli.show import console, parent_words
from saphena.model.load import Loaded
from saphena.model.network import Model
from saphena.model.numbers import NumberKind, Strict
from saphena.model.schema import Cutoff, MustNotMiss


def findings(model: Model, words: list[str], limit: int) -> None:
    """Search results, best first."""
    out = console()
    k = model.knowledge
    rows: list[tuple[float, str, str, str]] = []
    query = " ".join(words).lower()
    entries = [
        *((f.id, f.name, f.synonyms, _finding_kind(f.kind, f.grades, f.sided)) for f in k.findings.values()),
        *(
            (m.id, m.name, m.synonyms, f"measured in {m.unit}" if m.unit != "1" else "a ratio")
            for m in k.measurements.values()
        ),
        *((r.id, r.name, r.synonyms, "context") for r in k.risk_factors.values()),
    ]
    for id_, name, synonyms, what in entries:
        others = [of[id_] for of in k.words.values() if id_ in of]
        texts = [id_.replace("_", " "), name, *synonyms, *(o.name for o in others)]
        texts = [t.lower() for t in (*texts, *(s for o in others for s in o.synonyms))]
        score = max(fuzz.token_set_ratio(query, t) + fuzz.ratio(query, t) / 10 for t in texts) if query else 100
        if score >= 70:
            rows.append((score, id_, name, what))
    rows.sort(key=lambda r: (-r[0], r[1]) if query else (0, r[1]))
    if not rows:
        out.print(f"Nothing is called {query!r}. Try one word, such as: saphena findings swelling")
        return
    shown = rows if not query else rows[:limit]
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(ratio=1)
    for _, id_, name, what in shown:
        table.add_row(id_, Text.assemble(name, (f"  {what}", "dim")))
    out.print(table)
    if len(shown) < len(rows):
        out.print(Text(f"and {len(rows) - len(shown)} more; --limit {len(rows)} shows them", style="dim"))


def _finding_kind(kind: str, grades: tuple[str, ...], sided: bool) -> str:
    what = "present or absent" if kind == "binary" else " < ".join(grades)
    return what + (", by leg" if sided else "")


def conditions(model: Model) -> None:
    """Every condition with its states."""
    out = console()
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(ratio=1)
    for condition in model.knowledge.conditions.values():
        text = Text(condition.name)
        if condition.states:
            text.append("\n" + "; ".join(s.name for s in condition.states), "dim")
        table.add_row(condition.id, text)
    out.print(table)
    unread = sum(1 for c in model.knowledge.conditions.values() if c.reviewed is None)
    out.print(
        Text(
            f"{len(model.conditions)} conditions; {unread} not yet read by a clinician outside the project.",
            style="dim",
        )
    )


def entry(model: Model, id_: str) -> None:
    """One entry with every number and its parent."""
    from saphena.faults import Fault
    from saphena.model.suggest import did_you_mean

    k = model.knowledge
    spaces: tuple[tuple[str, dict[str, Strict]], ...] = (
        ("condition", dict(k.conditions)),
        ("finding", dict(k.findings)),
        ("risk factor", dict(k.risk_factors)),
        ("mechanism", dict(k.mechanisms)),
        ("measurement", dict(k.measurements)),
        ("instrument", dict(k.instruments)),
        ("red flag", {f.id: f for f in k.red_flags}),
    )
    out = console()
    for kind, space in spaces:
        if id_ in space:
            _entry(out, model, kind, space[id_])
            return
    if id_ in k.sources:
        source = k.sources[id_]
        out.print(
            Text.assemble(
                (source.title, "bold"),
                f"\n{citation(source)}\n{source.URL or 'no address'}\n{source.custom.how_known}, {source.custom.depth or 'not read'}",
            )
        )
        return
    names = [n for _, space in spaces for n in space] + list(k.sources)
    raise Faulty([Fault("knowledge show", None, "", f"nothing is called {id_}", did_you_mean(id_, names))])


def _entry(out: Console, model: Model, kind: str, shape: Strict) -> None:
    from saphena.model.check import walk  # Not needed to assess a case.

    out.print(Text.assemble((str(getattr(shape, "name", "")), "bold"), f"  ({kind})"))
    for key in ("summary", "definition", "question", "use_for", "action", "limits"):
        text = getattr(shape, key, None)
        if text:
            out.print(Padding(Text.assemble((f"{key}: ", "dim"), text), (0, 0, 0, 2)))
    for key in ("synonyms", "grades", "codes", "suspects"):
        value = getattr(shape, key, None)
        if value:
            words = (
                "; ".join(f"{k} {', '.join(v)}" for k, v in value.items())
                if isinstance(value, dict)
                else ", ".join(value)
            )
            out.print(Padding(Text.assemble((f"{key}: ", "dim"), words), (0, 0, 0, 2)))
    for language, of in model.knowledge.words.items():
        if words_of := of.get(str(getattr(shape, "id", ""))):
            told = " · ".join(w for w in (words_of.name, words_of.question, ", ".join(words_of.synonyms)) if w)
            out.print(Padding(Text.assemble((f"{language}: ", "dim"), told), (0, 0, 0, 2)))
    for path, number in walk(shape, ()):
        values = number.model_dump(
            include={
                "value",
                "sensitivity",
                "grades",
                "odds_ratio",
                "odds_ratios",
                "probability",
                "threshold",
                "settings",
            },
            exclude_none=True,
        )
        words = ", ".join(
            " ".join(f"{g} {x:g}" for g, x in v.items()) if isinstance(v, dict) else f"{v:g}" for v in values.values()
        )
        parent = describe_parent(model, number, words)
        place = ".".join(str(p) for p in path)
        out.print(
            Padding(Text.assemble((place or "value", "bold"), f"  {parent_words(parent, whole=True)}"), (0, 0, 0, 2))
        )


def counts(loaded: Loaded, model: Model, notices: bool) -> None:
    """What passed, in numbers."""
    from saphena.model.check import numbers  # Not needed to assess a case.

    out = console()
    k = loaded.knowledge
    found = [number for _, _, _, number in numbers(loaded)]
    kinds = Counter(number.kind for number in found if not isinstance(number, MustNotMiss | Cutoff))
    limits = Counter(number.kind for number in found if isinstance(number, MustNotMiss | Cutoff))
    network = model.network
    out.print(Text("The knowledge passes.", style="bold green"))
    lines = [
        ("conditions", f"{len(k.conditions)} ({len(network.states)} with their states)"),
        ("findings", f"{len(k.findings)}, and {len(k.measurements)} measurements"),
        ("risk factors", str(len(k.risk_factors))),
        ("mechanisms", str(len(k.mechanisms))),
        ("red flags", str(len(k.red_flags))),
        ("links", str(sum(len(c.findings) + sum(len(s.findings) for s in c.states) for c in k.conditions.values()))),
        ("sources", f"{len(k.sources)} ({sum(s.custom.how_known == 'seen' for s in k.sources.values())} read)"),
        ("numbers", _kinds(kinds)),
        ("thresholds, cut-offs", _kinds(limits)),
        (
            "read by a clinician",
            f"{sum(c.reviewed is not None for c in k.conditions.values())} of {len(k.conditions)} condition files",
        ),
        ("model version", model.version),
    ]
    for name, value in lines:
        out.print(Text.assemble(f"  {name:<22}", (value, "bold")))
    if model.notices:
        out.print(
            Text(f"  {len(model.notices)} notices" + ("" if notices else " (--notices lists them)"), style="yellow")
        )
    if notices:
        for notice in model.notices:
            out.print(Padding(Text(notice), (0, 0, 0, 4)))


def _kinds(kinds: Counter[NumberKind]) -> str:
    parts = ", ".join(f"{kinds[kind]} {kind}" for kind in get_args(NumberKind))
    return f"{sum(kinds.values())}: {parts}"
