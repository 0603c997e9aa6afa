"""What the doctor finds out about the PBX over AMI, with the rights of the server's own AMI user and no more."""

import asyncio
import re
from collections.abc import Iterable
from typing import Literal

import msgspec
from msgspec.structs import replace

from cti_server import clock
from cti_server.core.events import Event, PbxDisconnected, PbxResynced
from cti_server.core.ids import MAIN
from cti_server.pbx.actions import Action
from cti_server.pbx.ami import AmiError, AmiLink, Response, Timing
from cti_server.pbx.ari import Ari, AriError
from cti_server.settings import Pbx, Settings
from cti_server.tasks import Tasks

_AWAY = ("UNAVAILABLE", "INVALID", "UNKNOWN")

Verdict = Literal["ok", "note", "wrong"]

NEEDED_VERSION = (22, 10, 1)
MAX_CLOCK_DIFFERENCE_S = 1.0
HEARTBEAT_S = 2.5
"""A running server refreshes its heartbeat each second."""
CONTEXTS = ("cti-inbound", "cti-hold", "cti-connect", "cti-callback", "cti-fallback", "cti-hangup", "cti-agent")
NEEDED_ACTIONS = {
    "PlayDTMF": "app_senddtmf and the write class call",
    "MixMonitorMute": "app_mixmonitor and the write class call",
    "QueueAdd": "app_queue and the write class agent",
    "Originate": "the write class originate",
    "DeviceStateList": "res_manager_devicestate and the write class reporting",
    "CoreShowChannels": "the write class reporting",
}
NEEDED_MODULES = (
    "app_celgenuserevent app_chanspy app_dial app_mixmonitor app_playback app_queue app_read app_record app_senddtmf"
    " app_stack app_userevent func_callerid func_channel func_cut func_env func_export func_hangupcause func_logic"
    " func_strings res_agi res_musiconhold res_pjsip chan_pjsip format_wav"
).split()

BROWSER_MODULES = (
    "res_ari res_ari_asterisk res_crypto res_http_websocket res_pjsip_transport_websocket res_sorcery_memory res_srtp"
).split()
"""What phones in the browser need besides."""

BRANCH_CONTEXTS = ("cti-branch", "cti-across")
BRANCH_MODULES = ("func_dialplan", "res_pjsip_header_funcs")
"""What calls between sites need besides."""


class Finding(msgspec.Struct, frozen=True):
    """`what` was looked at, what it is like (`text`), and how to `mend` it, in plain words."""

    verdict: Verdict
    what: str
    text: str
    mend: str = ""


async def examine(settings: Settings, stopped: bool = False) -> list[Finding]:
    """Look at every site's PBX. Never raises for what one does.

    `stopped`: the server of these settings does not run at this moment, and no other node does its work.
    """
    findings: list[Finding] = []
    devices: dict[str, str] = {}
    answered = False
    for site, pbx in settings.sites().items():
        browser = any(agent.browser and (agent.site or MAIN) == site for agent in settings.agent)
        found, here = await _site(pbx, site, stopped, several=bool(settings.branch), browser=browser)
        findings += [replace(f, what=f"{site}: {f.what}") for f in found] if settings.branch else found
        answered = answered or here is not None
        for device, state in (here or {}).items():
            if device not in devices or devices[device] in _AWAY:
                devices[device] = state
    return [*findings, *_phones(settings, devices)] if answered else findings


async def _site(
    pbx: Pbx, site: str, stopped: bool, several: bool, browser: bool
) -> tuple[list[Finding], dict[str, str] | None]:
    """Log in at one site, ask, log out. Gives what was found, and the devices unless nobody answered."""
    seen: asyncio.Queue[Event] = asyncio.Queue()
    timing = Timing(boot_s=2.0, ping_every_s=60.0, retry_s=60.0)
    name = "" if site == MAIN else site
    link = AmiLink(pbx, on_message=lambda _: None, publish=seen.put_nowait, timing=timing, system_name=name)
    tasks = Tasks()
    _ = tasks.start(link.run(), "ami")
    where = f"AMI at {pbx.host}:{pbx.port}"
    try:
        event = await seen.get()
        while not isinstance(event, PbxResynced | PbxDisconnected):
            event = await seen.get()
        if isinstance(event, PbxDisconnected):
            return [Finding("wrong", where, event.reason, _mend_ami(event.reason))], None
        findings = [Finding("ok", where, f"the user {pbx.user!r} may log in and see what is live")]
        findings += await _version(link)
        findings += await _clock(link)
        findings += await _actions(link)
        more = (*(BRANCH_MODULES if several else ()), *(BROWSER_MODULES if browser else ()))
        findings += await _modules(link, (*NEEDED_MODULES, *more))
        findings += await _dialplan(link, (*CONTEXTS, *(BRANCH_CONTEXTS if several else ())))
        if stopped:
            findings += await _somebody_else(link)
        findings += _trunk(pbx, event.devices)
        findings += await _browsers(pbx) if browser else []
        return findings, event.devices
    except AmiError as error:
        return [Finding("wrong", where, str(error), "look at the PBX's own log, then try again")], None
    finally:
        await tasks.close()


def _mend_ami(reason: str) -> str:
    if "Connect call failed" in reason or "Errno" in reason:
        return (
            "start Asterisk; set enabled=yes, port and bindaddr in its manager.conf; check pbx.host and pbx.port here"
        )
    if "speak AMI" in reason or "does not answer" in reason:
        return "something else listens there: check pbx.port (5038 is Asterisk's usual AMI port)"
    if "calls itself" in reason:
        return "correct its asterisk.conf and restart it"
    if "refuses" in reason:
        return "render the AMI user with `cti-server pbx render`, include it in manager.conf, `manager reload`"
    return "look at the PBX's own log"


async def _ask(link: AmiLink, name: str, **headers: str) -> Response:
    return await link.send(Action(name, tuple(headers.items())))


async def _version(link: AmiLink) -> list[Finding]:
    text = (await _ask(link, "CoreSettings")).get("AsteriskVersion")
    return [judge_version(text)]


def judge_version(text: str) -> Finding:
    """`text`: AsteriskVersion of CoreSettings, such as `22.10.1~dfsg-1`."""
    what = "Asterisk's version"
    match = re.match(r"(\d+)\.(\d+)\.(\d+)", text)
    needed = ".".join(map(str, NEEDED_VERSION))
    if match is None:
        return Finding("note", what, f"{text!r} cannot be compared with {needed}")
    version = tuple(int(part) for part in match.groups())
    if version < NEEDED_VERSION:
        return Finding("wrong", what, f"{text} is older than {needed} (CVE-2026-57191)", f"install {needed} or newer")
    if version[0] != NEEDED_VERSION[0]:
        return Finding("note", what, f"{text}: this server is proven on Asterisk {NEEDED_VERSION[0]} only")
    return Finding("ok", what, text)


async def _clock(link: AmiLink) -> list[Finding]:
    before = clock.now()
    answer = await _ask(link, "Ping")
    ours = (before + clock.now()) / 2
    try:
        difference = float(answer.get("Timestamp")) - ours
    except ValueError:
        return [Finding("note", "clocks", "the PBX does not tell its time")]
    text = f"the PBX's clock differs from ours by {difference:+.3f} s"
    if abs(difference) <= MAX_CLOCK_DIFFERENCE_S:
        return [Finding("ok", "clocks", text)]
    mend = (
        "run NTP (chrony or systemd-timesyncd) on both machines; the heartbeat is at most 3 s old or callers fall back"
    )
    return [Finding("wrong", "clocks", text, mend)]


async def _actions(link: AmiLink) -> list[Finding]:
    """ListCommands names what is loaded and what this user may do, both at once."""
    known = {name.lower() for name, _ in (await _ask(link, "ListCommands")).message.items()}
    findings = [
        Finding("wrong", f"AMI action {name}", "the PBX does not offer it to this user", f"it needs {needs}")
        for name, needs in NEEDED_ACTIONS.items()
        if name.lower() not in known
    ]
    return findings or [Finding("ok", "AMI actions", "all that the server sends are offered to this user")]


async def _modules(link: AmiLink, needed: Iterable[str]) -> list[Finding]:
    """By the dialplan function IFMODULE, which needs no rights; func_module itself may be missing."""
    loaded = {m: (await _ask(link, "Getvar", Variable=f"IFMODULE({m}.so)")).get("Value") for m in needed}
    if "1" not in loaded.values():
        return [Finding("note", "modules", "cannot be looked at: func_module is not loaded")]
    missing = [module for module, value in loaded.items() if value != "1"]
    if missing:
        names = ", ".join(missing)
        return [Finding("wrong", "modules", f"not loaded: {names}", "load them in modules.conf and restart Asterisk")]
    return [Finding("ok", "modules", f"all {len(loaded)} that the dialplan needs are loaded")]


async def _dialplan(link: AmiLink, contexts: Iterable[str]) -> list[Finding]:
    answers = {context: await _ask(link, "ShowDialPlan", Context=context) for context in contexts}
    missing = [f"[{context}]" for context, answer in answers.items() if not answer.ok]
    blind = [
        f"[{context}]"
        for context in ("cti-inbound", "cti-hold")
        if answers[context].ok and not any("CTI_HEARTBEAT" in i.get("AppData") for i in answers[context].items)
    ]
    mend = "run `cti-server pbx render DIR`, include its files in extensions.conf, `dialplan reload`"
    findings = []
    if missing:
        findings.append(Finding("wrong", "dialplan", f"these contexts are missing: {', '.join(missing)}", mend))
    if blind:
        text = f"{', '.join(blind)} does not look at CTI_HEARTBEAT: callers would be lost with the server"
        findings.append(Finding("wrong", "dialplan", text, mend))
    return findings or [Finding("ok", "dialplan", "the contexts are there and look at the heartbeat")]


async def _somebody_else(link: AmiLink) -> list[Finding]:
    """A heartbeat that goes on while our server does not run is another server's."""
    heard = (await _ask(link, "Getvar", Variable="CTI_HEARTBEAT")).get("Value")
    if not heard.isdecimal() or clock.now() - int(heard) > HEARTBEAT_S:
        return []
    await asyncio.sleep(HEARTBEAT_S)
    if (await _ask(link, "Getvar", Variable="CTI_HEARTBEAT")).get("Value") == heard:
        return []
    text = "a server keeps the heartbeat of this Asterisk alive, and it is not the one of this configuration"
    return [Finding("wrong", "another server", text, "stop one of the two: both would give callers to agents")]


def _trunk(pbx: Pbx, devices: dict[str, str]) -> list[Finding]:
    """By which callbacks, mobiles and overflow to numbers leave."""
    state, what = devices.get(f"PJSIP/{pbx.out_trunk}", ""), f"trunk {pbx.out_trunk}"
    if not pbx.out_trunk:
        return []
    if not state:
        mend = "define the endpoint in pjsip.conf, or correct pbx.out_trunk"
        return [Finding("wrong", what, "the PBX knows no such device, so no call can leave", mend)]
    if state in _AWAY:
        return [Finding("note", what, f"{state.lower()}: it does not answer at this moment")]
    return [Finding("ok", what, "calls can leave")]


async def _browsers(pbx: Pbx) -> list[Finding]:
    """What phones in the browser need of Asterisk's HTTP server: our account at ARI, and SIP by WebSocket."""
    what = "phones in the browser"
    async with Ari(pbx) as ari:
        try:
            await ari.version()
        except AriError as error:
            mend = (
                "set enabled=yes, bindaddr and bindport in http.conf and pbx.http_port here, render ari_cti.conf with "
                "`cti-server pbx render` and include it in ari.conf, `module reload http` and `module reload res_ari`"
            )
            return [Finding("wrong", what, str(error), mend)]
        try:
            await (await ari.sip()).close()
        except AriError as error:
            mend = "load res_http_websocket and res_pjsip_transport_websocket, and give pjsip.conf a transport of ws"
            return [Finding("wrong", what, str(error), mend)]
    return [Finding("ok", what, "ARI knows our account, and SIP goes by WebSocket")]


def _phones(settings: Settings, devices: dict[str, str]) -> list[Finding]:
    findings = []
    known = [
        (agent.id, phone, agent.browser_phone) for agent in settings.agent for phone in (agent.phone, *agent.phones)
    ]
    for ident, phone, in_browser in known:
        if phone == in_browser:
            # It is made when its agent opens the desk.
            continue
        state = devices.get(phone, "")
        what = f"phone {phone} of agent {ident}"
        if not state:
            mend = f"define the endpoint in pjsip.conf, or correct the phone of {ident!r}"
            findings.append(Finding("wrong", what, "the PBX knows no such device", mend))
        elif state in _AWAY:
            findings.append(Finding("note", what, f"{state.lower()}: the phone is not registered at this moment"))
    return findings
