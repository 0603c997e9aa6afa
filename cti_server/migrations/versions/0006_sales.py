"""Sales: products and prices, opportunities, quotes, orders, commission, what is bought together."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "product",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sku", sa.String(), nullable=False),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("name_zh", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("changed", sa.Double(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product")),
        sa.UniqueConstraint("sku", name=op.f("uq_product_sku")),
    )
    op.create_index("ix_product_category", "product", ["category", "id"], unique=False)
    op.create_table(
        "price",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("product", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False, comment="ISO 4217"),
        sa.Column("since", sa.Double(), nullable=False),
        sa.Column(
            "until",
            sa.Double(),
            nullable=True,
            comment="null: until further notice; no two prices of one product are valid at once",
        ),
        sa.Column("at", sa.Double(), nullable=False, comment="when it was set"),
        sa.Column("by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["product"], ["product.id"], name=op.f("fk_price_product_product")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price")),
    )
    op.create_index("ix_price_product", "price", ["product", "since"], unique=False)
    op.create_table(
        "lead",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer", sa.Integer(), nullable=True, comment="null while nobody knows who it is"),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("interest", sa.Text(), nullable=False),
        sa.Column("status", sa.String(), nullable=False, comment="new, contacted, converted or dropped"),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("campaign", sa.String(), nullable=False),
        sa.Column("dnis", sa.String(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("changed", sa.Double(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["customer"], ["customer.id"], name=op.f("fk_lead_customer_customer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead")),
    )
    op.create_index("ix_lead_call", "lead", ["call"], unique=False)
    op.create_index("ix_lead_created", "lead", ["created", "id"], unique=False)
    op.create_index("ix_lead_customer", "lead", ["customer"], unique=False)
    op.create_table(
        "opportunity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer", sa.Integer(), nullable=False),
        sa.Column("lead", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False, comment="see rules.STAGES"),
        sa.Column("status", sa.String(), nullable=False, comment="open, won or lost"),
        sa.Column("reason", sa.String(), nullable=False, comment="why it was won or lost"),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("probability", sa.Integer(), nullable=False, comment="per cent"),
        sa.Column("expected", sa.String(), nullable=False, comment="the day on which it should be closed"),
        sa.Column("owner", sa.String(), nullable=False, comment="empty: nobody's yet"),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("call", sa.String(), nullable=False, comment="the call it came of"),
        sa.Column("campaign", sa.String(), nullable=False),
        sa.Column("dnis", sa.String(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("changed", sa.Double(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("closed", sa.Double(), nullable=True, comment="when it was won or lost"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["customer"], ["customer.id"], name=op.f("fk_opportunity_customer_customer")),
        sa.ForeignKeyConstraint(["lead"], ["lead.id"], name=op.f("fk_opportunity_lead_lead")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opportunity")),
    )
    op.create_index("ix_opportunity_call", "opportunity", ["call"], unique=False)
    op.create_index("ix_opportunity_changed", "opportunity", ["changed", "id"], unique=False)
    op.create_index("ix_opportunity_closed", "opportunity", ["closed"], unique=False)
    op.create_index("ix_opportunity_created", "opportunity", ["created", "id"], unique=False)
    op.create_index("ix_opportunity_customer", "opportunity", ["customer", "status"], unique=False)
    op.create_index("ix_opportunity_owner", "opportunity", ["owner", "status"], unique=False)
    op.create_index("ix_opportunity_stage", "opportunity", ["status", "stage", "expected", "id"], unique=False)
    op.create_table(
        "opportunity_past",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("opportunity", sa.Integer(), nullable=False),
        sa.Column("since", sa.Double(), nullable=False),
        sa.Column("until", sa.Double(), nullable=True, comment="null for what it is now"),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("probability", sa.Integer(), nullable=False),
        sa.Column("expected", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["opportunity"], ["opportunity.id"], name=op.f("fk_opportunity_past_opportunity_opportunity")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opportunity_past")),
    )
    op.create_index("ix_opportunity_past_opportunity", "opportunity_past", ["opportunity", "since"], unique=False)
    op.create_index("ix_opportunity_past_since", "opportunity_past", ["since", "until"], unique=False)
    op.create_table(
        "opportunity_share",
        sa.Column("opportunity", sa.Integer(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False, comment="the shares of one opportunity are 100 together"),
        sa.ForeignKeyConstraint(
            ["opportunity"], ["opportunity.id"], name=op.f("fk_opportunity_share_opportunity_opportunity")
        ),
        sa.PrimaryKeyConstraint("opportunity", "who", name="pk_opportunity_share"),
    )
    op.create_index("ix_opportunity_share_who", "opportunity_share", ["who"], unique=False)
    op.create_table(
        "account_claim",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer", sa.Integer(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("who", sa.String(), nullable=False, comment="who wanted to sell"),
        sa.Column("other", sa.String(), nullable=False, comment="whose customer or open opportunity it is"),
        sa.Column("decision", sa.String(), nullable=False, comment="refused or shared"),
        sa.Column("percent", sa.Integer(), nullable=False, comment="the share of `who`"),
        sa.Column("opportunity", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["customer"], ["customer.id"], name=op.f("fk_account_claim_customer_customer")),
        sa.ForeignKeyConstraint(
            ["opportunity"], ["opportunity.id"], name=op.f("fk_account_claim_opportunity_opportunity")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_claim")),
    )
    op.create_index("ix_account_claim_customer", "account_claim", ["customer", "at"], unique=False)
    op.create_table(
        "quote",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series", sa.Integer(), nullable=False, comment="the id of its first version"),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("customer", sa.Integer(), nullable=False),
        sa.Column("opportunity", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(), nullable=False, comment="draft, sent, accepted, declined or replaced"),
        sa.Column("valid_until", sa.String(), nullable=False, comment="the last day on which its prices hold"),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("changed", sa.Double(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["customer"], ["customer.id"], name=op.f("fk_quote_customer_customer")),
        sa.ForeignKeyConstraint(["opportunity"], ["opportunity.id"], name=op.f("fk_quote_opportunity_opportunity")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quote")),
        sa.UniqueConstraint("series", "revision", name=op.f("uq_quote_series")),
    )
    op.create_index("ix_quote_call", "quote", ["call"], unique=False)
    op.create_index("ix_quote_created", "quote", ["created", "id"], unique=False)
    op.create_index("ix_quote_customer", "quote", ["customer", "created"], unique=False)
    op.create_index("ix_quote_opportunity", "quote", ["opportunity"], unique=False)
    op.create_table(
        "quote_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("quote", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("product", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_price", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["product"], ["product.id"], name=op.f("fk_quote_line_product_product")),
        sa.ForeignKeyConstraint(["quote"], ["quote.id"], name=op.f("fk_quote_line_quote_quote")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quote_line")),
        sa.UniqueConstraint("quote", "position", name=op.f("uq_quote_line_quote")),
    )
    op.create_table(
        "sales_order",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer", sa.Integer(), nullable=False),
        sa.Column("opportunity", sa.Integer(), nullable=True),
        sa.Column("quote", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(), nullable=False, comment="placed, delivered or cancelled"),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("paid", sa.BigInteger(), nullable=False, comment="the payments together"),
        sa.Column("paid_at", sa.Double(), nullable=True, comment="when it was paid in full"),
        sa.Column("refunded", sa.BigInteger(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("campaign", sa.String(), nullable=False),
        sa.Column("dnis", sa.String(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("changed", sa.Double(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["customer"], ["customer.id"], name=op.f("fk_sales_order_customer_customer")),
        sa.ForeignKeyConstraint(
            ["opportunity"], ["opportunity.id"], name=op.f("fk_sales_order_opportunity_opportunity")
        ),
        sa.ForeignKeyConstraint(["quote"], ["quote.id"], name=op.f("fk_sales_order_quote_quote")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sales_order")),
    )
    op.create_index("ix_sales_order_call", "sales_order", ["call"], unique=False)
    op.create_index("ix_sales_order_created", "sales_order", ["created", "id"], unique=False)
    op.create_index("ix_sales_order_customer", "sales_order", ["customer", "created"], unique=False)
    op.create_index("ix_sales_order_opportunity", "sales_order", ["opportunity"], unique=False)
    op.create_index("ix_sales_order_owner", "sales_order", ["owner", "created"], unique=False)
    op.create_table(
        "order_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("product", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(), nullable=False, comment="of the product when it was sold"),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_price", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("returned", sa.Integer(), nullable=False, comment="how many of `quantity` came back"),
        sa.ForeignKeyConstraint(["order"], ["sales_order.id"], name=op.f("fk_order_line_order_sales_order")),
        sa.ForeignKeyConstraint(["product"], ["product.id"], name=op.f("fk_order_line_product_product")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_line")),
        sa.UniqueConstraint("order", "position", name=op.f("uq_order_line_order")),
    )
    op.create_index("ix_order_line_product", "order_line", ["product", "order"], unique=False)
    op.create_table(
        "order_share",
        sa.Column("order", sa.Integer(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False, comment="the shares of one order are 100 together"),
        sa.ForeignKeyConstraint(["order"], ["sales_order.id"], name=op.f("fk_order_share_order_sales_order")),
        sa.PrimaryKeyConstraint("order", "who", name="pk_order_share"),
    )
    op.create_index("ix_order_share_who", "order_share", ["who"], unique=False)
    op.create_table(
        "payment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order", sa.Integer(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.String(), nullable=False, comment="see rules.METHODS"),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["order"], ["sales_order.id"], name=op.f("fk_payment_order_sales_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment")),
    )
    op.create_index("ix_payment_order", "payment", ["order", "at"], unique=False)
    op.create_table(
        "return_order",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order", sa.Integer(), nullable=False),
        sa.Column("customer", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(), nullable=False, comment="asked, received, refunded or refused"),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("ticket", sa.String(), nullable=False, comment="the number of a ticket, or empty"),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("call", sa.String(), nullable=False),
        sa.Column("created", sa.Double(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("changed", sa.Double(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["customer"], ["customer.id"], name=op.f("fk_return_order_customer_customer")),
        sa.ForeignKeyConstraint(["order"], ["sales_order.id"], name=op.f("fk_return_order_order_sales_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_return_order")),
    )
    op.create_index("ix_return_order_created", "return_order", ["created", "id"], unique=False)
    op.create_index("ix_return_order_customer", "return_order", ["customer", "created"], unique=False)
    op.create_index("ix_return_order_order", "return_order", ["order"], unique=False)
    op.create_table(
        "return_line",
        sa.Column("return_order", sa.Integer(), nullable=False),
        sa.Column("order_line", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["order_line"], ["order_line.id"], name=op.f("fk_return_line_order_line_order_line")),
        sa.ForeignKeyConstraint(
            ["return_order"], ["return_order.id"], name=op.f("fk_return_line_return_order_return_order")
        ),
        sa.PrimaryKeyConstraint("return_order", "order_line", name="pk_return_line"),
    )
    op.create_table(
        "quota",
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("changed", sa.Double(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("who", "month", name="pk_quota"),
    )
    op.create_index("ix_quota_month", "quota", ["month"], unique=False)
    op.create_table(
        "commission_rule",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "category", sa.String(), nullable=False, comment="of products; empty: those that no other rule names"
        ),
        sa.Column(
            "sold_from",
            sa.BigInteger(),
            nullable=False,
            comment="what the seller has sold in the month before this order",
        ),
        sa.Column("rate", sa.Integer(), nullable=False, comment="hundredths of a per cent"),
        sa.Column("since", sa.Double(), nullable=False),
        sa.Column(
            "until", sa.Double(), nullable=True, comment="null while it holds; a rule is ended and never changed"
        ),
        sa.Column("by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commission_rule")),
    )
    op.create_index("ix_commission_rule_since", "commission_rule", ["since", "until"], unique=False)
    op.create_table(
        "commission_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("month", sa.String(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("order", sa.Integer(), nullable=False),
        sa.Column("order_line", sa.Integer(), nullable=False),
        sa.Column(
            "return_order", sa.Integer(), nullable=True, comment="set when it takes back what was paid for a sale"
        ),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False, comment="the seller's share of the order"),
        sa.Column(
            "base", sa.BigInteger(), nullable=False, comment="the seller's share of the line; below 0 for a return"
        ),
        sa.Column(
            "sold_before", sa.BigInteger(), nullable=False, comment="in the month, before this order: it chose the rule"
        ),
        sa.Column("rule", sa.Integer(), nullable=True, comment="null: no rule fits"),
        sa.Column("rate", sa.Integer(), nullable=False, comment="hundredths of a per cent"),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["order"], ["sales_order.id"], name=op.f("fk_commission_line_order_sales_order")),
        sa.ForeignKeyConstraint(
            ["order_line"], ["order_line.id"], name=op.f("fk_commission_line_order_line_order_line")
        ),
        sa.ForeignKeyConstraint(
            ["return_order"], ["return_order.id"], name=op.f("fk_commission_line_return_order_return_order")
        ),
        sa.ForeignKeyConstraint(["rule"], ["commission_rule.id"], name=op.f("fk_commission_line_rule_commission_rule")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commission_line")),
    )
    op.create_index("ix_commission_line_order", "commission_line", ["order"], unique=False)
    op.create_index("ix_commission_line_who", "commission_line", ["who", "month", "at"], unique=False)
    op.create_table(
        "product_pair",
        sa.Column("product", sa.Integer(), nullable=False),
        sa.Column("other", sa.Integer(), nullable=False),
        sa.Column("together", sa.Integer(), nullable=False, comment="customers who bought both"),
        sa.Column("of_product", sa.Integer(), nullable=False, comment="customers who bought `product`"),
        sa.Column("of_other", sa.Integer(), nullable=False),
        sa.Column("baskets", sa.Integer(), nullable=False, comment="customers who bought anything"),
        sa.Column("support", sa.Double(), nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("lift", sa.Double(), nullable=False),
        sa.Column("computed", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["other"], ["product.id"], name=op.f("fk_product_pair_other_product")),
        sa.ForeignKeyConstraint(["product"], ["product.id"], name=op.f("fk_product_pair_product_product")),
        sa.PrimaryKeyConstraint("product", "other", name="pk_product_pair"),
    )
    op.create_index("ix_product_pair_lift", "product_pair", ["lift"], unique=False)
    op.create_table(
        "sales_offer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer", sa.Integer(), nullable=False),
        sa.Column("product", sa.Integer(), nullable=False),
        sa.Column("because", sa.Integer(), nullable=True, comment="what the customer had bought"),
        sa.Column("answer", sa.String(), nullable=False, comment="accepted, declined or later"),
        sa.Column("support", sa.Double(), nullable=False),
        sa.Column("lift", sa.Double(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("call", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["because"], ["product.id"], name=op.f("fk_sales_offer_because_product")),
        sa.ForeignKeyConstraint(["customer"], ["customer.id"], name=op.f("fk_sales_offer_customer_customer")),
        sa.ForeignKeyConstraint(["product"], ["product.id"], name=op.f("fk_sales_offer_product_product")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sales_offer")),
    )
    op.create_index("ix_sales_offer_customer", "sales_offer", ["customer", "product", "at"], unique=False)
    op.create_index("ix_sales_offer_product", "sales_offer", ["product", "answer"], unique=False)
