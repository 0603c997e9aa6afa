"""The demo's shop on a stage: its made-up business in a real site, calls of the day, an agent with a call in hand.

Used by what looks at pages with rows in them: the accessibility test, and `tools/screens.py`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from cti_server import clock
from cti_server.callscripts import queries as scripts
from cti_server.callscripts.rules import Step, options_of
from cti_server.core import events as ev
from cti_server.demo.business.load import load
from cti_server.demo.business.made import Team
from cti_server.demo.business.near import near_engine
from cti_server.demo.people import AGENTS, LOGINS, NUMBERS, QUEUES, SELLERS
from cti_server.demo.plan import Known
from cti_server.demo.stock import callers
from cti_server.knowledge import queries as knowledge
from cti_server.settings import Settings
from cti_server.staff.tables import staff_user
from cti_server.term import site_configured
from cti_server.webhooks import queries as webhooks
from cti_server.webhooks import rules as webhook_rules
from tests.browser.texts import ARTICLES, SCRIPT
from tests.followups.kit import leaves_message, planned
from tests.fresh import sqlite_database
from tests.journal.floor import Caller
from tests.recording.kit import call as recorded_call
from tests.recording.kit import running, settled, write_pair
from tests.tickets.kit import floor_of
from tests.web.kit import Site, password_hash, running_site

_TEAM = Team(sellers=SELLERS, logins=(*(a.id for a in AGENTS if a.ready), "agent"))
_MENU = {"zh": "主菜单", "en": "Main menu"}
_LANGUAGES = {number.match: number.language for number in NUMBERS}
ME = "lina"
"""The agent of the login `agent`."""
_OTHERS = tuple(a.id for a in AGENTS if a.id != ME)


def shop_settings(folder: Path) -> Settings:
    queues = [
        {"id": q.id, "name": q.name, "extension": q.extension, "wrapup_s": 300.0, "wrapup_code": "required"}
        for q in QUEUES
    ]
    agents = [
        {"id": a.id, "name": a.name, "phone": f"PJSIP/{a.id}", "extension": a.extension, "queues": a.queues}
        | {"languages": ("zh", "en"), "mobile": "13900000000"}
        for a in AGENTS
    ]
    numbers = [
        {"match": n.match, "script": n.script, "queue": n.queue, "language": n.language, "campaign": n.campaign}
        for n in NUMBERS
    ]
    return Settings.model_validate(
        {
            "site": {"name": "Northwind 北风商场"},
            "server": {"data_dir": folder},
            "recording": {"sealed_dir": folder / "sealed", "settle_s": 0.2},
            "pbx": {"recordings_dir": folder / "rec", "out_trunk": "trunk-demo"},
            "queue": queues,
            "agent": agents,
            "number": numbers,
        }
    )


@dataclass
class Shop:
    """A running site with history; `known` are customers who may call, the best first."""

    site: Site
    known: list[Known]
    floor: Any
    calls: int = 0

    def rings(self, one: Known | None, *, dnis: str = "95500", queue: str = "service", waited_s: float = 34) -> Caller:
        """Somebody has been through the IVR and waited; the phone of the agent who has been chosen rings."""
        now = clock.now()
        caller = self._arrives(one, now - waited_s - 21, dnis)
        self.floor.do(
            ev.IvrStepped(
                at=now - waited_s - 18, channel=caller.id, node="menu", label=_MENU[_LANGUAGES[dnis]], result="2"
            ),
            ev.DigitReceived(at=now - waited_s - 18, channel=caller.id, digit="2"),
            ev.CallDataSet(at=now - waited_s - 2, channel=caller.id, key="language", value=_LANGUAGES[dnis]),
        )
        if one and one.account:
            self.floor.do(ev.CallDataSet(at=now - waited_s - 2, channel=caller.id, key="account", value=one.account))
        caller.queue(now - waited_s, queue)
        offer, leg = caller.offer(), f"{caller.id}9"
        name = f"{offer.endpoint}-{leg}"
        self.floor.do(
            ev.ChannelCreated(at=now, channel=leg, linked=caller.id, name=name),
            ev.DialStarted(at=now, channel=caller.id, dest=leg, dest_name=name),
            ev.ChannelRinging(at=now, channel=leg),
        )
        return caller

    def waits(self, one: Known, queue: str, for_s: float) -> Caller:
        """A caller for whom nobody is free."""
        now = clock.now()
        caller = self._arrives(one, now - for_s - 9, "95500")
        caller.queue(now - for_s, queue)
        return caller

    def answered(self, caller: Caller) -> str:
        """The ringing phone is picked up, and recorded. Gives the agent's leg."""
        now, offer, leg, bridge = clock.now(), caller.offer(), f"{caller.id}9", f"b{caller.id}"
        self.floor.do(
            ev.ChannelAnswered(at=now, channel=leg),
            ev.OfferAccepted(at=now, channel=caller.id, agent=offer.agent, offer=offer.offer, agent_channel=leg),
            ev.DialEnded(at=now, channel=caller.id, dest=leg, status="ANSWER"),
            ev.BridgeEntered(at=now, bridge=bridge, channel=leg, linked=caller.id, bridge_type="basic"),
            ev.BridgeEntered(at=now, bridge=bridge, channel=caller.id, linked=caller.id, bridge_type="basic"),
        )
        return leg

    def asks(self, caller: Caller, leg: str, agent: str = "chenjie") -> str:
        """The customer is held, and a colleague is asked, who answers. Gives the colleague's leg."""
        now, target = clock.now(), f"{caller.id}7"
        self.floor.do(
            *(ev.BridgeLeft(at=now, bridge=f"b{caller.id}", channel=each) for each in (leg, caller.id)),
            ev.ChannelHeld(at=now, channel=leg, held=caller.id),
            ev.ChannelCreated(at=now, channel=target, linked=caller.id, name=f"PJSIP/{agent}-{target}"),
            ev.DialStarted(at=now, channel=leg, dest=target, dest_name=f"PJSIP/{agent}-{target}"),
            ev.ChannelRinging(at=now, channel=target),
            ev.ChannelAnswered(at=now, channel=target),
            ev.BridgeEntered(at=now, bridge=f"c{target}", channel=leg, linked=caller.id, bridge_type="basic"),
            ev.BridgeEntered(at=now, bridge=f"c{target}", channel=target, linked=caller.id, bridge_type="basic"),
        )
        return target

    def ends(self, caller: Caller, leg: str) -> None:
        """The customer hangs up, and with that everybody else."""
        now = clock.now()
        gone = [ident for ident in self.site.state.channels if ident.startswith(caller.id)]
        self.floor.do(
            ev.HangupRequested(at=now, channel=caller.id, cause=16),
            *(ev.ChannelEnded(at=now, channel=each, cause=16) for each in (leg, caller.id, *gone)),
        )

    async def history(self) -> None:
        """The calls of the last hours: answered, given up, a message, promises."""
        now = clock.now()
        kinds = ("talks", "talks", "gives_up", "talks", "talks")
        for place in range(20):
            one = self.known[place % 12]
            at = now - 3600 * 4 + place * 660
            caller = self._arrives(one, at, NUMBERS[place % 4].match)
            caller.queue(at + 12, QUEUES[place % 3].id)
            if kinds[place % 5] == "talks" and caller.is_offered():
                caller.end_talk(at + 240 + place * 7, caller.agent_answers(at + 22))
                self.floor.do(ev.WrapUpEnded(at=at + 270 + place * 7, agent=caller.offer().agent))
            else:
                caller.give_up(at + 55)
        for place, one in enumerate(self.known[12:15]):
            at = now - 900 + place * 60
            self.site.do(
                planned(f"cb{place}", one.number, at, queue="complaints", name=one.name, not_before=now + 3600)
            )
            leaves_message(self.site, f"88.{place}", one.number, box="sales", name=one.name, at=at)
        await self.site.writer.flush()

    def only_me(self) -> None:
        """The others are busy in ways of their own; who calls now gets the agent of the login `agent`."""
        now = clock.now()
        self.floor.do(
            *(
                ev.AgentPaused(at=now - 60 * n, agent=ident, code=code)
                for n, (ident, code) in enumerate(zip(_OTHERS, cycle(("lunch", "break", "meeting"))))
            ),
            ev.AgentResumed(at=now, agent=ME),
            *(ev.WrapUpEnded(at=now, agent=ME) for _ in range(self.site.state.agents[ME].wrapup_until is not None)),
        )

    def nobody_free(self) -> None:
        """Who talks goes on; whoever calls now waits."""
        self.floor.do(*(ev.AgentPaused(at=clock.now(), agent=a.id, code="break") for a in AGENTS))

    def others_free(self) -> None:
        """Some of them are back, and who looks for a colleague finds one."""
        now, agents = clock.now(), self.site.state.agents
        back = _OTHERS[1:4]
        self.floor.do(
            *(ev.AgentResumed(at=now, agent=ident) for ident in back),
            *(ev.WrapUpEnded(at=now, agent=ident) for ident in back if agents[ident].wrapup_until is not None),
        )

    def _arrives(self, one: Known | None, at: float, dnis: str) -> Caller:
        self.calls += 1
        caller = Caller(self.floor, one.number if one else "021 5555 0188", dnis)
        caller.id = f"{int(at)}.{self.calls}"
        caller.name = f"PJSIP/trunk-{caller.id}"
        caller.arrive(at)
        if one:
            named = ev.CallerIdChanged(at=at, channel=caller.id, number=one.number, caller_name=one.name)
            self.floor.do(named)
        return caller


@asynccontextmanager
async def shop(folder: Path, size: int) -> AsyncIterator[Shop]:
    """`size`: how many customers."""
    settings = shop_settings(folder)
    url = sqlite_database(folder)
    near = near_engine(url)
    await load(near, settings, _TEAM, 1, size, clock.now())
    await near.dispose()
    async with running_site(folder, settings=settings, url=url) as site:
        await _people(site)
        await _written(site, settings)
        now = clock.now()
        ready = {a.endpoint: "NOT_INUSE" for a in site_configured(settings).agents}
        site.do(
            ev.ServerStarted(at=now - 5 * 3600, node="n1", version="1"),
            site_configured(settings),
            ev.PbxConnected(at=now - 5 * 3600),
            ev.PbxResynced(at=now - 5 * 3600, channels=(), devices=ready),
            *(ev.AgentLoggedIn(at=now - 5 * 3600, agent=a.id) for a in AGENTS),
        )
        made = Shop(site, await callers(site.engine), floor_of(site))
        write_pair(folder, seconds=12)
        async with running(settings, site.engine) as recorder:
            recorder.note(recorded_call(seconds=12))
            await settled(site.engine)
        await made.history()
        yield made


async def _people(site: Site) -> None:
    users = [
        {"login": one.login, "name": one.name, "role": one.role, "agent": one.agent, "password": password_hash()}
        | {"language": "", "theme": "auto", "disabled": False, "created": 0.0}
        for one in LOGINS
    ]
    async with site.engine.begin() as db:
        await db.execute(insert(staff_user), users)


async def _written(site: Site, settings: Settings) -> None:
    """What a site writes itself: answers, a script, a webhook."""
    now = clock.now() - 86_400 * 20
    for language, question, answer, category, tags in ARTICLES:
        given = {"language": language, "question": question, "answer": answer, "category": category, "tags": tags}
        await knowledge.add(site.engine, given, now, "supervisor")
    for name, language, steps in SCRIPT:
        content = {"name": name, "language": language, "dnis": "", "campaign": "", "queue": "", "stage": "", "tier": 0}
        walk = [
            Step(id=i, text=text, ask=ask, kind=kind, options=options_of(options), next=then)  # type: ignore[arg-type]
            for i, text, ask, kind, options, then in steps
        ]
        await scripts.add(site.engine, content | {"active": True, "steps": walk}, now, "supervisor")
    async with site.engine.begin() as db:
        topics = list(webhook_rules.TOPICS[:3])
        await webhooks.add(db, "ERP", "https://erp.example/hooks/cti", topics, (), by="admin", at=now)
