"""Assessments are kept packed: a sixth of the room."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """To this revision."""
    _turned(
        sa.Column("packed", sa.LargeBinary(), nullable=False, server_default=sa.text("''")),
        "CAST(assessment AS TEXT)",
        lambda text: zlib.compress(text.encode()),
    )


def downgrade() -> None:
    """Back from it: as plain JSON again."""
    _turned(
        sa.Column("packed", sa.JSON(none_as_null=True), nullable=False, server_default=sa.text("'null'")),
        "assessment",
        lambda packed: zlib.decompress(packed).decode(),
    )


def _turned(column: sa.Column, read: str, turn: Callable) -> None:  # type: ignore[type-arg]
    """The column anew, row by row, so that memory holds one assessment at a time."""
    connection = op.get_bind()
    op.add_column("assessments", column)
    ids = connection.execute(sa.text("SELECT id FROM assessments ORDER BY id")).scalars().all()
    one = sa.text(f"SELECT {read} FROM assessments WHERE id = :id")  # noqa: S608
    table = sa.table("assessments", sa.column("id"), sa.column("packed", column.type))
    for id_ in ids:
        value = turn(connection.execute(one, {"id": id_}).scalar_one())
        value = json.loads(value) if isinstance(column.type, sa.JSON) else value
        connection.execute(table.update().where(table.c.id == id_).values(packed=value))
    op.execute("ALTER TABLE assessments DROP COLUMN assessment")
    op.execute("ALTER TABLE assessments RENAME COLUMN packed TO assessment")
    if connection.dialect.name == "postgresql":
        op.alter_column("assessments", "assessment", server_default=None)
