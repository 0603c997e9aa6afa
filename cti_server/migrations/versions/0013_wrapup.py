"""Wrap-up: disposition codes, those that a site begins with, and what agents note of calls."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_CODES = (
    ("service", "", "Service", "服务", 1, ""),
    ("answered", "service", "Question answered", "咨询已答复", 1, ""),
    ("solved", "service", "Problem solved", "问题已解决", 2, ""),
    ("ticket", "service", "Ticket opened", "已建工单", 3, ""),
    ("complaint", "service", "Complaint", "投诉", 4, "note"),
    ("sale", "", "Sale", "销售", 2, ""),
    ("ordered", "sale", "Ordered", "已下单", 1, ""),
    ("interested", "sale", "Interested", "有意向", 2, ""),
    ("not_interested", "sale", "Not interested", "无意向", 3, ""),
    ("later", "", "To be continued", "待跟进", 3, ""),
    ("call_back", "later", "Call back", "需要回拨", 1, "callback"),
    ("passed_on", "later", "Passed on", "已转交", 2, "note"),
    ("nothing", "", "Nothing came of it", "无结果", 4, ""),
    ("wrong_number", "nothing", "Wrong number", "打错电话", 1, ""),
    ("cut_off", "nothing", "Cut off", "通话中断", 2, ""),
    ("other", "nothing", "Something else", "其他", 3, "note"),
)
"""Id, group, the names, the place in the group, and what it asks for."""

_NAMES = (
    "id parent name_en name_zh position queues needs_note plans_callback retired changed changed_by version".split()
)


def upgrade() -> None:
    op.create_table(
        "disposition",
        sa.Column("id", sa.String(), nullable=False, comment="never changes: reports count by it"),
        sa.Column("name_en", sa.String(), nullable=False),
        sa.Column("name_zh", sa.String(), nullable=False),
        sa.Column("parent", sa.String(), nullable=False, comment="the group; empty for none"),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("queues", sa.Text(), nullable=False, comment="JSON list of queue ids; empty: every queue"),
        sa.Column("needs_note", sa.Boolean(), nullable=False),
        sa.Column("plans_callback", sa.Boolean(), nullable=False),
        sa.Column(
            "retired", sa.Boolean(), nullable=False, comment="stays with the calls that have it, and is offered no more"
        ),
        sa.Column("changed", sa.Double(), nullable=False),
        sa.Column("changed_by", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disposition")),
    )
    op.create_table(
        "call_note",
        sa.Column("leg", sa.String(), nullable=False, comment="the agent's channel: one talk"),
        sa.Column(
            "call", sa.String(), nullable=False, comment="as it was called then; it may have become part of another"
        ),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False, comment="empty: none chosen"),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("began", sa.Double(), nullable=False, comment="the talk"),
        sa.Column("at", sa.Double(), nullable=False, comment="last saved"),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("leg", name=op.f("pk_call_note")),
    )
    op.create_index("ix_call_note_agent", "call_note", ["agent", "began"], unique=False)
    op.create_index("ix_call_note_began", "call_note", ["began", "leg"], unique=False)
    op.create_index("ix_call_note_call", "call_note", ["call"], unique=False)
    op.create_index("ix_call_note_code", "call_note", ["code", "began"], unique=False)
    codes = sa.table("disposition", *(sa.column(name) for name in _NAMES))
    rows = [
        {"id": ident, "parent": group, "name_en": en, "name_zh": zh, "position": place, "queues": "[]"}
        | {"needs_note": asks == "note", "plans_callback": asks == "callback", "retired": False}
        | {"changed": 0.0, "changed_by": "", "version": 1}
        for ident, group, en, zh, place, asks in _CODES
    ]
    op.bulk_insert(codes, rows)
