"""What the next visit starts from, and stored cases assessed again."""

from __future__ import annotations

import dataclasses
import datetime

import pytest

from saphena.assessment import assess
from saphena.case import Case
from saphena.model.network import Model
from saphena.records import (
    Actor,
    NotFound,
    Record,
    Refused,
    assessments,
    encounters,
    measurements,
    outcomes,
    patients,
    visits,
)
from saphena.records.shapes import Patient
from tests.records.conftest import DOCTOR, TODAY

LATER = datetime.date(2026, 9, 1)


@pytest.fixture
def last(small: Model) -> Case:
    factors = list(small.knowledge.risk_factors)
    return Case.model_validate(
        {
            "age": 64,
            "sex": "female",
            "setting": "vascular_clinic",
            "context": {factors[0]: "present"},
            "findings": dict.fromkeys(list(small.knowledge.findings)[:1], "present"),
        }
    )


def test_nothing_that_changes_is_copied(record: Record, person: Patient, model: Model) -> None:
    lasting = next(one.id for one in model.knowledge.risk_factors.values() if one.lasting)
    passing = next(one.id for one in model.knowledge.risk_factors.values() if not one.lasting)
    absent = next(one.id for one in model.knowledge.risk_factors.values() if one.lasting and one.id != lasting)
    first, second, third = model.conditions[:3]
    old = Case.model_validate(
        {
            "age": 64,
            "sex": "female",
            "setting": "vascular_clinic",
            "context": {lasting: "present", passing: "present", absent: "absent"},
            "known_conditions": [first],
            "excluded_conditions": [third],
            "pregnancy_weeks": None,
            "findings": {
                "calf_pain": {"right": "present", "left": "absent"},
                "onset": {"at_least": "days"},
                "pain_intensity": "unknown",
            },
        }
    )
    with record.work(DOCTOR) as work:
        visit = encounters.add(work, person.id, TODAY, old)
        measurements.add(work, person.id, "calf_circumference", 38.5, "left", TODAY)
        measurements.add(work, person.id, "calf_circumference", 37, "left", TODAY - datetime.timedelta(days=30))
        outcomes.write(work, visit.id, 0, TODAY, "yes", conditions=(second, third), over=(third,), model=model)
        start = visits.next_case(work, person.id, model, LATER)
    assert start.case == Case(
        age=64,  # Born in 1961: 64 or 65; half a year ago it was 64.
        sex="female",
        setting="vascular_clinic",
        context={lasting: "present"},
        known_conditions=(first, second),
    )
    assert start.since == TODAY
    assert {(one.kind, one.id, one.leg, one.value) for one in start.shown} == {
        ("measurement", "calf_circumference", "left", "38.5 cm"),
        ("context", passing, None, "present"),
        ("context", absent, None, "absent"),
        ("condition", first, None, "diagnosed"),
        ("condition", second, None, "diagnosed"),
        ("finding", "calf_pain", "right", "present"),
        ("finding", "calf_pain", "left", "absent"),
        ("finding", "onset", None, "at least days"),
    }
    answer = assess(model, start.case)
    assert answer.used == () or all("calf" not in str(one) for one in answer.used)


def test_a_condition_that_is_over_is_not_carried(record: Record, person: Patient, small: Model, last: Case) -> None:
    condition = small.conditions[0]
    with record.work(DOCTOR) as work:
        case = last.model_copy(update={"known_conditions": (condition,)})
        visit = encounters.add(work, person.id, TODAY, case)
        assert visits.next_case(work, person.id, small, LATER).case.known_conditions == (condition,)  # type: ignore[union-attr]
        outcomes.write(work, visit.id, 0, TODAY, "yes", conditions=(condition,), over=(condition,))
        assert visits.next_case(work, person.id, small, LATER).case.known_conditions == ()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("born", "age_then", "expected"),
    [
        (1961, None, 65),
        (1961, 64, 64),
        (1961, 65, 65),
        (None, 64, 64),
        (None, 64.6, 65),
        (None, None, None),
        (1961, 20, 64),
    ],
)
def test_age_at_the_next_visit(
    record: Record, small: Model, last: Case, born: int | None, age_then: float | None, expected: float | None
) -> None:
    with record.work(DOCTOR) as work:
        person = patients.add(work, "A", born, "male")
        if age_then is not None:
            encounters.add(work, person.id, TODAY, last.model_copy(update={"age": age_then}))
        start = visits.next_case(work, person.id, small, LATER, "primary_care")
    assert (start.case.age if start.case else None) == expected
    assert start.case is None or (start.case.sex, start.case.setting) == ("male", "primary_care")


def test_reassessing_says_whose_answer_moved(record: Record, person: Patient, small: Model, last: Case) -> None:
    other = dataclasses.replace(small, version="another")
    with record.work(DOCTOR) as work:
        visit = encounters.add(work, person.id, TODAY, last)
        stored = assessments.store(work, visit.id, 1, assess(small, last))
        unknown = encounters.add(work, person.id, LATER - datetime.timedelta(days=182), last)
        archived = patients.add(work, "archived")
        encounters.add(work, archived.id, TODAY, last)
        patients.archive(work, archived.id)
    same = assessments.reassess(record, DOCTOR, small)
    assert (same.assessed, same.compared, same.moved, same.refused, same.stored) == (2, 1, (), (), 0)
    again = assessments.reassess(record, DOCTOR, other, store_new=True)
    assert (again.assessed, again.moved, again.stored) == (2, (), 2)
    with record.work(DOCTOR) as work:
        assert [one.model for one in assessments.of(work, person.id, visit.id)] == [small.version, "another"]
        assert len(assessments.of(work, person.id, unknown.id)) == 1
        assert assessments.get(work, stored.id) == stored
        with pytest.raises(NotFound):
            assessments.get(work, "0" * 32)


def test_a_moved_answer_is_named_with_before_and_after(
    record: Record, person: Patient, small: Model, last: Case
) -> None:
    answer = assess(small, last)
    leader = next((one for one in answer.differential if one.group == "explains"), answer.differential[0])
    changed = tuple(
        one.model_copy(
            update={"probability": one.probability / 2 if one.id == leader.id else one.probability, "group": "other"}
        )
        for one in answer.differential
    )
    with record.work(DOCTOR) as work:
        visit = encounters.add(work, person.id, TODAY, last)
        triage = answer.triage.model_copy(update={"level": "emergency"})
        said = answer.model_copy(update={"differential": changed, "triage": triage, "model": "older"})
        assessments.store(work, visit.id, 1, said)
    [moved] = assessments.reassess(record, DOCTOR, small, moved_by=leader.probability / 2 - 1e-9).moved
    assert moved.probabilities == {leader.id: (leader.probability / 2, leader.probability)}
    assert (moved.old_leader, moved.old_model, moved.new_model) == (None, "older", small.version)
    assert (moved.triage_moved, moved.old_triage, moved.new_triage) == (True, "emergency", answer.triage.level)
    [moved] = assessments.reassess(record, DOCTOR, small, moved_by=0.99).moved  # Triage alone.
    assert moved.probabilities == {}
    with record.work(DOCTOR) as work:
        encounters.write(work, visit.id, 1, last, "again")
    assert assessments.reassess(record, DOCTOR, small).compared == 0  # Of this version nothing was said yet.


def test_a_case_the_model_no_longer_takes_is_named(record: Record, person: Patient, small: Model, last: Case) -> None:
    with record.work(DOCTOR) as work:
        visit = encounters.add(
            work, person.id, TODAY, last.model_copy(update={"findings": {"dragon_scales": "present"}})
        )
    result = assessments.reassess(record, DOCTOR, small)
    assert (result.assessed, [one.encounter for one in result.refused]) == (0, [visit.id])
    assert "dragon_scales" in result.refused[0].faults[0]
    with pytest.raises(Refused):
        assessments.reassess(record, Actor("patient", only=(person.id,)), small)


def test_an_assessment_is_kept_word_for_word(record: Record, person: Patient, small: Model, last: Case) -> None:
    answer = assess(small, last)
    with record.work(DOCTOR) as work:
        visit = encounters.add(work, person.id, TODAY, last)
        kept = assessments.store(work, visit.id, 1, answer)
        line = visits.timeline(work, person.id)
    assert type(answer).model_validate(kept.assessment) == answer
    assert (line.encounters, line.assessments, line.patient.id) == ((visit,), (kept,), person.id)


def test_medicines_are_shown_and_asked_again_and_what_lasts_is_carried(
    record: Record, person: Patient, model: Model
) -> None:
    """Insulin means diabetes, which lasts; the list itself may have changed by now."""
    old = Case.model_validate(
        {"age": 64, "sex": "female", "setting": "vascular_clinic", "medicines": ["insulin", "amlodipine 5 mg"]}
    )
    with record.work(DOCTOR) as work:
        encounters.add(work, person.id, TODAY, old)
        start = visits.next_case(work, person.id, model, LATER)
    assert start.case is not None
    assert start.case.medicines == ()
    assert start.case.context == {"diabetes": "present"}
    assert [(one.value, one.date) for one in start.shown if one.kind == "medicine"] == [
        ("insulin", TODAY),
        ("amlodipine 5 mg", TODAY),
    ]
    assert ("calcium_channel_blocker", "present") in {(one.id, one.value) for one in start.shown}
