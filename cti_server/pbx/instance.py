"""A private instance of Asterisk: its folder, its configuration, its process. Several run side by side.

Everything lies in one folder (etc, log, run, spool, var); every port is counted from one base (`Ports`). The process is
known by the pid that Asterisk itself wrote and by the folder on its command line: nothing else is ever stopped.
"""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec

from cti_server.clock import monotonic
from cti_server.core.ids import MAIN
from cti_server.pbx.music import write_music
from cti_server.pbx.provision import Installed
from cti_server.pbx.render import check_host, check_name, check_path, check_secret, render, render_text, write_all
from cti_server.settings import Settings

_FOLDERS = "etc log/cel-custom run cache spool/tmp spool/outgoing var/keys var/sounds".split()
_EMPTY = (
    "acl.conf amd.conf ccss.conf cli_aliases.conf geolocation.conf pjproject.conf pjsip_notify.conf"
    " pjsip_wizard.conf queuerules.conf res_stun_monitor.conf stasis.conf statsd.conf udptl.conf websocket_client.conf"
).split()
RTP_PORTS = 400


class InstanceError(RuntimeError):
    """The instance cannot be started or asked; the text says why."""


class Ports(msgspec.Struct, frozen=True):
    """`base` is SIP (UDP and TCP), `base+1` AMI, `base+2` HTTP and WebSocket; RTP takes 400 ports from `rtp` on."""

    base: int

    @property
    def rtp(self) -> int:
        """The first RTP port: one of thirty ranges of 400, so that instances side by side seldom share one."""
        return 20000 + self.base // 10 % 30 * RTP_PORTS

    @property
    def sip(self) -> int:
        return self.base

    @property
    def ami(self) -> int:
        return self.base + 1

    @property
    def http(self) -> int:
        return self.base + 2


class Phone(msgspec.Struct, frozen=True):
    """An agent's phone. `port`: where it listens when it does not register; `web`: a browser's phone."""

    name: str
    secret: str
    port: int = 0
    web: bool = False
    caller_id: str = ""


class Trunk(msgspec.Struct, frozen=True):
    """A carrier that calls from, and is called at, `port` of the instance's own address."""

    name: str
    port: int


def port_free(host: str, port: int) -> bool:
    """Whether nobody has the port, neither for UDP nor for TCP."""
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                return False
    return True


def free_ports(host: str = "127.0.0.1", first: int = 5160, step: int = 10) -> Ports:
    """A base of which the next ten ports are free, from `first` on. Raises `InstanceError` when there is none."""
    for base in range(first, 20000 - step, step):
        if all(port_free(host, base + n) for n in range(step)):
            return Ports(base)
    raise InstanceError(f"no ten free ports in a row were found from {first} on")


class Instance:
    """One private Asterisk in `folder`. `settings` must name its AMI account; `configure` writes the rest.

    `rtp_ports`: two for each party who talks or waits. More than the default reach into those of instances beside it,
    which Asterisk passes over.
    """

    rtp_ports = RTP_PORTS

    def __init__(self, installed: Installed, folder: Path, ports: Ports, host: str = "127.0.0.1") -> None:
        self.installed = installed
        self.folder = folder.absolute()
        self.ports = ports
        self.host = host
        self._child = 0

    @property
    def cel_file(self) -> Path:
        return self.folder / "log" / "cel-custom" / "cti_cel.json"

    def configure(
        self, settings: Settings, phones: Iterable[Phone] = (), trunks: Iterable[Trunk] = (), site: str = MAIN
    ) -> None:
        """Write the whole configuration. Raises `RenderError` for a value that may not go into it.

        The settings of `site`'s Asterisk are taken with the instance's own CEL file; host and port in them are the
        caller's affair. A branch's instance calls itself by the branch's id. More of a site's own goes into
        `etc/extra/pjsip.conf` and `etc/extra/extensions.conf`, which are never written here.
        """
        check_path("the instance's folder", self.folder)
        for part in _FOLDERS:
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        own = {"cel_file": self.cel_file}
        pbx = settings.sites()[site].model_copy(update=own)
        branches = tuple(pbx if one.id == site else one for one in settings.branch)
        changed = {"branch": branches} if site != MAIN else {"pbx": pbx}
        settings = settings.model_copy(update=changed)
        etc = self.folder / "etc"
        render(settings, etc / "cti", site)
        given = {
            "folder": self.folder,
            "prefix": check_path("the folder of Asterisk", Path(self.installed.prefix)),
            "name": f"{check_name('the instance', self.folder.name)}-{self.ports.base}" if site == MAIN else site,
            "host": check_host("the instance's address", self.host),
            "sip_port": self.ports.sip,
            "phones": [_checked_phone(phone) for phone in phones],
            "trunks": [Trunk(check_name("the trunk's name", trunk.name), trunk.port) for trunk in trunks],
        }
        texts = {name: render_text(f"private/{name}", given) for name in ("asterisk.conf", "pjsip.conf")}
        write_all({etc / name: text for name, text in (texts | self._small_files()).items()})
        write_music(pbx.sounds_dir.absolute() / "music")

    def _small_files(self) -> dict[str, str]:
        host, ports = self.host, self.ports
        files = {name: "; nothing to say\n" for name in _EMPTY}
        files |= {
            "modules.conf": "[modules]\nautoload = yes\n",
            "logger.conf": "[general]\ndateformat = %F %T.%3q\n[logfiles]\nfull => notice,warning,error,verbose(3)\n",
            "cdr.conf": "[general]\nenable = no\n",
            "indications.conf": "[general]\ncountry = cn\n[cn]\nringcadence = 1000,4000\ndial = 450\n"
            "busy = 450/350,0/350\nring = 450/1000,0/4000\ncongestion = 450/700,0/700\ncallwaiting = 450/400,0/4000\n",
            "cel.conf": "[general]\n#include cti/cel_cti.conf\n",
            "cel_custom.conf": "#include cti/cel_custom_cti.conf\n",
            "manager.conf": f"[general]\nenabled = yes\nbindaddr = {host}\nport = {ports.ami}\nwebenabled = no\n"
            "timestampevents = yes\ndisplayconnects = no\n#include cti/manager_cti.conf\n"
            "#tryinclude extra/manager.conf\n",
            "http.conf": f"[general]\nenabled = yes\nbindaddr = {host}\nbindport = {ports.http}\n",
            "ari.conf": "[general]\nenabled = yes\n#include cti/ari_cti.conf\n",
            "sorcery.conf": "#include cti/sorcery_cti.conf\n",
            "rtp.conf": f"[general]\nrtpstart = {ports.rtp}\nrtpend = {ports.rtp + self.rtp_ports - 1}\n"
            "icesupport = yes\nstrictrtp = no\n",
            "musiconhold.conf": "#include cti/musiconhold_cti.conf\n",
            "queues.conf": "[general]\npersistentmembers = yes\nautofill = yes\nlog_membername_as_agent = yes\n"
            "#include cti/queues_cti.conf\n",
            "confbridge.conf": "[general]\n#include cti/confbridge_cti.conf\n",
            "res_parking.conf": "[general]\n#include cti/res_parking_cti.conf\n",
            "features.conf": "[general]\ntransferdigittimeout = 3\n[featuremap]\n#include cti/featuremap_cti.conf\n",
            "extensions.conf": "[general]\nstatic = yes\nwriteprotect = yes\n#include cti/extensions_cti.conf\n"
            "#tryinclude extra/extensions.conf\n",
        }
        return files

    def pid(self) -> int | None:
        """The pid of this instance's process; None when it does not run."""
        try:
            pid = int((self.folder / "run" / "asterisk.pid").read_text(encoding="ascii"))
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return None
        return pid if os.fsencode(self.folder / "etc" / "asterisk.conf") in command.split(b"\0") else None

    def start(self, at_most_s: float = 30.0) -> int:
        """Start it and wait until it is fully booted; its pid. One that runs already stays. Raises `InstanceError`."""
        if self._child:
            _reaped(self._child)
        if running := self.pid():
            return running
        busy = [p for p in (self.ports.sip, self.ports.ami, self.ports.http) if not port_free(self.host, p)]
        if busy:
            raise InstanceError(f"port {busy[0]} of {self.host} is in use: choose another base")
        self._child = pid = self._spawn()
        end = monotonic() + at_most_s
        while monotonic() < end:
            if _reaped(pid):
                raise InstanceError(f"Asterisk ended at once; {self.folder / 'log' / 'full'} says why")
            if self.pid() and self._ask("core waitfullybooted")[0]:
                return pid
            time.sleep(0.05)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        raise InstanceError(f"Asterisk did not come up within {at_most_s:g} s; see {self.folder / 'log' / 'full'}")

    def _spawn(self) -> int:
        """Start the process in a session of its own, so that it outlives us and our terminal; its pid."""
        console = str(self.folder / "log" / "console")
        arguments = [str(self.installed.program), "-C", str(self.folder / "etc" / "asterisk.conf"), "-f", "-n"]
        files = [
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, console, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ]
        return os.posix_spawn(arguments[0], arguments, os.environ, file_actions=files, setsid=True)

    def stop(self, at_most_s: float = 10.0) -> bool:
        """End this instance's process and wait for it. False when none was running."""
        pid = self.pid()
        if pid is None:
            return False
        self._ask("core stop now")
        end = monotonic() + at_most_s
        while not _reaped(pid) and self.pid() == pid and monotonic() < end:
            time.sleep(0.02)
        if self.pid() == pid:
            os.kill(pid, signal.SIGKILL)
            while not _reaped(pid) and self.pid() == pid:
                time.sleep(0.02)
        return True

    def console(self, command: str) -> str:
        """Run one CLI command and give what it prints. Raises `InstanceError` when the instance does not run."""
        answered, text = self._ask(command)
        if not answered:
            raise InstanceError(f"the Asterisk in {self.folder} does not run")
        return text

    def _ask(self, command: str) -> tuple[bool, str]:
        arguments = [str(self.installed.program), "-C", str(self.folder / "etc" / "asterisk.conf"), "-rx", command]
        done = subprocess.run(arguments, capture_output=True, text=True, errors="replace", timeout=30)
        return done.returncode == 0, done.stdout


def _reaped(pid: int) -> bool:
    """Whether a child of ours has ended, its exit code taken: a zombie would look as if it still ran."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return False


def _checked_phone(phone: Phone) -> Phone:
    check_name("the phone's name", phone.name)
    check_secret(f"the secret of {phone.name}", phone.secret)
    if phone.caller_id:
        check_name(f"the caller id of {phone.name}", phone.caller_id)
    return phone
