"""Records for the tests: every test that takes ``record`` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import datetime
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from saphena.case import Case
from saphena.records import Actor, Record, Settings, encounters, open_record, passwords, patients, tables
from saphena.records.shapes import Encounter, Patient
from tests.records.server import binaries, started

DOCTOR = Actor("clinician", "d" * 32)
BOSS = Actor("administrator", "b" * 32)
TODAY = datetime.date(2026, 3, 2)


class Clock:
    """Goes on by a millisecond each time it is looked at, and by more when told to."""

    def __init__(self) -> None:
        self.at = datetime.datetime(2026, 3, 2, 9, tzinfo=datetime.UTC)

    def __call__(self) -> datetime.datetime:
        self.on(milliseconds=1)
        return self.at

    def on(self, **time: float) -> None:
        self.at += datetime.timedelta(**time)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    programs = binaries()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (no /usr/lib/postgresql/*/bin/initdb)")
    with started(programs) as address:
        open_record(f"{address}/postgres").close()
        yield address


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("records") / "empty.db"
    open_record(f"sqlite:///{path}").close()
    return path


numbers = iter(range(1_000_000))


def new_database(server: str) -> str:
    name = f"record_{next(numbers)}"
    with psycopg.connect(f"{server}/template1", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{server}/{name}"


def emptied(server: str) -> str:
    """The one database that most tests share, as if it were new."""
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")  # Without triggers.
        connection.execute(f"TRUNCATE {', '.join(table.name for table in tables.metadata.sorted_tables)}")
        connection.execute("INSERT INTO audit_head VALUES (1, 0, '')")
    return f"{server}/postgres"


@pytest.fixture
def folder() -> Iterator[Path]:
    """In memory where there is such a place, for SQLite waits for the disk at every commit."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="saphena-", dir=memory if os.access(memory, os.W_OK) else None) as name:
        yield Path(name)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))])
def engine_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def empty_url(engine_name: str, request: pytest.FixtureRequest, folder: Path) -> Callable[[], str]:
    """Addresses of databases in which there is nothing yet."""
    if engine_name == "sqlite":
        return lambda: f"sqlite:///{folder / f'new{next(numbers)}.db'}"
    server = request.getfixturevalue("server")
    return lambda: new_database(server)


@pytest.fixture
def url(engine_name: str, request: pytest.FixtureRequest, folder: Path) -> str:
    """Address of a record without a patient."""
    if engine_name == "postgresql":
        return emptied(request.getfixturevalue("server"))
    path = folder / "record.db"
    shutil.copy(request.getfixturevalue("empty_file"), path)
    return f"sqlite:///{path}"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def record(url: str, clock: Clock) -> Iterator[Record]:
    opened = open_record(url, clock=clock, settings=Settings(labels=True))
    yield opened
    opened.close()


@pytest.fixture
def person(record: Record) -> Patient:
    with record.work(DOCTOR) as work:
        return patients.add(work, "B-1024", 1961, "female")


@pytest.fixture
def visit(record: Record, person: Patient) -> Encounter:
    with record.work(DOCTOR) as work:
        return encounters.add(work, person.id, TODAY, case(ache="present"))


@pytest.fixture(scope="session", autouse=True)
def real_passwords() -> Iterator[PasswordHasher]:
    """The real settings; the tests hash with the least work."""
    real, passwords.HASHER = passwords.HASHER, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    yield real
    passwords.HASHER = real


@contextmanager
def raw(record: Record) -> Iterator[sa.Connection]:
    """The database as an attacker has it who may do anything: without triggers and foreign keys."""
    with record.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.rollback()
            names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all()
            for name in names:
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
        else:
            connection.exec_driver_sql("SET session_replication_role = replica")
        yield connection
        connection.commit()
        connection.invalidate()


def everything(record: Record) -> dict[str, str]:
    """All that is kept, table by table, as text."""
    with record.snapshot() as connection:
        return {
            table.name: repr([tuple(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key))])
            for table in tables.metadata.sorted_tables
        }


def rows_of(record: Record, patient: str) -> dict[str, int]:
    """Counted by reading every column of every table, whatever the metadata says of it."""
    with record.snapshot() as connection:
        return {
            name: sum(patient in map(str, row) for row in connection.execute(sa.text(f'SELECT * FROM "{name}"')))
            for name in sa.inspect(connection).get_table_names()
        }


def case(age: float = 64, **findings: str) -> Case:
    return Case(age=age, sex="female", setting="primary_care", findings=dict(findings))
