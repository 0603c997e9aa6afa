"""The schema of webhooks: who wants to be told of what, what is to be sent, and what came of it.

Times are UTC epoch seconds. `version` counts the changes of a row: who saves names the version that was seen.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from cti_server.db import metadata

webhook = Table(
    "webhook",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False),
    Column("url", String, nullable=False),
    Column("topics", Text, nullable=False, comment="JSON list, see rules.TOPICS"),
    Column("secret", String, nullable=False, comment="whsec_..., signs what is sent; shown when it is made"),
    Column("old_secret", String, nullable=False, comment="signs as well until `old_until`"),
    Column("old_until", Double, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("off_reason", String, nullable=False, comment="why it was switched off by itself: failing or gone"),
    Column("failing_since", Double, comment="the first failure after which nothing arrived"),
    Column("created", Double, nullable=False),
    Column("created_by", String, nullable=False),
    Column("changed", Double, nullable=False),
    Column("changed_by", String, nullable=False),
    Column("version", Integer, nullable=False),
)

webhook_delivery = Table(
    "webhook_delivery",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("webhook", Integer, ForeignKey("webhook.id", ondelete="CASCADE"), nullable=False),
    Column("event", String, nullable=False, comment="webhook-id: the same in every attempt"),
    Column("type", String, nullable=False, comment="order.placed"),
    Column("object", String, nullable=False, comment="order/17: what is sent of one of these is sent in order"),
    Column("at", Double, nullable=False, comment="when it happened"),
    Column("body", Text, nullable=False, comment="what is sent, as it is signed"),
    Column("state", String, nullable=False, comment="waiting, sending, delivered or failed"),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Double, nullable=False, comment="when it is due; while sending, when that counts as lost"),
    Column("tried", Double),
    Column("status", Integer, nullable=False, comment="of the last answer; 0: there was none"),
    Column("took_ms", Integer, nullable=False),
    Column("answer", Text, nullable=False, comment="the beginning of the last answer, or why there was none"),
    UniqueConstraint("webhook", "event"),
    Index("ix_webhook_delivery_due", "webhook", "state", "next_at"),
    Index("ix_webhook_delivery_object", "webhook", "object", "id"),
    Index("ix_webhook_delivery_at", "at"),
)

webhook_read = Table(
    "webhook_read",
    metadata,
    Column("name", String, primary_key=True),
    Column("seq", BigInteger, nullable=False, comment="up to where the journal was looked through for calls"),
)
