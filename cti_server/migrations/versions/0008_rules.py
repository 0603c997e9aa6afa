"""Rules, what they were in each version, and each time that one fired."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False, comment="what it is about: ticket ..."),
        sa.Column("event", sa.String(), nullable=False, comment="when it is asked; empty for every event"),
        sa.Column("position", sa.Integer(), nullable=False, comment="the order within a subject"),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("condition", sa.Text(), nullable=False, comment="CEL"),
        sa.Column("acts", sa.Text(), nullable=False, comment="JSON list of {do, give}"),
        sa.Column("last", sa.Boolean(), nullable=False, comment="when it fires, the rules after it are not asked"),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("changed", sa.Double(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule")),
    )
    op.create_index("ix_rule_subject", "rule", ["subject", "position", "id"], unique=False)
    op.create_table(
        "rule_version",
        sa.Column("rule", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False, comment="JSON object: the rule as it was from then on"),
        sa.ForeignKeyConstraint(["rule"], ["rule.id"], name=op.f("fk_rule_version_rule_rule")),
        sa.PrimaryKeyConstraint("rule", "version", name=op.f("pk_rule_version")),
    )
    op.create_table(
        "rule_firing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("rule", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False, comment="of the rule, as it was called"),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False, comment="the id of what it was about"),
        sa.Column(
            "outcome", sa.String(), nullable=False, comment="done, failed or stopped (rules that trigger each other)"
        ),
        sa.Column(
            "matched",
            sa.Text(),
            nullable=False,
            comment="JSON list: each part of the condition, with the values it saw",
        ),
        sa.Column("done", sa.Text(), nullable=False, comment="JSON list: what was done, with what was given"),
        sa.Column("why", sa.Text(), nullable=False, comment="JSON: why it failed; empty unless it did"),
        sa.Column("depth", sa.Integer(), nullable=False, comment="how many rules had triggered one another before"),
        sa.ForeignKeyConstraint(["rule"], ["rule.id"], name=op.f("fk_rule_firing_rule_rule")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_firing")),
    )
    op.create_index("ix_rule_firing_at", "rule_firing", ["at", "id"], unique=False)
    op.create_index("ix_rule_firing_ref", "rule_firing", ["subject", "ref", "at"], unique=False)
    op.create_index("ix_rule_firing_rule", "rule_firing", ["rule", "at"], unique=False)
