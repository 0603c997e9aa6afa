"""People who sign in: users, sessions, API tokens."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "staff_user",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("login", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("password", sa.String, nullable=False, comment="argon2id"),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("agent", sa.String, nullable=False, comment="id of the agent whose phone is theirs; empty for none"),
        sa.Column("language", sa.String, nullable=False, comment="empty: as the site or the browser has it"),
        sa.Column("theme", sa.String, nullable=False, comment="auto, light or dark"),
        sa.Column("disabled", sa.Boolean, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.UniqueConstraint("login", name="uq_staff_user_login"),
    )
    op.create_table(
        "staff_session",
        sa.Column("hash", sa.String, primary_key=True, comment="SHA-256 of the cookie"),
        sa.Column(
            "user",
            sa.Integer,
            sa.ForeignKey("staff_user.id", ondelete="CASCADE", name="fk_staff_session_user_staff_user"),
            nullable=False,
        ),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("expires", sa.Double, nullable=False),
        sa.Column("address", sa.String, nullable=False),
    )
    op.create_index("ix_staff_session_user", "staff_session", ["user"])
    op.create_index("ix_staff_session_expires", "staff_session", ["expires"])
    op.create_table(
        "staff_token",
        sa.Column("hash", sa.String, primary_key=True, comment="SHA-256 of the token"),
        sa.Column(
            "user",
            sa.Integer,
            sa.ForeignKey("staff_user.id", ondelete="CASCADE", name="fk_staff_token_user_staff_user"),
            nullable=False,
        ),
        sa.Column("label", sa.String, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
    )
    op.create_index("ix_staff_token_user", "staff_token", ["user"])
