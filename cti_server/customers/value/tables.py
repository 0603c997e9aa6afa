"""The schema of what customers are worth: the figures behind tier and stage, and the bounds of the last night."""

from sqlalchemy import Column, Double, ForeignKey, Integer, String, Table, Text

from cti_server.customers.tables import AMOUNT
from cti_server.db import metadata

customer_value = Table(
    "customer_value",
    metadata,
    Column("customer", Integer, ForeignKey("customer.id"), primary_key=True),
    Column("recency", Integer, nullable=False, comment="1 to 5; 0 for one who never bought"),
    Column("frequency", Integer, nullable=False),
    Column("monetary", Integer, nullable=False),
    Column("lifetime", AMOUNT, nullable=False, comment="expected worth, in the currency's smallest unit"),
    Column("last_order", Double),
    Column("computed", Double, nullable=False),
)

value_bounds = Table(
    "value_bounds",
    metadata,
    Column("name", String, primary_key=True, comment="recency, frequency or monetary"),
    Column("bounds", Text, nullable=False, comment="JSON: the four that part five equal groups"),
    Column("computed", Double, nullable=False),
)
