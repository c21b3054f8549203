"""Measurements of a leg over time, and what range is believed."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any, Literal, get_args

from saphena.model.network import Model
from saphena.records import tables
from saphena.records.diary import DIARY
from saphena.records.encounters import ENCOUNTERS
from saphena.records.errors import RecordFault
from saphena.records.record import Work
from saphena.records.shapes import DiaryDay, Measurement, Origin
from saphena.records.versions import Versions
from saphena.records.written import day, one_of, within

MEASUREMENTS = Versions("measurement", tables.measurement_versions, Measurement)
Side = Literal["right", "left"]
SCORES = (-10_000.0, 10_000.0)
"""Points of an instrument whose formula gives no range by itself."""


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
    if encounter is not None:
        ENCOUNTERS.belongs(work, encounter, patient)
    one_of("origin", origin, get_args(Origin))
    content = _content(work, kind, value, leg, date, instrument, model)
    return MEASUREMENTS.add(work, patient, **content, encounter=encounter, origin=origin)


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
    old = MEASUREMENTS.get(work, measurement)
    content = _content(work, old.kind, value, leg or old.leg, date or old.date, old.instrument, model)
    return MEASUREMENTS.change(work, measurement, seen, reason, **content)


def withdraw(work: Work, measurement: str, seen: int, reason: str) -> Measurement:
    """Entered in error."""
    return MEASUREMENTS.withdraw(work, measurement, seen, reason)


def of(work: Work, patient: str, kind: str | None = None, *, diary: bool = True) -> list[Measurement]:
    """Current values in order of date; with heaviness and pain of the diary unless told otherwise."""
    found = MEASUREMENTS.of(work, patient)
    if diary:
        found += [value for one in DIARY.of(work, patient) for value in _of_day(one)]
    return sorted((one for one in found if kind in (None, one.kind)), key=lambda one: (one.date, one.at))


def history(work: Work, measurement: str) -> list[Measurement]:
    """All versions, first to last."""
    return MEASUREMENTS.history(work, measurement)


def _of_day(entry: DiaryDay) -> list[Measurement]:
    """What a day of the diary says, as measurements; they carry its id and are corrected there."""
    shared = entry.model_dump(include={"id", "patient", "number", "at", "by_kind", "by_id", "said_by", "date"})
    return [
        Measurement(
            **shared, reason=entry.reason, withdrawn=False, kind=kind, instrument=None, leg=leg, value=value,
            unit=KINDS[kind].unit, origin="diary", encounter=None,
        )
        for kind in ("heaviness", "pain")
        for leg in get_args(Side)
        if (value := getattr(entry, f"{leg}_{kind}")) is not None
    ]  # fmt: skip


def _content(
    work: Work,
    kind: str,
    value: float,
    leg: str | None,
    date: datetime.date,
    instrument: str | None,
    model: Model | None,
) -> dict[str, Any]:
    one_of("kind", kind, (*KINDS, "instrument"))
    if (kind == "instrument") != (instrument is not None):
        raise RecordFault("kind", "a score needs the id of its instrument, and only a score", "Name the instrument")
    if instrument is not None:
        low, high = SCORES
        unit = "points"
        if model is not None:
            known = model.knowledge.instruments
            one_of("instrument", instrument, known)
            unit = known[instrument].unit or unit
            counted = [item.range for item in known[instrument].items if item.counted]
            if counted and known[instrument].formula is None:
                low, high = sum(least for least, _ in counted), sum(most for _, most in counted)
    else:
        low, high, unit = KINDS[kind].low, KINDS[kind].high, KINDS[kind].unit
        if leg is None:
            raise RecordFault("leg", f"{KINDS[kind].name.lower()} is of one leg", "Say right or left")
    if leg is not None:
        one_of("leg", leg, get_args(Side))
    return {
        "kind": kind,
        "instrument": instrument,
        "leg": leg,
        "value": within(instrument or kind, value, low, high, unit),
        "unit": unit,
        "date": day("date", date, work.now().date()),
    }
