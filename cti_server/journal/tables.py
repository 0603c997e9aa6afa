"""The journal's schema: events, the records projected from them, the half-hour figures, snapshots and marks.

Times are UTC epoch seconds (double precision). Lengths that are summed are whole milliseconds, so that a sum does not
depend on its order. Ids are the PBX's or the configuration's, and never change.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)

from cti_server.db import metadata

journal = Table(
    "journal",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Double, nullable=False),
    Column("type", String, nullable=False),
    Column("channel", String, nullable=False, comment="the channel that it is about, if any"),
    Column("cause", BigInteger, nullable=False, comment="seq of the event that the center answered with this one"),
    Column("payload", Text, nullable=False, comment="the Event as JSON"),
    Index("ix_journal_channel", "channel", "seq"),
    Index("ix_journal_at", "at"),
)

call = Table(
    "call",
    metadata,
    Column("id", String, primary_key=True),
    Column("direction", String, nullable=False),
    Column("started", Double, nullable=False),
    Column("answered", Double),
    Column("ended", Double),
    Column("ani", String, nullable=False),
    Column("caller_name", String, nullable=False),
    Column("dnis", String, nullable=False),
    Column("campaign", String, nullable=False),
    Column("language", String, nullable=False),
    Column("script", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("queue", String, nullable=False, comment="the last queue it waited in"),
    Column("agent", String, nullable=False, comment="the last agent who talked"),
    Column("wait_s", Double, nullable=False),
    Column("talk_s", Double, nullable=False),
    Column("hold_s", Double, nullable=False),
    Column("hangup_cause", Integer, nullable=False),
    Column("hangup_by", String, nullable=False),
    Column("recovered", Boolean, nullable=False),
    Column("body", Text, nullable=False, comment="the whole Call as JSON"),
    Index("ix_call_started", "started", "id"),
    Index("ix_call_ani", "ani", "started"),
    Index("ix_call_dnis", "dnis", "started"),
    Index("ix_call_outcome", "outcome", "started"),
    Index("ix_call_direction", "direction", "started"),
)

leg = Table(
    "leg",
    metadata,
    Column("call", String, nullable=False),
    Column("id", String, nullable=False),
    Column("endpoint", String, nullable=False),
    Column("role", String, nullable=False),
    Column("agent", String, nullable=False),
    Column("number", String, nullable=False),
    Column("interval", BigInteger, nullable=False, comment="start of the half-hour in which it was answered, or begun"),
    Column("started", Double, nullable=False),
    Column("answered", Double),
    Column("ended", Double),
    Column("ring_s", Double, nullable=False),
    Column("talk_s", Double, nullable=False),
    Column("hold_s", Double, nullable=False),
    Column("cause", Integer, nullable=False),
    Column("ended_by", String, nullable=False),
    Column("dial_status", String, nullable=False),
    PrimaryKeyConstraint("call", "id", name="pk_leg"),
    Index("ix_leg_agent", "agent", "started"),
    Index("ix_leg_interval", "interval", "agent"),
    Index("ix_leg_id", "id"),
)

queue_entry = Table(
    "queue_entry",
    metadata,
    Column("id", String, primary_key=True),
    Column("call", String, nullable=False),
    Column("channel", String, nullable=False),
    Column("queue", String, nullable=False),
    Column("interval", BigInteger, nullable=False, comment="start of the half-hour in which it arrived"),
    Column("queued", Double, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("outcome", String, nullable=False),
    Column("ended", Double),
    Column("agent", String, nullable=False),
    Column("offers", Integer, nullable=False),
    Column("in_fallback", Boolean, nullable=False),
    Column("recovered", Boolean, nullable=False),
    Column("threshold_ms", BigInteger, nullable=False, comment="T of the service level when it was written"),
    Column("wait_ms", BigInteger, nullable=False),
    Column("talk_ms", BigInteger, nullable=False),
    Column("hold_ms", BigInteger, nullable=False),
    Column("wrapup_ms", BigInteger, nullable=False),
    Index("ix_queue_entry_call", "call"),
    Index("ix_queue_entry_interval", "interval", "queue"),
    Index("ix_queue_entry_queue", "queue", "queued"),
    Index("ix_queue_entry_agent", "agent", "queued"),
)

offer = Table(
    "offer",
    metadata,
    Column("id", String, primary_key=True),
    Column("call", String, nullable=False),
    Column("entry", String, nullable=False),
    Column("agent", String, nullable=False),
    Column("queue", String, nullable=False),
    Column("interval", BigInteger, nullable=False, comment="start of the half-hour in which it was made"),
    Column("made", Double, nullable=False),
    Column("ringing", Double),
    Column("accepted", Double),
    Column("outcome", String, nullable=False),
    Index("ix_offer_call", "call"),
    Index("ix_offer_interval", "interval", "agent"),
)

agent_span = Table(
    "agent_span",
    metadata,
    Column("agent", String, nullable=False),
    Column("start", Double, nullable=False),
    Column("end", Double, comment="null while it lasts; an ended one is cut at the half-hours"),
    Column("interval", BigInteger, nullable=False),
    Column("ms", BigInteger, nullable=False, comment="0 while it lasts"),
    Column("status", String, nullable=False, comment="as people see it: available, ringing, talking, paused ..."),
    Column("code", String, nullable=False, comment="the pause code"),
    Column("call", String, nullable=False),
    PrimaryKeyConstraint("agent", "start", name="pk_agent_span"),
    Index("ix_agent_span_interval", "interval", "agent"),
    Index("ix_agent_span_call", "call", "agent"),
)

queue_half_hour = Table(
    "queue_half_hour",
    metadata,
    Column("interval", BigInteger, nullable=False),
    Column("queue", String, nullable=False),
    *(
        Column(name, BigInteger, nullable=False)
        for name in (
            "offered",
            "waiting",
            "answered",
            "answered_within",
            "abandoned",
            "abandoned_within",
            "short_abandoned",
            "flowed_out",
            "callback",
            "voicemail",
            "refused",
            "recovered",
            "wait_ms",
            "wait_max_ms",
            "abandon_wait_ms",
            "talk_ms",
            "hold_ms",
            "wrapup_ms",
        )
    ),
    PrimaryKeyConstraint("interval", "queue", name="pk_queue_half_hour"),
    Index("ix_queue_half_hour_queue", "queue", "interval"),
)

agent_half_hour = Table(
    "agent_half_hour",
    metadata,
    Column("interval", BigInteger, nullable=False),
    Column("agent", String, nullable=False),
    *(
        Column(name, BigInteger, nullable=False)
        for name in (
            "logged_in_ms",
            "available_ms",
            "ring_ms",
            "talk_ms",
            "hold_ms",
            "wrapup_ms",
            "paused_ms",
            "offered",
            "handled",
            "missed",
        )
    ),
    PrimaryKeyConstraint("interval", "agent", name="pk_agent_half_hour"),
    Index("ix_agent_half_hour_agent", "agent", "interval"),
)

callback = Table(
    "callback",
    metadata,
    Column("id", String, primary_key=True),
    Column("queue", String, nullable=False),
    Column("number", String, nullable=False),
    Column("name", String, nullable=False),
    Column("call", String, nullable=False, comment="the call that the promise was made in, if any"),
    Column("planned", Double, nullable=False),
    Column("queued", Double, nullable=False, comment="since when the customer waits: the place in the line"),
    Column("priority", Integer, nullable=False),
    Column("not_before", Double, nullable=False, comment="0: at once"),
    Column("wanted", String, nullable=False, comment="the agent who shall call; empty for anyone"),
    Column("by", String, nullable=False, comment="who planned it; empty for the customer"),
    Column("state", String, nullable=False, comment="waiting, calling, answered, failed, cancelled or merged"),
    Column("attempts", Integer, nullable=False),
    Column("tried", Double, comment="the last attempt"),
    Column("agent", String, nullable=False, comment="of the last attempt; empty when the customer is rung first"),
    Column("channel", String, nullable=False, comment="the first leg of the last attempt"),
    Column("why", String, nullable=False, comment="why the last attempt came to nothing"),
    Column("ended", Double),
    Column("ended_by", String, nullable=False),
    Index("ix_callback_planned", "planned", "id"),
    Index("ix_callback_state", "state", "queued"),
    Index("ix_callback_queue", "queue", "planned"),
    Index("ix_callback_ended", "ended"),
)

voicemail = Table(
    "voicemail",
    metadata,
    Column("id", String, primary_key=True),
    Column("channel", String, nullable=False),
    Column("box", String, nullable=False),
    Column("path", String, nullable=False, comment="of the sound, as the PBX told it"),
    Column("at", Double, nullable=False),
    Column("duration_s", Double, nullable=False),
    Index("ix_voicemail_at", "at", "id"),
    Index("ix_voicemail_box", "box", "at"),
)

outage = Table(
    "outage",
    metadata,
    Column("since", Double, primary_key=True),
    Column("until", Double, comment="when the state was Asterisk's again; null while it lasts"),
    Column("kind", String, nullable=False, comment="server or pbx"),
    Column("reason", String, nullable=False),
    Column("recovered", Integer, nullable=False, comment="calls taken from Asterisk's own record"),
)

snapshot = Table(
    "snapshot",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False, comment="the last event that is in it"),
    Column("at", Double, nullable=False),
    Column("schema", String, nullable=False, comment="fingerprint of State; another one is not read"),
    Column("body", LargeBinary, nullable=False),
)

mark = Table(
    "mark",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", Double, nullable=False),
)
