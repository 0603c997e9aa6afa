"""The schema of the knowledge base: articles as they are and were, and the words by which each is found."""

from sqlalchemy import Boolean, Column, Double, ForeignKey, Index, Integer, String, Table, Text

from cti_server.db import metadata

article = Table(
    "knowledge_article",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("language", String, nullable=False, comment="en or zh"),
    Column("question", String, nullable=False),
    Column("answer", Text, nullable=False),
    Column("category", String, nullable=False, comment="as tickets name it; empty: of everything"),
    Column("tags", String, nullable=False, comment="separated by spaces"),
    Column("active", Boolean, nullable=False),
    Column("used", Integer, nullable=False, comment="how often an agent said that it helped"),
    Column("created", Double, nullable=False),
    Column("created_by", String, nullable=False),
    Column("changed", Double, nullable=False),
    Column("changed_by", String, nullable=False),
    Column("version", Integer, nullable=False),
    Index("ix_knowledge_article_changed", "changed", "id"),
)

article_version = Table(
    "knowledge_version",
    metadata,
    Column("article", Integer, ForeignKey("knowledge_article.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("at", Double, nullable=False),
    Column("by", String, nullable=False),
    Column("question", String, nullable=False),
    Column("answer", Text, nullable=False),
)

article_word = Table(
    "knowledge_word",
    metadata,
    Column("word", String, primary_key=True),
    Column("article", Integer, ForeignKey("knowledge_article.id"), primary_key=True),
    Column("weight", Integer, nullable=False, comment="how much the word says of the article"),
    Index("ix_knowledge_word_article", "article"),
)
