"""The processes of the demo: two private Asterisks and the server. `open()` starts them, `close()` ends them all."""

import asyncio
import os
import secrets
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from cti_server import migrations, settings
from cti_server.db import open_engine
from cti_server.demo import speech, stock
from cti_server.demo.config import HOST, configure_carrier, configure_pbx, write_site
from cti_server.demo.people import AGENTS, LOGINS
from cti_server.pbx.instance import Instance, free_ports, port_free
from cti_server.pbx.provision import Installed
from cti_server.settings import Pbx, Settings
from cti_server.staff.queries import add_user

_FIRST_BASE = 5160
_WEB_PORT = 8080
_DRAIN_S = 15.0
_KEPT = ("lock", stock.FOLDER)


class DemoError(RuntimeError):
    """The demo cannot go on; one sentence says why."""


class Site:
    """A call center in `folder`, on free ports. `passwords`: login → password, of the visitors and of the agents."""

    settings: Settings
    account: Pbx

    def __init__(self, installed: Installed, folder: Path, web_port: int = 0) -> None:
        self.folder = folder
        self.web = self._web_port(web_port)
        ports = free_ports(HOST, first=_FIRST_BASE)
        self.pbx = Instance(installed, folder / "pbx", ports, HOST)
        self.carrier = Instance(installed, folder / "carrier", free_ports(HOST, first=ports.base + 10), HOST)
        self.speech = folder / "speech"
        self.passwords: dict[str, str] = {}
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.web}"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    def wipe(self) -> None:
        """Away with what an earlier demo left in the folder."""
        for path in self.folder.iterdir():
            if path.name in _KEPT:
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()

    def open(self, customers: int, seed: int, say: stock.Say) -> None:
        """Configure and start everything, with so many customers. Blocks for some seconds.

        Raises DemoError, InstanceError, RenderError.
        """
        config = write_site(self.folder, self.pbx.ports, self.web)
        self.settings = settings.load(config, environ={})
        configure_pbx(self.pbx, self.settings, self.carrier.ports)
        self.account = configure_carrier(self.carrier, self.pbx.ports)
        speech.make(self.speech)
        if customers:
            stock.fill(self.folder, self.settings, customers, seed, say)
        asyncio.run(self._add_people())
        self.pbx.start()
        self.carrier.start()
        with self.log.open("ab") as log:
            # A process group of its own: Ctrl-C reaches the demo only, which ends things in their order.
            self._server = subprocess.Popen(
                [sys.executable, "-m", "cti_server", "serve"],
                env=os.environ | {"CTI_CONFIG": str(config)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
            )

    def trouble(self) -> str:
        """What of it does not run any more, in words; empty when all is well."""
        if self._server and self._server.poll() is not None:
            return f"the server ended with code {self._server.returncode}; {self.log} says why"
        for instance in (self.pbx, self.carrier):
            if instance.pid() is None:
                return f"the Asterisk in {instance.folder} ended; {instance.folder / 'log' / 'full'} says why"
        return ""

    def end_calls(self) -> None:
        """The outside world hangs up: what is on the line is recorded to its end."""
        self.carrier.stop()

    def close(self) -> None:
        """End whatever of it runs. Blocks until it is gone."""
        self.carrier.stop()
        if self._server and self._server.poll() is None:
            self._server.send_signal(signal.SIGTERM)
            try:
                self._server.wait(_DRAIN_S)
            except subprocess.TimeoutExpired:
                self._server.kill()
                self._server.wait()
        self.pbx.stop()

    async def _add_people(self) -> None:
        """The logins that are shown, and one for each agent, whom `breaks` lets pause."""
        engine = open_engine(self.settings.database.url)
        try:
            async with engine.begin() as connection:
                await connection.run_sync(migrations.upgrade)
            people = [(p.login, p.role, p.name, p.agent) for p in LOGINS]
            people += [(a.id, "agent", a.name, a.id) for a in AGENTS if a.ready]
            for login, role, name, agent in people:
                self.passwords[login] = secrets.token_urlsafe(9)
                await add_user(engine, login, self.passwords[login], role, name, agent)
        finally:
            await engine.dispose()

    @staticmethod
    def _web_port(asked: int) -> int:
        if asked:
            if not port_free(HOST, asked):
                raise DemoError(f"port {asked} of {HOST} is in use: choose another one by --web-port")
            return asked
        free = next((port for port in range(_WEB_PORT, _WEB_PORT + 200) if port_free(HOST, port)), 0)
        if not free:
            raise DemoError(f"no free port for the page was found from {_WEB_PORT} on: choose one by --web-port")
        return free
