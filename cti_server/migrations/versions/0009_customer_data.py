"""Imports of customers, and what customers are worth."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "import_job",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False, comment="of the file, as it was sent"),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column(
            "state",
            sa.String(),
            nullable=False,
            comment="mapping, waiting, running, done, cancelled, interrupted or failed",
        ),
        sa.Column("dry", sa.Boolean(), nullable=False, comment="only tried: nothing is written"),
        sa.Column("node", sa.String(), nullable=False, comment="that works on it"),
        sa.Column("beat", sa.Double(), nullable=False, comment="when it last wrote something"),
        sa.Column("cancel", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False, comment="csv or xlsx"),
        sa.Column("encoding", sa.String(), nullable=False),
        sa.Column("delimiter", sa.String(), nullable=False),
        sa.Column("first_row", sa.Boolean(), nullable=False, comment="names the columns"),
        sa.Column("sample", sa.Text(), nullable=False, comment="JSON: the first rows"),
        sa.Column("mapping", sa.Text(), nullable=False, comment="JSON: a field for each column"),
        sa.Column("duplicates", sa.String(), nullable=False, comment="skip, update or create"),
        sa.Column(
            "keep_unknown", sa.Boolean(), nullable=False, comment="numbers that no plan knows are taken as they are"
        ),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("created", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("organisations", sa.Integer(), nullable=False),
        sa.Column("bad", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False, comment="JSON: a word of import_failed, and its values"),
        sa.Column("finished", sa.Double(), nullable=True),
        sa.Column(
            "content",
            sa.LargeBinary(),
            nullable=True,
            comment="the file, compressed; null when it is not needed any more",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_job")),
    )
    op.create_index("ix_import_job_at", "import_job", ["at", "id"], unique=False)
    op.create_index("ix_import_job_state", "import_job", ["state", "beat"], unique=False)
    op.create_table(
        "import_bad",
        sa.Column("job", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False, comment="in the file, the first one being 1"),
        sa.Column("cells", sa.Text(), nullable=False, comment="JSON list: the row as it was"),
        sa.Column("reasons", sa.Text(), nullable=False, comment="JSON list of [word, field, value]"),
        sa.ForeignKeyConstraint(["job"], ["import_job.id"], name=op.f("fk_import_bad_job_import_job")),
        sa.PrimaryKeyConstraint("job", "line", name=op.f("pk_import_bad")),
    )
    op.create_table(
        "customer_value",
        sa.Column("customer", sa.Integer(), nullable=False),
        sa.Column("recency", sa.Integer(), nullable=False, comment="1 to 5; 0 for one who never bought"),
        sa.Column("frequency", sa.Integer(), nullable=False),
        sa.Column("monetary", sa.Integer(), nullable=False),
        sa.Column("lifetime", sa.Integer(), nullable=False, comment="expected worth, in the currency's smallest unit"),
        sa.Column("last_order", sa.Double(), nullable=True),
        sa.Column("computed", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["customer"], ["customer.id"], name=op.f("fk_customer_value_customer_customer")),
        sa.PrimaryKeyConstraint("customer", name=op.f("pk_customer_value")),
    )
    op.create_table(
        "value_bounds",
        sa.Column("name", sa.String(), nullable=False, comment="recency, frequency or monetary"),
        sa.Column("bounds", sa.Text(), nullable=False, comment="JSON: the four that part five equal groups"),
        sa.Column("computed", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_value_bounds")),
    )
