"""The same case with less known: what the history alone says, and history with examination."""

from __future__ import annotations

from typing import Literal

from saphena.case import Case
from saphena.model.network import Model

Level = Literal["history", "examination", "investigations"]
LEVELS: dict[Level, tuple[str, ...]] = {
    "history": ("history",),
    "examination": ("history", "examination"),
    "investigations": ("history", "examination", "laboratory", "imaging"),
}
"""Ways of obtaining findings that each level allows; each holds the one before."""
NAMES: dict[Level, str] = {
    "history": "history only",
    "examination": "history and examination",
    "investigations": "with investigations",
}


def withheld(model: Model, case: Case, level: Level) -> Case:
    """The case without the findings that the level does not allow.

    A measurement counts as what it is read as, and as examination if as nothing. Statements outside the
    vocabulary stay: nobody has said how they were obtained. What a clinician says goes with the examination.
    """
    if level == "investigations":
        return case
    allowed = LEVELS[level]
    update: dict[str, object] = {
        "findings": {id_: said for id_, said in case.findings.items() if obtained_by(model, id_) in allowed}
    }
    if level == "history":
        update |= {"examined": (), "clinician_says": {}}
    return case.model_copy(update=update)


def obtained_by(model: Model, id_: str) -> str:
    """How a finding or measurement is obtained."""
    by = model.knowledge.obtained_by
    if id_ in by or id_ not in model.knowledge.measurements:
        return by.get(id_, "examination")
    read = [by[r.finding] for r in model.knowledge.measurements[id_].reads]
    return read[0] if read else "examination"
