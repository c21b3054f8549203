"""The real knowledge: assessing the coded published cases, how wide they are, and the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.figures import Figure

ROOT = Path(__file__).parent.parent
ENGINES = ("numpy", "compiled")
SETTINGS: dict[str, dict[str, int]] = {
    "assess alone": {},
    "with intervals and next findings": {"draws": 1000, "ahead": 3},
}
EXAMPLE = "examples/evening_heaviness.yaml"


def assessments(quick: bool) -> list[Figure]:
    """``assess`` on every coded case in a warm process; one process an engine."""
    figures = []
    for engine in ENGINES:
        found = _elsewhere(engine, 1 if quick else 3)
        for what in SETTINGS:
            clock, processor = (1e3 * np.array(found[what][kind]) for kind in ("clock", "processor"))
            for name, share, target in (("median", 50, 20.0), ("95th percentile", 95, 60.0)):
                value, on_clock = float(np.percentile(processor, share)), np.percentile(clock, share)
                note = f"{len(clock)} cases; {on_clock:.3g} ms on the clock; slowest {processor.max():.3g} ms"
                label, goal = f"{what}, {engine} engine, {name}", None if SETTINGS[what] else target
                figures.append(Figure("Assessing the coded cases", label, value, "ms", goal, note=note))
    figures += _widths(found["states"], found["too wide"])
    return figures


def _widths(states: dict[str, list[tuple[int, int]]], too_wide: dict[str, int]) -> list[Figure]:
    figures = []
    for kind, pairs in states.items():
        for name, values in (("slots open at once", [p[0] for p in pairs]), ("states, log2", [p[1] for p in pairs])):
            note = f"95th percentile {np.percentile(values, 95):.3g}, worst {max(values):.3g}"
            note += f"; {too_wide[kind]} more refused as too wide" if too_wide[kind] else ""
            figures.append(
                Figure("Width of the coded cases", f"{kind}, {name}, median", float(np.median(values)), "", note=note)
            )
    return figures


def cold_start(runs: int = 5) -> list[Figure]:
    """The command line from nothing, interpreter included."""
    command = [sys.executable, "-m", "saphena", "assess", EXAMPLE]
    figures = []
    for name, extra, target in (
        ("assess a case", [], 1.2),
        ("assess a case, no intervals, no next findings", ["--draws", "0", "--next", "0"], None),
        ("print the version", None, None),
    ):
        times = []
        for _ in range(runs):
            before = time.perf_counter()
            line = [*command[:3], "--version"] if extra is None else [*command, *extra]
            subprocess.run(line, cwd=ROOT, check=True, capture_output=True)  # noqa: S603 - Our own command line.
            times.append(time.perf_counter() - before)
        figures.append(
            Figure(
                "Command line, cold start",
                name,
                float(np.median(times)),
                "s",
                target,
                note=f"median of {runs}, slowest {max(times):.3g} s",
            )
        )
    return figures


def _elsewhere(engine: str, repeats: int) -> dict[str, Any]:
    """Measure in a fresh process, so that one engine's modules are not there for the other."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "benchmarks.clinical", engine, str(repeats)]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)  # noqa: S603
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


# --- the other process ---------------------------------------------------------------------------


def main(engine: str, repeats: int) -> None:
    """Times and widths of all coded cases, as JSON."""
    from saphena import load_model
    from saphena.assessment import assess
    from saphena.evaluation.cases import CASES, read_cases
    from saphena.inference import subset
    from saphena.inference.observe import observe
    from saphena.inference.prepare import prepare
    from saphena.model.network import ADULT

    if engine == "compiled":
        import numba

        from saphena.inference import kernels  # noqa: F401 - Once loaded, it is used.

        numba.set_num_threads(1)
    else:
        subset.COMPILED_FROM = sys.maxsize
    model = load_model()
    coded = [one for one in read_cases(model, CASES).coded if one.case.age >= ADULT]
    found: dict[str, Any] = {}
    for what, arguments in SETTINGS.items():
        assess(model, coded[0].case, **arguments)  # type: ignore[arg-type]
        found[what] = {"clock": [], "processor": []}
        for one in coded:
            taken = []
            for _ in range(repeats):
                before, worked = time.perf_counter(), time.thread_time()
                assess(model, one.case, **arguments)  # type: ignore[arg-type]
                taken.append((time.perf_counter() - before, time.thread_time() - worked))
            clock, processor = np.median(taken, axis=0)
            found[what]["clock"].append(float(clock))
            found[what]["processor"].append(float(processor))
    found["states"], found["too wide"] = {}, {}
    for kind, opened in (("mechanisms closed where they can be", False), ("every mechanism open", True)):
        found["states"][kind], found["too wide"][kind] = [], 0
        for one in coded:
            try:
                programme = subset.SubsetProgramme(prepare(model, observe(model, one.case)), open_mechanisms=opened)
            except subset.TooWide:
                found["too wide"][kind] += 1
                continue
            room, states = programme.plan.room, max(1, programme.states)
            found["states"][kind].append((float(np.log2(room)), float(np.log2(states))))
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
