"""Out, in again, and gone: export, import, deletion, retention, backup and restore."""

from __future__ import annotations

import datetime
import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from saphena.faults import Faulty
from saphena.model.network import Model
from saphena.records import (
    SYSTEM,
    Conflict,
    NotFound,
    Record,
    Refused,
    accounts,
    diary,
    links,
    open_record,
    patients,
    restore,
    retention,
    tables,
    transfer,
    visits,
)
from saphena.records.shapes import Patient, RetentionPolicy
from tests.records.conftest import BOSS, DOCTOR, TODAY, Clock, everything, rows_of
from tests.records.filled import MARK, filled

OF_NOBODY = {"audit", "audit_head", "accounts", "one_time_tokens", "sessions", "wrong_tries", "settings", "api_tokens"}
"""Tables without rows of patients. A new table is named here, or has a column ``patient``."""


def test_every_table_is_of_patients_or_known_not_to_be() -> None:
    of_patients = {table.name for table in tables.of_patients()}
    assert of_patients == set(tables.metadata.tables) - OF_NOBODY


def test_an_export_holds_every_row(record: Record, small: Model) -> None:
    patient = filled(record, small)
    filled(record, small, "somebody else")
    before = rows_of(record, patient)
    with record.work(BOSS) as work:
        exported = transfer.export_patient(work, patient)
    held = {name: len(rows) for name, rows in exported["tables"].items()}
    assert all(held.values()), held
    assert {name: before[name] for name in held} == held
    assert len(exported["audit"]) == before["audit"]
    text = json.dumps(exported)
    assert text.count(MARK) > 12
    assert "somebody else" not in text


def test_an_export_comes_in_again(record: Record, small: Model, empty_url: Callable[[], str]) -> None:
    patient = filled(record, small)
    with record.work(BOSS) as work:
        before = visits.timeline(work, patient)
        exported = json.loads(json.dumps(transfer.export_patient(work, patient)))
    other = open_record(empty_url())
    with other.work(BOSS) as work:
        transfer.import_patient(work, exported)
        assert visits.timeline(work, patient) == before
        assert all(one.revoked_at is not None for one in links.of(work, patient))
        with pytest.raises(Conflict, match="this patient is already here"):
            transfer.import_patient(work, exported)
    with other.work(DOCTOR) as work, pytest.raises(Refused):
        transfer.import_patient(work, exported)
    other.close()


def test_a_damaged_export_changes_nothing(record: Record, small: Model, empty_url: Callable[[], str]) -> None:
    patient = filled(record, small)
    with record.work(BOSS) as work:
        whole = json.dumps(transfer.export_patient(work, patient))
    other = open_record(empty_url())

    def damaged(change: Callable[[dict], object]) -> None:  # type: ignore[type-arg]
        exported = json.loads(whole)
        change(exported)
        before = everything(other)
        with pytest.raises(Faulty, match="import: "), other.work(BOSS) as work:
            transfer.import_patient(work, exported)
        assert everything(other) == before

    damaged(lambda e: e.pop("format"))
    damaged(lambda e: e.update(patient="x"))
    damaged(lambda e: e.update(revision="0001"))
    damaged(lambda e: e.pop("tables"))
    damaged(lambda e: e.update(tables=[1]))
    damaged(lambda e: e["tables"]["patients"].clear())
    damaged(lambda e: e["tables"]["entries"].clear())
    damaged(lambda e: e["tables"]["entries"][1].update(number=7))
    damaged(lambda e: e["tables"]["treatment_versions"].pop())
    damaged(lambda e: e["tables"]["encounter_versions"][0].update(case={"age": "old"}))
    damaged(lambda e: e["tables"]["measurement_versions"][1].update(value="much"))
    damaged(lambda e: e["tables"]["measurement_versions"][0].update(patient="0" * 32))
    damaged(lambda e: e["tables"]["measurement_versions"][0].pop("value"))
    damaged(lambda e: e["tables"]["links"][0].update(created="yesterday"))
    damaged(lambda e: e["tables"].update(links=7))
    with other.work(BOSS) as work:
        patients.add(work, MARK)
    damaged(lambda e: None)  # Its identifier is taken.
    other.close()


def test_deletion_leaves_nothing_but_the_audit(record: Record, small: Model, url: str) -> None:
    patient = filled(record, small)
    with record.work(BOSS) as work:
        stays = patients.add(work, "stays").id
        deleted = patients.delete(work, patient)
    assert set(deleted.rows) == {table.name for table in tables.of_patients()}
    left = rows_of(record, patient)
    assert left.pop("audit") > 0
    assert not any(left.values())
    assert not any(MARK in text for text in everything(record).values())
    with record.work(BOSS) as work:
        assert [one.id for one in patients.find(work)] == [stays]
        with pytest.raises(NotFound):
            visits.timeline(work, patient)
    [tombstone] = [one for one in record.audit_of(patient) if one.action == "delete"]
    assert json.loads(tombstone.details)["rows"] == deleted.rows
    assert record.verify_audit().faults == ()
    record.close()
    if url.startswith("sqlite"):  # Nor in what is free in the file.
        path = Path(url.removeprefix("sqlite:///"))
        assert not any(MARK.encode() in file.read_bytes() for file in path.parent.glob(f"{path.name}*"))


def test_examples_go_at_one_touch(record: Record, small: Model, person: Patient) -> None:
    example = filled(record, small, example=True)
    with record.work(DOCTOR) as work:
        assert [one.patient for one in patients.delete_examples(work)] == [example]
        assert patients.find(work) == [person]


def test_retention_deletes_what_is_over_its_time(record: Record, small: Model, clock: Clock) -> None:
    kept, gone = filled(record, small), filled(record, small, "to be archived")
    with record.work(BOSS) as work:
        loose, _ = links.make(work, "interview")
        links.consent(work, loose.id, "interview 1", "en", "patient")
        links.save_draft(work, loose.id, 0, {"a": 1})
        assert retention.policy(work) == RetentionPolicy(drafts=30, links=30, diary=0, archived=0)
        retention.set_policy(work, RetentionPolicy(drafts=20, links=10, diary=5, archived=40))
        patients.archive(work, gone)

    def applied(dry_run: bool = False) -> tuple[int, int, int, tuple[str, ...]]:
        with record.work(SYSTEM) as work:
            report = retention.apply(work, dry_run=dry_run)
        assert report.dry_run == dry_run
        return report.drafts, report.links, report.diary, report.patients

    assert applied() == (0, 0, 0, ())
    clock.on(days=5)  # The diary has yesterday and today for each.
    before = everything(record)
    assert applied(dry_run=True) == (0, 0, 2, ())
    assert everything(record) == before
    assert applied() == (0, 0, 2, ())
    with record.work(DOCTOR) as work:
        assert [one.date for one in diary.of(work, kept)] == [TODAY]
    clock.on(days=15, hours=1)
    assert applied() == (3, 0, 2, ())
    clock.on(days=4)  # Links are open for 14 days, and kept 10 more.
    assert applied() == (0, 3, 0, ())
    clock.on(days=16)
    assert applied() == (0, 0, 0, (gone,))
    assert applied() == (0, 0, 0, ())
    held = everything(record)
    assert (held["links"], held["drafts"], held["diary_versions"]) == ("[]", "[]", "[]")
    assert held["consents"].count("'en'") == 1  # Of the patient who is still here.
    assert record.verify_audit().faults == ()
    with record.work(DOCTOR) as work, pytest.raises(Refused):
        retention.apply(work)


@pytest.mark.parametrize("other", ["same engine", "sqlite"])
def test_a_backup_comes_back_as_it_was(
    record: Record, small: Model, empty_url: Callable[[], str], tmp_path: Path, other: str
) -> None:
    filled(record, small)
    with record.work(BOSS) as work:
        _, token = accounts.add(work, "Анна", ("administrator",))
        retention.set_policy(work, RetentionPolicy(drafts=7))
    accounts.set_password(record, token, "four plain words here")
    path = tmp_path / "backup.jsonl"
    record.backup(path, SYSTEM)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    url = empty_url() if other == "same engine" else f"sqlite:///{tmp_path / 'moved.db'}"
    report = restore(path, url, SYSTEM)
    assert report.faults == ()
    assert report.head == record.verify_audit().head
    back = open_record(url, clock=record.clock)
    before, after = everything(record), everything(back)
    for held in (before, after):  # That it was restored is one entry more.
        held.pop("audit"), held.pop("audit_head")
    assert after == before
    accounts.log_in(back, "анна", "four plain words here")
    assert back.audit_of(after=report.entries)[0].action == "restore"
    back.close()
    with pytest.raises(Faulty, match="is not empty"):
        restore(path, url, SYSTEM)
    with pytest.raises(Faulty, match="is there already"):
        record.backup(path, SYSTEM)


def test_a_backup_is_of_one_moment_while_others_write(record: Record, person: Patient, tmp_path: Path) -> None:
    with record.snapshot() as connection:
        connection.execute(sa.select(tables.audit_head)).all()  # The moment.
        with record.work(DOCTOR) as work:
            patients.add(work, "later")
        seen = connection.execute(sa.select(sa.func.count()).select_from(tables.patients)).scalar()
    assert seen == 1


def test_a_backup_that_is_not_whole_is_refused(record: Record, person: Patient, tmp_path: Path) -> None:
    path, target = tmp_path / "backup.jsonl", tmp_path / "new" / "record.db"
    record.backup(path, SYSTEM)
    whole = path.read_text()
    for broken in (
        "",
        "hello",
        "[]",
        whole[:-5],
        whole[: len(whole) // 2],
        whole.replace("B-1024", "B-1025"),
        whole + whole,
    ):
        path.write_text(broken)
        with pytest.raises(Faulty, match="is no backup of Saphena, or not all of it is there"):
            restore(path, f"sqlite:///{target}", SYSTEM)
        assert not target.exists()
    with pytest.raises(Faulty, match="cannot be read"):
        restore(tmp_path / "none", f"sqlite:///{target}", SYSTEM)


def test_a_backup_of_an_earlier_revision_is_brought_up_to_date(record: Record, person: Patient, tmp_path: Path) -> None:
    from saphena.records.connection import migrate

    with record.engine.begin() as connection:
        migrate(connection, "0001", down=True)
    record.backup(tmp_path / "old.jsonl", SYSTEM)
    assert "one_time_tokens" not in (tmp_path / "old.jsonl").read_text()
    assert restore(tmp_path / "old.jsonl", f"sqlite:///{tmp_path / 'new.db'}", SYSTEM).faults == ()
    back = open_record(f"sqlite:///{tmp_path / 'new.db'}")
    with back.work(DOCTOR) as work:
        assert [one.identifier for one in patients.find(work)] == ["B-1024"]
        links.make(work, "diary", person.id)
    back.close()
    with record.engine.begin() as connection:
        migrate(connection)


def test_dates_are_what_they_were_on_both_engines(record: Record, person: Patient) -> None:
    with record.work(DOCTOR) as work:
        assert patients.get(work, person.id).at == person.at
    assert person.at.tzinfo == datetime.UTC
