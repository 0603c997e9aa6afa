"""Runs a SIP party under SIPp and reports what it sent and received, and when."""

import asyncio
import math
import re
import signal
import struct
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from tests.live.script import Party

_STAMP = re.compile(r"^-{20,} (\d{4}-\d\d-\d\d)[ \t]+(\d\d:\d\d:\d\d\.\d+)", re.M)
_DIRECTION = re.compile(r"^\w+ message (sent|received) .*$", re.M)


class Packet(msgspec.Struct, frozen=True):
    """One SIP message: `at` UTC epoch seconds, `sent` by SIPp or received, `line` its first line, `text` all of it."""

    at: float
    sent: bool
    line: str
    text: str

    def header(self, name: str) -> str:
        found = re.search(rf"^{re.escape(name)}:[ \t]*(.*?)\r?$", self.text, re.M | re.I)
        return found[1] if found else ""

    @property
    def method(self) -> str:
        """The method of the request, or of the request that a response answers."""
        return self.header("CSeq").partition(" ")[2].strip()


def read_packets(log: str) -> Iterator[Packet]:
    """The packets of a SIPp message log, in order. Its stamps are local time."""
    stamps = list(_STAMP.finditer(log))
    for stamp, after in zip(stamps, [*stamps[1:], None], strict=False):
        block = log[stamp.end() : after.start() if after else len(log)]
        if not (direction := _DIRECTION.search(block)):
            continue
        text = block[direction.end() :].strip("\r\n")
        at = datetime.fromisoformat(f"{stamp[1]} {stamp[2][:15]}").astimezone().timestamp()
        yield Packet(at, direction[1] == "sent", text.partition("\n")[0].strip(), text)


class Run:
    """A running SIPp. `wait()` gives its exit code: 0 when every call went as the scenario says."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path, name: str) -> None:
        self.process = process
        self._folder = folder
        self._name = name

    async def wait(self, at_most: float = 90.0) -> int:
        return await asyncio.wait_for(self.process.wait(), at_most)

    async def stop(self) -> None:
        """End SIPp at once, without a BYE: the phone is gone."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGKILL)
            await self.process.wait()

    def packets(self) -> list[Packet]:
        file = self._folder / f"{self._name}.log"
        return list(read_packets(file.read_text(encoding="utf-8", errors="replace"))) if file.exists() else []

    def errors(self) -> str:
        file = self._folder / f"{self._name}.err"
        return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""

    def times(self, *, sent: bool, line: str, method: str = "") -> list[float]:
        """When packets whose first line starts with `line` passed, oldest first; `method` as `Packet.method`."""
        return [
            p.at
            for p in self.packets()
            if p.sent is sent and p.line.startswith(line) and (not method or p.method == method)
        ]

    def _first(self, *, sent: bool, line: str, method: str = "") -> float | None:
        return next(iter(self.times(sent=sent, line=line, method=method)), None)

    @property
    def invite_sent(self) -> float | None:
        return self._first(sent=True, line="INVITE")

    @property
    def invite_received(self) -> float | None:
        return self._first(sent=False, line="INVITE")

    @property
    def answered(self) -> float | None:
        """The first 200 for an INVITE, whoever sent it."""
        found = [p.at for p in self.packets() if p.line.startswith("SIP/2.0 200") and p.method == "INVITE"]
        return min(found, default=None)

    @property
    def bye_sent(self) -> float | None:
        return self._first(sent=True, line="BYE")

    @property
    def bye_received(self) -> float | None:
        return self._first(sent=False, line="BYE")

    @property
    def cancelled(self) -> float | None:
        """The first CANCEL, whoever sent it."""
        return min((p.at for p in self.packets() if p.line.startswith("CANCEL")), default=None)

    def replaces_target(self, number: str) -> str:
        """The `Refer-To` that puts another call in the place of this one, which this party placed to `number`."""
        answer = next(p for p in self.packets() if p.line.startswith("SIP/2.0 200") and p.method == "INVITE")
        ours, theirs = (answer.header(name).partition("tag=")[2].partition(";")[0] for name in ("From", "To"))
        contact = answer.header("Contact").strip("<>").partition("sip:")[2].partition("@")
        address = contact[2] or contact[0]
        call_id = answer.header("Call-ID").replace("@", "%40")
        return f"<sip:{number}@{address}?Replaces={call_id}%3Bto-tag%3D{theirs}%3Bfrom-tag%3D{ours}>"

    @property
    def ended(self) -> float | None:
        """The first BYE or CANCEL in either direction."""
        return min((t for t in (self.bye_sent, self.bye_received, self.cancelled) if t), default=None)


class Sipp:
    """Starts SIPp processes that talk to the PBX at `remote` (`host:port`), from `host`, with files in `folder`."""

    def __init__(self, remote: str, folder: Path, host: str = "127.0.0.1") -> None:
        self._remote = remote
        self.folder = folder
        self._host = host
        self._runs: list[Run] = []
        folder.mkdir(parents=True, exist_ok=True)

    async def start(
        self,
        party: Party,
        port: int,
        *,
        calls: int = 1,
        media_port: int = 0,
        call_id: str = "",
        options: Sequence[str] = (),
    ) -> Run:
        """Run `party` on `port` for `calls` calls. It is ready to receive when this returns. `options`: SIPp's own."""
        name = f"{len(self._runs):03d}-{party.name}"
        scenario = self.folder / f"{name}.xml"
        scenario.write_text(party.xml(), encoding="utf-8")
        command = ["sipp", "-sf", scenario.name, "-i", self._host, "-p", str(port), "-m", str(calls), "-nostdin", "-aa"]
        command += ["-mp", str(media_port or free_media_port(port)), "-mi", self._host, "-timeout", "180s"]
        command += ["-trace_msg", "-message_file", f"{name}.log", "-trace_err", "-error_file", f"{name}.err"]
        command += ["-cid_str", call_id] if call_id else []
        command += options
        process = await asyncio.create_subprocess_exec(
            *command,
            self._remote,
            cwd=self.folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        run = Run(process, self.folder, name)
        self._runs.append(run)
        await _bound(process, port)
        return run

    async def close(self) -> None:
        for run in self._runs:
            await run.stop()


async def _bound(process: asyncio.subprocess.Process, port: int) -> None:
    """Wait until somebody has bound the UDP port, as the kernel tells it."""
    for _ in range(300):
        if process.returncode is not None or udp_port_bound(port):
            return
        await asyncio.sleep(0.01)
    raise TimeoutError(f"SIPp did not open UDP port {port}")


def udp_port_bound(port: int) -> bool:
    """Whether a socket of this machine has the UDP port, as the kernel tells it."""
    table = Path("/proc/net/udp").read_text(encoding="ascii").splitlines()[1:]
    return any(line.split()[1].endswith(f":{port:04X}") for line in table)


def free_media_port(port: int) -> int:
    """An even port for RTP, apart from those of other parties: SIPp takes the next free ones from there.

    From 40000 + 20 x `port` on (modulo 20,000) the first of which SIPp's four ports are free: the range lies within
    the kernel's ephemeral ports, so another program, or a laboratory beside this one, may hold any of them.
    """
    for step in range(1000):
        first = 40000 + (port * 20 + step * 20) % 20000
        if not any(udp_port_bound(first + n) for n in range(4)):
            return first
    raise TimeoutError("no free ports for RTP")


def write_tone(file: Path, hertz: float, seconds: float = 2.0) -> Path:
    """Write a tone as raw u-law at 8 kHz, at a quarter of full scale; whole periods loop without a click."""
    samples = round(seconds * 8000)
    file.write_bytes(bytes(_ulaw(round(8000 * math.sin(2 * math.pi * hertz * n / 8000))) for n in range(samples)))
    return file


def _ulaw(sample: int) -> int:
    """One 16-bit sample as G.711 u-law."""
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), 32635) + 132
    exponent = magnitude.bit_length() - 8
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    return ~(sign | (exponent << 4) | mantissa) & 0xFF


def tone_energy(file: Path, hertz: float) -> tuple[float, float, float]:
    """Of a 16-bit mono WAV file: its length in seconds, its mean power, and the share of it at `hertz` (0 to 1)."""
    data = file.read_bytes()
    start = data.index(b"data") + 8
    count = (len(data) - start) // 2
    samples = struct.unpack(f"<{count}h", data[start : start + 2 * count])
    rate = struct.unpack_from("<I", data, 24)[0]
    total = sum(s * s for s in samples)
    if not total:
        return count / rate, 0.0, 0.0
    block, at_tone = 400, 0.0
    for first in range(0, count - block + 1, block):
        part = samples[first : first + block]
        angle = 2 * math.pi * hertz / rate
        real = sum(s * math.cos(angle * n) for n, s in enumerate(part))
        imaginary = sum(s * math.sin(angle * n) for n, s in enumerate(part))
        at_tone += 2 * (real * real + imaginary * imaginary) / block
    return count / rate, total / count, at_tone / total
