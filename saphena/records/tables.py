"""The tables, for SQLite and PostgreSQL alike.

Whatever belongs to a patient has a column ``patient``: export and deletion are made from that, so a new table cannot
be forgotten. Times are UTC. Rows of the ``..._versions`` tables are never changed: a correction is one more row.
"""

from __future__ import annotations

import datetime
import json
import zlib
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect


class Instant(sa.types.TypeDecorator[datetime.datetime]):
    """A moment in UTC; SQLite keeps no time zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime.datetime | None, dialect: Dialect) -> datetime.datetime | None:
        """On its way in."""
        if value is None:
            return None
        utc = value.astimezone(datetime.UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime.datetime | None, dialect: Dialect) -> datetime.datetime | None:
        """On its way out."""
        if value is None:
            return None
        return value.replace(tzinfo=datetime.UTC) if value.tzinfo is None else value.astimezone(datetime.UTC)


class Packed(sa.types.TypeDecorator[Any]):
    """JSON that is large and seldom read, compressed."""

    impl = sa.LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        """On its way in."""
        return (
            None if value is None else zlib.compress(json.dumps(value, separators=(",", ":"), allow_nan=False).encode())
        )

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:
        """On its way out."""
        return None if value is None else json.loads(zlib.decompress(value))


metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Column = sa.Column[Any]


def _patient(optional: bool = False) -> Column:
    return sa.Column("patient", sa.ForeignKey("patients.patient"), nullable=optional, index=True)


def _versions(name: str, *content: Column | sa.UniqueConstraint) -> sa.Table:
    """A table of versions: who wrote it, when and why, and the content."""
    return sa.Table(
        name,
        metadata,
        sa.Column("id", sa.ForeignKey("entries.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        _patient(),
        *_stamp(),
        sa.Column("reason", sa.Text),
        sa.Column("withdrawn", sa.Boolean, nullable=False),
        *content,
    )


def _stamp() -> tuple[Column, ...]:
    return (
        sa.Column("at", Instant, nullable=False),
        sa.Column("by_kind", sa.Text, nullable=False),
        sa.Column("by_id", sa.Text, nullable=False),
        sa.Column("said_by", sa.Text),
    )


audit = sa.Table(
    "audit",
    metadata,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("actor_kind", sa.Text, nullable=False),
    sa.Column("actor_id", sa.Text, nullable=False),
    sa.Column("said_by", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False, index=True),
    sa.Column("entry", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("details", sa.Text, nullable=False),
    sa.Column("previous", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
)
"""Append-only, by triggers. ``subject`` is the patient; it is no foreign key, since the audit outlives the patient."""

audit_head = sa.Table(
    "audit_head",
    metadata,
    sa.Column("only", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("number", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
)
"""One row: the last entry of the audit. A unit of work holds its lock, so that units follow one another."""

patients = sa.Table(
    "patients",
    metadata,
    sa.Column("patient", sa.Text, primary_key=True),
    sa.Column("example", sa.Boolean, nullable=False),
    sa.Column("archived_at", Instant),
    sa.Column("added_at", Instant, nullable=False),
)

entries = sa.Table(
    "entries",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    _patient(),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
)
"""Everything that has versions, with the number of the present one."""

patient_versions = _versions(
    "patient_versions",
    sa.Column("identifier", sa.Text, nullable=False, index=True),
    sa.Column("birth_year", sa.Integer),
    sa.Column("sex", sa.Text, nullable=False),
    sa.Column("label", sa.Text),
)

encounter_versions = _versions(
    "encounter_versions",
    sa.Column("date", sa.Date, nullable=False),
    sa.Column("setting", sa.Text, nullable=False),
    sa.Column("origin", sa.Text, nullable=False),
    sa.Column("case", sa.JSON(none_as_null=True), nullable=False),
)

measurement_versions = _versions(
    "measurement_versions",
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("instrument", sa.Text),
    sa.Column("leg", sa.Text),
    sa.Column("value", sa.Double, nullable=False),
    sa.Column("unit", sa.Text, nullable=False),
    sa.Column("date", sa.Date, nullable=False),
    sa.Column("origin", sa.Text, nullable=False),
    sa.Column("encounter", sa.ForeignKey("entries.id"), index=True),
)

treatment_versions = _versions(
    "treatment_versions",
    sa.Column("treatment", sa.Text),
    sa.Column("words", sa.Text),
    sa.Column("leg", sa.Text),
    sa.Column("since", sa.Date, nullable=False),
    sa.Column("until", sa.Date),
    sa.Column("why_stopped", sa.Text),
    sa.Column("encounter", sa.ForeignKey("entries.id"), index=True),
)

outcome_versions = _versions(
    "outcome_versions",
    sa.Column("encounter", sa.ForeignKey("entries.id"), nullable=False),
    sa.Column("date", sa.Date, nullable=False),
    sa.Column("conditions", sa.JSON(none_as_null=True), nullable=False),
    sa.Column("over", sa.JSON(none_as_null=True), nullable=False),
    sa.Column("words", sa.Text),
    sa.Column("agreement", sa.Text, nullable=False),
    sa.Column("why_not", sa.Text),
    sa.Column("triage", sa.Text),
    sa.Column("why_triage", sa.Text),
    sa.Column("assessment", sa.ForeignKey("assessments.id")),
    sa.UniqueConstraint("encounter", "number"),
)

diary_versions = _versions(
    "diary_versions",
    sa.Column("date", sa.Date, nullable=False),
    sa.Column("right_heaviness", sa.Double),
    sa.Column("left_heaviness", sa.Double),
    sa.Column("right_pain", sa.Double),
    sa.Column("left_pain", sa.Double),
    sa.Column("evening_swelling", sa.Text),
    sa.Column("note", sa.Text),
    sa.Column("link", sa.Text),
    sa.UniqueConstraint("patient", "date", "number"),
)

assessments = sa.Table(
    "assessments",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    _patient(),
    sa.Column("encounter", sa.ForeignKey("entries.id"), nullable=False, index=True),
    sa.Column("case_number", sa.Integer, nullable=False),
    *_stamp(),
    sa.Column("software", sa.Text, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("care", sa.Text, nullable=False),
    sa.Column("assessment", Packed, nullable=False),
)

links = sa.Table(
    "links",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    _patient(optional=True),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("token_hash", sa.Text, nullable=False, unique=True),
    sa.Column("created", Instant, nullable=False),
    sa.Column("expires", Instant, nullable=False),
    sa.Column("revoked_at", Instant),
    sa.Column("handed_over_at", Instant),
    sa.Column("encounter", sa.ForeignKey("entries.id")),
    sa.Column("code_hash", sa.Text, unique=True),
    sa.Column("code_expires", Instant),
)

consents = sa.Table(
    "consents",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    _patient(optional=True),
    sa.Column("link", sa.ForeignKey("links.id"), index=True),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("said_by", sa.Text, nullable=False),
    sa.Column("withdrawn_at", Instant),
)

drafts = sa.Table(
    "drafts",
    metadata,
    sa.Column("link", sa.ForeignKey("links.id"), primary_key=True),
    _patient(optional=True),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("answers", sa.JSON(none_as_null=True), nullable=False),
)

accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("roles", sa.JSON(none_as_null=True), nullable=False),
    sa.Column("password", sa.Text),
    sa.Column("must_change_password", sa.Boolean, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("issuer", sa.Text),
    sa.Column("oidc_subject", sa.Text),
    sa.Column("created", Instant, nullable=False),
    sa.UniqueConstraint("issuer", "oidc_subject"),
)

account_patients = sa.Table(
    "account_patients",
    metadata,
    sa.Column("account", sa.ForeignKey("accounts.id"), primary_key=True),
    sa.Column("patient", sa.ForeignKey("patients.patient"), primary_key=True, index=True),
)

one_time_tokens = sa.Table(
    "one_time_tokens",
    metadata,
    sa.Column("hash", sa.Text, primary_key=True),
    sa.Column("account", sa.ForeignKey("accounts.id"), nullable=False, index=True),
    sa.Column("expires", Instant, nullable=False),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("hash", sa.Text, nullable=False, unique=True),
    sa.Column("account", sa.ForeignKey("accounts.id"), nullable=False, index=True),
    sa.Column("created", Instant, nullable=False),
    sa.Column("last_seen", Instant, nullable=False),
    sa.Column("expires", Instant, nullable=False),
)

api_tokens = sa.Table(
    "api_tokens",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("account", sa.ForeignKey("accounts.id"), nullable=False, index=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("roles", sa.JSON(none_as_null=True), nullable=False),
    sa.Column("hash", sa.Text, nullable=False, unique=True),
    sa.Column("created", Instant, nullable=False),
    sa.Column("expires", Instant, nullable=False),
    sa.Column("last_used", sa.Date),
    sa.Column("revoked_at", Instant),
)

wrong_tries = sa.Table(
    "wrong_tries",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("last", Instant, nullable=False),
    sa.Column("locked_until", Instant),
)

settings = sa.Table(
    "settings",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.JSON(none_as_null=True), nullable=False),
)


def of_patients() -> list[sa.Table]:
    """Tables with rows of patients, those that others refer to first."""
    return [table for table in metadata.sorted_tables if "patient" in table.c]
