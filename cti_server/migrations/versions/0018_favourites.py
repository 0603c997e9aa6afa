"""The desk's directory: each person's favourites."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "desk_favourite",
        sa.Column("person", sa.Integer(), autoincrement=False, nullable=False, comment="the user's id"),
        sa.Column("kind", sa.String(), nullable=False, comment="person, queue or box"),
        sa.Column("ref", sa.String(), nullable=False, comment="the id of the agent or queue; of a box its number"),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("person", "kind", "ref", name=op.f("pk_desk_favourite")),
    )
