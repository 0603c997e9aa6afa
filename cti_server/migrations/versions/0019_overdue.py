"""Opportunities: which day passed and was told of as overdue."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    comment = "the expected day that passed and was told"
    op.add_column(
        "opportunity", sa.Column("overdue_told", sa.String(), server_default="", nullable=False, comment=comment)
    )
