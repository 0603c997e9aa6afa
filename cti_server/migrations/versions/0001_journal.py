"""The journal: events, records, half-hour figures, outages, snapshots, marks."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "agent_half_hour",
        sa.Column("interval", sa.BigInteger(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("logged_in_ms", sa.BigInteger(), nullable=False),
        sa.Column("available_ms", sa.BigInteger(), nullable=False),
        sa.Column("ring_ms", sa.BigInteger(), nullable=False),
        sa.Column("talk_ms", sa.BigInteger(), nullable=False),
        sa.Column("hold_ms", sa.BigInteger(), nullable=False),
        sa.Column("wrapup_ms", sa.BigInteger(), nullable=False),
        sa.Column("paused_ms", sa.BigInteger(), nullable=False),
        sa.Column("offered", sa.BigInteger(), nullable=False),
        sa.Column("handled", sa.BigInteger(), nullable=False),
        sa.Column("missed", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("interval", "agent", name="pk_agent_half_hour"),
    )
    op.create_index("ix_agent_half_hour_agent", "agent_half_hour", ["agent", "interval"], unique=False)
    op.create_table(
        "agent_span",
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("start", sa.Double(), nullable=False),
        sa.Column(
            "end", sa.Double(), nullable=True, comment="null while it lasts; an ended one is cut at the half-hours"
        ),
        sa.Column("interval", sa.BigInteger(), nullable=False),
        sa.Column("ms", sa.BigInteger(), nullable=False, comment="0 while it lasts"),
        sa.Column(
            "status", sa.String(), nullable=False, comment="as people see it: available, ringing, talking, paused ..."
        ),
        sa.Column("code", sa.String(), nullable=False, comment="the pause code"),
        sa.Column("call", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("agent", "start", name="pk_agent_span"),
    )
    op.create_index("ix_agent_span_call", "agent_span", ["call", "agent"], unique=False)
    op.create_index("ix_agent_span_interval", "agent_span", ["interval", "agent"], unique=False)
    op.create_table(
        "call",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("started", sa.Double(), nullable=False),
        sa.Column("answered", sa.Double(), nullable=True),
        sa.Column("ended", sa.Double(), nullable=True),
        sa.Column("ani", sa.String(), nullable=False),
        sa.Column("caller_name", sa.String(), nullable=False),
        sa.Column("dnis", sa.String(), nullable=False),
        sa.Column("campaign", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("script", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("queue", sa.String(), nullable=False, comment="the last queue it waited in"),
        sa.Column("agent", sa.String(), nullable=False, comment="the last agent who talked"),
        sa.Column("wait_s", sa.Double(), nullable=False),
        sa.Column("talk_s", sa.Double(), nullable=False),
        sa.Column("hold_s", sa.Double(), nullable=False),
        sa.Column("hangup_cause", sa.Integer(), nullable=False),
        sa.Column("hangup_by", sa.String(), nullable=False),
        sa.Column("recovered", sa.Boolean(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False, comment="the whole Call as JSON"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call")),
    )
    op.create_index("ix_call_ani", "call", ["ani", "started"], unique=False)
    op.create_index("ix_call_direction", "call", ["direction", "started"], unique=False)
    op.create_index("ix_call_dnis", "call", ["dnis", "started"], unique=False)
    op.create_index("ix_call_outcome", "call", ["outcome", "started"], unique=False)
    op.create_index("ix_call_started", "call", ["started", "id"], unique=False)
    op.create_table(
        "journal",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False, comment="the channel that it is about, if any"),
        sa.Column(
            "cause", sa.BigInteger(), nullable=False, comment="seq of the event that the center answered with this one"
        ),
        sa.Column("payload", sa.Text(), nullable=False, comment="the Event as JSON"),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_journal")),
    )
    op.create_index("ix_journal_at", "journal", ["at"], unique=False)
    op.create_index("ix_journal_channel", "journal", ["channel", "seq"], unique=False)
    op.create_table(
        "leg",
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("endpoint", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column(
            "interval",
            sa.BigInteger(),
            nullable=False,
            comment="start of the half-hour in which it was answered, or begun",
        ),
        sa.Column("started", sa.Double(), nullable=False),
        sa.Column("answered", sa.Double(), nullable=True),
        sa.Column("ended", sa.Double(), nullable=True),
        sa.Column("ring_s", sa.Double(), nullable=False),
        sa.Column("talk_s", sa.Double(), nullable=False),
        sa.Column("hold_s", sa.Double(), nullable=False),
        sa.Column("cause", sa.Integer(), nullable=False),
        sa.Column("ended_by", sa.String(), nullable=False),
        sa.Column("dial_status", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("call", "id", name="pk_leg"),
    )
    op.create_index("ix_leg_agent", "leg", ["agent", "started"], unique=False)
    op.create_index("ix_leg_id", "leg", ["id"], unique=False)
    op.create_index("ix_leg_interval", "leg", ["interval", "agent"], unique=False)
    op.create_table(
        "mark",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_mark")),
    )
    op.create_table(
        "offer",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("entry", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("interval", sa.BigInteger(), nullable=False, comment="start of the half-hour in which it was made"),
        sa.Column("made", sa.Double(), nullable=False),
        sa.Column("ringing", sa.Double(), nullable=True),
        sa.Column("accepted", sa.Double(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer")),
    )
    op.create_index("ix_offer_call", "offer", ["call"], unique=False)
    op.create_index("ix_offer_interval", "offer", ["interval", "agent"], unique=False)
    op.create_table(
        "outage",
        sa.Column("since", sa.Double(), nullable=False),
        sa.Column(
            "until", sa.Double(), nullable=True, comment="when the state was Asterisk's again; null while it lasts"
        ),
        sa.Column("kind", sa.String(), nullable=False, comment="server or pbx"),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("recovered", sa.Integer(), nullable=False, comment="calls taken from Asterisk's own record"),
        sa.PrimaryKeyConstraint("since", name=op.f("pk_outage")),
    )
    op.create_table(
        "queue_entry",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("interval", sa.BigInteger(), nullable=False, comment="start of the half-hour in which it arrived"),
        sa.Column("queued", sa.Double(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("ended", sa.Double(), nullable=True),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("offers", sa.Integer(), nullable=False),
        sa.Column("in_fallback", sa.Boolean(), nullable=False),
        sa.Column("recovered", sa.Boolean(), nullable=False),
        sa.Column(
            "threshold_ms", sa.BigInteger(), nullable=False, comment="T of the service level when it was written"
        ),
        sa.Column("wait_ms", sa.BigInteger(), nullable=False),
        sa.Column("talk_ms", sa.BigInteger(), nullable=False),
        sa.Column("hold_ms", sa.BigInteger(), nullable=False),
        sa.Column("wrapup_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_queue_entry")),
    )
    op.create_index("ix_queue_entry_agent", "queue_entry", ["agent", "queued"], unique=False)
    op.create_index("ix_queue_entry_call", "queue_entry", ["call"], unique=False)
    op.create_index("ix_queue_entry_interval", "queue_entry", ["interval", "queue"], unique=False)
    op.create_index("ix_queue_entry_queue", "queue_entry", ["queue", "queued"], unique=False)
    op.create_table(
        "queue_half_hour",
        sa.Column("interval", sa.BigInteger(), nullable=False),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("offered", sa.BigInteger(), nullable=False),
        sa.Column("waiting", sa.BigInteger(), nullable=False),
        sa.Column("answered", sa.BigInteger(), nullable=False),
        sa.Column("answered_within", sa.BigInteger(), nullable=False),
        sa.Column("abandoned", sa.BigInteger(), nullable=False),
        sa.Column("abandoned_within", sa.BigInteger(), nullable=False),
        sa.Column("short_abandoned", sa.BigInteger(), nullable=False),
        sa.Column("flowed_out", sa.BigInteger(), nullable=False),
        sa.Column("callback", sa.BigInteger(), nullable=False),
        sa.Column("voicemail", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("recovered", sa.BigInteger(), nullable=False),
        sa.Column("wait_ms", sa.BigInteger(), nullable=False),
        sa.Column("wait_max_ms", sa.BigInteger(), nullable=False),
        sa.Column("abandon_wait_ms", sa.BigInteger(), nullable=False),
        sa.Column("talk_ms", sa.BigInteger(), nullable=False),
        sa.Column("hold_ms", sa.BigInteger(), nullable=False),
        sa.Column("wrapup_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("interval", "queue", name="pk_queue_half_hour"),
    )
    op.create_index("ix_queue_half_hour_queue", "queue_half_hour", ["queue", "interval"], unique=False)
    op.create_table(
        "snapshot",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False, comment="the last event that is in it"),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("schema", sa.String(), nullable=False, comment="fingerprint of State; another one is not read"),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_snapshot")),
    )
