"""How good it is, as recorded: figures on published cases, emergencies, and published accuracy beside what is implied."""

from __future__ import annotations

from typing import TypeVar

from fastapi import APIRouter, Request

from saphena.evaluation.recorded import Evaluation, ImpliedReport, Presentations, read
from saphena.interfaces.web.access import Anyone
from saphena.interfaces.web.api.answers import MISSING
from saphena.interfaces.web.problems import Unknown

router = APIRouter(tags=["Evaluation"])
T = TypeVar("T")
AGAIN = "Work it out: saphena evaluate --record, saphena knowledge implied --record"


@router.get("/evaluation", responses=MISSING, summary="Figures on published cases")
def evaluation(request: Request, reader: Anyone) -> Evaluation:
    """With denominators and intervals, and every case with its place, its ledger and what was missed.

    `model` says of which version they are; `/versions` says which one answers here.
    """
    found: Evaluation | None = read(Evaluation)
    return _held(found)


@router.get("/evaluation/emergencies", responses=MISSING, summary="Emergencies, and what looks like them")
def emergencies(request: Request, reader: Anyone) -> Presentations:
    """Each with the urgency it should have and the one it has."""
    found: Presentations | None = read(Presentations)
    return _held(found)


@router.get("/evaluation/implied", responses=MISSING, summary="Published accuracy beside what the model implies")
def implied(request: Request, reader: Anyone) -> ImpliedReport:
    """For each published sensitivity, specificity and likelihood ratio that can be asked of the model."""
    found: ImpliedReport | None = read(ImpliedReport)
    return _held(found)


def _held(found: T | None) -> T:
    if found is None:
        raise Unknown("nothing is recorded", AGAIN)
    return found
