"""The schema of sales. Amounts are integers in the currency's smallest unit; times are UTC epoch seconds.

`who` and `owner` are the id of an agent, or the login of somebody who has no phone. Months are `YYYY-MM`, days
`YYYY-MM-DD`, both of the site's calendar. `call` is the journal's id, without a foreign key: that row can be made again
from the Events. `version` counts the changes of a row: who saves names the version that was seen.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
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


product = Table(
    "product",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("sku", String, nullable=False),
    Column("name_en", String, nullable=False),
    Column("name_zh", String, nullable=False),
    Column("category", String, nullable=False),
    Column("unit", String, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("changed", Double, nullable=False),
    Column("changed_by", String, nullable=False),
    Column("version", Integer, nullable=False),
    UniqueConstraint("sku"),
    Index("ix_product_category", "category", "id"),
)

price = Table(
    "price",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("product", Integer, _to("product"), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", String, nullable=False, comment="ISO 4217"),
    Column("since", Double, nullable=False),
    Column("until", Double, comment="null: until further notice; no two prices of one product are valid at once"),
    Column("at", Double, nullable=False, comment="when it was set"),
    Column("by", String, nullable=False),
    Index("ix_price_product", "product", "since"),
)

lead = Table(
    "lead",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("customer", Integer, _to("customer"), comment="null while nobody knows who it is"),
    Column("name", String, nullable=False),
    Column("number", String, nullable=False),
    Column("interest", Text, nullable=False),
    Column("status", String, nullable=False, comment="new, contacted, converted or dropped"),
    Column("owner", String, nullable=False),
    Column("call", String, nullable=False),
    Column("campaign", String, nullable=False),
    Column("dnis", String, nullable=False),
    Column("created", Double, nullable=False),
    Column("created_by", String, nullable=False),
    Column("changed", Double, nullable=False),
    Column("changed_by", String, nullable=False),
    Column("version", Integer, nullable=False),
    Index("ix_lead_created", "created", "id"),
    Index("ix_lead_name", "name", "id"),
    Index("ix_lead_customer", "customer"),
    Index("ix_lead_call", "call"),
)

opportunity = Table(
    "opportunity",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("customer", Integer, _to("customer"), nullable=False),
    Column("lead", Integer, _to("lead")),
    Column("title", String, nullable=False),
    Column("stage", String, nullable=False, comment="see rules.STAGES"),
    Column("status", String, nullable=False, comment="open, won or lost"),
    Column("reason", String, nullable=False, comment="why it was won or lost"),
    Column("amount", BigInteger, nullable=False),
    Column("currency", String, nullable=False),
    Column("probability", Integer, nullable=False, comment="per cent"),
    Column("expected", String, nullable=False, comment="the day on which it should be closed"),
    Column("owner", String, nullable=False, comment="empty: nobody's yet"),
    Column("note", Text, nullable=False),
    Column("call", String, nullable=False, comment="the call it came of"),
    Column("campaign", String, nullable=False),
    Column("dnis", String, nullable=False),
    Column("created", Double, nullable=False),
    Column("created_by", String, nullable=False),
    Column("changed", Double, nullable=False),
    Column("changed_by", String, nullable=False),
    Column("closed", Double, comment="when it was won or lost"),
    Column(
        "overdue_told", String, nullable=False, server_default="", comment="the expected day that passed and was told"
    ),
    Column("version", Integer, nullable=False),
    Index("ix_opportunity_customer", "customer", "status"),
    Index("ix_opportunity_stage", "status", "stage", "expected", "id"),
    Index("ix_opportunity_owner", "owner", "status"),
    Index("ix_opportunity_changed", "changed", "id"),
    Index("ix_opportunity_created", "created", "id"),
    *(Index(f"ix_opportunity_{name}", name, "id") for name in ("expected", "amount", "title", "probability")),
    Index("ix_opportunity_closed", "closed"),
    Index("ix_opportunity_call", "call"),
)

opportunity_past = Table(
    "opportunity_past",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("opportunity", Integer, _to("opportunity"), nullable=False),
    Column("since", Double, nullable=False),
    Column("until", Double, comment="null for what it is now"),
    Column("stage", String, nullable=False),
    Column("status", String, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("probability", Integer, nullable=False),
    Column("expected", String, nullable=False),
    Column("by", String, nullable=False),
    Index("ix_opportunity_past_opportunity", "opportunity", "since"),
    Index("ix_opportunity_past_since", "since", "until"),
)

opportunity_share = Table(
    "opportunity_share",
    metadata,
    Column("opportunity", Integer, _to("opportunity"), nullable=False),
    Column("who", String, nullable=False),
    Column("percent", Integer, nullable=False, comment="the shares of one opportunity are 100 together"),
    PrimaryKeyConstraint("opportunity", "who", name="pk_opportunity_share"),
    Index("ix_opportunity_share_who", "who"),
)

account_claim = Table(
    "account_claim",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("customer", Integer, _to("customer"), nullable=False),
    Column("at", Double, nullable=False),
    Column("who", String, nullable=False, comment="who wanted to sell"),
    Column("other", String, nullable=False, comment="whose customer or open opportunity it is"),
    Column("decision", String, nullable=False, comment="refused or shared"),
    Column("percent", Integer, nullable=False, comment="the share of `who`"),
    Column("opportunity", Integer, _to("opportunity")),
    Index("ix_account_claim_customer", "customer", "at"),
)

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
    Column("order", Integer, _to("sales_order"), nullable=False),
    Column("order_line", Integer, _to("order_line"), nullable=False),
    Column("return_order", Integer, _to("return_order"), comment="set when it takes back what was paid for a sale"),
    Column("category", String, nullable=False),
    Column("percent", Integer, nullable=False, comment="the seller's share of the order"),
    Column("base", BigInteger, nullable=False, comment="the seller's share of the line; below 0 for a return"),
    Column("sold_before", BigInteger, nullable=False, comment="in the month, before this order: it chose the rule"),
    Column("rule", Integer, _to("commission_rule"), comment="null: no rule fits"),
    Column("rate", Integer, nullable=False, comment="hundredths of a per cent"),
    Column("amount", BigInteger, nullable=False),
    Column("currency", String, nullable=False),
    Index("ix_commission_line_who", "who", "month", "at"),
    Index("ix_commission_line_order", "order"),
)

product_pair = Table(
    "product_pair",
    metadata,
    Column("product", Integer, _to("product"), nullable=False),
    Column("other", Integer, _to("product"), nullable=False),
    Column("together", Integer, nullable=False, comment="customers who bought both"),
    Column("of_product", Integer, nullable=False, comment="customers who bought `product`"),
    Column("of_other", Integer, nullable=False),
    Column("baskets", Integer, nullable=False, comment="customers who bought anything"),
    Column("support", Double, nullable=False),
    Column("confidence", Double, nullable=False),
    Column("lift", Double, nullable=False),
    Column("computed", Double, nullable=False),
    PrimaryKeyConstraint("product", "other", name="pk_product_pair"),
    Index("ix_product_pair_lift", "lift"),
)

sales_offer = Table(
    "sales_offer",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("customer", Integer, _to("customer"), nullable=False),
    Column("product", Integer, _to("product"), nullable=False),
    Column("because", Integer, _to("product"), comment="what the customer had bought"),
    Column("answer", String, nullable=False, comment="accepted, declined or later"),
    Column("support", Double, nullable=False),
    Column("lift", Double, nullable=False),
    Column("at", Double, nullable=False),
    Column("who", String, nullable=False),
    Column("call", String, nullable=False),
    Index("ix_sales_offer_customer", "customer", "product", "at"),
    Index("ix_sales_offer_product", "product", "answer"),
)
