"""The schema of what people earn: quotas, commission rules and what was made of them."""

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
)

from cti_server.db import metadata
from cti_server.sales.tables import to_id

quota = Table(
    "quota",
    metadata,
    Column("who", String, nullable=False),
    Column("month", String, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", String, nullable=False),
    Column("changed", Double, nullable=False),
    Column("changed_by", String, nullable=False),
    Column("version", Integer, nullable=False),
    PrimaryKeyConstraint("who", "month", name="pk_quota"),
    Index("ix_quota_month", "month"),
)

commission_rule = Table(
    "commission_rule",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("category", String, nullable=False, comment="of products; empty: those that no other rule names"),
    Column("sold_from", BigInteger, nullable=False, comment="what the seller has sold in the month before this order"),
    Column("rate", Integer, nullable=False, comment="hundredths of a per cent"),
    Column("since", Double, nullable=False),
    Column("until", Double, comment="null while it holds; a rule is ended and never changed"),
    Column("by", String, nullable=False),
    Index("ix_commission_rule_since", "since", "until"),
)

commission_line = Table(
    "commission_line",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("who", String, nullable=False),
    Column("month", String, nullable=False),
    Column("at", Double, nullable=False),
    Column("order", Integer, to_id("sales_order"), nullable=False),
    Column("order_line", Integer, to_id("order_line"), nullable=False),
    Column("return_order", Integer, to_id("return_order"), comment="set when it takes back what was paid for a sale"),
    Column("category", String, nullable=False),
    Column("percent", Integer, nullable=False, comment="the seller's share of the order"),
    Column("base", BigInteger, nullable=False, comment="the seller's share of the line; below 0 for a return"),
    Column("sold_before", BigInteger, nullable=False, comment="in the month, before this order: it chose the rule"),
    Column("rule", Integer, to_id("commission_rule"), comment="null: no rule fits"),
    Column("rate", Integer, nullable=False, comment="hundredths of a per cent"),
    Column("amount", BigInteger, nullable=False),
    Column("currency", String, nullable=False),
    Index("ix_commission_line_who", "who", "month", "at"),
    Index("ix_commission_line_order", "order"),
)
