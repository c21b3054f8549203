"""Bringing tables up and down with what is in them, and refusing what is no record or a later one."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from saphena.faults import Faulty
from saphena.model.network import Model
from saphena.records import (
    NewerDatabase,
    Record,
    Refused,
    accounts,
    api_tokens,
    connection,
    open_record,
    patients,
    retention,
    tables,
    visits,
)
from saphena.records.shapes import RetentionPolicy
from tests.records.conftest import BOSS, DOCTOR, everything
from tests.records.filled import filled


def test_the_migrations_make_the_tables_as_they_are_written(record: Record) -> None:
    with record.snapshot() as reached:
        context = MigrationContext.configure(reached, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []


def test_down_and_up_again_keeps_what_both_revisions_know(record: Record, small: Model, url: str) -> None:
    patient = filled(record, small)
    with record.work(BOSS) as work:
        account, token = accounts.add(work, "Anna", ("clinician",))
        api_tokens.make(work, account, "statistics", ("clinician",), 1)
        retention.set_policy(work, RetentionPolicy(drafts=7))
    accounts.set_password(record, token, "four plain words here")
    accounts.log_in(record, "Anna", "four plain words here")
    with pytest.raises(Refused):
        accounts.log_in(record, "Anna", "wrong")
    kept = everything(record)
    assert "[]" not in kept.values()
    record.close()
    for earlier, without in (("0003", ""), ("0002", "api_tokens"), ("0001", "links")):
        with record.engine.begin() as reached:
            connection.migrate(reached, earlier, down=True)
            names = set(sa.inspect(reached).get_table_names())
        assert "patients" in names
        assert without not in names
        record.close()
        again = open_record(url)
        kept = {name: held if name in names else "[]" for name, held in kept.items()}
        assert everything(again) == kept
        assert again.verify_audit().faults == ()
        with pytest.raises(sa.exc.DatabaseError), again.engine.begin() as reached:
            reached.exec_driver_sql("UPDATE patient_versions SET identifier = 'x'")
        with again.work(DOCTOR) as work:
            assert len(visits.timeline(work, patient).encounters) == 1
        kept |= {name: held for name, held in everything(again).items() if name.startswith("audit")}
        again.close()
    with record.engine.begin() as reached:
        connection.migrate(reached, "base", down=True)
        assert sa.inspect(reached).get_table_names() == ["alembic_version"]
    whole = open_record(url)  # And up from nothing, for the tests that follow.
    assert whole.verify_audit().entries == 0
    whole.close()


def test_a_later_database_is_refused(record: Record, url: str) -> None:
    with record.engine.begin() as reached:
        present = connection.revision(reached)
        reached.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(NewerDatabase, match=r"later version of Saphena \(revision 9999\)\. Update Saphena"):
        open_record(url)
    with record.engine.begin() as reached:
        reached.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{present}'")
    open_record(url).close()


def test_a_database_of_something_else_is_left_alone(empty_url: Callable[[], str]) -> None:
    url = empty_url()
    engine = connection.connected(connection.parsed(url), 5, create=True)
    with engine.begin() as reached:
        reached.exec_driver_sql("CREATE TABLE invoices (id INTEGER)")
    with pytest.raises(Faulty, match="holds tables of something else"):
        open_record(url)
    with engine.connect() as reached:
        assert sa.inspect(reached).get_table_names() == ["invoices"]
    engine.dispose()


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "new" / "record.db"
    record = open_record(f"sqlite:///{path}")
    with record.work(DOCTOR) as work:
        patients.add(work, "A")
        kept = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    record.close()
    assert kept == {"record.db": 0o600, "record.db-wal": 0o600, "record.db-shm": 0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    with record.engine.connect() as reached:
        for pragma, value in (("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("secure_delete", 1)):
            assert reached.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://root:secret@host/db", "mysql is not supported. Write sqlite:///path"),
        ("sqlite://", "the address names no file"),
        ("sqlite:///:memory:", "the address names no file"),
        ("nonsense", "the address cannot be read"),
        ("postgresql://me:secret@127.0.0.1:1/db", "the database cannot be used"),
        ("sqlite:////dev/null/no/record.db", "/dev/null/no/record.db: cannot be made (Not a directory)"),
    ],
)
def test_an_address_that_leads_nowhere_is_refused(url: str, said: str) -> None:
    with pytest.raises(Faulty) as refused:
        open_record(url)
    assert said in str(refused.value)
    assert "secret" not in str(refused.value)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "letter.db"
    path.write_text("Dear colleague, " * 100)
    with pytest.raises(Faulty, match="is no database, or is damaged"):
        open_record(f"sqlite:///{path}")
    with pytest.raises(Faulty, match="there is no record"):
        open_record(f"sqlite:///{tmp_path / 'none.db'}", create=False)
    assert not (tmp_path / "none.db").exists()
