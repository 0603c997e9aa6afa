"""The schema of what is on paper: quotes, orders, payments and returns."""

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from cti_server.db import metadata


def _to(target: str) -> ForeignKey:
    return ForeignKey(f"{target}.id")


quote = Table(
    "quote",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("series", Integer, nullable=False, comment="the id of its first version"),
    Column("revision", Integer, nullable=False),
    Column("customer", Integer, _to("customer"), nullable=False),
    Column("opportunity", Integer, _to("opportunity")),
    Column("status", String, nullable=False, comment="draft, sent, accepted, declined or replaced"),
    Column("valid_until", String, nullable=False, comment="the last day on which its prices hold"),
    Column("currency", String, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("note", Text, nullable=False),
    Column("owner", String, nullable=False),
    Column("call", String, nullable=False),
    Column("created", Double, nullable=False),
    Column("created_by", String, nullable=False),
    Column("changed", Double, nullable=False),
    Column("changed_by", String, nullable=False),
    Column("version", Integer, nullable=False),
    UniqueConstraint("series", "revision"),
    Index("ix_quote_customer", "customer", "created"),
    Index("ix_quote_opportunity", "opportunity"),
    Index("ix_quote_created", "created", "id"),
    Index("ix_quote_total", "total", "id"),
    Index("ix_quote_valid_until", "valid_until", "id"),
    Index("ix_quote_call", "call"),
)

quote_line = Table(
    "quote_line",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("quote", Integer, _to("quote"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("product", Integer, _to("product"), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("unit_price", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    UniqueConstraint("quote", "position"),
)

sales_order = Table(
    "sales_order",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("customer", Integer, _to("customer"), nullable=False),
    Column("opportunity", Integer, _to("opportunity")),
    Column("quote", Integer, _to("quote")),
    Column("status", String, nullable=False, comment="placed, delivered or cancelled"),
    Column("currency", String, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("paid", BigInteger, nullable=False, comment="the payments together"),
    Column("paid_at", Double, comment="when it was paid in full"),
    Column("refunded", BigInteger, nullable=False),
    Column("owner", String, nullable=False),
    Column("note", Text, nullable=False),
    Column("call", String, nullable=False),
    Column("campaign", String, nullable=False),
    Column("dnis", String, nullable=False),
    Column("created", Double, nullable=False),
    Column("created_by", String, nullable=False),
    Column("changed", Double, nullable=False),
    Column("changed_by", String, nullable=False),
    Column("version", Integer, nullable=False),
    Index("ix_sales_order_customer", "customer", "created"),
    Index("ix_sales_order_created", "created", "id"),
    Index("ix_sales_order_total", "total", "id"),
    Index("ix_sales_order_changed", "changed", "id"),
    Index("ix_sales_order_owner", "owner", "created"),
    Index("ix_sales_order_opportunity", "opportunity"),
    Index("ix_sales_order_call", "call"),
)

order_line = Table(
    "order_line",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("order", Integer, _to("sales_order"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("product", Integer, _to("product"), nullable=False),
    Column("category", String, nullable=False, comment="of the product when it was sold"),
    Column("quantity", Integer, nullable=False),
    Column("unit_price", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("returned", Integer, nullable=False, comment="how many of `quantity` came back"),
    UniqueConstraint("order", "position"),
    Index("ix_order_line_product", "product", "order"),
)

order_share = Table(
    "order_share",
    metadata,
    Column("order", Integer, _to("sales_order"), nullable=False),
    Column("who", String, nullable=False),
    Column("percent", Integer, nullable=False, comment="the shares of one order are 100 together"),
    PrimaryKeyConstraint("order", "who", name="pk_order_share"),
    Index("ix_order_share_who", "who"),
)

payment = Table(
    "payment",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("order", Integer, _to("sales_order"), nullable=False),
    Column("at", Double, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("method", String, nullable=False, comment="see rules.METHODS"),
    Column("note", String, nullable=False),
    Column("by", String, nullable=False),
    Index("ix_payment_order", "order", "at"),
)

return_order = Table(
    "return_order",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("order", Integer, _to("sales_order"), nullable=False),
    Column("customer", Integer, _to("customer"), nullable=False),
    Column("status", String, nullable=False, comment="asked, received, refunded or refused"),
    Column("reason", String, nullable=False),
    Column("ticket", String, nullable=False, comment="the number of a ticket, or empty"),
    Column("amount", BigInteger, nullable=False),
    Column("call", String, nullable=False),
    Column("created", Double, nullable=False),
    Column("created_by", String, nullable=False),
    Column("changed", Double, nullable=False),
    Column("changed_by", String, nullable=False),
    Column("version", Integer, nullable=False),
    Index("ix_return_order_order", "order"),
    Index("ix_return_order_customer", "customer", "created"),
    Index("ix_return_order_created", "created", "id"),
    Index("ix_return_order_amount", "amount", "id"),
)

return_line = Table(
    "return_line",
    metadata,
    Column("return_order", Integer, _to("return_order"), nullable=False),
    Column("order_line", Integer, _to("order_line"), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("amount", BigInteger, nullable=False),
    PrimaryKeyConstraint("return_order", "order_line", name="pk_return_line"),
)
