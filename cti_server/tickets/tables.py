"""The schema of tickets: what somebody is owed, who sees to it, until when, and everything that was done.

Times are UTC epoch seconds. `customer` is the only other context that is pointed at with a foreign key; calls and stays
in a queue are named by their ids, for their rows can be made again from the Events. `version` counts the changes of a
row: who saves names the version that was seen.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from cti_server.db import metadata

ticket = Table(
    "ticket",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", String, nullable=False, unique=True, comment="for people: T-2026-000123"),
    Column("kind", String, nullable=False, comment="see rules.KINDS"),
    Column("status", String, nullable=False, comment="see rules.STATUSES"),
    Column("is_open", Boolean, nullable=False, comment="somebody still has to do something"),
    Column("priority", Integer, nullable=False, comment="0 low, 1 normal, 2 high, 3 urgent"),
    Column("escalation", Integer, nullable=False, comment="how often it was escalated"),
    Column("subject", String, nullable=False),
    Column("description", Text, nullable=False),
    Column("customer", Integer, ForeignKey("customer.id")),
    Column("phone", String, nullable=False, comment="whom to call, when it is not the customer's own number"),
    Column("phone_key", String, nullable=False, comment="the last ten digits of `phone`"),
    Column("email", String, nullable=False, comment="whom to answer by mail, in lower case"),
    Column("owner", String, nullable=False, comment="login; empty for nobody yet"),
    Column("team", String, nullable=False),
    Column("category", Integer, ForeignKey("ticket_category.id")),
    Column("product", String, nullable=False, comment="what it is about, in words or by its id in the catalogue"),
    Column("serial", String, nullable=False),
    Column("queue", String, nullable=False, comment="by whose calendar the clock runs; empty: the site's own"),
    Column("channel", String, nullable=False, comment="call, mail, page, api, system or missed"),
    Column("resolution", Text, nullable=False, comment="what came of it, or why it was cancelled"),
    Column("follows", Integer, ForeignKey("ticket.id"), comment="the complaint that this is the follow-up call of"),
    Column("created", Double, nullable=False),
    Column("created_by", String, nullable=False),
    Column("changed", Double, nullable=False, comment="anything at all happened"),
    Column("resolved", Double),
    Column("closed", Double, comment="closed or cancelled"),
    Column("promised", Double, comment="a day that was promised; goes before the target of resolution"),
    # the clock, see sla.py
    Column("paused", Double, comment="since when the clock stands: it waits for the customer, or is done"),
    Column("first_at", Double, comment="the first answer"),
    Column("first_due", Double),
    Column("first_warn", Double),
    Column("first_breached", Double, comment="when that was marked"),
    Column("due", Double, comment="of the resolution; null while paused or when there is no target"),
    Column("warn", Double),
    Column("warned", Double, comment="when it was marked that the time is nearly up"),
    Column("breached", Double, comment="when that was marked"),
    Column("next_due", Double, nullable=False, comment="the next moment that is owed; rules.FAR for none"),
    Column("next_mark", Double, nullable=False, comment="the next moment to mark; rules.FAR for none"),
    Column("version", Integer, nullable=False),
    Index("ix_ticket_open", "is_open", "next_due", "id"),
    Index("ix_ticket_owner", "owner", "is_open", "next_due"),
    Index("ix_ticket_next_due", "next_due", "id"),
    Index("ix_ticket_next_mark", "next_mark"),
    Index("ix_ticket_customer", "customer", "created"),
    Index("ix_ticket_created", "created", "id"),
    Index("ix_ticket_changed", "changed", "id"),
    Index("ix_ticket_priority", "priority", "id"),
    Index("ix_ticket_phone_key", "phone_key", "is_open"),
    Index("ix_ticket_follows", "follows"),
    Index("ix_ticket_category", "category"),
)

ticket_number = Table(
    "ticket_number",
    metadata,
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("last", Integer, nullable=False),
)

ticket_category = Table(
    "ticket_category",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("parent", Integer, ForeignKey("ticket_category.id")),
    Column("name", String, nullable=False),
    Column("name_zh", String, nullable=False, comment="empty: the same as `name`"),
    Column("team", String, nullable=False, comment="who sees to these, unless a ticket says otherwise"),
    Column("retired", Boolean, nullable=False, comment="kept for old tickets, not offered for new ones"),
    Column("version", Integer, nullable=False),
)

ticket_target = Table(
    "ticket_target",
    metadata,
    Column("kind", String, nullable=False, comment="empty: any that has no row of its own"),
    Column("priority", Integer, nullable=False),
    Column("first_s", Double, comment="seconds of opening hours to the first answer; null: no target"),
    Column("resolve_s", Double, comment="seconds of opening hours to the resolution; null: no target"),
    Column("version", Integer, nullable=False),
    PrimaryKeyConstraint("kind", "priority", name="pk_ticket_target"),
)

ticket_pause = Table(
    "ticket_pause",
    metadata,
    Column("ticket", Integer, ForeignKey("ticket.id"), nullable=False),
    Column("start", Double, nullable=False),
    Column("end", Double, nullable=False),
    PrimaryKeyConstraint("ticket", "start", name="pk_ticket_pause"),
)

ticket_history = Table(
    "ticket_history",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("ticket", Integer, ForeignKey("ticket.id"), nullable=False),
    Column("at", Double, nullable=False),
    Column("by", String, nullable=False, comment="login; empty for the customer; rule:ID, system"),
    Column("field", String, nullable=False, comment="a column, or what else happened: link, call, file, step, breach"),
    Column("old", Text, nullable=False),
    Column("new", Text, nullable=False),
    Column("version", Integer, nullable=False, comment="of the ticket after it"),
    Index("ix_ticket_history_ticket", "ticket", "id"),
)

ticket_comment = Table(
    "ticket_comment",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("ticket", Integer, ForeignKey("ticket.id"), nullable=False),
    Column("at", Double, nullable=False),
    Column("by", String, nullable=False, comment="login; empty for the customer"),
    Column("sender", String, nullable=False, comment="how a customer signed, such as an address of mail"),
    Column("kind", String, nullable=False, comment="inner, out (to the customer) or in (from the customer)"),
    Column("text", Text, nullable=False),
    Column("source", String, nullable=False, comment="page, mail, api, call or system"),
    Index("ix_ticket_comment_ticket", "ticket", "id"),
)

ticket_file = Table(
    "ticket_file",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("ticket", Integer, ForeignKey("ticket.id"), nullable=False),
    Column("comment", Integer, ForeignKey("ticket_comment.id")),
    Column("name", String, nullable=False, comment="as it was called by whoever sent it"),
    Column("type", String, nullable=False, comment="of its bytes, not of its name"),
    Column("size", Integer, nullable=False),
    Column("sha256", String, nullable=False),
    Column("stored", String, nullable=False, unique=True, comment="the random name below attachments/"),
    Column("at", Double, nullable=False),
    Column("by", String, nullable=False),
    Index("ix_ticket_file_ticket", "ticket", "id"),
)

ticket_watcher = Table(
    "ticket_watcher",
    metadata,
    Column("ticket", Integer, ForeignKey("ticket.id"), nullable=False),
    Column("login", String, nullable=False),
    Column("seen", Double, nullable=False, comment="when they last looked at it"),
    PrimaryKeyConstraint("ticket", "login", name="pk_ticket_watcher"),
    Index("ix_ticket_watcher_login", "login", "ticket"),
)

ticket_link = Table(
    "ticket_link",
    metadata,
    Column("ticket", Integer, ForeignKey("ticket.id"), nullable=False),
    Column("other", Integer, ForeignKey("ticket.id"), nullable=False),
    Column("kind", String, nullable=False, comment="related, duplicate_of, caused_by or follow_up_of"),
    Column("at", Double, nullable=False),
    Column("by", String, nullable=False),
    PrimaryKeyConstraint("ticket", "other", name="pk_ticket_link"),
    Index("ix_ticket_link_other", "other"),
)

ticket_call = Table(
    "ticket_call",
    metadata,
    Column("ticket", Integer, ForeignKey("ticket.id"), nullable=False),
    Column("call", String, nullable=False),
    Column("at", Double, nullable=False),
    Column("by", String, nullable=False),
    PrimaryKeyConstraint("ticket", "call", name="pk_ticket_call"),
    Index("ix_ticket_call_call", "call"),
)

ticket_missed = Table(
    "ticket_missed",
    metadata,
    Column("entry", String, primary_key=True, comment="the stay in a queue, or the call, that nobody answered"),
    Column("ticket", Integer, ForeignKey("ticket.id"), nullable=False, comment="the callback task it is part of"),
    Column("at", Double, nullable=False, comment="when the caller gave up"),
    Index("ix_ticket_missed_ticket", "ticket"),
)

ticket_step = Table(
    "ticket_step",
    metadata,
    Column("ticket", Integer, ForeignKey("ticket.id"), nullable=False),
    Column("step", String, nullable=False, comment="apologise, restate, empathise, make_good or follow_up"),
    Column("at", Double, nullable=False),
    Column("by", String, nullable=False),
    Column("text", Text, nullable=False),
    PrimaryKeyConstraint("ticket", "step", name="pk_ticket_step"),
)

service_contract = Table(
    "service_contract",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String, nullable=False, comment="warranty or service"),
    Column("customer", Integer, ForeignKey("customer.id"), nullable=False),
    Column("number", String, nullable=False, comment="of the contract or the receipt"),
    Column("product", String, nullable=False),
    Column("serial", String, nullable=False),
    Column("begins", String, nullable=False, comment="YYYY-MM-DD, the first day"),
    Column("ends", String, nullable=False, comment="YYYY-MM-DD, the last day"),
    Column("notes", Text, nullable=False),
    Column("every_months", Integer, nullable=False, comment="a visit is due so often; 0: none"),
    Column("remind_days", Integer, nullable=False, comment="so many days before a visit or the end"),
    Column("remind_for", String, nullable=False, comment="the visit or the end that comes next, YYYY-MM-DD; or empty"),
    Column("remind_on", String, nullable=False, comment="when to remind of it; empty when nothing more is to come"),
    Column("make_ticket", Boolean, nullable=False, comment="a reminder makes a ticket"),
    Column("reminder", Integer, ForeignKey("ticket.id"), comment="the last ticket that reminded"),
    Column("ended", Double, comment="cancelled before its time"),
    Column("created", Double, nullable=False),
    Column("changed", Double, nullable=False),
    Column("changed_by", String, nullable=False),
    Column("version", Integer, nullable=False),
    Index("ix_service_contract_customer", "customer", "ends"),
    Index("ix_service_contract_ends", "ends", "id"),
    Index("ix_service_contract_remind_on", "remind_on"),
    Index("ix_service_contract_serial", "serial"),
    UniqueConstraint("customer", "product", "serial", "begins", "kind", name="uq_service_contract"),
)
