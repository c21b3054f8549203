"""``python -m benchmarks [SECTION ...] [--quick] [--json FILE] [--table FILE]``: every figure, or some, in one run."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from benchmarks import against, clinical, engine, growth, limit, stages, width
from benchmarks.figures import Figure, as_json, machine, shown, table
from benchmarks.synthetic import network

SECTIONS = (
    "others", "case", "questions", "draws", "batch", "quickscore", "assess", "start", "growth", "width", "limit", "profile",
)  # fmt: skip


def main() -> None:
    """Measure, print as it goes, and write what was asked for."""
    options = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    options.add_argument("section", nargs="*", metavar="SECTION", help=f"all unless named: {', '.join(SECTIONS)}")
    options.add_argument("--quick", action="store_true", help="fewer seeds and shorter limits")
    options.add_argument("--json", type=Path, metavar="FILE", help="write every figure as JSON")
    options.add_argument("--table", type=Path, metavar="FILE", help="write the tables in Markdown")
    options.add_argument("--plot", type=Path, metavar="FOLDER", help="draw growth.svg")
    options.add_argument("--pgmpy", metavar="PYTHON", help="a Python that has pgmpy, if this one has not")
    chosen = options.parse_args()
    unknown = [name for name in chosen.section if name not in SECTIONS]
    if unknown:
        options.error(f"no section {', '.join(unknown)}; there are {', '.join(SECTIONS)}")

    on = machine()
    sys.stdout.write("; ".join(f"{k} {v}" for k, v in on.items()) + "\n\n")
    net = network(engine.NETWORK_SEED)
    quick: bool = chosen.quick
    few, seeds = range(1, 3 if quick else 4), range(1, 4 if quick else 6)
    pgmpy = shutil.which(chosen.pgmpy) if chosen.pgmpy else sys.executable if find_spec("pgmpy") else None
    parts: dict[str, list[Callable[[], list[Figure]]]] = {
        "others": [
            lambda: against.one_case(net, few if quick else seeds, quick, pgmpy),
            lambda: against.next_question(net, range(1, 2) if quick else few, quick),
        ],
        "case": [lambda: engine.one_case(net, seeds, quick)],
        "questions": [lambda: engine.all_questions(net, few)],
        "draws": [lambda: engine.draws(net, few)],
        "batch": [lambda: engine.batch(net, quick)],
        "quickscore": [lambda: engine.quickscore_errors(net, seeds)],
        "assess": [lambda: clinical.assessments(quick)],
        "start": [clinical.cold_start],
        "growth": [lambda: growth.growth(quick, chosen.plot)],
        "width": [lambda: width.width(net, quick)],
        "limit": [lambda: limit.limit(net, quick)],
        "profile": [lambda: stages.profile(quick)],
    }
    wanted = [name for name in SECTIONS if not chosen.section or name in chosen.section]
    figures: list[Figure] = []
    start, section = time.perf_counter(), ""
    for part in (part for name in wanted for part in parts[name]):
        with engine.threads(1):
            measured = part()
        for figure in measured:
            if figure.section != section:
                section = figure.section
                sys.stdout.write(f"{section}\n")
            sys.stdout.write(f"  {line(figure)}\n")
        sys.stdout.flush()
        figures += measured
    on["load average at the end"] = machine()["load average"]
    on["seconds"] = round(time.perf_counter() - start)
    if pgmpy is None and "others" in wanted:
        sys.stdout.write("pgmpy is not installed here; --pgmpy names a Python that has it.\n")
    sys.stdout.write(f"{on['seconds']} s; load average at the end {on['load average at the end']}\n")
    if chosen.json:
        chosen.json.write_text(json.dumps(as_json(figures, on), indent=1) + "\n", encoding="utf-8")
    if chosen.table:
        head = "\n".join(f"- {k}: {v}" for k, v in on.items())
        chosen.table.write_text(f"{head}\n\n{table(figures)}", encoding="utf-8")


def line(f: Figure) -> str:
    """One figure as text."""
    text = f"{f.name}: {shown(f.value)} {f.unit if f.value is not None else ''}".rstrip()
    if f.target is not None:
        verdict = "" if f.met is None else ", met" if f.met else f", MISSED by {shown(f.factor)} times"
        text += f" (target {'>=' if f.at_least else '<='} {shown(f.target)}{verdict})"
    return f"{text}; {f.note}" if f.note else text


if __name__ == "__main__":
    main()
