"""The schema of customers: people and organisations, how they are reached, what happened with them.

Times are UTC epoch seconds. Numbers are E.164 (`+8613800138000`), with `raw` as it was given; a short internal number
has no `+`. `version` counts the changes of a row: who saves names the version that was seen.
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
    text,
)

from cti_server.db import metadata

AMOUNT = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite's integers have 64 bits by whatever name."""

customer = Table(
    "customer",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String, nullable=False, comment="person or organisation"),
    # basic
    Column("name", String, nullable=False),
    Column("initials", String, nullable=False, comment="of the name's pinyin, or of its words: what people type"),
    Column("title", String, nullable=False),
    Column("gender", String, nullable=False, comment="female, male, other or empty"),
    Column("birthday", String, nullable=False, comment="YYYY-MM-DD, --MM-DD or empty"),
    Column("organisation", Integer, ForeignKey("customer.id"), comment="to which a person belongs"),
    Column("language", String, nullable=False),
    # contact; numbers and addresses of mail are rows of their own
    Column("country", String, nullable=False, comment="ISO 3166 alpha-2"),
    Column("region", String, nullable=False),
    Column("city", String, nullable=False),
    Column("street", String, nullable=False),
    Column("postcode", String, nullable=False),
    # status
    Column("stage", String, nullable=False, comment="exploring, forming, stable, declining or empty"),
    Column("tier", Integer, nullable=False, comment="value to us, 0 to 5: the router and the pop read it"),
    Column("owner", String, nullable=False, comment="the agent whose customer this is"),
    Column("do_not_call", Boolean, nullable=False),
    Column("blocked", Boolean, nullable=False, comment="refused in the dialplan"),
    # account
    Column("account", String, nullable=False, comment="the number that the customer types in the IVR"),
    Column("since", Double, comment="customer since"),
    Column("terms", String, nullable=False, comment="of payment"),
    # behaviour and service are computed from calls, tickets and orders
    Column("recency_days", Integer),
    Column("orders", Integer, nullable=False),
    Column("spent", AMOUNT, nullable=False, comment="in the currency's smallest unit"),
    Column("last_contact", Double),
    # extension
    Column("extra", Text, nullable=False, comment="JSON object: the site's own fields"),
    Column("notes", Text, nullable=False),
    Column("created", Double, nullable=False),
    Column("created_by", String, nullable=False),
    Column("changed", Double, nullable=False),
    Column("changed_by", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("merged_into", Integer, ForeignKey("customer.id"), comment="this was a duplicate of that one"),
    Column("erased", Double, comment="personal data was erased"),
    Index("ix_customer_name", "name", "id"),
    Index("ix_customer_initials", "initials"),
    Index("ix_customer_account", "account"),
    Index("ix_customer_owner", "owner", "id"),
    Index("ix_customer_changed", "changed", "id"),
    Index("ix_customer_tier", "tier", "id"),
    Index("ix_customer_last_contact", text("coalesce(last_contact, 0.0)"), "id"),
    Index("ix_customer_organisation", "organisation"),
    Index("ix_customer_notes", "id", sqlite_where=text("notes <> ''"), postgresql_where=text("notes <> ''")),
    Index("ix_customer_blocked", "id", sqlite_where=text("blocked"), postgresql_where=text("blocked")),
)

customer_phone = Table(
    "customer_phone",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("customer", Integer, ForeignKey("customer.id"), nullable=False),
    Column("number", String, nullable=False, comment="E.164, or as dialled inside"),
    Column("extension", String, nullable=False),
    Column("raw", String, nullable=False),
    Column("kind", String, nullable=False, comment="mobile, work, home, fax or other"),
    Column("position", Integer, nullable=False),
    UniqueConstraint("customer", "number", "extension"),
    Index("ix_customer_phone_number", "number"),
)

customer_email = Table(
    "customer_email",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("customer", Integer, ForeignKey("customer.id"), nullable=False),
    Column("address", String, nullable=False, comment="in lower case"),
    Column("position", Integer, nullable=False),
    UniqueConstraint("customer", "address"),
    Index("ix_customer_email_address", "address"),
)

customer_tag = Table(
    "customer_tag",
    metadata,
    Column("customer", Integer, ForeignKey("customer.id"), primary_key=True),
    Column("tag", String, primary_key=True),
    Index("ix_customer_tag_tag", "tag", "customer"),
)

customer_field = Table(
    "customer_field",
    metadata,
    Column("id", String, primary_key=True, comment="the key in `customer.extra`"),
    Column("label_en", String, nullable=False),
    Column("label_zh", String, nullable=False),
    Column("type", String, nullable=False, comment="text, number, date, yes_no or choice"),
    Column("choices", Text, nullable=False, comment="JSON list, for a choice"),
    Column("position", Integer, nullable=False),
)

customer_consent = Table(
    "customer_consent",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("customer", Integer, ForeignKey("customer.id"), nullable=False),
    Column("purpose", String, nullable=False, comment="recording, marketing_call, marketing_mail ..."),
    Column("given", Boolean, nullable=False),
    Column("at", Double, nullable=False),
    Column("by", String, nullable=False),
    Column("source", String, nullable=False),
    Index("ix_customer_consent_customer", "customer", "purpose", "at"),
)

timeline = Table(
    "timeline",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("customer", Integer, ForeignKey("customer.id"), nullable=False),
    Column("at", Double, nullable=False),
    Column("kind", String, nullable=False, comment="call, ticket, opportunity, order, note, message, survey, change"),
    Column("ref", String, nullable=False, comment="the id of what it is about"),
    Column("what", String, nullable=False, comment="a word of the locales: timeline.<kind>.<what>"),
    Column("text", Text, nullable=False),
    Column("by", String, nullable=False),
    Column("data", Text, nullable=False, comment="JSON object"),
    Index("ix_timeline_customer", "customer", "at", "id"),
    Index("ix_timeline_ref", "kind", "ref"),
)

call_customer = Table(
    "call_customer",
    metadata,
    Column("call", String, primary_key=True),
    Column("customer", Integer, ForeignKey("customer.id"), nullable=False),
    Column("how", String, nullable=False, comment="number, account or person"),
    Column("at", Double, nullable=False),
    Column("by", String, nullable=False),
    Index("ix_call_customer_customer", "customer", "at"),
)

customer_merge = Table(
    "customer_merge",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Double, nullable=False),
    Column("by", String, nullable=False),
    Column("kept", Integer, ForeignKey("customer.id"), nullable=False),
    Column("gone", Integer, ForeignKey("customer.id"), nullable=False),
    Column("before", Text, nullable=False, comment="JSON: both records as they were"),
)
