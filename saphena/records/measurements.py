"""Measurements of a leg over time, and what range is believed."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Literal

from saphena.model.network import Model
from saphena.records.record import Work
from saphena.records.shapes import Measurement, Origin

Side = Literal["right", "left"]


@dataclass(frozen=True)
class Kind:
    """Something measured: its unit, and the range outside which a value is taken for a slip of the pen."""

    id: str
    name: str
    unit: str
    low: float
    high: float


KINDS: dict[str, Kind] = {
    kind.id: kind
    for kind in (
        Kind("heaviness", "Heaviness", "0-10", 0, 10),
        Kind("pain", "Pain", "0-10", 0, 10),
        Kind("ankle_circumference", "Ankle circumference", "cm", 10, 80),
        Kind("calf_circumference", "Calf circumference", "cm", 10, 120),
        Kind("leg_volume", "Leg volume", "mL", 300, 40_000),
        Kind("ankle_brachial_index", "Ankle-brachial index", "1", 0, 3),
    )
}


def add(
    work: Work,
    patient: str,
    kind: str,
    value: float,
    leg: Side | None,
    date: datetime.date,
    *,
    instrument: str | None = None,
    encounter: str | None = None,
    origin: Origin = "clinician",
    model: Model | None = None,
) -> Measurement:
    """A new measurement; for a score ``kind`` is ``instrument``, with its id, and ``model`` to check it by."""
    raise NotImplementedError


def correct(
    work: Work,
    measurement: str,
    seen: int,
    reason: str,
    *,
    value: float,
    leg: Side | None = None,
    date: datetime.date | None = None,
    model: Model | None = None,
) -> Measurement:
    """The next version; leg and date stay as they are if not given."""
    raise NotImplementedError


def withdraw(work: Work, measurement: str, seen: int, reason: str) -> Measurement:
    """Entered in error."""
    raise NotImplementedError


def of(work: Work, patient: str, kind: str | None = None, *, diary: bool = True) -> list[Measurement]:
    """Current values in order of date; with heaviness and pain of the diary unless told otherwise."""
    raise NotImplementedError


def history(work: Work, measurement: str) -> list[Measurement]:
    """All versions, first to last."""
    raise NotImplementedError
