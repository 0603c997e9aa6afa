"""Lists begin in an index by whatever they are sorted; sums of customers have 64 bits."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_SORTS = (
    ("customer", "tier"),
    ("lead", "name"),
    ("opportunity", "amount"),
    ("opportunity", "expected"),
    ("opportunity", "probability"),
    ("opportunity", "title"),
    ("quote", "total"),
    ("quote", "valid_until"),
    ("return_order", "amount"),
    ("sales_order", "changed"),
    ("sales_order", "total"),
)


def upgrade() -> None:
    for table, column in _SORTS:
        op.create_index(f"ix_{table}_{column}", table, [column, "id"], unique=False)
    last = sa.text("coalesce(last_contact, 0.0)")
    op.create_index("ix_customer_last_contact", "customer", [last, sa.column("id")], unique=False)
    op.create_index(
        "ix_customer_notes",
        "customer",
        ["id"],
        unique=False,
        sqlite_where=sa.text("notes <> ''"),
        postgresql_where=sa.text("notes <> ''"),
    )
    if op.get_bind().dialect.name != "sqlite":
        for table, column in (("customer", "spent"), ("customer_value", "lifetime")):
            op.alter_column(table, column, type_=sa.BigInteger(), existing_type=sa.Integer(), existing_nullable=False)
