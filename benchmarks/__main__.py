"""``python -m benchmarks [--quick] [--json FILE] [--table FILE] [--pgmpy PYTHON]``: every figure, in one run."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from benchmarks import against, clinical, engine
from benchmarks.figures import Figure, as_json, machine, shown, table
from benchmarks.synthetic import network


def main() -> None:
    """Measure, print as it goes, and write what was asked for."""
    options = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    options.add_argument("--quick", action="store_true", help="fewer seeds and shorter limits: under 90 seconds")
    options.add_argument("--json", type=Path, metavar="FILE", help="write every figure as JSON")
    options.add_argument("--table", type=Path, metavar="FILE", help="write the tables in Markdown")
    options.add_argument("--pgmpy", metavar="PYTHON", help="a Python that has pgmpy, if this one has not")
    chosen = options.parse_args()

    on = machine()
    sys.stdout.write("; ".join(f"{k} {v}" for k, v in on.items()) + "\n\n")
    net = network(engine.NETWORK_SEED)
    quick: bool = chosen.quick
    few, seeds = range(1, 3 if quick else 4), range(1, 4 if quick else 6)
    pgmpy = shutil.which(chosen.pgmpy) if chosen.pgmpy else sys.executable if find_spec("pgmpy") else None
    parts: list[Callable[[], list[Figure]]] = [
        lambda: against.one_case(net, few if quick else seeds, quick, pgmpy),
        lambda: against.next_question(net, range(1, 2) if quick else few, quick),
        lambda: engine.one_case(net, seeds, quick),
        lambda: engine.all_questions(net, few),
        lambda: engine.draws(net, few),
        lambda: engine.batch(net, quick),
        lambda: engine.quickscore_errors(net, seeds),
        lambda: clinical.assessments(quick),
        lambda: clinical.cold_start(),
    ]
    figures: list[Figure] = []
    start, section = time.perf_counter(), ""
    for part in parts:
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
    if pgmpy is None:
        sys.stdout.write("pgmpy is not installed here; --pgmpy names a Python that has it.\n")
    sys.stdout.write(f"{on['seconds']} s; load average at the end {on['load average at the end']}\n")
    if chosen.json:
        chosen.json.write_text(json.dumps(as_json(figures, on), indent=1) + "\n", encoding="utf-8")
    if chosen.table:
        head = "\n".join(f"- {k}: {v}" for k, v in on.items())
        chosen.table.write_text(f"{head}\n\n{table(figures)}", encoding="utf-8")


def line(f: Figure) -> str:
    """One figure as text."""
    text = f"{f.name}: {shown(f.value)} {f.unit}".rstrip()
    if f.target is not None:
        verdict = "" if f.met is None else ", met" if f.met else f", MISSED by {shown(f.factor)} times"
        text += f" (target {'>=' if f.at_least else '<='} {shown(f.target)}{verdict})"
    return f"{text}; {f.note}" if f.note else text


if __name__ == "__main__":
    main()
