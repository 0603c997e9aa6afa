"""Recordings, and who listened to them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "recording",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("leg", sa.String(), nullable=False),
        sa.Column(
            "part", sa.Integer(), nullable=False, comment="1, or more when the recorder of the leg was started again"
        ),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("endpoint", sa.String(), nullable=False),
        sa.Column("started", sa.Double(), nullable=False),
        sa.Column("ended", sa.Double(), nullable=False),
        sa.Column("talk_s", sa.Double(), nullable=False),
        sa.Column("hold_s", sa.Double(), nullable=False, comment="talk_s + hold_s is the expected length"),
        sa.Column("muted", sa.Text(), nullable=False, comment="JSON: [from, to] in seconds after started"),
        sa.Column(
            "agent_file", sa.String(), nullable=False, comment="where the PBX said it writes; empty when it did not say"
        ),
        sa.Column("caller_file", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False, comment="pending, sealed, missing or failed"),
        sa.Column("flags", sa.String(), nullable=False),
        sa.Column(
            "note", sa.Text(), nullable=False, comment="a sentence for people: why it is missing, failed or flagged"
        ),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("found_s", sa.Double(), nullable=True),
        sa.Column("rate", sa.Integer(), nullable=True),
        sa.Column("agent_rms_dbfs", sa.Double(), nullable=True),
        sa.Column("agent_peak_dbfs", sa.Double(), nullable=True),
        sa.Column("agent_silence", sa.Double(), nullable=True),
        sa.Column("caller_rms_dbfs", sa.Double(), nullable=True),
        sa.Column("caller_peak_dbfs", sa.Double(), nullable=True),
        sa.Column("caller_silence", sa.Double(), nullable=True),
        sa.Column("path", sa.String(), nullable=False, comment="of the sealed file, below the configured folder"),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("sealed", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_recording"),
        sa.UniqueConstraint("leg", "part", name="uq_recording_leg"),
    )
    op.create_index("ix_recording_agent", "recording", ["agent", "started"], unique=False)
    op.create_index("ix_recording_call", "recording", ["call"], unique=False)
    op.create_index("ix_recording_started", "recording", ["started", "id"], unique=False)
    op.create_index("ix_recording_status", "recording", ["status"], unique=False)
    op.create_table(
        "recording_access",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("recording", sa.Integer(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False, comment="play or download"),
        sa.Column("address", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["recording"], ["recording.id"], name="fk_recording_access_recording_recording"),
        sa.PrimaryKeyConstraint("id", name="pk_recording_access"),
    )
    op.create_index("ix_recording_access_recording", "recording_access", ["recording", "at"], unique=False)
