"""The schema of wrap-up: disposition codes, and what agents noted of calls.

Times are UTC epoch seconds. A row here names calls, legs, queues and agents by their ids, without a foreign key: those
rows can be made again from the Events, and these cannot. `version` counts the changes of a row.
"""

from sqlalchemy import Boolean, Column, Double, Index, Integer, String, Table, Text

from cti_server.db import metadata

disposition = Table(
    "disposition",
    metadata,
    Column("id", String, primary_key=True, comment="never changes: reports count by it"),
    Column("name_en", String, nullable=False),
    Column("name_zh", String, nullable=False),
    Column("parent", String, nullable=False, comment="the group; empty for none"),
    Column("position", Integer, nullable=False),
    Column("queues", Text, nullable=False, comment="JSON list of queue ids; empty: every queue"),
    Column("needs_note", Boolean, nullable=False),
    Column("plans_callback", Boolean, nullable=False),
    Column("retired", Boolean, nullable=False, comment="stays with the calls that have it, and is offered no more"),
    Column("changed", Double, nullable=False),
    Column("changed_by", String, nullable=False),
    Column("version", Integer, nullable=False),
)

call_note = Table(
    "call_note",
    metadata,
    Column("leg", String, primary_key=True, comment="the agent's channel: one talk"),
    Column("call", String, nullable=False, comment="as it was called then; it may have become part of another"),
    Column("agent", String, nullable=False),
    Column("queue", String, nullable=False),
    Column("code", String, nullable=False, comment="empty: none chosen"),
    Column("note", Text, nullable=False),
    Column("began", Double, nullable=False, comment="the talk"),
    Column("at", Double, nullable=False, comment="last saved"),
    Column("by", String, nullable=False),
    Column("version", Integer, nullable=False),
    Index("ix_call_note_call", "call"),
    Index("ix_call_note_agent", "agent", "began"),
    Index("ix_call_note_code", "code", "began"),
    Index("ix_call_note_began", "began", "leg"),
)
