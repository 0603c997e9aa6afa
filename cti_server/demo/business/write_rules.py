"""The rules that the demo's site has set for its tickets, in CEL; checked as a form checks them."""

from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.demo.business.write_people import BY
from cti_server.rules import queries
from cti_server.rules.engine import check
from cti_server.rules.subject import Act
from cti_server.tickets.subject import TICKET

_RULES: tuple[tuple[str, str, str, tuple[Act, ...]], ...] = (
    (
        "高价值客户投诉加急 · Valued customers' complaints are urgent",
        "created",
        'kind == "complaint" && customer.tier >= 4',
        (Act(do="set_priority", give={"priority": "urgent"}), Act(do="escalate")),
    ),
    (
        "大家电故障转白电组 · Faults of white goods to their team",
        "created",
        'kind in ["fault", "repair"] && product.matches("(?i)冰箱|洗衣机|烘干机|空调|洗碗机|fridge|wash|dryer")',
        (Act(do="assign", give={"team": "white goods"}),),
    ),
    (
        "超时升级并提醒负责人 · What is late is escalated",
        "breached",
        "rank >= 2 && escalation < 2",
        (Act(do="escalate"), Act(do="notify", give={"who": "owner", "text": "{number} {subject}"})),
    ),
    (
        "退货先核对小票 · Returns: check the receipt",
        "created",
        'kind == "return"',
        (Act(do="notify", give={"who": "watchers", "text": "请先核对小票 Check the receipt: {product}"}),),
    ),
)


async def write_rules(engine: AsyncEngine, at: float) -> int:
    """How many. Raises ValueError for one that could not be saved by hand."""
    for name, event, condition, acts in _RULES:
        if problems := check(TICKET, condition, list(acts)):
            raise ValueError(f"{name}: {problems}")
        content = {"subject": TICKET.name, "event": event, "name": name, "active": True, "condition": condition}
        await queries.add(engine, content | {"acts": list(acts), "last": False}, at, BY)
    return len(_RULES)
