"""Links for patients, and accounts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = ("accounts", "wrong_tries", "account_patients", "one_time_tokens", "sessions", "links", "consents", "drafts")


def upgrade() -> None:
    """To this revision."""
    op.create_table(
        "accounts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("roles", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=True),
        sa.Column("oidc_subject", sa.Text(), nullable=True),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_accounts"),
        sa.UniqueConstraint("issuer", "oidc_subject", name="uq_accounts_issuer_oidc_subject"),
        sa.UniqueConstraint("key", name="uq_accounts_key"),
    )
    op.create_table(
        "wrong_tries",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("last", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name="pk_wrong_tries"),
    )
    op.create_table(
        "account_patients",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("patient", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name="fk_account_patients_account"),
        sa.ForeignKeyConstraint(["patient"], ["patients.patient"], name="fk_account_patients_patient"),
        sa.PrimaryKeyConstraint("account", "patient", name="pk_account_patients"),
    )
    op.create_index("ix_account_patients_patient", "account_patients", ["patient"])
    op.create_table(
        "one_time_tokens",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name="fk_one_time_tokens_account"),
        sa.PrimaryKeyConstraint("hash", name="pk_one_time_tokens"),
    )
    op.create_index("ix_one_time_tokens_account", "one_time_tokens", ["account"])
    op.create_table(
        "sessions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name="fk_sessions_account"),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.UniqueConstraint("hash", name="uq_sessions_hash"),
    )
    op.create_index("ix_sessions_account", "sessions", ["account"])
    op.create_table(
        "links",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("patient", sa.Text(), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handed_over_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("encounter", sa.Text(), nullable=True),
        sa.Column("code_hash", sa.Text(), nullable=True),
        sa.Column("code_expires", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["encounter"], ["entries.id"], name="fk_links_encounter"),
        sa.ForeignKeyConstraint(["patient"], ["patients.patient"], name="fk_links_patient"),
        sa.PrimaryKeyConstraint("id", name="pk_links"),
        sa.UniqueConstraint("code_hash", name="uq_links_code_hash"),
        sa.UniqueConstraint("token_hash", name="uq_links_token_hash"),
    )
    op.create_index("ix_links_patient", "links", ["patient"])
    op.create_table(
        "consents",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("patient", sa.Text(), nullable=True),
        sa.Column("link", sa.Text(), nullable=True),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said_by", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["link"], ["links.id"], name="fk_consents_link"),
        sa.ForeignKeyConstraint(["patient"], ["patients.patient"], name="fk_consents_patient"),
        sa.PrimaryKeyConstraint("id", name="pk_consents"),
    )
    op.create_index("ix_consents_link", "consents", ["link"])
    op.create_index("ix_consents_patient", "consents", ["patient"])
    op.create_table(
        "drafts",
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("patient", sa.Text(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answers", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(["link"], ["links.id"], name="fk_drafts_link"),
        sa.ForeignKeyConstraint(["patient"], ["patients.patient"], name="fk_drafts_patient"),
        sa.PrimaryKeyConstraint("link", name="pk_drafts"),
    )
    op.create_index("ix_drafts_patient", "drafts", ["patient"])


def downgrade() -> None:
    """Back from it, and what the tables held is gone."""
    for name in reversed(TABLES):
        op.drop_table(name)
