"""Who may be told: never our own network, by whatever name, unless the settings allow it."""

import ipaddress
import socket

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.webhooks import rules
from cti_server.webhooks.rules import Refused
from cti_server.webhooks.target import open_session
from tests.webhooks.kit import line
from tests.webhooks.receiver import Receiver


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/x",
        "https://10.0.0.8",
        "https://192.168.1.1:8443/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[fe80::1%25eth0]/",
        "https://[fd00::1]/",
        "https://[64:ff9b::a00:1]/",
        "https://[2002:7f00:1::]/",
        "https://0.0.0.0/",
        "https://100.64.0.1/",
        "https://224.0.0.1/",
        "https://localhost/",
        "https://db/",
        "https://printer.local/",
        "https://crm.corp.internal/",
        "http://example.org/",
        "ftp://example.org/",
        "https://user:pw@example.org/",
        "https://example.org/#x",
        "https://exa mple.org/",
        "https://example.org\\@127.0.0.1/",
        "https://exämple.org/",
        "https://example.org:99999/",
        "https://example.org/" + "x" * 3000,
        "//example.org",
        "",
    ],
)
def test_these_are_refused(url: str) -> None:
    with pytest.raises(Refused):
        rules.split(url, ())


@pytest.mark.parametrize(
    ("url", "allow"),
    [
        ("https://example.org/hooks?x=1", ()),
        ("https://8.8.8.8/", ()),
        ("https://[2606:4700::1111]/", ()),
        ("http://crm.corp.internal:8080/x", ("crm.corp.internal",)),
        ("http://CRM.corp.internal./x", ("crm.corp.internal",)),
        ("http://10.1.2.3/", ("10.1.0.0/16",)),
        ("https://10.1.2.3/", ("10.1.2.3",)),
        ("https://[fd00::7]/", ("fd00::/8",)),
    ],
)
def test_these_are_allowed(url: str, allow: tuple[str, ...]) -> None:
    assert rules.split(url, allow).hostname


def test_a_network_that_is_allowed_allows_no_other() -> None:
    assert not rules.within(ipaddress.ip_address("10.2.0.1"), ("10.1.0.0/16", "nonsense"))


class Rebinding(AbstractResolver):
    """A name server that says something public first, and then our own machine."""

    def __init__(self, *addresses: str) -> None:
        self.asked = 0
        self.addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked += 1
        return [
            ResolveResult(hostname=host, host=each, port=port, family=socket.AF_INET, proto=0, flags=0)
            for each in self.addresses
        ]

    async def close(self) -> None: ...


@pytest.mark.parametrize("addresses", [("127.0.0.1",), ("127.0.0.1", "8.8.8.8"), ()])
async def test_a_name_that_means_our_own_network_is_refused_at_the_moment_of_connecting(
    receiver: Receiver, addresses: tuple[str, ...]
) -> None:
    names = Rebinding(*addresses)
    async with open_session((), 5.0, names) as session:
        with pytest.raises(Refused):
            await session.post(receiver.url(host="hooks.example.org"), data=b"{}")
    assert (names.asked, receiver.got) == (1, [])
    async with open_session(("127.0.0.0/8",), 5.0, Rebinding("127.0.0.1")) as session:
        answer = await session.post(receiver.url(host="hooks.example.org"), data=b"{}")
        assert answer.status == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f.1", "localhost"])
async def test_what_was_allowed_once_is_refused_when_it_is_not_any_more(
    engine: AsyncEngine, receiver: Receiver, host: str
) -> None:
    async with line(engine, allow=()) as wire:
        await wire.hook(receiver.url(host=host), allow=(host,))
        await wire.tell()
        await wire.round()
        (row,) = await wire.rows()
        assert (row["state"], row["status"], receiver.got) == ("waiting", 0, [])
        assert row["answer"].startswith("refused")


def test_the_signature_is_that_of_the_specification() -> None:
    """The example of the specification's own libraries."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    made = rules.signature([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_pauses_grow_for_about_three_days_and_are_spread() -> None:
    pauses = [rules.pause_s(attempt, 0.5) for attempt in range(1, 10)]
    kept = [pause for pause in pauses if pause is not None]
    assert kept == sorted(kept)
    assert 3 * 86_400 < sum(kept) < 3.5 * 86_400
    assert rules.pause_s(10, 0.5) is None
    assert rules.pause_s(1, 0.0) != rules.pause_s(1, 1.0)
    assert rules.pause_s(1, 0.5, asked=120.0) == 120.0
    assert rules.pause_s(1, 0.5, asked=1e9) == rules.MOST_PAUSE_S
    assert (rules.retry_after("120"), rules.retry_after("soon"), rules.retry_after("-1")) == (120.0, None, None)
