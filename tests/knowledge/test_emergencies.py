"""135 emergencies, typical and atypical, and 42 presentations that look like them and are none: written from cited
guidance by somebody who had not seen the rules, and frozen before the first run."""

from __future__ import annotations

import hashlib

import pytest

from saphena import Model
from saphena.evaluation.emergencies import FOLDER, Urgency, urgencies

FROZEN = {
    "emergencies": "02aa792e48a621c3b4eb564a737dc2706339dea256d565b07794937c217bbaa5",
    "alikes": "68ffa2c9fc051d143506d9256f16beb5b165cdbc6289a65efa7b8a6c89cd9f3a",
}
MOST_OVER = 0.15


@pytest.fixture(scope="module")
def found(model: Model) -> dict[str, tuple[Urgency, ...]]:
    return {name: urgencies(model, name) for name in FROZEN}


@pytest.mark.parametrize("name", FROZEN)
def test_they_are_those_that_were_frozen(name: str) -> None:
    assert hashlib.sha256((FOLDER / f"{name}.yaml").read_bytes()).hexdigest() == FROZEN[name]


def test_no_emergency_is_missed(found: dict[str, tuple[Urgency, ...]]) -> None:
    assert len(found["emergencies"]) == 135
    assert [(one.id, one.expected, one.level) for one in found["emergencies"] if one.missed] == []


def test_few_of_the_others_are_called_too_urgent(found: dict[str, tuple[Urgency, ...]]) -> None:
    over = [(one.id, one.most, one.level) for one in found["alikes"] if one.over]
    assert len(over) <= MOST_OVER * len(found["alikes"]), over
