"""Assessments are kept packed, come back as they were, and so do those of an older database."""

from __future__ import annotations

import json

import sqlalchemy as sa

from saphena.model.network import Model
from saphena.records import Record, assessments, connection, open_record, visits
from tests.records.conftest import DOCTOR
from tests.records.filled import filled


def kept(record: Record) -> list[object]:
    with record.snapshot() as reached:
        return list(reached.exec_driver_sql("SELECT assessment FROM assessments ORDER BY id").scalars())


def test_an_assessment_takes_a_part_of_the_room(record: Record, small: Model) -> None:
    patient = filled(record, small)
    with record.work(DOCTOR) as work:
        stored = assessments.of(work, patient)
    assert stored
    for raw, one in zip(kept(record), sorted(stored, key=lambda s: s.id), strict=True):
        assert isinstance(raw, bytes | memoryview)
        assert len(bytes(raw)) < len(json.dumps(one.assessment)) / 2


def test_those_of_an_older_database_are_packed_when_it_is_opened(record: Record, small: Model, url: str) -> None:
    patient = filled(record, small)
    with record.work(DOCTOR) as work:
        before = [one.assessment for one in visits.timeline(work, patient).assessments]
    record.close()
    with record.engine.begin() as reached:
        connection.migrate(reached, "0003", down=True)
        old = reached.execute(sa.text("SELECT CAST(assessment AS TEXT) FROM assessments")).scalars().all()
    plain = [json.loads(text) for text in old]
    assert before
    assert all(one in plain for one in before)
    again = open_record(url)
    with again.work(DOCTOR) as work:
        assert [one.assessment for one in visits.timeline(work, patient).assessments] == before
    again.close()
