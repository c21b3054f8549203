"""Visits with all that belongs to them: the next one, the timeline, and one that was entered in error."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from saphena.case import Answer, Case, Setting, Statement
from saphena.inference.medicines import implied, taken
from saphena.model.network import Model
from saphena.records import assessments, diary, encounters, measurements, outcomes, patients, treatments
from saphena.records.encounters import ENCOUNTERS
from saphena.records.measurements import MEASUREMENTS
from saphena.records.outcomes import OUTCOMES
from saphena.records.record import Work
from saphena.records.shapes import Encounter, NextCase, Outcome, Patient, Shown, Timeline
from saphena.records.treatments import TREATMENTS


def next_case(work: Work, patient: str, model: Model, date: datetime.date, setting: Setting | None = None) -> NextCase:
    """What a new visit starts from.

    Carried over: diagnoses made and not over, and risk factors that last for life. Findings, exposures and
    medicines are shown beside the empty field and asked again, so that nothing old is counted twice.
    """
    person = patients.get(work, patient)
    visits = [one for one in encounters.of(work, patient) if one.date <= date]
    last = visits[-1] if visits else None
    known, other = _diagnoses(model, last, [one for one in outcomes.of(work, patient) if one.date <= date])
    lasting, changing = _context(model, visits)
    age = _age(person, last, date)
    where = setting or (last.setting if last else None)
    case = None
    if age is not None and where is not None:
        case = Case(age=age, sex=person.sex, setting=where, context=lasting, known_conditions=tuple(known))
    shown = (
        *_measured(work, patient, date),
        *changing,
        *other,
        *(_medicines(last) if last else ()),
        *(_findings(last) if last else ()),
    )
    return NextCase(case=case, shown=shown, since=last.date if last else None)


def timeline(work: Work, patient: str) -> Timeline:
    """Everything of one patient in the order of time."""
    last = {one.encounter: one for one in assessments.of(work, patient)}
    visits = encounters.of(work, patient)
    return Timeline(
        patient=patients.get(work, patient),
        encounters=tuple(visits),
        assessments=tuple(last[one.id] for one in visits if one.id in last),
        measurements=tuple(measurements.of(work, patient)),
        treatments=tuple(treatments.of(work, patient)),
        outcomes=tuple(outcomes.of(work, patient)),
        diary=tuple(diary.of(work, patient)),
    )


def withdraw(work: Work, encounter: str, seen: int, reason: str) -> Encounter:
    """Entered in error, and with it what was measured, started and concluded there."""
    found = ENCOUNTERS.withdraw(work, encounter, seen, reason)
    for kind in (MEASUREMENTS, TREATMENTS, OUTCOMES):
        kind.withdraw_of(work, encounter, reason)
    return found


def _age(person: Patient, last: Encounter | None, date: datetime.date) -> float | None:
    """From the birth year, which leaves two possible ages, and the age of last time, which may tell them apart."""
    grown = None if last is None else int(last.case.age + (date - last.date).days / 365.25)
    if person.birth_year is None:
        return None if grown is None else float(min(grown, 120))
    oldest = max(0, min(date.year - person.birth_year, 120))
    return float(oldest if grown is None else max(min(grown, oldest), oldest - 1, 0))


def _diagnoses(model: Model, last: Encounter | None, found: list[Outcome]) -> tuple[list[str], list[Shown]]:
    """Diagnosed and not over, the latest state of each; what the model no longer knows is only shown."""
    known = {} if last is None else {one.partition(".")[0]: (one, last.date) for one in last.case.known_conditions}
    for outcome in found:
        for one in outcome.conditions:
            known[one.partition(".")[0]] = (one, outcome.date)
        for one in outcome.over:
            known.pop(one.partition(".")[0], None)
    carried = [one for one, _ in known.values() if _in_model(model, one)]
    shown = [
        Shown(id=one, kind="condition", leg=None, value="diagnosed", date=date)
        for one, date in known.values()
    ]  # fmt: skip
    return carried, shown


def _medicines(last: Encounter) -> list[Shown]:
    return [Shown(id="medicines", kind="medicine", leg=None, value=one, date=last.date) for one in last.case.medicines]


def _in_model(model: Model, name: str) -> bool:
    condition, _, state = name.partition(".")
    known = model.knowledge.conditions.get(condition)
    return known is not None and (not state or state in {one.id for one in known.states})


def _context(model: Model, visits: list[Encounter]) -> tuple[dict[str, Answer], list[Shown]]:
    """Answers that stay true for life are carried; all others, and every no, are shown and asked again."""
    latest: dict[str, tuple[Answer, datetime.date]] = {}
    for visit in visits:
        present = [id_ for id_, answer in visit.case.context.items() if answer == "present"]
        latest |= dict.fromkeys(implied(model, taken(model, visit.case.medicines), present), ("present", visit.date))
        latest |= {id_: (answer, visit.date) for id_, answer in visit.case.context.items() if answer != "unknown"}
    factors = model.knowledge.risk_factors
    lasting: dict[str, Answer] = {
        id_: answer
        for id_, (answer, _) in latest.items()
        if answer == "present" and id_ in factors and factors[id_].lasting
    }
    shown = [
        Shown(id=id_, kind="context", leg=None, value=answer, date=date)
        for id_, (answer, date) in latest.items()
        if id_ not in lasting
    ]
    return lasting, shown


def _findings(last: Encounter) -> Iterator[Shown]:
    for id_, _, statement in last.case.statements():
        value = _said(statement)
        if value != "unknown":
            yield Shown(id=id_, kind="finding", leg=statement.leg, value=value, date=statement.date or last.date)


def _said(statement: Statement) -> str:
    if statement.at_least is not None:
        return f"at least {statement.at_least}"
    if statement.at_most is not None:
        return f"at most {statement.at_most}"
    return f"{statement.value:g}" if isinstance(statement.value, float) else str(statement.value)


def _measured(work: Work, patient: str, date: datetime.date) -> Iterator[Shown]:
    last = {
        (one.instrument or one.kind, one.leg): one for one in measurements.of(work, patient) if one.date <= date
    }  # fmt: skip
    for (id_, leg), one in last.items():
        yield Shown(id=id_, kind="measurement", leg=leg, value=f"{one.value:g} {one.unit}", date=one.date)
