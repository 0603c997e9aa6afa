"""Mail: how far each box was read, what came, what goes out."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mail_box",
        sa.Column("id", sa.String(), nullable=False, comment="of the configuration"),
        sa.Column(
            "validity", sa.BigInteger(), nullable=False, comment="UIDVALIDITY: whose numbers `last_uid` is one of"
        ),
        sa.Column("last_uid", sa.BigInteger(), nullable=False, comment="what comes after it was not looked at yet"),
        sa.Column("old_uid", sa.BigInteger(), nullable=False, comment="up to it only what nobody had read is taken in"),
        sa.Column("read", sa.Double(), nullable=True, comment="when it was last reached by IMAP"),
        sa.Column("read_error", sa.Text(), nullable=False, comment="why it cannot be reached; empty when it can"),
        sa.Column("sent", sa.Double(), nullable=True, comment="when a letter was last sent for it"),
        sa.Column("send_error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_box")),
    )
    op.create_table(
        "mail_in",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("box", sa.String(), nullable=False),
        sa.Column("validity", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.BigInteger(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False, comment="of Message-ID and body: two copies are one"),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False, comment="when it was picked up"),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("sender_name", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False, comment="see rules.OUTCOMES"),
        sa.Column("why", sa.String(), nullable=False, comment="a key of the locales: mail.why.<why>; empty for none"),
        sa.Column("ticket", sa.Integer(), nullable=True),
        sa.Column(
            "stored",
            sa.String(),
            nullable=False,
            comment="the whole letter below mail/; empty: only on the IMAP server",
        ),
        sa.Column("by", sa.String(), nullable=False, comment="who made a ticket of what was set aside"),
        sa.ForeignKeyConstraint(["ticket"], ["ticket.id"], name=op.f("fk_mail_in_ticket_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_in")),
        sa.UniqueConstraint("box", "validity", "uid", name="uq_mail_in_uid"),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_mail_in_fingerprint")),
    )
    op.create_index("ix_mail_in_at", "mail_in", ["at", "id"], unique=False)
    op.create_index("ix_mail_in_message_id", "mail_in", ["message_id"], unique=False)
    op.create_index("ix_mail_in_outcome", "mail_in", ["outcome", "at"], unique=False)
    op.create_index("ix_mail_in_sender", "mail_in", ["sender", "at"], unique=False)
    op.create_index("ix_mail_in_ticket", "mail_in", ["ticket", "id"], unique=False)
    op.create_table(
        "mail_out",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("ticket", sa.Integer(), nullable=False),
        sa.Column("comment", sa.Integer(), nullable=True),
        sa.Column("box", sa.String(), nullable=False, comment="by which it is sent"),
        sa.Column("recipient", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False, comment="the same for each attempt"),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False, comment="waiting, sending, sent, failed, bounced or cancelled"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column(
            "next_at", sa.Double(), nullable=False, comment="the next attempt; while sending: when it counts as lost"
        ),
        sa.Column("sent", sa.Double(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False, comment="what the other side said when it did not take it"),
        sa.ForeignKeyConstraint(["comment"], ["ticket_comment.id"], name=op.f("fk_mail_out_comment_ticket_comment")),
        sa.ForeignKeyConstraint(["ticket"], ["ticket.id"], name=op.f("fk_mail_out_ticket_ticket")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_out")),
        sa.UniqueConstraint("comment", name=op.f("uq_mail_out_comment")),
        sa.UniqueConstraint("message_id", name=op.f("uq_mail_out_message_id")),
    )
    op.create_index("ix_mail_out_at", "mail_out", ["at", "id"], unique=False)
    op.create_index("ix_mail_out_state", "mail_out", ["state", "next_at"], unique=False)
    op.create_index("ix_mail_out_ticket", "mail_out", ["ticket", "id"], unique=False)
