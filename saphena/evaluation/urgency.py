"""Triage of published cases against readings of their texts: as urgent, too late, or too soon.

``triage.yaml`` beside the cases holds how soon each person must be seen, as several readers saw it who
knew neither rules nor diagnoses. Levels that a reader would also accept count for that reader.
"""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from pydantic import BaseModel, ConfigDict

from saphena.evaluation.figures import Figure, wilson
from saphena.faults import Fault, Faulty
from saphena.model.reader import read_file
from saphena.model.schema import TriageLevel
from saphena.model.validate import validate

FILE = "triage.yaml"
LEVELS: tuple[TriageLevel, ...] = get_args(TriageLevel)
"""Most urgent first."""


class Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Reading(Shape):
    """How soon one reader would have the person seen."""

    level: TriageLevel
    acceptable: tuple[TriageLevel, ...] = ()
    """Levels that reasonable colleagues would choose as well."""
    because: str


class TriageFile(Shape):
    triage: dict[str, dict[str, Reading]]
    """Case -> reader -> reading."""


class TooLate(Shape):
    """A case that is seen later than any reader would have it."""

    id: str
    given: TriageLevel
    readings: dict[str, TriageLevel]


class Urgency(Shape):
    """Triage of all cases that were read."""

    figures: tuple[Figure, ...]
    too_late: tuple[TooLate, ...]


def read_triage(folder: Path, cases: list[str]) -> dict[str, dict[str, Reading]]:
    """Readings of a folder, none if it has no such file; raises ``Faulty`` if one is of no case."""
    if not (folder / FILE).exists():
        return {}
    document = read_file(folder / FILE, FILE)
    found = validate(document, TriageFile).triage
    faults: list[Fault] = [
        document.fault(("triage", id_), "there is no case of this name", "Correct the name, or remove the reading")
        for id_ in found
        if id_ not in cases
    ]
    if faults:
        raise Faulty(faults)
    return found


def urgency(given: dict[str, str], readings: dict[str, dict[str, Reading]]) -> Urgency | None:
    """Levels ``given`` against the readings; None without any. A case that was refused counts as too late."""
    if not readings:
        return None
    exact = late = soon = agree = 0
    too_late = []
    for id_, by_reader in readings.items():
        ranks = {LEVELS.index(r.level) for r in by_reader.values()}
        accepted = ranks | {LEVELS.index(level) for r in by_reader.values() for level in r.acceptable}
        level = given.get(id_, "-")
        rank = LEVELS.index(level) if level in LEVELS else len(LEVELS)
        agree += len(ranks) == 1
        exact += rank in ranks
        soon += rank < min(accepted)
        if rank > max(accepted):
            late += 1
            names = {name: r.level for name, r in by_reader.items()}
            too_late.append(TooLate(id=id_, given=LEVELS[min(rank, len(LEVELS) - 1)], readings=names))
    count = len(readings)
    return Urgency(
        figures=(
            wilson("triage as a reader's", exact, count),
            wilson("triage later than any reader accepts", late, count),
            wilson("triage sooner than any accepts", soon, count),
            wilson("readers of one mind", agree, count),
        ),
        too_late=tuple(too_late),
    )
