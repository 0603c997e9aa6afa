"""Private PostgreSQL and Redis servers for the tests: in a folder of their own, on free ports, gone afterwards."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from tests.fresh import migrate

_ROOM = 8 << 30


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Postgres:
    """A private cluster. `stop()` and `start()` make the database go away and come back on the same port."""

    programs: Path
    folder: Path
    port: int
    as_user: tuple[str, ...]
    databases: int = 0
    template: str = ""

    def _run(self, *arguments: str) -> None:
        done = subprocess.run(
            [*self.as_user, *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=60,
        )
        if done.returncode:
            raise RuntimeError(f"{arguments[0]} failed: {done.stdout}\n{done.stderr}")

    def init(self) -> None:
        data = str(self.folder / "data")
        self._run(
            str(self.programs / "initdb"), "-D", data, "-U", "cti", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"
        )

    def start(self) -> None:
        options = f"-p {self.port} -h 127.0.0.1 -k {self.folder} -F -c max_connections=30 -c shared_buffers=16MB"
        data, log = str(self.folder / "data"), str(self.folder / "log")
        # the server keeps pg_ctl's standard output open: it must not be a pipe that someone waits on
        subprocess.run(
            [*self.as_user, str(self.programs / "pg_ctl"), "-D", data, "-l", log, "-o", options, "-w", "start"],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
            timeout=60,
        )

    def stop(self, mode: str = "immediate") -> None:
        self._run(str(self.programs / "pg_ctl"), "-D", str(self.folder / "data"), "-m", mode, "-w", "stop")

    def pid(self) -> int:
        return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])

    def new_database(self, template: str = "template0") -> str:
        """The URL of a new database, empty unless it is a copy of another."""
        self.databases += 1
        name = f"t{self.databases}"
        where = f"host=127.0.0.1 port={self.port} user=cti dbname=postgres"
        with psycopg.connect(where, autocommit=True) as connection:
            connection.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(template)))
        return f"postgresql+psycopg://cti@127.0.0.1:{self.port}/{name}"

    def migrated_database(self) -> str:
        """The URL of a new database with today's schema."""
        if not self.template:
            url = self.new_database()
            migrate(url)
            self.template = url.rpartition("/")[2]
        return self.new_database(self.template)


def _roomy_memory() -> str | None:
    """A folder in memory for the hundreds of databases of a run, some 8 MB each; None where there is not enough."""
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() and shutil.disk_usage(memory).free > _ROOM else None


@contextmanager
def private_postgres() -> Iterator[Postgres]:
    """Start one. As root the server runs as the user `postgres`, because it refuses to run as root."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    which = shutil.which("initdb")
    if not found and not which:
        pytest.fail("PostgreSQL is missing: install the Debian package 'postgresql'")
    programs = found[-1].parent if found else Path(str(which)).resolve().parent
    folder = Path(tempfile.mkdtemp(prefix="cti-pg-", dir=_roomy_memory()))
    as_user: tuple[str, ...] = ()
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.fail("setpriv is missing: install the Debian package 'util-linux'")
        shutil.chown(folder, "postgres", "postgres")
        as_user = ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups")
    server = Postgres(programs, folder, free_port(), as_user)
    try:
        server.init()
        server.start()
        yield server
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def private_redis(port: int = 0) -> Iterator[str]:
    """Start one without persistence; gives its URL. `port`: 0 takes a free one."""
    program = shutil.which("redis-server")
    if not program:
        pytest.fail("Redis is missing: install the Debian package 'redis-server'")
    port = port or free_port()
    with tempfile.TemporaryDirectory(prefix="cti-redis-") as folder:
        options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder]
        process = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _wait_for_port(port, process)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.terminate()
            process.wait(timeout=20)


def _wait_for_port(port: int, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail(f"nothing listens on port {port}: redis-server did not start")
