"""What people did about follow-ups by hand. The callbacks and messages themselves are the journal's rows.

Times are UTC epoch seconds. A row here names a row of the journal by its id, without a foreign key: that row can be
made again from the Events, and this one cannot.
"""

from sqlalchemy import Column, Double, Index, Integer, String, Table, Text

from cti_server.db import metadata

voicemail_task = Table(
    "voicemail_task",
    metadata,
    Column("voicemail", String, primary_key=True),
    Column("done", Double, comment="null while somebody still has to do it"),
    Column("done_by", String, nullable=False),
    Column("note", Text, nullable=False),
    Column("noted", Double),
    Column("noted_by", String, nullable=False),
    Index("ix_voicemail_task_done", "done"),
)

voicemail_access = Table(
    "voicemail_access",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("voicemail", String, nullable=False),
    Column("at", Double, nullable=False),
    Column("login", String, nullable=False),
    Column("kind", String, nullable=False, comment="play or download"),
    Column("address", String, nullable=False),
    Index("ix_voicemail_access_voicemail", "voicemail", "at"),
)

dismissed_suggestion = Table(
    "dismissed_suggestion",
    metadata,
    Column("entry", String, primary_key=True, comment="the last abandoned stay that it was about"),
    Column("number", String, nullable=False),
    Column("through", Double, nullable=False, comment="when that stay ended: a later one is a new suggestion"),
    Column("at", Double, nullable=False),
    Column("login", String, nullable=False),
    Index("ix_dismissed_suggestion_through", "through"),
)

callback_note = Table(
    "callback_note",
    metadata,
    Column("callback", String, primary_key=True),
    Column("number", String, nullable=False),
    Column("call", String, nullable=False, comment="in which it was promised"),
    Column("note", Text, nullable=False, comment="for whoever calls"),
    Column("at", Double, nullable=False),
    Column("by", String, nullable=False),
    Index("ix_callback_note_number", "number"),
    Index("ix_callback_note_call", "call"),
)
