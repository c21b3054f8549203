"""Reaching the database: its address, how SQLite is set, and bringing its tables up to date."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from platformdirs import user_data_path
from sqlalchemy.engine import URL, make_url

from saphena.records.errors import NewerDatabase, RecordFault

MIGRATIONS = Path(__file__).parent / "migrations"
MIGRATION_LOCK = 7_268_742_163
"""Any number of our own: PostgreSQL lets one process at a time bring the tables up to date."""
FORMS = "Write sqlite:///path/to/record.db or postgresql://user@host/database"


def default_url() -> str:
    """SQLite in the user's data folder."""
    return f"sqlite:///{user_data_path('saphena', appauthor=False) / 'record.db'}"


def parsed(url: str) -> URL:
    """The address of a database, checked; PostgreSQL is reached by psycopg."""
    try:
        address = make_url(url)
    except sa.exc.ArgumentError:
        # The text itself may hold a password, so it is not repeated.
        raise RecordFault("database", "the address cannot be read", FORMS) from None
    kind = address.drivername.partition("+")[0]
    if kind in ("postgresql", "postgres"):
        return address.set(drivername="postgresql+psycopg")
    if kind != "sqlite":
        raise RecordFault("database", f"{kind} is not supported", FORMS)
    if not address.database or address.database == ":memory:" or address.database.startswith("file:"):
        raise RecordFault("database", "the address names no file", FORMS)
    return address.set(drivername="sqlite+pysqlite")


def shown(address: URL) -> str:
    """The address without its password."""
    return address.render_as_string(hide_password=True)


def connected(address: URL, busy_seconds: float, create: bool) -> sa.Engine:
    """An engine; the file of SQLite is made if need be, readable by its owner only."""
    if address.get_backend_name() == "sqlite":
        _file(Path(address.database or ""), create)
        engine = sa.create_engine(
            address,
            connect_args={"timeout": busy_seconds, "check_same_thread": False},
            json_serializer=plain,
            pool_size=20,
            max_overflow=20,
        )
        sa.event.listen(engine, "connect", _sqlite)
        sa.event.listen(engine, "begin", _begin)
        return engine
    return sa.create_engine(
        address,
        connect_args={"options": f"-c lock_timeout={int(busy_seconds * 1000)}", "connect_timeout": 10},
        json_serializer=plain,
        pool_pre_ping=True,
        pool_size=20,
        max_overflow=20,
    )


def canonical(value: Any) -> str:
    """JSON in one form only: sorted, without spaces, without numbers that JSON does not have."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def plain(value: Any) -> str:
    """JSON as it was written, in its order."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False)


def _file(path: Path, create: bool) -> None:
    if path.exists():
        return
    if not create:
        raise RecordFault(str(path), "there is no record", "Check the path, or start saphena serve once")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise RecordFault(str(path), f"cannot be made ({error.strerror})", "Check path and rights") from None


def _sqlite(connection: Any, _: object) -> None:
    """Settings of every connection: what is committed is on the disk, what is deleted is overwritten."""
    connection.isolation_level = None  # Transactions begin as ``_begin`` says, not as the driver guesses.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")
    # SQLite's own knows English letters only, and a search has to find others too.
    connection.create_function("lower", 1, lambda text: text and text.lower(), deterministic=True)


def _begin(connection: sa.Connection) -> None:
    """Writers wait at the start, not in the middle, where waiting could no longer be undone."""
    connection.exec_driver_sql(f"BEGIN {connection.get_execution_options().get('begin', 'IMMEDIATE')}")


def _config(connection: sa.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def revision(connection: sa.Connection) -> str | None:
    """Revision of the tables; None in an empty database."""
    names = sa.inspect(connection).get_table_names()
    if "alembic_version" in names:
        found: str | None = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
        return found
    if names:
        raise RecordFault(
            "database", "holds tables of something else", "Name a database of its own, empty or of Saphena"
        )
    return None


def migrate(connection: sa.Connection, target: str = "head", *, down: bool = False) -> None:
    """Bring the tables to a revision, all of it or nothing."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
    present = revision(connection)
    config = _config(connection)
    scripts = ScriptDirectory.from_config(config)
    known = {script.revision for script in scripts.walk_revisions()}
    for one in (present, None if target in ("head", "base") else target):
        if one is not None and one not in known:
            raise NewerDatabase(
                "database", f"was written by a later version of Saphena (revision {one})", "Update Saphena"
            )
    if down:
        command.downgrade(config, target)
    elif present != scripts.get_current_head():
        command.upgrade(config, target)
