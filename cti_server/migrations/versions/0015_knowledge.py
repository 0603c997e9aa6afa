"""The knowledge base: articles, their versions and the words by which they are found."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "knowledge_article",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(), nullable=False, comment="en or zh"),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("category", sa.String(), nullable=False, comment="as tickets name it; empty: of everything"),
        sa.Column("tags", sa.String(), nullable=False, comment="separated by spaces"),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False, comment="how often an agent said that it helped"),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("changed", sa.Double(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_knowledge_article")),
    )
    op.create_index("ix_knowledge_article_changed", "knowledge_article", ["changed", "id"], unique=False)
    op.create_table(
        "knowledge_version",
        sa.Column("article", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("question", sa.String(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article"], ["knowledge_article.id"], name=op.f("fk_knowledge_version_article_knowledge_article")
        ),
        sa.PrimaryKeyConstraint("article", "version", name=op.f("pk_knowledge_version")),
    )
    op.create_table(
        "knowledge_word",
        sa.Column("word", sa.String(), nullable=False),
        sa.Column("article", sa.Integer(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False, comment="how much the word says of the article"),
        sa.ForeignKeyConstraint(
            ["article"], ["knowledge_article.id"], name=op.f("fk_knowledge_word_article_knowledge_article")
        ),
        sa.PrimaryKeyConstraint("word", "article", name=op.f("pk_knowledge_word")),
    )
    op.create_index("ix_knowledge_word_article", "knowledge_word", ["article"], unique=False)
