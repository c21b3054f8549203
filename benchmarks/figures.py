"""Figures, the machine they were measured on, and how they are shown."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

LIBRARIES = ("saphena", "numpy", "numba", "scipy", "pydantic", "pyAgrum")


@dataclass(frozen=True)
class Figure:
    """One measured number, and the target it is held against if there is one."""

    section: str
    name: str
    value: float | None
    """None where nothing could be measured; ``note`` then says why."""
    unit: str
    target: float | None = None
    at_least: bool = False
    """Whether the target is a lower bound (a ratio, cases a second) or an upper one (a time)."""
    note: str = ""
    details: dict[str, float] = field(default_factory=dict)
    """Further numbers of the same row, for the JSON file."""

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without one, or without a value."""
        if self.target is None or self.value is None:
            return None
        return self.value >= self.target if self.at_least else self.value <= self.target

    @property
    def factor(self) -> float | None:
        """How many times worse than the target; below 1 it is better."""
        if self.target is None or not self.value:
            return None
        return self.target / self.value if self.at_least else self.value / self.target


def machine() -> dict[str, Any]:
    """Processor, versions and load, without anything that names this computer."""
    return {
        "processor": _processor(),
        "CPUs": os.cpu_count(),
        "Python": platform.python_version(),
        **{name: _version(name) for name in LIBRARIES},
        "load average": " ".join(f"{load:.2f}" for load in os.getloadavg()),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


@dataclass(frozen=True)
class Seconds:
    """Median time of a call: on the clock, and of the processor for the calling thread alone.

    Other work on the machine lengthens the first, and hardly the second.
    """

    clock: float
    processor: float


def seconds_of(call: Callable[[], object], budget: float = 0.3, most: int = 500, least: int = 5) -> Seconds:
    """Time a call, repeated for about ``budget`` seconds after one call that is not counted."""
    call()
    clock: list[float] = []
    processor: list[float] = []
    start = time.perf_counter()
    while len(clock) < least or (len(clock) < most and time.perf_counter() - start < budget):
        before, worked = time.perf_counter(), time.thread_time()
        call()
        processor.append(time.thread_time() - worked)
        clock.append(time.perf_counter() - before)
    return Seconds(float(np.median(clock)), float(np.median(processor)))


def shown(value: float | None) -> str:
    """Three significant digits, thousands separated."""
    if value is None:
        return "-"
    if value != 0 and (abs(value) < 1e-3 or abs(value) >= 1e12):
        return f"{value:.1e}"
    if abs(value) >= 100:
        digits = 10 ** max(0, int(np.log10(abs(value))) - 2)
        return f"{round(value / digits) * digits:,.0f}"
    return f"{value:.3g}"


def table(figures: Sequence[Figure]) -> str:
    """All figures in Markdown, one table a section."""
    lines: list[str] = []
    for section in dict.fromkeys(f.section for f in figures):
        lines += [f"### {section}", "", "| What | Measured | Target | Met |", "|---|---:|---:|---|"]
        lines += [_row(f) for f in figures if f.section == section]
        lines.append("")
    return "\n".join(lines)


def _row(f: Figure) -> str:
    name = f.name + (f" ({f.note})" if f.note else "")
    target = "" if f.target is None else f"{'>=' if f.at_least else '<='} {shown(f.target)} {f.unit}"
    met = {None: "", True: "yes", False: f"**no**, by {shown(f.factor)} times"}[f.met]
    return f"| {name} | {shown(f.value)} {f.unit if f.value is not None else ''} | {target} | {met} |".replace(
        "  ", " "
    )


def as_json(figures: Sequence[Figure], on: dict[str, Any]) -> dict[str, Any]:
    """Everything, for a file."""
    return {"machine": on, "figures": [{**asdict(f), "met": f.met} for f in figures]}
