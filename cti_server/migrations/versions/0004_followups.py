"""Promised callbacks and messages as records; what people did about them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "callback",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("queue", sa.String, nullable=False),
        sa.Column("number", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("call", sa.String, nullable=False, comment="the call that the promise was made in, if any"),
        sa.Column("planned", sa.Double, nullable=False),
        sa.Column("queued", sa.Double, nullable=False, comment="since when the customer waits: the place in the line"),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("not_before", sa.Double, nullable=False, comment="0: at once"),
        sa.Column("wanted", sa.String, nullable=False, comment="the agent who shall call; empty for anyone"),
        sa.Column("by", sa.String, nullable=False, comment="who planned it; empty for the customer"),
        sa.Column(
            "state", sa.String, nullable=False, comment="waiting, calling, answered, failed, cancelled or merged"
        ),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("tried", sa.Double, comment="the last attempt"),
        sa.Column(
            "agent", sa.String, nullable=False, comment="of the last attempt; empty when the customer is rung first"
        ),
        sa.Column("channel", sa.String, nullable=False, comment="the first leg of the last attempt"),
        sa.Column("why", sa.String, nullable=False, comment="why the last attempt came to nothing"),
        sa.Column("ended", sa.Double),
        sa.Column("ended_by", sa.String, nullable=False),
    )
    op.create_index("ix_callback_planned", "callback", ["planned", "id"])
    op.create_index("ix_callback_state", "callback", ["state", "queued"])
    op.create_index("ix_callback_queue", "callback", ["queue", "planned"])
    op.create_index("ix_callback_ended", "callback", ["ended"])
    op.create_table(
        "voicemail",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("channel", sa.String, nullable=False),
        sa.Column("box", sa.String, nullable=False),
        sa.Column("path", sa.String, nullable=False, comment="of the sound, as the PBX told it"),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("duration_s", sa.Double, nullable=False),
    )
    op.create_index("ix_voicemail_at", "voicemail", ["at", "id"])
    op.create_index("ix_voicemail_box", "voicemail", ["box", "at"])
    op.create_table(
        "voicemail_task",
        sa.Column("voicemail", sa.String, primary_key=True),
        sa.Column("done", sa.Double, comment="null while somebody still has to do it"),
        sa.Column("done_by", sa.String, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("noted", sa.Double),
        sa.Column("noted_by", sa.String, nullable=False),
    )
    op.create_index("ix_voicemail_task_done", "voicemail_task", ["done"])
    op.create_table(
        "voicemail_access",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("voicemail", sa.String, nullable=False),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("login", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False, comment="play or download"),
        sa.Column("address", sa.String, nullable=False),
    )
    op.create_index("ix_voicemail_access_voicemail", "voicemail_access", ["voicemail", "at"])
    op.create_table(
        "dismissed_suggestion",
        sa.Column("entry", sa.String, primary_key=True, comment="the last abandoned stay that it was about"),
        sa.Column("number", sa.String, nullable=False),
        sa.Column(
            "through", sa.Double, nullable=False, comment="when that stay ended: a later one is a new suggestion"
        ),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("login", sa.String, nullable=False),
    )
    op.create_index("ix_dismissed_suggestion_through", "dismissed_suggestion", ["through"])
