"""The schema of rules: as they are, as they were in each version, and every time that one fired."""

from sqlalchemy import Boolean, Column, Double, ForeignKey, Index, Integer, String, Table, Text

from cti_server.db import metadata

rule = Table(
    "rule",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subject", String, nullable=False, comment="what it is about: ticket ..."),
    Column("event", String, nullable=False, comment="when it is asked; empty for every event"),
    Column("position", Integer, nullable=False, comment="the order within a subject"),
    Column("name", String, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("condition", Text, nullable=False, comment="CEL"),
    Column("acts", Text, nullable=False, comment="JSON list of {do, give}"),
    Column("last", Boolean, nullable=False, comment="when it fires, the rules after it are not asked"),
    Column("created", Double, nullable=False),
    Column("created_by", String, nullable=False),
    Column("changed", Double, nullable=False),
    Column("changed_by", String, nullable=False),
    Column("version", Integer, nullable=False),
    Index("ix_rule_subject", "subject", "position", "id"),
)

rule_version = Table(
    "rule_version",
    metadata,
    Column("rule", Integer, ForeignKey("rule.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("at", Double, nullable=False),
    Column("by", String, nullable=False),
    Column("content", Text, nullable=False, comment="JSON object: the rule as it was from then on"),
)

rule_firing = Table(
    "rule_firing",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Double, nullable=False),
    Column("rule", Integer, ForeignKey("rule.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", String, nullable=False, comment="of the rule, as it was called"),
    Column("subject", String, nullable=False),
    Column("event", String, nullable=False),
    Column("ref", String, nullable=False, comment="the id of what it was about"),
    Column("outcome", String, nullable=False, comment="done, failed or stopped (rules that trigger each other)"),
    Column("matched", Text, nullable=False, comment="JSON list: each part of the condition, with the values it saw"),
    Column("done", Text, nullable=False, comment="JSON list: what was done, with what was given"),
    Column("why", Text, nullable=False, comment="JSON: why it failed; empty unless it did"),
    Column("depth", Integer, nullable=False, comment="how many rules had triggered one another before"),
    Index("ix_rule_firing_at", "at", "id"),
    Index("ix_rule_firing_rule", "rule", "at"),
    Index("ix_rule_firing_ref", "subject", "ref", "at"),
)
