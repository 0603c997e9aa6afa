"""A whole site for one test: a private Asterisk, the real server as its own process, its database and its API."""

import asyncio
import json
import os
import signal
import socket
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

from cti_server.pbx.provision import Installed
from cti_server.settings import Agent, load
from tests.live.lab import HOST, SECRET, Lab

_READY_S = 40.0


class Site(Lab):
    """`start()` brings up Asterisk and the server; agents named in `ready` are logged in from the beginning.

    `support`: more lines for that queue, and its own tables; `people`: lines for an agent instead of the usual queues.
    The database is read as a file of its own: what a test compares is what was written, not what the server believes.
    """

    def __init__(
        self,
        installed: Installed,
        folder: Path,
        agents: int = 3,
        ready: tuple[str, ...] = ("agent1", "agent2"),
        ring_s: float = 3,
        wrapup_s: float = 0,
        database: str = "",
        more: str = "",
        support: str = "",
        people: dict[str, str] | None = None,
    ) -> None:
        super().__init__(installed, folder, agents)
        self.database = folder / "var" / "cti.db"
        self.web = _free_port()
        self._ready = ready
        self._ring_s, self._wrapup_s = ring_s, wrapup_s
        self._url = database or f"sqlite+aiosqlite:///{self.database}"
        self._more, self._support, self._people = more, support, people or {}
        self._pbx = ""
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self._write_config()
        self.settings = load(self.folder / "cti.toml", {})
        await super().start()
        await self.serve()

    async def close(self) -> None:
        await self.end_server()
        await super().close()

    # ------------------------------------------------------------ the server

    def device_of(self, agent: Agent) -> str:
        """The line of the configuration that says what rings for the agent."""
        return f'phone = "{agent.phone}"'

    def _write_config(self) -> None:
        people = "\n".join(
            f'[[agent]]\nid = "{a.id}"\n{self.device_of(a)}\nextension = "{a.extension}"\n'
            f"auto_login = {str(a.id in self._ready).lower()}\n" + self._people.get(a.id, 'queues = ["support"]')
            for a in self.settings.agent
        )
        pbx = self.settings.pbx
        (self.folder / "cti.toml").write_text(
            f"""
[site]
time_zone = "Asia/Shanghai"
[server]
data_dir = "{self.folder / "var"}"
fastagi_port = {self.ports.base + 4}
log_json = false
[web]
port = {self.web}
[pbx]
port = {self.ports.ami}
secret = "{SECRET}"
recordings_dir = "{pbx.recordings_dir}"
sounds_dir = "{pbx.sounds_dir}"
cel_file = "{self.pbx.cel_file}"
out_trunk = "trunk"
{self._pbx}
ivr_max_s = 10
[database]
url = "{self._url}"
[recording]
sealed_dir = "{self.folder / "sealed"}"
[[queue]]
id = "support"
extension = "2001"
ring_s = {self._ring_s}
wrapup_s = {self._wrapup_s}
rest_s = 2
{self._support}
[[queue]]
id = "sales"
extension = "2002"
{people}
[[number]]
match = "95500"
script = ""
queue = "support"
campaign = "spring"
[[number]]
match = "95501"
script = "main_menu"
queue = "support"
{self._more}
""",
            encoding="utf-8",
        )

    async def serve(self) -> None:
        """Start `cti-server serve` and wait until it is ready."""
        log = (self.folder / "server.log").open("ab")
        with log:
            self.process = await asyncio.create_subprocess_exec(
                *self.command("serve"),
                env=self.environ(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        await self.until_ready()

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "cti_server", *words]

    def environ(self) -> dict[str, str]:
        return os.environ | {"CTI_CONFIG": str(self.folder / "cti.toml")}

    async def until_ready(self) -> None:
        """Ready by its own word, and the dialplan has seen its heartbeat."""
        for _ in range(round(_READY_S * 10)):
            if await self.http_status("/health/ready") == 200:
                beat = await asyncio.to_thread(self.pbx.console, "dialplan show globals")
                if f"CTI_HEARTBEAT={round(time.time()) // 100}" in beat:
                    return
            await asyncio.sleep(0.1)
        raise TimeoutError(f"the server did not get ready; its log:\n{self.log()[-4000:]}")

    def log(self) -> str:
        return (self.folder / "server.log").read_text(encoding="utf-8", errors="replace")

    def server_pid(self) -> int:
        """The process that serves: the one child of the watching parent."""
        assert self.process is not None
        children = (
            Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="ascii").split()
        )
        assert len(children) == 1, children
        return int(children[0])

    async def end_server(self) -> int | None:
        """SIGTERM, as a service manager does. Gives the exit code."""
        if self.process is None or self.process.returncode is not None:
            return None
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self.process.wait(), 30)

    async def kill_server(self) -> None:
        """The server and its watching parent vanish at once, as in a power cut of the server's machine alone."""
        assert self.process is not None
        child = self.server_pid()
        os.kill(self.process.pid, signal.SIGKILL)
        os.kill(child, signal.SIGKILL)
        await self.process.wait()

    # ------------------------------------------------------------ what it says

    async def http_status(self, path: str) -> int:
        try:
            reader, writer = await asyncio.open_connection(HOST, self.web)
        except OSError:
            return 0
        writer.write(f"GET {path} HTTP/1.0\r\nHost: {HOST}:{self.web}\r\n\r\n".encode())
        try:
            line = await asyncio.wait_for(reader.readline(), 10)
        except (OSError, TimeoutError):
            return 0
        finally:
            writer.close()
        return int(line.split()[1]) if line else 0

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=10) as connection:
            connection.row_factory = sqlite3.Row
            found = [dict(row) for row in connection.execute(query, values)]
        connection.close()
        return found

    async def call_records(self, count: int = 1, at_most: float = 15.0) -> list[dict[str, Any]]:
        """The bodies (`core.state.Call`) of the ended calls, oldest first, once there are `count` of them."""
        for _ in range(round(at_most * 10)):
            found = self.rows('SELECT body FROM "call" WHERE ended IS NOT NULL ORDER BY started')
            if len(found) >= count:
                break
            await asyncio.sleep(0.1)
        assert len(found) == count, f"{len(found)} calls instead of {count}\n{self.log()[-3000:]}"
        return [json.loads(row["body"]) for row in found]

    async def live_calls(self) -> list[dict[str, Any]]:
        """The bodies of the calls that have not ended, oldest first."""
        found = self.rows('SELECT body FROM "call" WHERE ended IS NULL ORDER BY started')
        return [json.loads(row["body"]) for row in found]

    async def events(self, kind: str, count: int = 1, at_most: float = 15.0) -> list[dict[str, Any]]:
        """The journal's events of one type, once there are at least `count` of them."""
        found: list[dict[str, Any]] = []
        for _ in range(round(at_most * 10)):
            found = self.rows("SELECT payload FROM journal WHERE type = ? ORDER BY seq", kind)
            if len(found) >= count:
                return [json.loads(row["payload"]) for row in found]
            await asyncio.sleep(0.1)
        raise AssertionError(f"{len(found)} events {kind} instead of {count}\n{self.log()[-3000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
