"""The desk: whether screen pops were shown, and notes for whoever calls back."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "callback_note",
        sa.Column("callback", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("call", sa.String(), nullable=False, comment="in which it was promised"),
        sa.Column("note", sa.Text(), nullable=False, comment="for whoever calls"),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("callback", name=op.f("pk_callback_note")),
    )
    op.create_index("ix_callback_note_call", "callback_note", ["call"], unique=False)
    op.create_index("ix_callback_note_number", "callback_note", ["number"], unique=False)
    op.create_table(
        "pop_delivery",
        sa.Column("leg", sa.String(), nullable=False, comment="the agent's channel"),
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("made", sa.Double(), nullable=False, comment="the phone began to ring"),
        sa.Column("sent", sa.Double(), nullable=True, comment="first handed to a browser; null: none was open"),
        sa.Column("rendered", sa.Double(), nullable=True, comment="a page says that it shows it"),
        sa.Column("acknowledged", sa.Double(), nullable=True, comment="the agent did something with it"),
        sa.Column("ended", sa.Double(), nullable=True, comment="the leg is no more"),
        sa.Column(
            "session", sa.String(), nullable=False, comment="of the browser that rendered it: the beginning of a digest"
        ),
        sa.Column("tries", sa.Integer(), nullable=False, comment="how often it was sent"),
        sa.PrimaryKeyConstraint("leg", name=op.f("pk_pop_delivery")),
    )
    op.create_index("ix_pop_delivery_agent", "pop_delivery", ["agent", "made"], unique=False)
    op.create_index("ix_pop_delivery_call", "pop_delivery", ["call"], unique=False)
    op.create_index("ix_pop_delivery_made", "pop_delivery", ["made", "leg"], unique=False)
