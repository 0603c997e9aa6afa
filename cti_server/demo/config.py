"""The demo's configuration: what would be `config/cti.toml` at a site, and the second Asterisk that plays the world."""

import json
import secrets
import socket
from pathlib import Path

from pydantic import SecretStr

from cti_server.demo.people import AGENTS, NUMBERS, QUEUES
from cti_server.pbx.instance import Instance, Phone, Ports, Trunk
from cti_server.pbx.render import check_path
from cti_server.settings import Pbx, Settings

HOST = "127.0.0.1"
TRUNK = "trunk-demo"


def write_site(folder: Path, ports: Ports, web_port: int) -> Path:
    """Write `cti.toml` of the demo's call center into `folder` and give its path."""
    queues = "".join(
        f"\n[[queue]]\nid = {_q(q.id)}\nname = {_q(q.name)}\nextension = {_q(q.extension)}\n"
        "ring_s = 12\nwrapup_s = 6\nrest_s = 5\n"
        for q in QUEUES
    )
    agents = "".join(
        f"\n[[agent]]\nid = {_q(a.id)}\nname = {_q(a.name)}\n"
        f"{'browser = true' if a.browser else 'phone = ' + _q('PJSIP/' + a.id)}\n"
        f"extension = {_q(a.extension)}\nqueues = {json.dumps(a.queues)}\nauto_login = {json.dumps(a.ready)}\n"
        for a in AGENTS
    )
    numbers = "".join(
        f"\n[[number]]\nmatch = {_q(n.match)}\nscript = {_q(n.script)}\nqueue = {_q(n.queue)}\n"
        f"language = {_q(n.language)}\ncampaign = {_q(n.campaign)}\n"
        for n in NUMBERS
    )
    file = folder / "cti.toml"
    file.touch(mode=0o600)
    file.write_text(
        f"""# Written by cti-server demo, and again at each start.
[site]
name = "Demo"
[server]
data_dir = {_q(folder / "var")}
fastagi_port = {ports.base + 4}
log_json = false
drain_s = 6
[web]
port = {web_port}
[pbx]
port = {ports.ami}
secret = {_q(secrets.token_hex(16))}
http_port = {ports.http}
ari_secret = {_q(secrets.token_hex(16))}
media_address = {_q(sound_address())}
recordings_dir = {_q(folder / "recordings")}
sounds_dir = {_q(folder / "sounds")}
cel_file = {_q(folder / "pbx" / "log" / "cel-custom" / "cti_cel.json")}
out_trunk = {_q(TRUNK)}
[recording]
sealed_dir = {_q(folder / "sealed")}
[database]
url = {_q(f"sqlite+aiosqlite:///{folder / 'cti.db'}")}
{queues}{agents}{numbers}""",
        encoding="utf-8",
    )
    return file


def sound_address() -> str:
    """The machine's own address in its network: no browser sends sound to loopback. Empty where there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Nothing is sent: this only asks which address would be used.
            probe.connect(("198.51.100.1", 9))
        except OSError:
            return ""
        return str(probe.getsockname()[0])


def configure_pbx(pbx: Instance, settings: Settings, carrier: Ports) -> None:
    """The call center's own Asterisk. Its agents' phones and its trunk are all at the carrier's address."""
    phones = [
        Phone(a.id, secrets.token_hex(12), port=carrier.sip, caller_id=a.extension) for a in AGENTS if not a.browser
    ]
    pbx.configure(settings, phones, [Trunk(TRUNK, carrier.sip)])


def configure_carrier(carrier: Instance, pbx: Ports) -> Pbx:
    """The Asterisk that plays the outside world; gives the AMI account that the player uses."""
    account = Pbx(
        host=HOST,
        port=carrier.ports.ami,
        secret=SecretStr(secrets.token_hex(16)),
        sounds_dir=carrier.folder / "sounds",
        recordings_dir=carrier.folder / "recordings",
    )
    extra = carrier.folder / "etc" / "extra"
    extra.mkdir(parents=True, exist_ok=True)
    check_path("the folder of the demo", carrier.folder)
    (extra / "pjsip.conf").write_text(_CARRIER_PJSIP.format(host=HOST, port=pbx.sip), encoding="ascii")
    (extra / "extensions.conf").write_text(_CARRIER_DIALPLAN.format(host=HOST, port=pbx.sip), encoding="ascii")
    carrier.configure(Settings(pbx=account))
    return account


def _q(value: object) -> str:
    """A TOML string."""
    return json.dumps(str(value), ensure_ascii=False)


_CARRIER_PJSIP = """\
[pbx](cti-media)
context = cti-demo-ring
transport = udp
aors = pbx
; Hold is then told to the call center by a re-INVITE, as a phone does.
moh_passthrough = yes
[pbx]
type = aor
contact = sip:{host}:{port}
[pbx]
type = identify
endpoint = pbx
match = {host}:{port}
"""

_CARRIER_DIALPLAN = """\
; The player moves the channels from one of these contexts to the next.
[cti-demo-customer]
exten => s,1,UserEvent(CtiDemoUp)
 same => n,Wait(900)
 same => n,Hangup()
[cti-demo-ring]
exten => _[a-z].,1,Ringing()
 same => n,UserEvent(CtiDemoRing,Phone: ${{EXTEN}},Caller: ${{CALLERID(num)}})
 same => n,Wait(120)
 same => n,Hangup()
[cti-demo-talk]
exten => s,1,Answer()
 same => n,Playback(${{CTI_PART1}})
 same => n,GotoIf($[0${{CTI_HOLD}}=0]?two)
 same => n,GotoIf($["${{CTI_SIDE}}"="agent"]?hold)
 same => n,Wait(${{CTI_HOLD}})
 same => n,Goto(two)
 same => n(hold),BridgeWait(${{UNIQUEID}},participant,e(h)S(${{CTI_HOLD}}))
 same => n(two),Playback(${{CTI_PART2}})
 same => n,GotoIf($["${{CTI_TRANSFER}}"=""]?linger)
 same => n,Transfer(PJSIP/sip:${{CTI_TRANSFER}}@{host}:{port})
 same => n(linger),Wait(${{CTI_LINGER}})
 same => n,Hangup()
[cti-demo-decline]
exten => s,1,Hangup(21)
"""
