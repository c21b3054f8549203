"""Audit, patients, visits and what is measured, treated, found and assessed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import SchemaItem

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "audit",
    "audit_head",
    "patients",
    "settings",
    "entries",
    "assessments",
    "diary_versions",
    "encounter_versions",
    "measurement_versions",
    "patient_versions",
    "treatment_versions",
    "outcome_versions",
)


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "audit",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=False),
        sa.Column("said_by", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_audit"),
    )
    op.create_index("ix_audit_subject", "audit", ["subject"])
    op.create_table(
        "audit_head",
        sa.Column("only", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("only", name="pk_audit_head"),
    )
    op.create_table(
        "patients",
        sa.Column("patient", sa.Text(), nullable=False),
        sa.Column("example", sa.Boolean(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("patient", name="pk_patients"),
    )
    op.create_table(
        "settings",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_settings"),
    )
    op.create_table(
        "entries",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("patient", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["patient"], ["patients.patient"], name="fk_entries_patient"),
        sa.PrimaryKeyConstraint("id", name="pk_entries"),
    )
    op.create_index("ix_entries_patient", "entries", ["patient"])
    op.create_table(
        "assessments",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("patient", sa.Text(), nullable=False),
        sa.Column("encounter", sa.Text(), nullable=False),
        sa.Column("case_number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_kind", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Text(), nullable=False),
        sa.Column("said_by", sa.Text(), nullable=True),
        sa.Column("software", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("care", sa.Text(), nullable=False),
        sa.Column("assessment", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(["encounter"], ["entries.id"], name="fk_assessments_encounter"),
        sa.ForeignKeyConstraint(["patient"], ["patients.patient"], name="fk_assessments_patient"),
        sa.PrimaryKeyConstraint("id", name="pk_assessments"),
    )
    op.create_index("ix_assessments_encounter", "assessments", ["encounter"])
    op.create_index("ix_assessments_patient", "assessments", ["patient"])
    _versions(
        "diary_versions",
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("right_heaviness", sa.Double(), nullable=True),
        sa.Column("left_heaviness", sa.Double(), nullable=True),
        sa.Column("right_pain", sa.Double(), nullable=True),
        sa.Column("left_pain", sa.Double(), nullable=True),
        sa.Column("evening_swelling", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("link", sa.Text(), nullable=True),
        sa.UniqueConstraint("patient", "date", "number", name="uq_diary_versions_patient_date_number"),
    )
    _versions(
        "encounter_versions",
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("setting", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("case", sa.JSON(none_as_null=True), nullable=False),
    )
    _versions(
        "measurement_versions",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("instrument", sa.Text(), nullable=True),
        sa.Column("leg", sa.Text(), nullable=True),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("encounter", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["encounter"], ["entries.id"], name="fk_measurement_versions_encounter"),
    )
    op.create_index("ix_measurement_versions_encounter", "measurement_versions", ["encounter"])
    _versions(
        "patient_versions",
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("birth_year", sa.Integer(), nullable=True),
        sa.Column("sex", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=True),
    )
    op.create_index("ix_patient_versions_identifier", "patient_versions", ["identifier"])
    _versions(
        "treatment_versions",
        sa.Column("treatment", sa.Text(), nullable=True),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("leg", sa.Text(), nullable=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("why_stopped", sa.Text(), nullable=True),
        sa.Column("encounter", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["encounter"], ["entries.id"], name="fk_treatment_versions_encounter"),
    )
    op.create_index("ix_treatment_versions_encounter", "treatment_versions", ["encounter"])
    _versions(
        "outcome_versions",
        sa.Column("encounter", sa.Text(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("conditions", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("over", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("agreement", sa.Text(), nullable=False),
        sa.Column("why_not", sa.Text(), nullable=True),
        sa.Column("triage", sa.Text(), nullable=True),
        sa.Column("why_triage", sa.Text(), nullable=True),
        sa.Column("assessment", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["assessment"], ["assessments.id"], name="fk_outcome_versions_assessment"),
        sa.ForeignKeyConstraint(["encounter"], ["entries.id"], name="fk_outcome_versions_encounter"),
        sa.UniqueConstraint("encounter", "number", name="uq_outcome_versions_encounter_number"),
    )
    _append_only()


def downgrade() -> None:
    """Back from it, and what the tables held is gone."""
    for name in reversed(TABLES):
        op.drop_table(name)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION saphena_append_only")
        op.execute("DROP FUNCTION saphena_head_moves_on")


def _versions(name: str, *of_its_own: SchemaItem) -> None:
    """Versions of one kind of entry: who wrote which, when and why, and what it says."""
    op.create_table(
        name,
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("patient", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_kind", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Text(), nullable=False),
        sa.Column("said_by", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        *of_its_own,
        sa.ForeignKeyConstraint(["id"], ["entries.id"], name=f"fk_{name}_id"),
        sa.ForeignKeyConstraint(["patient"], ["patients.patient"], name=f"fk_{name}_patient"),
        sa.PrimaryKeyConstraint("id", "number", name=f"pk_{name}"),
    )
    op.create_index(f"ix_{name}_patient", name, ["patient"])


def _append_only() -> None:
    """The audit only grows, its head only moves on, and versions are never changed."""
    op.execute("INSERT INTO audit_head VALUES (1, 0, '')")
    if op.get_bind().dialect.name == "postgresql":
        for statement in POSTGRESQL:
            op.execute(statement)
        for table in VERSIONS:
            op.execute(
                f"CREATE TRIGGER {table}_unchanged BEFORE UPDATE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION saphena_append_only()"
            )
        return
    for statement in SQLITE:
        op.execute(statement)
    for table in VERSIONS:
        op.execute(
            f"CREATE TRIGGER {table}_unchanged BEFORE UPDATE ON {table} "
            "BEGIN SELECT RAISE(ABORT, 'versions are never changed'); END"
        )


VERSIONS = tuple(name for name in TABLES if name.endswith("_versions"))
SQLITE = (
    "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit only grows'); END",
    "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit only grows'); END",
    "CREATE TRIGGER audit_head_moves_on BEFORE UPDATE ON audit_head WHEN NEW.number <= OLD.number "
    "BEGIN SELECT RAISE(ABORT, 'the head of the audit only moves on'); END",
    "CREATE TRIGGER audit_head_stays BEFORE DELETE ON audit_head "
    "BEGIN SELECT RAISE(ABORT, 'the audit has a head'); END",
)
POSTGRESQL = (
    "CREATE FUNCTION saphena_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION '% of % is refused: rows are only added', TG_OP, TG_TABLE_NAME; END $$",
    "CREATE FUNCTION saphena_head_moves_on() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN IF NEW.number <= OLD.number THEN RAISE EXCEPTION 'the head of the audit only moves on'; END IF; "
    "RETURN NEW; END $$",
    "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON audit "
    "FOR EACH ROW EXECUTE FUNCTION saphena_append_only()",
    "CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit "
    "FOR EACH STATEMENT EXECUTE FUNCTION saphena_append_only()",
    "CREATE TRIGGER audit_head_moves_on BEFORE UPDATE ON audit_head "
    "FOR EACH ROW EXECUTE FUNCTION saphena_head_moves_on()",
    "CREATE TRIGGER audit_head_stays BEFORE DELETE ON audit_head FOR EACH ROW EXECUTE FUNCTION saphena_append_only()",
    "CREATE TRIGGER audit_head_no_truncate BEFORE TRUNCATE ON audit_head "
    "FOR EACH STATEMENT EXECUTE FUNCTION saphena_append_only()",
)
