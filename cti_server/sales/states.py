"""Where an order stands, in one word."""

from typing import Any

from sqlalchemy import case

from cti_server.sales.paper_tables import sales_order
from cti_server.sales.subjects import STATES

__all__ = ["STATES", "state"]


def state() -> Any:
    """Cancelled, then what is owed, then whether it was delivered."""
    return case(
        (sales_order.c.status == "cancelled", "cancelled"),
        (sales_order.c.paid_at.is_(None) & (sales_order.c.paid > 0), "part_paid"),
        (sales_order.c.paid_at.is_(None), "unpaid"),
        (sales_order.c.status == "delivered", "done"),
        else_="paid",
    )
