"""The people's schema. Times are UTC epoch seconds."""

from sqlalchemy import Boolean, Column, Double, ForeignKey, Index, Integer, String, Table

from cti_server.db import metadata

staff_user = Table(
    "staff_user",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("login", String, nullable=False, unique=True),
    Column("name", String, nullable=False),
    Column("password", String, nullable=False, comment="argon2id"),
    Column("role", String, nullable=False),
    Column("agent", String, nullable=False, comment="id of the agent whose phone is theirs; empty for none"),
    Column("language", String, nullable=False, comment="empty: as the site or the browser has it"),
    Column("theme", String, nullable=False, comment="auto, light or dark"),
    Column("disabled", Boolean, nullable=False),
    Column("created", Double, nullable=False),
)

staff_session = Table(
    "staff_session",
    metadata,
    Column("hash", String, primary_key=True, comment="SHA-256 of the cookie"),
    Column("user", Integer, ForeignKey("staff_user.id", ondelete="CASCADE"), nullable=False),
    Column("created", Double, nullable=False),
    Column("expires", Double, nullable=False),
    Column("address", String, nullable=False),
    Index("ix_staff_session_user", "user"),
    Index("ix_staff_session_expires", "expires"),
)

staff_token = Table(
    "staff_token",
    metadata,
    Column("hash", String, primary_key=True, comment="SHA-256 of the token"),
    Column("user", Integer, ForeignKey("staff_user.id", ondelete="CASCADE"), nullable=False),
    Column("label", String, nullable=False),
    Column("created", Double, nullable=False),
    Index("ix_staff_token_user", "user"),
)
