"""Two nodes on one Asterisk, one PostgreSQL and one Redis: the leader dies or freezes, and nobody is dropped."""

import asyncio
import json
import os
import signal
import subprocess
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from cti_server.pbx.provision import Installed
from tests.live.lab import HOST
from tests.live.sipp import Run
from tests.live.site import Site
from tests.services import free_port, private_postgres, private_redis

pytestmark = pytest.mark.live


class Node:
    """One server with its watching parent. All nodes read the same file; what differs comes by the environment."""

    process: Process

    def __init__(self, site: Site, name: str, fastagi_port: int) -> None:
        self.site, self.name, self.web = site, name, free_port()
        self._environ = site.environ() | {
            "CTI_SERVER__NODE": name,
            "CTI_SERVER__DATA_DIR": str(site.folder / name),
            "CTI_SERVER__FASTAGI_PORT": str(fastagi_port),
            "CTI_WEB__PORT": str(self.web),
        }

    async def start(self) -> None:
        with (self.site.folder / "server.log").open("ab") as log:
            command = self.site.command("serve")
            self.process = await asyncio.create_subprocess_exec(
                *command, env=self._environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        for _ in range(400):
            if await self.get("/health/ready") is not None:
                return
            await asyncio.sleep(0.1)
        raise TimeoutError(f"{self.name} did not get ready; the log:\n{self.site.log()[-4000:]}")

    def pids(self) -> list[int]:
        """The watching parent, and the server."""
        parent = self.process.pid
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii").split()
        return [parent, *map(int, children)]

    def signal(self, number: signal.Signals) -> None:
        for pid in self.pids():
            os.kill(pid, number)

    async def end(self) -> None:
        if self.process.returncode is None:
            self.process.terminate()
            assert await asyncio.wait_for(self.process.wait(), 30) == 0, self.site.log()[-4000:]

    async def get(self, path: str) -> Any:
        """The JSON answer, None when there is none or it is not 200."""
        try:
            reader, writer = await asyncio.open_connection(HOST, self.web)
        except OSError:
            return None
        head = f"GET {path} HTTP/1.0\r\nHost: {HOST}:{self.web}\r\nAuthorization: Bearer {self.site.token}\r\n\r\n"
        writer.write(head.encode())
        try:
            text = await asyncio.wait_for(reader.read(), 10)
        except (OSError, TimeoutError):
            return None
        finally:
            writer.close()
        head_end = text.partition(b"\r\n\r\n")
        return json.loads(head_end[2]) if text.startswith(b"HTTP/1.0 200") else None


class Nodes(Site):
    token = ""

    def __init__(self, installed: Installed, folder: Path, database: str, redis: str) -> None:
        more = f'[redis]\nurl = "{redis}"\n'
        super().__init__(installed, folder, 2, ready=("agent1",), ring_s=20, database=database, more=more)
        self._postgres = database.replace("+psycopg", "")
        self.nodes = [Node(self, "first", self.ports.base + 4), Node(self, "second", free_port())]

    async def serve(self) -> None:
        for node in self.nodes:
            await node.start()
        self.token = await asyncio.to_thread(self._token)

    async def end_server(self) -> int | None:
        for node in self.nodes:
            await node.end()
        return 0

    def _token(self) -> str:
        command = self.command("user", "token", "admin")
        done = subprocess.run(command, env=self.environ(), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        with psycopg.connect(self._postgres, row_factory=dict_row) as connection:
            return connection.execute(query.replace("?", "%s"), values).fetchall()  # type: ignore[arg-type]

    async def leader(self, term: int) -> Node:
        """Who leads the `term`th term, once it has begun and the PBX was asked what is live."""
        names = [event["node"] for event in await self.events("server_started", term, at_most=20)]
        await self.events("pbx_resynced", term, at_most=20)
        assert len(names) == term, names
        return next(node for node in self.nodes if node.name == names[-1])

    def other(self, node: Node) -> Node:
        return next(one for one in self.nodes if one is not node)

    async def shown(self, node: Node) -> dict[str, Any]:
        """What a node's API says of the calls, the agent and the queue, without what moves with the time."""
        calls = (await node.get("/api/v1/calls"))["items"]
        agents = (await node.get("/api/v1/agents"))["agents"]
        queues = (await node.get("/api/v1/queues"))["queues"]
        return {
            "calls": sorted((c["id"], c["ani"], c["ended"]) for c in calls),
            "agents": sorted((a["id"], a["status"], a["call"]) for a in agents),
            "waiting": {q["id"]: q["waiting"] for q in queues},
        }

    async def verified(self) -> None:
        process = await asyncio.create_subprocess_exec(
            *self.command("journal", "verify"), env=self.environ(), stdout=subprocess.PIPE
        )
        text, _ = await process.communicate()
        assert process.returncode == 0, text.decode()
        numbers = [row["seq"] for row in self.rows("SELECT seq FROM journal ORDER BY seq")]
        assert numbers == list(range(1, len(numbers) + 1))


@pytest.fixture
async def site(asterisk: Installed, tmp_path: Path) -> AsyncIterator[Nodes]:
    with private_postgres() as postgres, private_redis() as redis:
        made = Nodes(asterisk, tmp_path, postgres.new_database(), redis)
        await made.start()
        yield made
        await made.close()


async def one_talks_and_one_waits(site: Nodes) -> tuple[Run, Run, Run]:
    phone = await site.phone(1, site.agent(1).answer(ring=0.2).wait_bye(), calls=2)
    talking = await site.call(site.caller(caller_id="13800000001").call().wait(14).hang_up())
    await site.events("bridge_entered", 2)
    waiting = await site.another_call(site.caller(caller_id="13800000002").call().wait(24).hang_up(), 2)
    await site.events("call_queued", 2)
    return phone, talking, waiting


async def the_same(site: Nodes, one: Node, expected: dict[str, Any]) -> None:
    """A node shows `expected`, at the latest when what is under way has arrived."""
    shown: dict[str, Any] = {}
    for _ in range(50):
        shown = await site.shown(one)
        if shown == expected:
            return
        await asyncio.sleep(0.1)
    assert shown == expected


async def records_are_right(site: Nodes, talking: Run, waiting: Run) -> None:
    first, second = await site.call_records(2, at_most=20)
    assert (first["ani"], second["ani"]) == ("13800000001", "13800000002")
    for call, run in ((first, talking), (second, waiting)):
        assert call["ended"] == pytest.approx(run.bye_sent, abs=0.5)
        assert call["hangup_by"] == "caller", call
        assert [e["outcome"] for e in call["entries"]].count("answered") == 1, call
        assert [leg["agent"] for leg in call["legs"] if leg["agent"]][-1] == "agent1"


async def test_the_leader_is_killed_with_callers_in_hold_and_talk(site: Nodes) -> None:
    leader = await site.leader(1)
    follower = site.other(leader)
    _, talking, waiting = await one_talks_and_one_waits(site)
    await asyncio.sleep(1)
    before = await site.shown(leader)
    await the_same(site, follower, before)
    assert len(before["calls"]) == 2
    assert before["waiting"]["support"] == 1

    leader.signal(signal.SIGKILL)
    await leader.process.wait()
    assert await site.leader(2) is follower
    after = await site.shown(follower)
    assert (after["calls"], after["agents"]) == (before["calls"], before["agents"])

    assert await talking.wait() == 0, talking.errors()
    assert await waiting.wait() == 0, waiting.errors()
    await records_are_right(site, talking, waiting)
    (outage,) = site.rows("SELECT * FROM outage")
    assert outage["until"] > outage["since"]
    await leader.start()
    await the_same(site, leader, await site.shown(follower))
    assert len(site.rows("SELECT 1 FROM journal WHERE type = 'server_started'")) == 2, "who comes back follows"
    await site.end_server()
    await site.verified()


async def test_the_leader_freezes_and_thaws(site: Nodes) -> None:
    leader = await site.leader(1)
    follower = site.other(leader)
    _, talking, waiting = await one_talks_and_one_waits(site)
    leader.signal(signal.SIGSTOP)
    assert await site.leader(2) is follower
    await asyncio.sleep(1)
    leader.signal(signal.SIGCONT)
    assert await talking.wait() == 0, talking.errors()
    assert await waiting.wait() == 0, waiting.errors()
    await records_are_right(site, talking, waiting)
    await the_same(site, leader, await site.shown(follower))
    assert len(site.rows("SELECT 1 FROM journal WHERE type = 'server_started'")) == 2
    await site.end_server()
    await site.verified()


async def test_the_leader_is_stopped_and_hands_over(site: Nodes) -> None:
    leader = await site.leader(1)
    follower = site.other(leader)
    _, talking, waiting = await one_talks_and_one_waits(site)
    await leader.end()
    assert await site.leader(2) is follower
    started = (await site.events("server_started", 2))[-1]
    assert started["clean"] is True
    assert await talking.wait() == 0, talking.errors()
    assert await waiting.wait() == 0, waiting.errors()
    await records_are_right(site, talking, waiting)
    await site.end_server()
    await site.verified()
