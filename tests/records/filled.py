"""A patient with something in every table, each word of it marked."""

from __future__ import annotations

import datetime

from saphena.assessment import assess
from saphena.model.network import Model
from saphena.records import (
    Record,
    accounts,
    assessments,
    diary,
    encounters,
    links,
    measurements,
    outcomes,
    patients,
    treatments,
)
from tests.records.conftest import BOSS, DOCTOR, TODAY, case

MARK = "Zanzibar"


def filled(record: Record, model: Model, identifier: str = MARK, example: bool = False) -> str:
    """Id of a new patient with rows in every table of patients, and older versions."""
    answer = assess(model, case())
    with record.work(BOSS) as work:
        person = patients.add(work, f"{identifier} 0", 1961, label=MARK, example=example).id
        patients.correct(work, person, 1, MARK, identifier=identifier)
        visit = encounters.add(work, person, TODAY, case().model_copy(update={"other_findings": (MARK,)}))
        encounters.write(work, visit.id, 1, case(), MARK)
        one = measurements.add(work, person, "pain", 4, "left", TODAY, encounter=visit.id)
        measurements.correct(work, one.id, 1, MARK, value=5)
        course = treatments.start(work, person, TODAY, words=MARK, encounter=visit.id)
        treatments.stop(work, course.id, 1, TODAY, MARK)
        stored = assessments.store(work, visit.id, 2, answer)
        diary.write(work, person, TODAY - datetime.timedelta(days=1), left_pain=3, note=MARK)
        diary.write(work, person, TODAY, left_pain=3, note=MARK)
        link, _ = links.make(work, "interview", person)
        links.consent(work, link.id, MARK, "en", "patient")
        links.save_draft(work, link.id, 0, {MARK: MARK})
        account, _ = accounts.add(work, f"of {person}", ("patient",))
        accounts.allow(work, account.id, person)
    with record.work(DOCTOR) as work:
        outcomes.write(work, visit.id, 0, TODAY, "no", words=MARK, why_not=MARK, assessment=stored.id)
    return person
