"""The schema: one row per recording segment, and one per time that somebody listened to it.

Times are UTC epoch seconds, lengths seconds, energies dBFS. `flags` holds words of `rules.FLAGS`, each with a space
before and after it, so that a whole word can be looked for with LIKE.
"""

from sqlalchemy import BigInteger, Column, Double, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from cti_server.db import metadata

recording = Table(
    "recording",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("call", String, nullable=False),
    Column("leg", String, nullable=False),
    Column("part", Integer, nullable=False, comment="1, or more when the recorder of the leg was started again"),
    Column("agent", String, nullable=False),
    Column("endpoint", String, nullable=False),
    Column("started", Double, nullable=False),
    Column("ended", Double, nullable=False),
    Column("talk_s", Double, nullable=False),
    Column("hold_s", Double, nullable=False, comment="talk_s + hold_s is the expected length"),
    Column("muted", Text, nullable=False, comment="JSON: [from, to] in seconds after started"),
    Column("agent_file", String, nullable=False, comment="where the PBX said it writes; empty when it did not say"),
    Column("caller_file", String, nullable=False),
    Column("status", String, nullable=False, comment="pending, sealed, missing, failed or erased"),
    Column("flags", String, nullable=False),
    Column("note", Text, nullable=False, comment="a sentence for people: why it is missing, failed or flagged"),
    Column("attempts", Integer, nullable=False),
    Column("found_s", Double),
    Column("rate", Integer),
    *(
        Column(f"{side}_{figure}", Double)
        for side in ("agent", "caller")
        for figure in ("rms_dbfs", "peak_dbfs", "silence")
    ),
    Column("path", String, nullable=False, comment="of the sealed file, below the configured folder"),
    Column("size", BigInteger),
    Column("sha256", String, nullable=False),
    Column("sealed", Double),
    UniqueConstraint("leg", "part"),
    Index("ix_recording_call", "call"),
    Index("ix_recording_started", "started", "id"),
    Index("ix_recording_status", "status"),
    Index("ix_recording_agent", "agent", "started"),
)

recording_access = Table(
    "recording_access",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("recording", Integer, ForeignKey("recording.id"), nullable=False),
    Column("at", Double, nullable=False),
    Column("login", String, nullable=False),
    Column("kind", String, nullable=False, comment="play or download"),
    Column("address", String, nullable=False),
    Index("ix_recording_access_recording", "recording", "at"),
)
