"""The schema of call scripts: as they are, as they were, and what was answered in which call."""

from sqlalchemy import Boolean, Column, Double, ForeignKey, Integer, String, Table, Text

from cti_server.db import metadata

call_script = Table(
    "call_script",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False),
    Column("language", String, nullable=False, comment="en, zh, or empty: of any caller"),
    Column("active", Boolean, nullable=False),
    Column("dnis", String, nullable=False, comment="for calls to this number; empty: to any"),
    Column("campaign", String, nullable=False),
    Column("queue", String, nullable=False),
    Column("stage", String, nullable=False, comment="of the customer; empty: any"),
    Column("tier", Integer, nullable=False, comment="the customer's, at least"),
    Column("steps", Text, nullable=False, comment="JSON list of steps (callscripts/rules.py)"),
    Column("created", Double, nullable=False),
    Column("created_by", String, nullable=False),
    Column("changed", Double, nullable=False),
    Column("changed_by", String, nullable=False),
    Column("version", Integer, nullable=False),
)

call_script_version = Table(
    "call_script_version",
    metadata,
    Column("script", Integer, ForeignKey("call_script.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("at", Double, nullable=False),
    Column("by", String, nullable=False),
    Column("steps", Text, nullable=False),
)

script_answer = Table(
    "script_answer",
    metadata,
    Column("call", String, primary_key=True),
    Column("script", Integer, ForeignKey("call_script.id"), primary_key=True),
    Column("step", String, primary_key=True),
    Column("version", Integer, nullable=False, comment="of the script, when it was answered"),
    Column("question", String, nullable=False, comment="as it was asked"),
    Column("answer", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("by", String, nullable=False),
)
