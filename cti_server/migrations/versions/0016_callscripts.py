"""Call scripts: as they are and were, and what was answered in which call."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "call_script",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False, comment="en, zh, or empty: of any caller"),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("dnis", sa.String(), nullable=False, comment="for calls to this number; empty: to any"),
        sa.Column("campaign", sa.String(), nullable=False),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False, comment="of the customer; empty: any"),
        sa.Column("tier", sa.Integer(), nullable=False, comment="the customer's, at least"),
        sa.Column("steps", sa.Text(), nullable=False, comment="JSON list of steps (callscripts/rules.py)"),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("changed", sa.Double(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_script")),
    )
    op.create_table(
        "call_script_version",
        sa.Column("script", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("steps", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["script"], ["call_script.id"], name=op.f("fk_call_script_version_script_call_script")),
        sa.PrimaryKeyConstraint("script", "version", name=op.f("pk_call_script_version")),
    )
    op.create_table(
        "script_answer",
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("script", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="of the script, when it was answered"),
        sa.Column("question", sa.String(), nullable=False, comment="as it was asked"),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["script"], ["call_script.id"], name=op.f("fk_script_answer_script_call_script")),
        sa.PrimaryKeyConstraint("call", "script", "step", name=op.f("pk_script_answer")),
    )
