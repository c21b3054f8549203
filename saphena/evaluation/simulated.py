"""Simulated people as JSON lines: cases for the software, and apart from them the truth."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from saphena.inference.sampling import TOGETHER, Simulated, simulate
from saphena.model.network import Model

CASES, TRUTH = "cases.jsonl", "truth.jsonl"


def write_simulated(
    model: Model,
    count: int,
    setting: str,
    seed: int,
    recorded: float,
    folder: Path | None,
    write: Callable[[str], Any],
    age: float | None = None,
    sex: str | None = None,
) -> None:
    """Write ``count`` people, drawn with this seed; of one age or sex if that is given.

    Into a folder go two files, so that whoever reads the cases does not see the truth; both give a
    person by the same ``id``. Without a folder ``write`` gets one line a person, with both.
    """
    people = enumerate(_people(model, count, setting, seed, recorded, age, sex))
    origin = {"model": model.version, "seed": seed}
    if folder is None:
        for number, one in people:
            write(_line({"id": number, "case": _case(one), "truth": asdict(one.truth), **origin}))
        return
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as files:
        cases = files.enter_context((folder / CASES).open("w", encoding="utf-8"))
        truths = files.enter_context((folder / TRUTH).open("w", encoding="utf-8"))
        for number, one in people:
            cases.write(_line({"id": number, "case": _case(one)}) + "\n")
            truths.write(_line({"id": number, "truth": asdict(one.truth), **origin}) + "\n")


def _people(
    model: Model, count: int, setting: str, seed: int, recorded: float, age: float | None, sex: str | None
) -> Iterator[Simulated]:
    """A few at a time, so that memory does not grow with the count."""
    rng = np.random.default_rng(seed)
    for start in range(0, count, TOGETHER):
        yield from simulate(model, min(TOGETHER, count - start), setting, rng, age, sex, recorded)


def _case(one: Simulated) -> dict[str, Any]:
    return one.case.model_dump(mode="json", exclude_defaults=True)


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
