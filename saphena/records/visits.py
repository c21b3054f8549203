"""From one visit to the next: what persists is carried over, what changes is asked again."""

from __future__ import annotations

import datetime

from saphena.case import Setting
from saphena.model.network import Model
from saphena.records.record import Work
from saphena.records.shapes import NextCase, Timeline


def next_case(work: Work, patient: str, model: Model, date: datetime.date, setting: Setting | None = None) -> NextCase:
    """What a new visit starts from.

    Carried over: diagnoses made and not over, and risk factors that last for life. Findings, exposures and
    medicines are shown beside the empty field and asked again, so that nothing old is counted twice.
    """
    raise NotImplementedError


def timeline(work: Work, patient: str) -> Timeline:
    """Everything of one patient in the order of time."""
    raise NotImplementedError
