"""Who takes part: queues, numbers, agents, the people who call, and the logins of those who look on."""

import msgspec


class DemoQueue(msgspec.Struct, frozen=True):
    id: str
    name: str
    extension: str


class DemoAgent(msgspec.Struct, frozen=True):
    """`ready`: logged in from the beginning. `browser`: played by nobody; whoever signs in talks in the browser."""

    id: str
    name: str
    extension: str
    queues: tuple[str, ...]
    ready: bool = True
    browser: bool = False


class DemoNumber(msgspec.Struct, frozen=True):
    """A number that people dial. `script` empty: no IVR. `share`: how often it is dialled beside the others."""

    match: str
    script: str
    queue: str
    language: str
    campaign: str
    share: int


class Login(msgspec.Struct, frozen=True):
    """Who may look on. `does`: what the table of logins says of it."""

    login: str
    role: str
    name: str
    does: str
    agent: str = ""


QUEUES = (
    DemoQueue("sales", "销售咨询 Sales", "2001"),
    DemoQueue("service", "客户服务 Service", "2002"),
    DemoQueue("complaints", "投诉受理 Complaints", "2003"),
)

AGENTS = (
    DemoAgent("anna", "Anna Bell", "1001", ("sales", "service")),
    DemoAgent("chenjie", "陈洁", "1002", ("sales", "complaints")),
    DemoAgent("wanglei", "王磊", "1003", ("service", "complaints")),
    DemoAgent("maria", "Maria Lopez", "1004", ("service",)),
    DemoAgent("zhaomin", "赵敏", "1005", ("sales", "complaints")),
    DemoAgent("lina", "李娜", "1006", ("sales", "service", "complaints"), ready=False),
    DemoAgent("sunli", "孙丽", "1007", ("service", "complaints"), ready=False, browser=True),
)

NUMBERS = (
    DemoNumber("95500", "main_menu", "service", "zh", "", 5),
    DemoNumber("95501", "main_menu", "service", "en", "", 3),
    DemoNumber("95502", "", "complaints", "zh", "", 2),
    DemoNumber("95503", "", "sales", "zh", "tv-spring", 3),
)

LOGINS = (
    Login("admin", "administrator", "Admin", "administrator: everything"),
    Login("supervisor", "supervisor", "Wu Jun", "supervisor: live page, calls, figures, recordings"),
    Login("agent", "agent", "李娜", "agent Li Na (1006): her desk; log in there, and calls come", agent="lina"),
    Login(
        "desk",
        "agent",
        "孙丽",
        "agent Sun Li (1007): her phone is YOUR browser; sign on at My desk, allow the microphone, answer",
        agent="sunli",
    ),
    Login("reviewer", "reviewer", "Grace Hill", "reviewer: calls and recordings"),
)

SELLERS = tuple(a.id for a in AGENTS if "sales" in a.queues)

CALLERS = {
    "zh": tuple("王芳 李伟 张敏 刘洋 陈静 杨帆 黄丽 周涛 吴倩 徐亮 孙悦 马超 朱琳 胡军 郭晨 何雪 高翔 林佳".split()),
    "en": ("Tom Baker", "Sarah Klein", "James Wong", "Emily Stone", "David Chen", "Rosa Marin", "Peter Hall", ""),
}
