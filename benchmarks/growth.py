"""How the cost of one case grows with the size of the problem, one dimension at a time.

A point is the median over a few seeded cases of the synthetic network: processor time of a full call
in one thread, states the plan stores, and the most memory the call held. What lies beyond the
exact bound is not run; its states are those that the plan predicts.
"""

from __future__ import annotations

import threading
import tracemalloc
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from unittest.mock import patch

import numpy as np

from benchmarks.engine import NETWORK_SEED, full_call
from benchmarks.figures import Figure, seconds_of, shown
from benchmarks.synthetic import case, network, with_mechanisms
from saphena.inference import subset
from saphena.inference.evidence import Evidence

SECTION = "Growth"
POSITIVES = 10
"""Present findings where something else is varied."""


@dataclass(frozen=True)
class Point:
    """Medians over the seeds at one size."""

    size: int
    states: float
    milliseconds: float | None
    """None where more than half of the cases lie beyond the exact bound."""
    megabytes: float | None
    beyond: int
    """Cases beyond the exact bound."""
    cases: int


def _positives(size: int, seed: int) -> Evidence:
    return case(network(NETWORK_SEED), size, seed)[0]


def _conditions(size: int, seed: int) -> Evidence:
    return case(network(NETWORK_SEED, conditions=size), POSITIVES, seed)[0]


def _findings(size: int, seed: int) -> Evidence:
    return case(network(NETWORK_SEED, findings=size), POSITIVES, seed)[0]


def _mechanisms(size: int, seed: int) -> Evidence:
    return case(with_mechanisms(network(NETWORK_SEED), size, NETWORK_SEED), POSITIVES, seed)[0]


VARIED: dict[str, tuple[Callable[[int, int], Evidence], tuple[int, ...], tuple[int, ...]]] = {
    "present findings": (_positives, (0, 2, 5, 8, 10, 12, 15, 18, 20, 22, 25), (0, 5, 10, 15, 18, 20, 25)),
    "conditions": (_conditions, (50, 100, 200, 350, 500), (50, 200, 500)),
    "findings": (_findings, (100, 250, 500, 1000, 2000), (100, 500, 2000)),
    "mechanisms": (_mechanisms, (0, 2, 4, 6, 8, 10, 12, 16, 20), (0, 5, 10, 20)),
}
"""What is varied -> a case of that size, the sizes, and those of a quick run."""


def growth(quick: bool, folder: Path | None) -> list[Figure]:
    """One figure a point; ``folder`` is where the picture goes."""
    points = measured(quick)
    if folder is not None:
        plot(points, folder)
    return figures(points)


def measured(quick: bool) -> dict[str, list[Point]]:
    """Every point of every dimension."""
    seeds = range(1, 3 if quick else 6)
    return {
        name: [_point(size, [of(size, seed) for seed in seeds], quick) for size in (few if quick else sizes)]
        for name, (of, sizes, few) in VARIED.items()
    }


def _point(size: int, cases: list[Evidence], quick: bool) -> Point:
    states, times, memory = [], [], []
    for evidence in cases:
        states.append(states_of(evidence))
        if states[-1] <= subset.WIDEST:
            call = partial(full_call, evidence)
            times.append(1e3 * seconds_of(call, 0.05 if quick else 0.3, least=3).processor)
            memory.append(peak(call) / 2**20)
    # Where some lie beyond, the rest would be too favourable a median.
    most = 2 * len(times) > len(cases)
    return Point(
        size,
        float(np.median(states)),
        float(np.median(times)) if most else None,
        float(np.median(memory)) if most else None,
        len(cases) - len(times),
        len(cases),
    )


def states_of(evidence: Evidence) -> int:
    """States of the plan, also beyond the bound; planning allocates nothing large."""
    with patch.object(subset, "WIDEST", 2**subset.MOST_SLOTS):
        return max(1, subset.SubsetProgramme(evidence, "compiled").states)


def peak(call: Callable[[], object]) -> int:
    """Most bytes held by a call, in a thread of its own so that memory kept from earlier calls does not hide any."""
    tracemalloc.start()
    try:
        thread = threading.Thread(target=call)
        thread.start()
        thread.join()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def figures(points: dict[str, list[Point]]) -> list[Figure]:
    """One figure a point."""
    rows = []
    for name, line in points.items():
        for p in line:
            note = f"2^{np.log2(p.states):.1f} states"
            if p.megabytes is not None:
                note += f", {shown(p.megabytes)} MB"
            if p.beyond:
                note += f"; {p.beyond} of {p.cases} cases beyond the exact bound"
            details = {k: v for k, v in asdict(p).items() if v is not None}
            rows.append(Figure(SECTION, f"{p.size:,} {name}", p.milliseconds, "ms", note=note, details=details))
    return rows


# --- the picture ---------------------------------------------------------------------------------

COLOURS = {"states": "#4c6a92", "processor time, µs": "#a3324a", "memory, kB": "#b0722f"}


def plot(points: dict[str, list[Point]], folder: Path) -> Path:
    """Four panels, ``growth.svg``; what lies beyond the exact bound has hollow markers."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    settings = {"svg.hashsalt": "growth", "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 9}
    with pyplot.rc_context(settings):
        figure, panels = pyplot.subplots(2, 2, figsize=(8, 6), sharey=True, layout="constrained")
        for axes, (name, line) in zip(panels.flat, points.items(), strict=True):
            _panel(axes, name, line)
        panels[0, 0].text(0.02, subset.WIDEST, "exact bound (states)", va="bottom", fontsize=8, color="0.4",
                          transform=panels[0, 0].get_yaxis_transform())  # fmt: skip
        handles, labels = panels[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=len(labels), frameon=False)
        path = folder / "growth.svg"
        figure.savefig(path, metadata={"Date": None, "Creator": None})
        pyplot.close(figure)
    return path


def _panel(axes, name: str, line: list[Point]) -> None:  # type: ignore[no-untyped-def]
    series = {
        "states": [p.states for p in line],
        "processor time, µs": [None if p.milliseconds is None else 1e3 * p.milliseconds for p in line],
        "memory, kB": [None if p.megabytes is None else 2**10 * p.megabytes for p in line],
    }
    for label, values in series.items():
        kept = [(p.size, v, p.milliseconds is None) for p, v in zip(line, values, strict=True) if v is not None]
        x, y, beyond = zip(*kept, strict=True)
        axes.plot(x, y, "-", color=COLOURS[label], linewidth=1.2)
        solid = [i for i, b in enumerate(beyond) if not b]
        hollow = [i for i, b in enumerate(beyond) if b]
        axes.plot([x[i] for i in solid], [y[i] for i in solid], "o", color=COLOURS[label], markersize=4, label=label)
        axes.plot([x[i] for i in hollow], [y[i] for i in hollow], "o", color=COLOURS[label], markersize=4,
                  markerfacecolor="white", label="beyond the bound, not run" if label == "states" else None)  # fmt: skip
    axes.axhline(subset.WIDEST, color="0.6", linewidth=0.8, linestyle="--")
    axes.set_yscale("log")
    if line[0].size > 0:
        axes.set_xscale("log")
        axes.set_xticks([p.size for p in line], [f"{p.size:,}" for p in line])
    else:
        axes.set_xticks(range(0, line[-1].size + 1, 5))
    axes.minorticks_off()
    axes.set_xlabel(f"{name} of the case" if name.startswith("present") else f"{name} in the model")
    axes.set_ylabel("one case, median" if axes.get_subplotspec().is_first_col() else "")
    axes.grid(axis="y", color="0.9", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
