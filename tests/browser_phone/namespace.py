"""A network of its own for Asterisk and Chromium: loopback, and one veth pair with both ends inside.

Sound of a browser never runs over loopback: neither side offers it as a candidate. The thread that enters keeps its
network until it leaves, and so does all that it starts. It needs the right to make networks: root, or
`unshare -Urn .venv/bin/python -m pytest tests/browser_phone`.
"""

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ADDRESS = "10.99.7.1"
_NEW_NETWORK = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


@contextmanager
def own_network() -> Iterator[str]:
    """This thread is in a network of its own meanwhile; gives the address by which sound can run."""
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        _check(_libc.unshare(_NEW_NETWORK), "a network of one's own needs root, or unshare -Urn around the tests")
        for words in (
            "link set lo up",
            "link add one type veth peer name two",
            f"addr add {ADDRESS}/24 dev one",
            "link set one up",
            "link set two up",
            "route add default dev one",
        ):
            _ip(words)
        for server in _name_servers():
            # Who asks for a name is refused at once, instead of waiting for an answer that cannot come.
            _ip(f"route add prohibit {server}")
        yield ADDRESS
    finally:
        _check(_libc.setns(before, _NEW_NETWORK), "the network of before is gone")
        os.close(before)


def _name_servers() -> set[str]:
    file = Path("/etc/resolv.conf")
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    named = {words[1] for line in lines if len(words := line.split()) > 1 and words[0] == "nameserver"}
    return {one for one in named if not one.startswith("127.") and ":" not in one}


def _check(result: int, what: str) -> None:
    if result:
        raise OSError(ctypes.get_errno(), what)


class Away:
    """The agent's own computer: a network beside Asterisk's, joined with it by a cable. Its address can change."""

    def __init__(self, network: int) -> None:
        self._network, self._address = network, "10.99.7.2"

    @contextmanager
    def inside(self) -> Iterator[None]:
        """What this thread starts meanwhile is there."""
        before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        try:
            _check(_libc.setns(self._network, _NEW_NETWORK), "the agent's network is gone")
            yield
        finally:
            _check(_libc.setns(before, _NEW_NETWORK), "the network of before is gone")
            os.close(before)

    def move(self, address: str) -> None:
        """As from the cable to the air: the old address is gone, and there is another one."""
        with self.inside():
            _ip(f"addr del {self._address}/24 dev two")
            _ip(f"addr add {address}/24 dev two")
            _ip(f"route replace default via {ADDRESS} dev two")
        self._address = address


@contextmanager
def beside() -> Iterator[Away]:
    """To be called inside `own_network`: the other end of its cable goes to a network of its own."""
    here = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    _check(_libc.unshare(_NEW_NETWORK), "a network of one's own needs root")
    there = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    _check(_libc.setns(here, _NEW_NETWORK), "the network of before is gone")
    away = Away(there)
    try:
        _ip(f"link set two netns /proc/{os.getpid()}/fd/{there}")
        with away.inside():
            _ip("link set lo up")
            _ip("addr add 10.99.7.2/24 dev two")
            _ip("link set two up")
            _ip(f"route add default via {ADDRESS} dev two")
        yield away
    finally:
        os.close(there)
        os.close(here)


def _ip(words: str) -> None:
    subprocess.run(["ip", *words.split()], check=True)
