"""The schema of news: what nobody was told of yet. Rows are deleted when they are passed on."""

from sqlalchemy import Column, Double, Integer, String, Table, Text

from cti_server.db import metadata

news = Table(
    "news",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Double, nullable=False),
    Column("topic", String, nullable=False, comment="customer, ticket, order ..."),
    Column("what", String, nullable=False, comment="created, changed, won ..."),
    Column("ref", String, nullable=False, comment="the id of what it is about"),
    Column("by", String, nullable=False, comment="login, rule:ID, system, or empty for the customer"),
    Column("data", Text, nullable=False, comment="JSON object; ids, words, sums: nothing that names a person"),
)
