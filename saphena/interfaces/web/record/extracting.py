"""Numbers for the timeline out of a case and its assessment, kept in step when the case is corrected."""

from __future__ import annotations

from dataclasses import dataclass

from saphena.assessment import Assessment
from saphena.case import Case
from saphena.inference.observe import observe
from saphena.interfaces.web.record.fields import Fields
from saphena.interfaces.web.record.trends import ORDER, SIDES
from saphena.model.network import Model
from saphena.records import Work, assessments, measurements
from saphena.records.measurements import KINDS, Side
from saphena.records.shapes import Encounter, Measurement


@dataclass(frozen=True)
class Number:
    """One number of a visit."""

    kind: str
    instrument: str | None
    leg: Side | None
    value: float

    @property
    def key(self) -> tuple[str, str | None, str | None]:
        """What it is a number of."""
        return self.kind, self.instrument, self.leg


def numbers_of(model: Model, case: Case, answer: Assessment) -> list[Number]:
    """Measurements that the record knows, and scores that nothing missing leaves open."""
    found = []
    for (id_, side), value in observe(model, case).measured.items():
        if id_ in KINDS and side in ("right", "left"):
            found.append(Number(id_, None, side, value))  # type: ignore[arg-type]
    return [*found, *scores_of(answer)]


def typed_numbers(sent: Fields) -> list[Number]:
    """What was typed under right and left, in the fields that ``form.numbers`` draws."""
    found = []
    for kind in ORDER:
        for side in SIDES:
            value = sent.number(f"{kind}-{side}", KINDS[kind].low, KINDS[kind].high)
            if value is not None:
                found.append(Number(kind, None, side, value))
    return found


def scores_of(answer: Assessment) -> list[Number]:
    """Scores that nothing missing leaves open, and that are made to be followed: a smallest change is published."""
    found = []
    for stage in answer.plan.staging:
        if stage.lowest == stage.highest and stage.change and stage.kind in ("score", "stage"):
            leg: Side | None = stage.leg if stage.leg in ("right", "left") else None  # type: ignore[assignment]
            found.append(Number("instrument", stage.instrument, leg, stage.lowest))
    return found


def keep_numbers(work: Work, model: Model, visit: Encounter, numbers: list[Number], reason: str | None) -> None:
    """Numbers of a visit onto the timeline; those of its earlier version are corrected or withdrawn, not doubled.

    A score that somebody entered by hand stays: only what an earlier assessment of this visit gave is taken back.
    """
    given = {
        score.key
        for stored in assessments.of(work, visit.patient, visit.id)
        for score in scores_of(Assessment.model_validate(stored.assessment))
    }
    before: dict[tuple[str, str | None, str | None], Measurement] = {
        (one.kind, one.instrument, one.leg): one
        for one in measurements.of(work, visit.patient, diary=False)
        if one.encounter == visit.id and not one.withdrawn
    }
    for number in numbers:
        old = before.pop(number.key, None)
        if old is None:
            measurements.add(
                work,
                visit.patient,
                number.kind,
                number.value,
                number.leg,
                visit.date,
                instrument=number.instrument,
                encounter=visit.id,
                model=model,
            )
        elif (old.value, old.date) != (number.value, visit.date):
            measurements.correct(
                work, old.id, old.number, reason or "", value=number.value, leg=old.leg, date=visit.date, model=model
            )
    for key, old in before.items():
        if old.kind != "instrument" or key in given:
            measurements.withdraw(work, old.id, old.number, reason or "")
