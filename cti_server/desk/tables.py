"""The schema of the desk: whether each screen pop was sent, rendered and acknowledged.

Times are UTC epoch seconds by the server's clock. One row for each leg that rang at an agent's phone.
"""

from sqlalchemy import Column, Double, Index, Integer, String, Table

from cti_server.db import metadata

pop_delivery = Table(
    "pop_delivery",
    metadata,
    Column("leg", String, primary_key=True, comment="the agent's channel"),
    Column("call", String, nullable=False),
    Column("agent", String, nullable=False),
    Column("made", Double, nullable=False, comment="the phone began to ring"),
    Column("sent", Double, comment="first handed to a browser; null: none was open"),
    Column("rendered", Double, comment="a page says that it shows it"),
    Column("acknowledged", Double, comment="the agent did something with it"),
    Column("ended", Double, comment="the leg is no more"),
    Column("session", String, nullable=False, comment="of the browser that rendered it: the beginning of a digest"),
    Column("tries", Integer, nullable=False, comment="how often it was sent"),
    Index("ix_pop_delivery_made", "made", "leg"),
    Index("ix_pop_delivery_agent", "agent", "made"),
    Index("ix_pop_delivery_call", "call"),
)
