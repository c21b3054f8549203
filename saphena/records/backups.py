"""Backups: every table as lines of JSON, the same for both engines, sealed at the end.

The first line says what the file is, the last one how many lines there are and their hash: a file that was cut short
or changed is refused. It can be read into either engine, so a record can move from SQLite to PostgreSQL.
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from saphena.records.connection import migrate, plain, revision
from saphena.records.errors import RecordFault
from saphena.records.tables import Instant
from saphena.version import VERSION

FORMAT = "saphena-backup-1"
MANY = 500


def write(connection: sa.Connection, path: Path) -> None:
    """All rows of a snapshot into a file readable by its owner only; whole or not at all."""
    if path.exists():
        raise RecordFault(str(path), "is there already", "Name a new file; backups are not overwritten")
    part = path.with_name(f".{path.name}.part")
    seal, count = hashlib.sha256(), 0
    try:
        with os.fdopen(os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            for line in _lines(connection):
                file.write(line)
                seal.update(line.encode())
                count += 1
            file.write(plain({"lines": count, "sha256": seal.hexdigest()}) + "\n")
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)


def read(connection: sa.Connection, path: Path) -> None:
    """Fill an empty database: tables as they were at the time of the backup, rows, then up to date."""
    _checked(path)
    if revision(connection) is not None:
        raise RecordFault("database", "is not empty", "Restore into a new database; nothing is ever overwritten")
    with path.open(encoding="utf-8") as file:
        header = json.loads(next(file))
        migrate(connection, header["revision"])
        reflected = sa.MetaData()
        reflected.reflect(connection)
        rows: list[dict[str, Any]] = []
        table: sa.Table | None = None
        for line in file:
            content = json.loads(line)
            if "table" not in content:
                break
            if table is None or table.name != content["table"] or len(rows) >= MANY:
                _insert(connection, table, rows)
                table, rows = reflected.tables[content["table"]], []
            rows.append({name: decoded(table.c[name], value) for name, value in content["row"].items()})
        _insert(connection, table, rows)
    migrate(connection)


def encoded(value: Any) -> Any:
    """A value of a row as JSON has it."""
    if isinstance(value, datetime.datetime):
        return (value if value.tzinfo else value.replace(tzinfo=datetime.UTC)).astimezone(datetime.UTC).isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.isoformat() if isinstance(value, datetime.date) else value


def decoded(column: sa.Column[Any], value: Any) -> Any:
    """A value of JSON as the column of a table takes it."""
    if value is None:
        return None
    if isinstance(column.type, sa.DateTime | Instant):
        return datetime.datetime.fromisoformat(value)
    if isinstance(column.type, sa.LargeBinary):
        return base64.b64decode(value)
    return datetime.date.fromisoformat(value) if isinstance(column.type, sa.Date) else value


def _insert(connection: sa.Connection, table: sa.Table | None, rows: list[dict[str, Any]]) -> None:
    if table is None or not rows:
        return
    if connection.dialect.name == "sqlite":
        for row in rows:
            for name, value in row.items():
                if isinstance(value, datetime.datetime):
                    row[name] = value.astimezone(datetime.UTC).replace(tzinfo=None)
    if table.name == "audit_head":  # Made by the migration; its trigger lets it move on only.
        if rows[0]["number"]:
            connection.execute(sa.update(table).values(rows[0]))
        return
    connection.execute(sa.insert(table), rows)


def _lines(connection: sa.Connection) -> Iterator[str]:
    header = {"format": FORMAT, "revision": revision(connection), "software": VERSION}
    yield plain(header) + "\n"
    reflected = sa.MetaData()
    reflected.reflect(connection)
    for table in reflected.sorted_tables:
        if table.name == "alembic_version":
            continue
        query = sa.select(table).order_by(*table.primary_key)
        found = connection.execute(query, execution_options={"yield_per": MANY})
        for row in found.mappings():
            content = {name: encoded(value) for name, value in row.items()}
            yield plain({"table": table.name, "row": content}) + "\n"


def _checked(path: Path) -> None:
    """Read the file once through: is it a backup, and all of it?"""
    seal, count, first, last = hashlib.sha256(), 0, "", ""
    try:
        with path.open(encoding="utf-8") as file:
            for line in file:
                if last:
                    seal.update(last.encode())
                    count += 1
                first, last = first or line, line
        end = {"lines": count, "sha256": seal.hexdigest()}
        whole = json.loads(first).get("format") == FORMAT and json.loads(last) == end
    except OSError as error:
        raise RecordFault(str(path), f"cannot be read ({error.strerror})", "Check path and rights") from None
    except (ValueError, AttributeError):
        whole = False
    if not whole:
        message = "is no backup of Saphena, or not all of it is there as it was written"
        raise RecordFault(str(path), message, "Use another backup")
