"""The audit: every read and write is in it, nothing that was said is, and tampering shows."""

from __future__ import annotations

import json
import re

import psycopg
import pytest
import sqlalchemy as sa

from saphena.records import (
    Record,
    audit,
    diary,
    encounters,
    measurements,
    open_record,
    outcomes,
    patients,
    treatments,
    visits,
)
from saphena.records.shapes import Encounter, Head, Patient
from saphena.records.tables import audit as table
from tests.records.conftest import DOCTOR, TODAY, case, everything, new_database, raw


@pytest.fixture
def chain(record: Record) -> Record:
    """Twelve entries."""
    for i in range(12):
        with record.work(DOCTOR) as work:
            work.note("read", "patient", "", f"{i:032x}")
    assert record.verify_audit().entries == 12
    return record


def row(number: int) -> sa.ColumnElement[bool]:
    return table.c.number == number


def renumber(c: sa.Connection, first: int, last: int, by: int) -> None:
    for number in sorted(range(first, last + 1), reverse=by > 0):
        c.execute(sa.update(table).where(row(number)).values(number=number + by))


def changed(c: sa.Connection) -> None:
    c.execute(sa.update(table).where(row(5)).values(actor_id="somebody else"))


def changed_with_hash(c: sa.Connection) -> None:
    entry = dict(c.execute(sa.select(table).where(row(5))).mappings().one()) | {"actor_id": "somebody else"}
    hash_ = audit.seal(entry["previous"], entry)
    c.execute(sa.update(table).where(row(5)).values(actor_id="somebody else", hash=hash_))


def removed(c: sa.Connection) -> None:
    c.execute(sa.delete(table).where(row(5)))


def removed_and_closed_up(c: sa.Connection) -> None:
    c.execute(sa.delete(table).where(row(5)))
    renumber(c, 6, 12, -1)


def first_removed(c: sa.Connection) -> None:
    c.execute(sa.delete(table).where(row(1)))


def last_removed(c: sa.Connection) -> None:
    c.execute(sa.delete(table).where(table.c.number > 10))


def all_removed(c: sa.Connection) -> None:
    c.execute(sa.delete(table))


def forged(c: sa.Connection, after: int) -> dict[str, object]:
    entry = dict(c.execute(sa.select(table).where(row(after))).mappings().one())
    entry |= {"number": after + 1, "entry": "forged", "previous": entry["hash"]}
    return entry | {"hash": audit.seal(str(entry["previous"]), entry)}


def inserted(c: sa.Connection) -> None:
    entry = forged(c, 4)
    renumber(c, 5, 12, 1)
    c.execute(sa.insert(table).values(entry))


def added_at_the_end(c: sa.Connection) -> None:
    c.execute(sa.insert(table).values(forged(c, 12)))


def exchanged(c: sa.Connection) -> None:
    for old, new in ((5, 99), (6, 5), (99, 6)):
        c.execute(sa.update(table).where(row(old)).values(number=new))


@pytest.mark.parametrize(
    ("attack", "number", "what"),
    [
        (changed, 5, "changed"),
        (changed_with_hash, 5, "changed"),
        (removed, 5, "removed"),
        (removed_and_closed_up, 4, "changed"),  # "Entry 4 was rewritten, or entries after it are gone."
        (first_removed, 1, "removed"),
        (last_removed, 11, "removed"),
        (all_removed, 1, "removed"),
        (inserted, 5, "inserted"),
        (added_at_the_end, 13, "inserted"),
        (exchanged, 5, "reordered"),
    ],
)
def test_tampering_is_found_and_placed(chain: Record, attack, number: int, what: str) -> None:  # type: ignore[no-untyped-def]
    with raw(chain) as connection:
        attack(connection)
    faults = chain.verify_audit().faults
    assert (faults[0].number, faults[0].what) == (number, what), faults


def test_a_change_of_any_part_of_an_entry_is_found(chain: Record) -> None:
    kept = chain.audit_of()[6].model_dump()
    for column in (one.name for one in table.c):
        other = kept[column] + (100 if isinstance(kept[column], int) else "0")
        found = table.c.hash == kept["hash"] if column != "hash" else row(7)
        with raw(chain) as connection:
            connection.execute(sa.update(table).where(found).values({column: other}))
        assert chain.verify_audit().faults, column
        with raw(chain) as connection:
            connection.execute(sa.update(table).where(table.c[column] == other).values({column: kept[column]}))
        assert chain.verify_audit().faults == (), column


def test_a_rebuilt_chain_shows_against_a_head_kept_elsewhere(chain: Record) -> None:
    kept = chain.verify_audit().head
    with raw(chain) as connection:
        entries = [dict(one) for one in connection.execute(sa.select(table).order_by(table.c.number)).mappings()]
        entries[4]["actor_id"] = "somebody else"
        connection.execute(sa.delete(table))
        connection.execute(sa.text("DELETE FROM audit_head"))
        connection.execute(sa.text("INSERT INTO audit_head VALUES (1, 0, '')"))
        audit.append(connection, Head(number=0, hash=""), entries)
    assert chain.verify_audit().faults == ()
    assert [fault.what for fault in chain.verify_audit(kept).faults] == ["head"]
    with chain.work(DOCTOR) as work:
        work.note("read", "patient")
    assert chain.verify_audit(chain.verify_audit().head).faults == ()


def test_a_chain_that_grew_still_holds_the_head_kept_elsewhere(chain: Record) -> None:
    kept = chain.verify_audit().head
    with chain.work(DOCTOR) as work:
        work.note("read", "patient")
    assert chain.verify_audit(kept).faults == ()
    assert [one.what for one in chain.verify_audit(Head(number=99, hash="f")).faults] == ["head"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor_id = 'x' WHERE number = 1",
        "DELETE FROM audit WHERE number = 12",
        "UPDATE audit_head SET number = 1",
        "DELETE FROM audit_head",
        "UPDATE patient_versions SET identifier = 'x'",
    ],
)
def test_the_database_itself_refuses_a_change(chain: Record, person: Patient, statement: str) -> None:
    with (
        pytest.raises(sa.exc.DatabaseError, match=r"only grows|only added|only moves on|has a head|never changed"),
        chain.engine.begin() as connection,
    ):
        connection.exec_driver_sql(statement)
    assert chain.verify_audit().faults == ()


def test_every_read_and_write_is_in_the_audit(record: Record) -> None:
    with record.work(DOCTOR) as work:
        person = patients.add(work, "B-1", 1961)
        visit = encounters.add(work, person.id, TODAY, case())
    steps = [
        (lambda w: patients.get(w, person.id), "read patient"),
        (lambda w: patients.find(w), "list patient"),
        (lambda w: patients.history(w, person.id), "read patient"),
        (lambda w: encounters.get(w, visit.id), "read encounter"),
        (lambda w: encounters.of(w, person.id), "read encounter"),
        (lambda w: encounters.history(w, visit.id), "read encounter"),
        (lambda w: encounters.write(w, visit.id, 1, case(), "r"), "correct encounter"),
        (lambda w: measurements.add(w, person.id, "pain", 3, "left", TODAY), "add measurement"),
        (lambda w: measurements.of(w, person.id), "read measurement"),
        (lambda w: treatments.start(w, person.id, TODAY, words="w"), "add treatment"),
        (lambda w: treatments.of(w, person.id), "read treatment"),
        (lambda w: diary.write(w, person.id, TODAY, left_pain=3), "add diary"),
        (lambda w: diary.of(w, person.id), "read diary"),
        (lambda w: diary.day(w, person.id, TODAY), "read diary"),
        (lambda w: outcomes.write(w, visit.id, 0, TODAY, "yes", words="w"), "add outcome"),
        (lambda w: outcomes.of(w, person.id), "read outcome"),
        (lambda w: outcomes.rows(w), "export outcome"),
        (lambda w: visits.timeline(w, person.id), "read assessment"),
        (lambda w: patients.archive(w, person.id), "archive patient"),
        (lambda w: patients.delete(w, person.id), "delete patient"),
    ]
    for step, said in steps:
        before = record.verify_audit().entries
        with record.work(DOCTOR) as work:
            step(work)  # type: ignore[no-untyped-call]
        entries = record.audit_of(after=before)
        assert said in [f"{one.action} {one.kind}" for one in entries], said
        assert {one.actor_id for one in entries} == {DOCTOR.id}
        assert person.id in json.dumps([one.model_dump() for one in entries])


def test_nothing_that_was_said_is_in_the_audit(record: Record, visit: Encounter) -> None:
    secret = "Zanzibar"
    with record.work(DOCTOR) as work:
        encounters.write(work, visit.id, 1, case().model_copy(update={"other_findings": (secret,)}), secret)
        one = measurements.add(work, visit.patient, "calf_circumference", 47.125, "left", TODAY)
        measurements.withdraw(work, one.id, 1, secret)
        course = treatments.start(work, visit.patient, TODAY, words=secret)
        treatments.stop(work, course.id, 1, TODAY, secret)
        diary.write(work, visit.patient, TODAY, note=secret, left_pain=7.125)
        outcomes.write(work, visit.id, 0, TODAY, "no", words=secret, why_not=secret)
        patients.find(work, secret)
        patients.correct(work, visit.patient, 1, secret, identifier=secret, label=secret)
        patients.add(work, f"{secret} 2")
    held = everything(record)
    assert sum(secret in text for text in held.values()) >= 5
    kept = re.sub(r"[0-9a-f]{32,}", "", held["audit"])  # Ids and hashes are random: they hold any four digits.
    for word in (secret, "47.125", "7.125", "1961", "B-1024", "female"):
        assert word not in kept


def test_a_role_that_does_not_own_the_tables_can_work_but_not_tamper(server: str) -> None:
    """As the page on deployment advises for PostgreSQL."""
    url = new_database(server)
    open_record(url).close()
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("CREATE ROLE worker LOGIN")
        owner.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO worker")
    record = open_record(url.replace("saphena@", "worker@"))
    with record.work(DOCTOR) as work:
        patients.add(work, "A")
    for statement in (
        "DROP TRIGGER audit_no_change ON audit",
        "ALTER TABLE audit DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
        "TRUNCATE audit",
        "DELETE FROM audit",
    ):
        with pytest.raises(sa.exc.DBAPIError), record.engine.begin() as connection:
            connection.exec_driver_sql(statement)
    assert record.verify_audit().faults == ()
    record.close()
