"""Webhooks: who is told, what is to be sent, and what nobody was told of yet."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "news",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False, comment="customer, ticket, order ..."),
        sa.Column("what", sa.String(), nullable=False, comment="created, changed, won ..."),
        sa.Column("ref", sa.String(), nullable=False, comment="the id of what it is about"),
        sa.Column("by", sa.String(), nullable=False, comment="login, rule:ID, system, or empty for the customer"),
        sa.Column(
            "data", sa.Text(), nullable=False, comment="JSON object; ids, words, sums: nothing that names a person"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_news")),
    )
    op.create_table(
        "webhook",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("topics", sa.Text(), nullable=False, comment="JSON list, see rules.TOPICS"),
        sa.Column(
            "secret", sa.String(), nullable=False, comment="whsec_..., signs what is sent; shown when it is made"
        ),
        sa.Column("old_secret", sa.String(), nullable=False, comment="signs as well until `old_until`"),
        sa.Column("old_until", sa.Double(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column(
            "off_reason", sa.String(), nullable=False, comment="why it was switched off by itself: failing or gone"
        ),
        sa.Column("failing_since", sa.Double(), nullable=True, comment="the first failure after which nothing arrived"),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("changed", sa.Double(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("webhook", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(), nullable=False, comment="webhook-id: the same in every attempt"),
        sa.Column("type", sa.String(), nullable=False, comment="order.placed"),
        sa.Column(
            "object", sa.String(), nullable=False, comment="order/17: what is sent of one of these is sent in order"
        ),
        sa.Column("at", sa.Double(), nullable=False, comment="when it happened"),
        sa.Column("body", sa.Text(), nullable=False, comment="what is sent, as it is signed"),
        sa.Column("state", sa.String(), nullable=False, comment="waiting, sending, delivered or failed"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column(
            "next_at", sa.Double(), nullable=False, comment="when it is due; while sending, when that counts as lost"
        ),
        sa.Column("tried", sa.Double(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=False, comment="of the last answer; 0: there was none"),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.Column(
            "answer", sa.Text(), nullable=False, comment="the beginning of the last answer, or why there was none"
        ),
        sa.ForeignKeyConstraint(
            ["webhook"], ["webhook.id"], name=op.f("fk_webhook_delivery_webhook_webhook"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
        sa.UniqueConstraint("webhook", "event", name=op.f("uq_webhook_delivery_webhook")),
    )
    op.create_index("ix_webhook_delivery_at", "webhook_delivery", ["at"], unique=False)
    op.create_index("ix_webhook_delivery_due", "webhook_delivery", ["webhook", "state", "next_at"], unique=False)
    op.create_index("ix_webhook_delivery_object", "webhook_delivery", ["webhook", "object", "id"], unique=False)
    op.create_table(
        "webhook_read",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column(
            "seq", sa.BigInteger(), nullable=False, comment="up to where the journal was looked through for calls"
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_webhook_read")),
    )
