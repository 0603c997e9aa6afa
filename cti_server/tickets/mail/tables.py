"""The schema of mail: how far each box was read, every letter that came and what became of it, and all that go out."""

from sqlalchemy import BigInteger, Column, Double, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from cti_server.db import metadata

mail_box = Table(
    "mail_box",
    metadata,
    Column("id", String, primary_key=True, comment="of the configuration"),
    Column("validity", BigInteger, nullable=False, comment="UIDVALIDITY: whose numbers `last_uid` is one of"),
    Column("last_uid", BigInteger, nullable=False, comment="what comes after it was not looked at yet"),
    Column("old_uid", BigInteger, nullable=False, comment="up to it only what nobody had read is taken in"),
    Column("read", Double, comment="when it was last reached by IMAP"),
    Column("read_error", Text, nullable=False, comment="why it cannot be reached; empty when it can"),
    Column("sent", Double, comment="when a letter was last sent for it"),
    Column("send_error", Text, nullable=False),
)

mail_in = Table(
    "mail_in",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("box", String, nullable=False),
    Column("validity", BigInteger, nullable=False),
    Column("uid", BigInteger, nullable=False),
    Column("fingerprint", String, nullable=False, unique=True, comment="of Message-ID and body: two copies are one"),
    Column("message_id", String, nullable=False),
    Column("at", Double, nullable=False, comment="when it was picked up"),
    Column("sender", String, nullable=False),
    Column("sender_name", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("size", Integer, nullable=False),
    Column("outcome", String, nullable=False, comment="see rules.OUTCOMES"),
    Column("why", String, nullable=False, comment="a key of the locales: mail.why.<why>; empty for none"),
    Column("ticket", Integer, ForeignKey("ticket.id")),
    Column("stored", String, nullable=False, comment="the whole letter below mail/; empty: only on the IMAP server"),
    Column("by", String, nullable=False, comment="who made a ticket of what was set aside"),
    UniqueConstraint("box", "validity", "uid", name="uq_mail_in_uid"),
    Index("ix_mail_in_message_id", "message_id"),
    Index("ix_mail_in_sender", "sender", "at"),
    Index("ix_mail_in_at", "at", "id"),
    Index("ix_mail_in_outcome", "outcome", "at"),
    Index("ix_mail_in_ticket", "ticket", "id"),
)

mail_out = Table(
    "mail_out",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("ticket", Integer, ForeignKey("ticket.id"), nullable=False),
    Column("comment", Integer, ForeignKey("ticket_comment.id"), unique=True),
    Column("box", String, nullable=False, comment="by which it is sent"),
    Column("recipient", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("message_id", String, nullable=False, unique=True, comment="the same for each attempt"),
    Column("at", Double, nullable=False),
    Column("by", String, nullable=False),
    Column("state", String, nullable=False, comment="waiting, sending, sent, failed, bounced or cancelled"),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Double, nullable=False, comment="the next attempt; while sending: when it counts as lost"),
    Column("sent", Double),
    Column("why", Text, nullable=False, comment="what the other side said when it did not take it"),
    Index("ix_mail_out_state", "state", "next_at"),
    Index("ix_mail_out_at", "at", "id"),
    Index("ix_mail_out_ticket", "ticket", "id"),
)
