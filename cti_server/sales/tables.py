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


def to_id(target: str) -> ForeignKey:
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
    Column("product", Integer, to_id("product"), nullable=False),
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
    Column("customer", Integer, to_id("customer"), comment="null while nobody knows who it is"),
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
    Column("customer", Integer, to_id("customer"), nullable=False),
    Column("lead", Integer, to_id("lead")),
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
    Column("opportunity", Integer, to_id("opportunity"), nullable=False),
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
    Column("opportunity", Integer, to_id("opportunity"), nullable=False),
    Column("who", String, nullable=False),
    Column("percent", Integer, nullable=False, comment="the shares of one opportunity are 100 together"),
    PrimaryKeyConstraint("opportunity", "who", name="pk_opportunity_share"),
    Index("ix_opportunity_share_who", "who"),
)

account_claim = Table(
    "account_claim",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("customer", Integer, to_id("customer"), nullable=False),
    Column("at", Double, nullable=False),
    Column("who", String, nullable=False, comment="who wanted to sell"),
    Column("other", String, nullable=False, comment="whose customer or open opportunity it is"),
    Column("decision", String, nullable=False, comment="refused or shared"),
    Column("percent", Integer, nullable=False, comment="the share of `who`"),
    Column("opportunity", Integer, to_id("opportunity")),
    Index("ix_account_claim_customer", "customer", "at"),
)

product_pair = Table(
    "product_pair",
    metadata,
    Column("product", Integer, to_id("product"), nullable=False),
    Column("other", Integer, to_id("product"), nullable=False),
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
    Column("customer", Integer, to_id("customer"), nullable=False),
    Column("product", Integer, to_id("product"), nullable=False),
    Column("because", Integer, to_id("product"), comment="what the customer had bought"),
    Column("answer", String, nullable=False, comment="accepted, declined or later"),
    Column("support", Double, nullable=False),
    Column("lift", Double, nullable=False),
    Column("at", Double, nullable=False),
    Column("who", String, nullable=False),
    Column("call", String, nullable=False),
    Index("ix_sales_offer_customer", "customer", "product", "at"),
    Index("ix_sales_offer_product", "product", "answer"),
)
