"""The heart's side of the pipe, and systemd's socket."""

import asyncio
import os
import signal
import socket
from pathlib import Path

from cti_server.heart import Heart, sd_notify
from cti_server.tasks import Tasks


async def test_it_beats_into_the_pipe_and_to_systemd(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        read_end, write_end = os.pipe()
        heart = Heart.from_environment({"CTI_HEART_FD": str(write_end), "NOTIFY_SOCKET": str(tmp_path / "notify")})
        heart.beat_s = 0.03  # the kernel keeps ten datagrams
        heart.ready()
        tasks = Tasks()
        tasks.start(heart.beat(), "heart")
        await asyncio.sleep(0.1)
        await tasks.close()
        heart.stopping()
        os.close(write_end)
        beats = len(os.read(read_end, 1000))
        os.close(read_end)
        systemd.setblocking(False)
        said = [systemd.recv(100) for _ in range(beats + 2)]
    assert beats >= 2
    assert said == [b"READY=1", *[b"WATCHDOG=1"] * beats, b"STOPPING=1"]


async def test_alone_it_is_silent_and_a_wrong_variable_harms_nothing() -> None:
    for environ in ({}, {"CTI_HEART_FD": "987"}, {"CTI_HEART_FD": "x"}):
        heart = Heart.from_environment(environ)
        heart.beat_s = 0.001
        tasks = Tasks()
        task = tasks.start(heart.beat(), "heart")
        await asyncio.sleep(0.01)
        assert not task.done()
        await tasks.close()
    sd_notify("/nowhere/at/all", "READY=1")


async def test_a_full_pipe_does_not_block_the_loop_and_a_closed_one_ends_the_server() -> None:
    read_end, write_end = os.pipe()
    heart = Heart(write_end, beat_s=0.001)
    while True:
        try:
            os.write(write_end, b"." * 4096)
        except BlockingIOError:
            break
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    tasks = Tasks()
    tasks.start(heart.beat(), "heart")
    await asyncio.sleep(0.05)
    assert not ended.is_set()
    os.close(read_end)
    await ended.wait()
    await tasks.close()
    loop.remove_signal_handler(signal.SIGTERM)
    os.close(write_end)
