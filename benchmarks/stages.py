"""Where the processor time of ``assess`` goes on the coded cases: wrappers time the functions of each stage.

Time belongs to the innermost stage that is running, and passes are named by the stage that asked for
them. A wrapper takes a few microseconds, so stages stay few and coarse.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial, wraps
from importlib import import_module
from typing import Any

import numpy as np

from benchmarks.clinical import SETTINGS
from benchmarks.figures import Figure
from saphena import load_model
from saphena.assessment import assess
from saphena.evaluation.cases import CASES, read_cases
from saphena.inference import kernels  # noqa: F401 - Once loaded, it is used.
from saphena.inference.subset import SubsetProgramme
from saphena.model.network import ADULT

REST = "building the assessment"
STAGES = {
    "saphena.inference.observe": {"observe": "observe"},
    "saphena.inference.prepare": {"prepare": "columns and leaks", "priors": "priors"},
    "saphena.inference.posterior": {"posterior": "posterior and ledger"},
    "saphena.inference.causes": {"causes": "causes"},
    "saphena.inference.sets": {"sets": "sets"},
    "saphena.inference.answers": {"Answers": "next findings"},
    "saphena.inference.next_finding": {"candidates_of": "next findings"},
    "saphena.inference.together": {"together_of": "findings together"},
    "saphena.inference.uncertainty": {"draw": "intervals", "intervals_of": "intervals"},
    "saphena.pathway.influence": {"stability": "stability"},
    "saphena.pathway.triage": {"triage": "red flags and triage"},
    "saphena.pathway.differential": {"differential": "differential"},
}
"""Module -> function -> stage; a name that is no longer there is an error."""
METHODS = {"__init__": "plan", "marginals": "passes", "evidence_of": "passes"}
"""Of ``SubsetProgramme``; passes are told apart by who asks."""


class Clock:
    """Seconds of each stage of one call."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.running: list[str] = []
        self.since = 0.0

    def enter(self, stage: str) -> None:
        """A stage begins within another."""
        self._note()
        self.running.append(stage)

    def leave(self) -> None:
        """It ends."""
        self._note()
        self.running.pop()

    def _note(self) -> None:
        now = time.process_time()
        if self.running:
            self.seconds[self.running[-1]] += now - self.since
        self.since = now


def profile(quick: bool) -> list[Figure]:
    """Milliseconds of each stage and its share, median case; for ``assess`` alone and with everything."""
    model = load_model()
    coded = [one for one in read_cases(model, CASES).coded if one.case.age >= ADULT]
    coded = coded[:: 4 if quick else 1]
    figures = []
    for what, arguments in SETTINGS.items():
        section = f"Stages of an assessment: {what}"
        rows = [_stages(partial(assess, model, one.case, **arguments), 1 if quick else 3) for one in coded]  # type: ignore[arg-type]
        whole = np.array([sum(row.values()) for row in rows])
        figures.append(_figure(section, "whole", whole, whole))
        names = {name for row in rows for name in row}
        columns = {name: np.array([row.get(name, 0.0) for row in rows]) for name in names}
        for name, column in sorted(columns.items(), key=lambda item: -item[1].sum()):
            figures.append(_figure(section, name, column, whole))
    return figures


def _figure(section: str, name: str, column: np.ndarray, whole: np.ndarray) -> Figure:
    share, top = 100 * column.sum() / whole.sum(), 1e3 * np.percentile(column, 95)
    note = f"median of {len(column)} cases; 95th percentile {top:.3g} ms; {share:.3g} % of all time"
    return Figure(section, name, 1e3 * float(np.median(column)), "ms", note=note)


def _stages(call: Callable[[], object], repeats: int) -> dict[str, float]:
    """Of the repeat that took least, since other work only slows it; the first call is not counted."""
    call()
    clocks = []
    for _ in range(repeats):
        clock = Clock()
        with watched(clock):
            clock.enter(REST)
            call()
            clock.leave()
        clocks.append(clock.seconds)
    return min(clocks, key=lambda seconds: sum(seconds.values()))


@contextmanager
def watched(clock: Clock) -> Iterator[None]:
    """Wrap the functions of every stage, wherever they were imported to."""
    undo: list[tuple[Any, str, Any]] = []

    def put(where: Any, name: str, function: Any) -> None:
        undo.append((where, name, getattr(where, name)))
        setattr(where, name, function)

    try:
        for module, functions in STAGES.items():
            for name, stage in functions.items():
                original = getattr(import_module(module), name)
                wrapper = _timed(clock, original, stage)
                for loaded in [m for id_, m in sys.modules.items() if id_.startswith("saphena")]:
                    if vars(loaded).get(name) is original:
                        put(loaded, name, wrapper)
        for name, stage in METHODS.items():
            put(SubsetProgramme, name, _timed(clock, getattr(SubsetProgramme, name), stage))
        yield
    finally:
        for where, name, original in reversed(undo):
            setattr(where, name, original)


def _timed(clock: Clock, function: Callable[..., Any], stage: str) -> Callable[..., Any]:
    @wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        clock.enter(f"passes of {clock.running[-1]}" if stage == "passes" else stage)
        try:
            return function(*args, **kwargs)
        finally:
            clock.leave()

    return wrapper
