"""The schema of the directory: each person's favourites."""

from sqlalchemy import Column, Double, Integer, String, Table

from cti_server.db import metadata

desk_favourite = Table(
    "desk_favourite",
    metadata,
    Column("person", Integer, primary_key=True, autoincrement=False, comment="the user's id"),
    Column("kind", String, primary_key=True, comment="person, queue or box"),
    Column("ref", String, primary_key=True, comment="the id of the agent or queue; of a box its number"),
    Column("at", Double, nullable=False),
)
