"""Triage of frozen emergencies, and of what looks like them and is none."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import yaml

from saphena.case import Case
from saphena.evaluation.cases import CASES
from saphena.inference.evidence import ImpossibleEvidence
from saphena.inference.observe import observe
from saphena.inference.posterior import posterior
from saphena.inference.subset import TooWide
from saphena.model.network import Model
from saphena.model.numbers import TriageLevel
from saphena.pathway.triage import LEVELS, triage

FOLDER = CASES / "presentations"


@dataclass(frozen=True)
class Urgency:
    """One presentation: how urgent it was said to be, and how urgent the model has it."""

    id: str
    about: str
    form: str
    expected: str
    most: str
    """The most urgent level that is still right."""
    level: str

    @property
    def missed(self) -> bool:
        """Less urgent than it should be."""
        return LEVELS.index(self.level) > LEVELS.index(self.expected)

    @property
    def over(self) -> bool:
        """More urgent than it may be."""
        return LEVELS.index(self.level) < LEVELS.index(self.most)


def urgencies(model: Model, name: str) -> tuple[Urgency, ...]:
    """Every presentation of ``emergencies`` or ``alikes``."""
    held = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))["cases"]
    return tuple(_one(model, one) for one in held)


def _one(model: Model, one: dict[str, Any]) -> Urgency:
    expect = one["expect"]
    emergency = one["form"] != "alike"
    return Urgency(
        id=one["id"],
        about=one["about"],
        form=one["form"],
        expected=expect["triage"],
        most=expect.get("at_most", "emergency" if emergency else expect["triage"]),
        level=_level(model, Case.model_validate(one["case"])),
    )


def _level(model: Model, case: Case) -> TriageLevel:
    """The triage of ``assess``, without what an assessment holds beside it."""
    observation = observe(model, case)
    by_flags = triage(model, observation, None).level
    if by_flags == LEVELS[0]:
        return by_flags  # No probability makes it more urgent.
    inferred = None
    if model.knows_age(case.age):
        with suppress(ImpossibleEvidence, TooWide):
            inferred = posterior(model, observation, reasons=False)
    return triage(model, observation, inferred).level
