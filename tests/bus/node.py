"""A node reduced to its bus, as a process of its own: `python -m tests.bus.node URL JOURNAL LEASE_S FILE`.

It follows and leads as a server does; the stream of steps is its journal. While it leads it decides each input as
itself, and says so: a line `pid term boottime` in FILE each time it asked whether it may act and was told yes.
"""

import asyncio
import os
import sys
from pathlib import Path

from cti_server import clock
from cti_server.bus import Gap, LeaseLost
from cti_server.bus.redis import RedisBus
from cti_server.core.events import Event
from cti_server.tasks import Tasks

ACT_EVERY_S = 0.01


async def main(url: str, journal: str, lease_s: float, file: Path) -> None:
    bus = RedisBus(url, lease_s)
    await bus.open(journal)
    tasks, terms, seq = Tasks(), 0, 0
    with file.open("a", encoding="utf-8", buffering=1) as out:
        while True:
            try:
                if not await bus.elected():
                    async for decided in bus.follow(0):
                        seq = decided.last
                seq = 0
                async for decided in bus.rest(seq):
                    seq = decided.last
                await bus.lead(seq, {})
            except (Gap, LeaseLost):
                continue
            terms += 1
            acting = tasks.start(_act(bus, out, terms), "acting")
            while (item := await bus.next()) is not None:
                if isinstance(item, Event):
                    seq += 1
                    bus.announce(seq, [item])
            acting.cancel()


async def _act(bus: RedisBus, out, term: int) -> None:  # type: ignore[no-untyped-def]
    while True:
        if bus.leads():
            out.write(f"{os.getpid()} {term} {clock.boottime():.6f}\n")
        await asyncio.sleep(ACT_EVERY_S)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3]), Path(sys.argv[4])))
