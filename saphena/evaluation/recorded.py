"""Results that ship with Saphena, because working them out takes minutes; each says from which model it comes."""

from __future__ import annotations

from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from saphena.evaluation.cases import Shape
from saphena.evaluation.emergencies import urgencies
from saphena.evaluation.evaluate import Evaluation
from saphena.evaluation.implied import ImpliedReport
from saphena.model.network import Model

FOLDER = Path(__file__).parent / "recorded"

__all__ = ["Evaluation", "ImpliedReport", "Presentation", "Presentations", "read", "work_out", "write"]


class Presentation(Shape):
    """One emergency, or what looks like one: the level it should have, and the one it has."""

    id: str
    about: str
    form: str
    expected: str
    most: str
    level: str
    missed: bool
    over: bool


class Presentations(Shape):
    """Emergencies, and what looks like them and is none."""

    model: str
    emergencies: tuple[Presentation, ...]
    alikes: tuple[Presentation, ...]


Kept = TypeVar("Kept", Evaluation, ImpliedReport, Presentations)
NAMES: dict[type[Shape], str] = {
    Evaluation: "evaluation.json",
    ImpliedReport: "implied.json",
    Presentations: "presentations.json",
}


@lru_cache
def read(kind: type[Kept], folder: Path = FOLDER) -> Kept | None:
    """What was recorded; None where nothing was."""
    path = folder / NAMES[kind]
    return kind.model_validate_json(path.read_bytes()) if path.exists() else None


def write(result: Evaluation | ImpliedReport | Presentations, folder: Path = FOLDER) -> Path:
    """Keep a result in place of the one before."""
    folder.mkdir(exist_ok=True)
    path = folder / NAMES[type(result)]
    path.write_text(result.model_dump_json(indent=1) + "\n", encoding="utf-8")
    read.cache_clear()
    return path


def work_out(model: Model) -> Presentations:
    """Triage of every frozen presentation."""
    found = {
        name: tuple(Presentation(**asdict(one), missed=one.missed, over=one.over) for one in urgencies(model, name))
        for name in ("emergencies", "alikes")
    }
    return Presentations(model=model.version, **found)
