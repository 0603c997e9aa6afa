"""Customers: their records, how they are reached, what happened with them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "customer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False, comment="person or organisation"),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column(
            "initials", sa.String(), nullable=False, comment="of the name's pinyin, or of its words: what people type"
        ),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("gender", sa.String(), nullable=False, comment="female, male, other or empty"),
        sa.Column("birthday", sa.String(), nullable=False, comment="YYYY-MM-DD, --MM-DD or empty"),
        sa.Column("organisation", sa.Integer(), nullable=True, comment="to which a person belongs"),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("country", sa.String(), nullable=False, comment="ISO 3166 alpha-2"),
        sa.Column("region", sa.String(), nullable=False),
        sa.Column("city", sa.String(), nullable=False),
        sa.Column("street", sa.String(), nullable=False),
        sa.Column("postcode", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False, comment="exploring, forming, stable, declining or empty"),
        sa.Column("tier", sa.Integer(), nullable=False, comment="value to us, 0 to 5: the router and the pop read it"),
        sa.Column("owner", sa.String(), nullable=False, comment="the agent whose customer this is"),
        sa.Column("do_not_call", sa.Boolean(), nullable=False),
        sa.Column("blocked", sa.Boolean(), nullable=False, comment="refused in the dialplan"),
        sa.Column("account", sa.String(), nullable=False, comment="the number that the customer types in the IVR"),
        sa.Column("since", sa.Double(), nullable=True, comment="customer since"),
        sa.Column("terms", sa.String(), nullable=False, comment="of payment"),
        sa.Column("recency_days", sa.Integer(), nullable=True),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("spent", sa.Integer(), nullable=False, comment="in the currency's smallest unit"),
        sa.Column("last_contact", sa.Double(), nullable=True),
        sa.Column("extra", sa.Text(), nullable=False, comment="JSON object: the site's own fields"),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("changed", sa.Double(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("merged_into", sa.Integer(), nullable=True, comment="this was a duplicate of that one"),
        sa.Column("erased", sa.Double(), nullable=True, comment="personal data was erased"),
        sa.ForeignKeyConstraint(["merged_into"], ["customer.id"], name=op.f("fk_customer_merged_into_customer")),
        sa.ForeignKeyConstraint(["organisation"], ["customer.id"], name=op.f("fk_customer_organisation_customer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer")),
    )
    op.create_index("ix_customer_account", "customer", ["account"], unique=False)
    op.create_index("ix_customer_changed", "customer", ["changed", "id"], unique=False)
    op.create_index("ix_customer_initials", "customer", ["initials"], unique=False)
    op.create_index("ix_customer_name", "customer", ["name", "id"], unique=False)
    op.create_index("ix_customer_organisation", "customer", ["organisation"], unique=False)
    op.create_index("ix_customer_owner", "customer", ["owner", "id"], unique=False)
    op.create_table(
        "customer_phone",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(), nullable=False, comment="E.164, or as dialled inside"),
        sa.Column("extension", sa.String(), nullable=False),
        sa.Column("raw", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False, comment="mobile, work, home, fax or other"),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["customer"], ["customer.id"], name=op.f("fk_customer_phone_customer_customer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_phone")),
        sa.UniqueConstraint("customer", "number", "extension", name=op.f("uq_customer_phone_customer")),
    )
    op.create_index("ix_customer_phone_number", "customer_phone", ["number"], unique=False)
    op.create_table(
        "customer_email",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(), nullable=False, comment="in lower case"),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["customer"], ["customer.id"], name=op.f("fk_customer_email_customer_customer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_email")),
        sa.UniqueConstraint("customer", "address", name=op.f("uq_customer_email_customer")),
    )
    op.create_index("ix_customer_email_address", "customer_email", ["address"], unique=False)
    op.create_table(
        "customer_tag",
        sa.Column("customer", sa.Integer(), nullable=False),
        sa.Column("tag", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["customer"], ["customer.id"], name=op.f("fk_customer_tag_customer_customer")),
        sa.PrimaryKeyConstraint("customer", "tag", name=op.f("pk_customer_tag")),
    )
    op.create_index("ix_customer_tag_tag", "customer_tag", ["tag", "customer"], unique=False)
    op.create_table(
        "customer_field",
        sa.Column("id", sa.String(), nullable=False, comment="the key in `customer.extra`"),
        sa.Column("label_en", sa.String(), nullable=False),
        sa.Column("label_zh", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False, comment="text, number, date, yes_no or choice"),
        sa.Column("choices", sa.Text(), nullable=False, comment="JSON list, for a choice"),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_field")),
    )
    op.create_table(
        "customer_consent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False, comment="recording, marketing_call, marketing_mail ..."),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["customer"], ["customer.id"], name=op.f("fk_customer_consent_customer_customer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_consent")),
    )
    op.create_index("ix_customer_consent_customer", "customer_consent", ["customer", "purpose", "at"], unique=False)
    op.create_table(
        "timeline",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer", sa.Integer(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column(
            "kind",
            sa.String(),
            nullable=False,
            comment="call, ticket, opportunity, order, note, message, survey, change",
        ),
        sa.Column("ref", sa.String(), nullable=False, comment="the id of what it is about"),
        sa.Column("what", sa.String(), nullable=False, comment="a word of the locales: timeline.<kind>.<what>"),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False, comment="JSON object"),
        sa.ForeignKeyConstraint(["customer"], ["customer.id"], name=op.f("fk_timeline_customer_customer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timeline")),
    )
    op.create_index("ix_timeline_customer", "timeline", ["customer", "at", "id"], unique=False)
    op.create_index("ix_timeline_ref", "timeline", ["kind", "ref"], unique=False)
    op.create_table(
        "call_customer",
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("customer", sa.Integer(), nullable=False),
        sa.Column("how", sa.String(), nullable=False, comment="number, account or person"),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["customer"], ["customer.id"], name=op.f("fk_call_customer_customer_customer")),
        sa.PrimaryKeyConstraint("call", name=op.f("pk_call_customer")),
    )
    op.create_index("ix_call_customer_customer", "call_customer", ["customer", "at"], unique=False)
    op.create_table(
        "customer_merge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("kept", sa.Integer(), nullable=False),
        sa.Column("gone", sa.Integer(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False, comment="JSON: both records as they were"),
        sa.ForeignKeyConstraint(["gone"], ["customer.id"], name=op.f("fk_customer_merge_gone_customer")),
        sa.ForeignKeyConstraint(["kept"], ["customer.id"], name=op.f("fk_customer_merge_kept_customer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_merge")),
    )
