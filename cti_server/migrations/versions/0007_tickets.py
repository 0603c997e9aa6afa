"""Tickets: the schema, as `tickets.tables` describes it."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ticket_category",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("parent", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_zh", sa.String(), nullable=False, comment="empty: the same as `name`"),
        sa.Column("team", sa.String(), nullable=False, comment="who sees to these, unless a ticket says otherwise"),
        sa.Column("retired", sa.Boolean(), nullable=False, comment="kept for old tickets, not offered for new ones"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["parent"], ["ticket_category.id"], name=op.f("fk_ticket_category_parent_ticket_category")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_category")),
    )
    op.create_table(
        "ticket",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False, comment="for people: T-2026-000123"),
        sa.Column("kind", sa.String(), nullable=False, comment="see rules.KINDS"),
        sa.Column("status", sa.String(), nullable=False, comment="see rules.STATUSES"),
        sa.Column("is_open", sa.Boolean(), nullable=False, comment="somebody still has to do something"),
        sa.Column("priority", sa.Integer(), nullable=False, comment="0 low, 1 normal, 2 high, 3 urgent"),
        sa.Column("escalation", sa.Integer(), nullable=False, comment="how often it was escalated"),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("customer", sa.Integer(), nullable=True),
        sa.Column(
            "phone", sa.String(), nullable=False, comment="whom to call, when it is not the customer's own number"
        ),
        sa.Column("phone_key", sa.String(), nullable=False, comment="the last ten digits of `phone`"),
        sa.Column("email", sa.String(), nullable=False, comment="whom to answer by mail, in lower case"),
        sa.Column("owner", sa.String(), nullable=False, comment="login; empty for nobody yet"),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("category", sa.Integer(), nullable=True),
        sa.Column(
            "product", sa.String(), nullable=False, comment="what it is about, in words or by its id in the catalogue"
        ),
        sa.Column("serial", sa.String(), nullable=False),
        sa.Column(
            "queue", sa.String(), nullable=False, comment="by whose calendar the clock runs; empty: the site's own"
        ),
        sa.Column("channel", sa.String(), nullable=False, comment="call, mail, page, api, system or missed"),
        sa.Column("resolution", sa.Text(), nullable=False, comment="what came of it, or why it was cancelled"),
        sa.Column("follows", sa.Integer(), nullable=True, comment="the complaint that this is the follow-up call of"),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("changed", sa.Double(), nullable=False, comment="anything at all happened"),
        sa.Column("resolved", sa.Double(), nullable=True),
        sa.Column("closed", sa.Double(), nullable=True, comment="closed or cancelled"),
        sa.Column(
            "promised",
            sa.Double(),
            nullable=True,
            comment="a day that was promised; goes before the target of resolution",
        ),
        sa.Column(
            "paused",
            sa.Double(),
            nullable=True,
            comment="since when the clock stands: it waits for the customer, or is done",
        ),
        sa.Column("first_at", sa.Double(), nullable=True, comment="the first answer"),
        sa.Column("first_due", sa.Double(), nullable=True),
        sa.Column("first_warn", sa.Double(), nullable=True),
        sa.Column("first_breached", sa.Double(), nullable=True, comment="when that was marked"),
        sa.Column(
            "due", sa.Double(), nullable=True, comment="of the resolution; null while paused or when there is no target"
        ),
        sa.Column("warn", sa.Double(), nullable=True),
        sa.Column("warned", sa.Double(), nullable=True, comment="when it was marked that the time is nearly up"),
        sa.Column("breached", sa.Double(), nullable=True, comment="when that was marked"),
        sa.Column("next_due", sa.Double(), nullable=False, comment="the next moment that is owed; rules.FAR for none"),
        sa.Column("next_mark", sa.Double(), nullable=False, comment="the next moment to mark; rules.FAR for none"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["category"], ["ticket_category.id"], name=op.f("fk_ticket_category_ticket_category")),
        sa.ForeignKeyConstraint(["customer"], ["customer.id"], name=op.f("fk_ticket_customer_customer")),
        sa.ForeignKeyConstraint(["follows"], ["ticket.id"], name=op.f("fk_ticket_follows_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket")),
        sa.UniqueConstraint("number", name=op.f("uq_ticket_number")),
    )
    op.create_index("ix_ticket_category", "ticket", ["category"], unique=False)
    op.create_index("ix_ticket_changed", "ticket", ["changed", "id"], unique=False)
    op.create_index("ix_ticket_created", "ticket", ["created", "id"], unique=False)
    op.create_index("ix_ticket_customer", "ticket", ["customer", "created"], unique=False)
    op.create_index("ix_ticket_follows", "ticket", ["follows"], unique=False)
    op.create_index("ix_ticket_next_due", "ticket", ["next_due", "id"], unique=False)
    op.create_index("ix_ticket_next_mark", "ticket", ["next_mark"], unique=False)
    op.create_index("ix_ticket_open", "ticket", ["is_open", "next_due", "id"], unique=False)
    op.create_index("ix_ticket_owner", "ticket", ["owner", "is_open", "next_due"], unique=False)
    op.create_index("ix_ticket_phone_key", "ticket", ["phone_key", "is_open"], unique=False)
    op.create_index("ix_ticket_priority", "ticket", ["priority", "id"], unique=False)
    op.create_table(
        "ticket_number",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_ticket_number")),
    )
    op.create_table(
        "ticket_target",
        sa.Column("kind", sa.String(), nullable=False, comment="empty: any that has no row of its own"),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column(
            "first_s",
            sa.Double(),
            nullable=True,
            comment="seconds of opening hours to the first answer; null: no target",
        ),
        sa.Column(
            "resolve_s",
            sa.Double(),
            nullable=True,
            comment="seconds of opening hours to the resolution; null: no target",
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "priority", name="pk_ticket_target"),
    )
    op.create_table(
        "ticket_pause",
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("start", sa.Double(), nullable=False),
        sa.Column("end", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["ticket"], ["ticket.id"], name=op.f("fk_ticket_pause_ticket_ticket")),
        sa.PrimaryKeyConstraint("ticket", "start", name="pk_ticket_pause"),
    )
    op.create_table(
        "ticket_history",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("by", sa.String(), nullable=False, comment="login; empty for the customer; rule:ID, system"),
        sa.Column(
            "field",
            sa.String(),
            nullable=False,
            comment="a column, or what else happened: link, call, file, step, breach",
        ),
        sa.Column("old", sa.Text(), nullable=False),
        sa.Column("new", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="of the ticket after it"),
        sa.ForeignKeyConstraint(["ticket"], ["ticket.id"], name=op.f("fk_ticket_history_ticket_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_history")),
    )
    op.create_index("ix_ticket_history_ticket", "ticket_history", ["ticket", "id"], unique=False)
    op.create_table(
        "ticket_comment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("by", sa.String(), nullable=False, comment="login; empty for the customer"),
        sa.Column("sender", sa.String(), nullable=False, comment="how a customer signed, such as an address of mail"),
        sa.Column(
            "kind", sa.String(), nullable=False, comment="inner, out (to the customer) or in (from the customer)"
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("source", sa.String(), nullable=False, comment="page, mail, api, call or system"),
        sa.ForeignKeyConstraint(["ticket"], ["ticket.id"], name=op.f("fk_ticket_comment_ticket_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_comment")),
    )
    op.create_index("ix_ticket_comment_ticket", "ticket_comment", ["ticket", "id"], unique=False)
    op.create_table(
        "ticket_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("comment", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(), nullable=False, comment="as it was called by whoever sent it"),
        sa.Column("type", sa.String(), nullable=False, comment="of its bytes, not of its name"),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("stored", sa.String(), nullable=False, comment="the random name below attachments/"),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["comment"], ["ticket_comment.id"], name=op.f("fk_ticket_file_comment_ticket_comment")),
        sa.ForeignKeyConstraint(["ticket"], ["ticket.id"], name=op.f("fk_ticket_file_ticket_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_file")),
        sa.UniqueConstraint("stored", name=op.f("uq_ticket_file_stored")),
    )
    op.create_index("ix_ticket_file_ticket", "ticket_file", ["ticket", "id"], unique=False)
    op.create_table(
        "ticket_watcher",
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("seen", sa.Double(), nullable=False, comment="when they last looked at it"),
        sa.ForeignKeyConstraint(["ticket"], ["ticket.id"], name=op.f("fk_ticket_watcher_ticket_ticket")),
        sa.PrimaryKeyConstraint("ticket", "login", name="pk_ticket_watcher"),
    )
    op.create_index("ix_ticket_watcher_login", "ticket_watcher", ["login", "ticket"], unique=False)
    op.create_table(
        "ticket_link",
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("other", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False, comment="related, duplicate_of, caused_by or follow_up_of"),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["other"], ["ticket.id"], name=op.f("fk_ticket_link_other_ticket")),
        sa.ForeignKeyConstraint(["ticket"], ["ticket.id"], name=op.f("fk_ticket_link_ticket_ticket")),
        sa.PrimaryKeyConstraint("ticket", "other", name="pk_ticket_link"),
    )
    op.create_index("ix_ticket_link_other", "ticket_link", ["other"], unique=False)
    op.create_table(
        "ticket_call",
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["ticket"], ["ticket.id"], name=op.f("fk_ticket_call_ticket_ticket")),
        sa.PrimaryKeyConstraint("ticket", "call", name="pk_ticket_call"),
    )
    op.create_index("ix_ticket_call_call", "ticket_call", ["call"], unique=False)
    op.create_table(
        "ticket_missed",
        sa.Column(
            "entry", sa.String(), nullable=False, comment="the stay in a queue, or the call, that nobody answered"
        ),
        sa.Column("ticket", sa.Integer(), nullable=False, comment="the callback task it is part of"),
        sa.Column("at", sa.Double(), nullable=False, comment="when the caller gave up"),
        sa.ForeignKeyConstraint(["ticket"], ["ticket.id"], name=op.f("fk_ticket_missed_ticket_ticket")),
        sa.PrimaryKeyConstraint("entry", name=op.f("pk_ticket_missed")),
    )
    op.create_index("ix_ticket_missed_ticket", "ticket_missed", ["ticket"], unique=False)
    op.create_table(
        "ticket_step",
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(), nullable=False, comment="apologise, restate, empathise, make_good or follow_up"),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["ticket"], ["ticket.id"], name=op.f("fk_ticket_step_ticket_ticket")),
        sa.PrimaryKeyConstraint("ticket", "step", name="pk_ticket_step"),
    )
    op.create_table(
        "service_contract",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False, comment="warranty or service"),
        sa.Column("customer", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False, comment="of the contract or the receipt"),
        sa.Column("product", sa.String(), nullable=False),
        sa.Column("serial", sa.String(), nullable=False),
        sa.Column("begins", sa.String(), nullable=False, comment="YYYY-MM-DD, the first day"),
        sa.Column("ends", sa.String(), nullable=False, comment="YYYY-MM-DD, the last day"),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("every_months", sa.Integer(), nullable=False, comment="a visit is due so often; 0: none"),
        sa.Column("remind_days", sa.Integer(), nullable=False, comment="so many days before a visit or the end"),
        sa.Column(
            "remind_for",
            sa.String(),
            nullable=False,
            comment="the visit or the end that comes next, YYYY-MM-DD; or empty",
        ),
        sa.Column(
            "remind_on", sa.String(), nullable=False, comment="when to remind of it; empty when nothing more is to come"
        ),
        sa.Column("make_ticket", sa.Boolean(), nullable=False, comment="a reminder makes a ticket"),
        sa.Column("reminder", sa.Integer(), nullable=True, comment="the last ticket that reminded"),
        sa.Column("ended", sa.Double(), nullable=True, comment="cancelled before its time"),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("changed", sa.Double(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["customer"], ["customer.id"], name=op.f("fk_service_contract_customer_customer")),
        sa.ForeignKeyConstraint(["reminder"], ["ticket.id"], name=op.f("fk_service_contract_reminder_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_contract")),
        sa.UniqueConstraint("customer", "product", "serial", "begins", "kind", name="uq_service_contract"),
    )
    op.create_index("ix_service_contract_customer", "service_contract", ["customer", "ends"], unique=False)
    op.create_index("ix_service_contract_ends", "service_contract", ["ends", "id"], unique=False)
    op.create_index("ix_service_contract_remind_on", "service_contract", ["remind_on"], unique=False)
    op.create_index("ix_service_contract_serial", "service_contract", ["serial"], unique=False)
