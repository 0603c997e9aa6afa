"""The FastAGI server over real sockets: good sessions, bad clients, and many of both."""

import asyncio
import random
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

import pytest
from structlog.testing import capture_logs

from cti_server.pbx.agi_protocol import ProtocolError, Reply
from cti_server.pbx.agi_session import AgiSession, CommandFailed, SessionLost
from cti_server.pbx.fastagi import MAX_HEADER_LINES, MAX_LINE, FastAgiServer
from tests.pbx.agi_peer import HEADER, AgiPeer

Handler = Callable[[AgiSession], Awaitable[None]]
Start = Callable[..., Awaitable[FastAgiServer]]


@pytest.fixture
async def serve() -> AsyncIterator[Start]:
    servers: list[FastAgiServer] = []

    async def start(handler: Handler, **options: float) -> FastAgiServer:
        server = FastAgiServer("127.0.0.1", 0, handler, **options)  # type: ignore[arg-type]
        await server.start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        await server.close()


async def until(true: Callable[[], bool]) -> None:
    while not true():  # noqa: ASYNC110
        await asyncio.sleep(0.001)


async def test_the_header_becomes_the_session(serve: Start) -> None:
    seen: list[AgiSession] = []

    async def handler(session: AgiSession) -> None:
        seen.append(session)

    server = await serve(handler)
    peer = await AgiPeer.connect(server.port)
    assert await peer.hears() == ""
    await peer.close()
    s = seen[0]
    assert (s.path, s.query, s.channel, s.name) == (
        "inbound",
        {"site": "north"},
        "1700000000.1",
        "PJSIP/trunk-00000001",
    )
    assert (s.ani, s.caller_name, s.dnis, s.arguments) == ("13800138000", "王", "4000", ["one", "two"])
    assert s.env["agi_rdnis"] == ""


async def test_the_number_dialled_is_the_dnid_when_the_extension_is_a_name(serve: Start) -> None:
    seen: list[str] = []

    async def handler(session: AgiSession) -> None:
        seen.append(session.dnis)

    server = await serve(handler)
    peer = await AgiPeer.connect(server.port, HEADER.replace(b"extension: 4000", b"extension: s"))
    await peer.hears()
    await peer.close()
    assert seen == ["4001"]


async def scripted(serve: Start, handler: Handler, *turns: tuple[str, tuple[str, ...]]) -> list[str]:
    """Play a session: for each turn the command that must come, and the lines that answer it."""
    server = await serve(handler)
    peer = await AgiPeer.connect(server.port)
    for expected, lines in turns:
        assert await peer.hears() == expected
        peer.says(*lines)
    assert await peer.hears() == ""
    await peer.close()
    assert server.counters.failed == 0
    return peer.said


async def test_the_typed_commands(serve: Start) -> None:
    got: list[object] = []

    async def handler(s: AgiSession) -> None:
        await s.answer()
        got.append(await s.stream_file("/sounds/en/welcome", "12#"))
        got.append(await s.stream_file("/sounds/en/welcome"))
        got.append(await s.wait_for_digit(2.5))
        got.append(await s.get_variable("CHANNEL(linkedid)"))
        got.append(await s.get_variable("NOT_SET"))
        await s.set_variable("CTI_QUEUE", "sales")
        got.append(await s.exec("Wait", 1))
        got.append(await s.say_digits("12", "#"))
        got.append(await s.say_number(12))
        await s.verbose("hello")
        await s.hangup()

    await scripted(
        serve,
        handler,
        ("ANSWER", ("200 result=0",)),
        ('STREAM FILE "/sounds/en/welcome" "12#"', ("200 result=50 endpos=800",)),
        ('STREAM FILE "/sounds/en/welcome" ""', ("200 result=0 endpos=800",)),
        ("WAIT FOR DIGIT 2500", ("200 result=42",)),
        ('GET VARIABLE "CHANNEL(linkedid)"', ("200 result=1 (170.9)",)),
        ("GET VARIABLE NOT_SET", ("200 result=0",)),
        ("SET VARIABLE CTI_QUEUE sales", ("200 result=1",)),
        ("EXEC Wait 1", ("200 result=0",)),
        ('SAY DIGITS 12 "#"', ("200 result=35",)),
        ('SAY NUMBER 12 ""', ("200 result=0",)),
        ("VERBOSE hello 3", ("200 result=1",)),
        ("HANGUP", ("200 result=1", "HANGUP")),
    )
    assert got == ["2", "", "*", "170.9", "", "0", "#", ""]


async def test_digits_are_collected_until_key_length_or_silence(serve: Start) -> None:
    got: list[tuple[str, str]] = []

    async def handler(s: AgiSession) -> None:
        got.append(await s.read_digits("7", most=5, first_s=4, between_s=2))
        got.append(await s.read_digits(most=2, first_s=4))
        got.append(await s.read_digits(first_s=1))
        got.append(await s.read_digits("#"))

    await scripted(
        serve,
        handler,
        ("WAIT FOR DIGIT 2000", ("200 result=48",)),
        ("WAIT FOR DIGIT 2000", ("200 result=35",)),
        ("WAIT FOR DIGIT 4000", ("200 result=49",)),
        ("WAIT FOR DIGIT 3000", ("200 result=50",)),
        ("WAIT FOR DIGIT 1000", ("200 result=0",)),
    )
    assert got == [("70", "#"), ("12", "most"), ("", "timeout"), ("", "#")]


async def test_a_hangup_notice_does_not_answer_and_nothing_is_sent_after_it(serve: Start) -> None:
    got: list[str] = []

    async def handler(s: AgiSession) -> None:
        got.append(await s.get_variable("X"))
        await s.stream_file("a")

    server = await serve(handler)
    peer = await AgiPeer.connect(server.port)
    await peer.hears()
    peer.says("HANGUP", "200 result=1 (still answered)")
    assert await peer.hears() == ""
    await peer.close()
    assert got == ["still answered"]
    assert (server.counters.gone, len(peer.said)) == (1, 1)


@pytest.mark.parametrize(
    "answers",
    [
        ("511 Command Not Permitted on a dead channel or intercept routine",),
        ("HANGUP", "200 result=-1 endpos=0"),
        ("200 result=-1 endpos=0", "HANGUP", "200 result=0"),
        ("200 result=-1 endpos=0", "200 result=-1"),
    ],
)
async def test_every_sign_of_a_gone_caller(serve: Start, answers: tuple[str, ...]) -> None:
    async def handler(s: AgiSession) -> None:
        await s.stream_file("a")

    server = await serve(handler)
    peer = await AgiPeer.connect(server.port)
    peer.says(*answers)
    while await peer.hears():
        pass
    await peer.close()
    await until(lambda: server.counters.active == 0)
    assert (server.counters.gone, server.counters.lost, server.counters.failed) == (1, 0, 0)


async def test_a_failed_command_is_not_a_hangup(serve: Start) -> None:
    got: list[str] = []

    async def handler(s: AgiSession) -> None:
        for attempt in (s.stream_file("missing"), s.answer(), s.exec("NoSuchApp")):
            try:
                await attempt
            except CommandFailed as error:
                got.append(str(error))

    await scripted(
        serve,
        handler,
        ('STREAM FILE missing ""', ("200 result=-1 endpos=0",)),
        ("CHANNEL STATUS", ("200 result=6",)),
        ("ANSWER", ("520-Invalid command syntax.  Proper usage follows:", "Usage: ANSWER", "520 End of proper usage.")),
        ('EXEC NoSuchApp ""', ("200 result=-2",)),
    )
    assert got[0] == "STREAM FILE: 200 -1 endpos=0"
    assert got[1].startswith("ANSWER: 520")
    assert got[2] == "EXEC: there is no application NoSuchApp"


async def test_an_unfit_value_is_refused_and_the_session_goes_on(serve: Start) -> None:
    refused: list[str] = []

    async def handler(s: AgiSession) -> None:
        for attempt in (
            s.set_variable("CTI_QUEUE", "a\nEXEC System x"),
            s.set_variable("SHELL(x y)", "1"),
            s.stream_file("a", "12x"),
            s.exec("System rm", "x"),
            s.exec("Dial", "a,b"),
        ):
            try:
                await attempt
            except ProtocolError as error:
                refused.append(str(error))
        await s.verbose("still here")

    said = await scripted(serve, handler, ('VERBOSE "still here" 3', ("200 result=1",)))
    assert len(refused) == 5 and len(said) == 1


async def test_the_answer_to_a_cancelled_command_is_not_taken_for_the_next(serve: Start) -> None:
    got: list[object] = []

    async def handler(s: AgiSession) -> None:
        for _ in range(2):
            try:
                async with asyncio.timeout(0.02):
                    await s.wait_for_digit(60)
            except TimeoutError:
                got.append("cut")
        got.append(await s.get_variable("X"))

    server = await serve(handler)
    peer = await AgiPeer.connect(server.port)
    for _ in range(3):
        await peer.hears()
    peer.says("200 result=49", "200 result=50", "200 result=1 (right)")
    assert await peer.hears() == ""
    await peer.close()
    assert got == ["cut", "cut", "right"]


async def test_a_reply_may_come_byte_by_byte(serve: Start) -> None:
    got: list[Reply] = []

    async def handler(s: AgiSession) -> None:
        got.append(await s.command("NOOP"))
        got.append(await s.command("NOOP"))

    server = await serve(handler)
    peer = await AgiPeer.connect(server.port, b"")
    for byte in HEADER:
        peer.writer.write(bytes([byte]))
        await asyncio.sleep(0)
    for reply in (b"200 result=1 (\xe7\x8e\x8b)\n", b"520-Usage\nmore\n520 End.\n"):
        await peer.hears()
        for byte in reply:
            peer.writer.write(bytes([byte]))
            await asyncio.sleep(0.0005)
    await peer.hears()
    await peer.close()
    assert got == [Reply(200, "1", "王"), Reply(520, "", "Usage\nmore")]


async def test_a_header_cut_at_every_byte(serve: Start) -> None:
    ran: list[str] = []

    async def handler(s: AgiSession) -> None:
        ran.append(s.channel)

    server = await serve(handler)
    for end in range(len(HEADER)):
        peer = await AgiPeer.connect(server.port, HEADER[:end])
        peer.writer.write_eof()
        assert await peer.hears() == ""
        await peer.close()
    c = server.counters
    assert ran == []
    assert (c.probes, c.cut, c.nonsense, c.failed) == (1, len(HEADER) - 1, 0, 0)
    await (await AgiPeer.connect(server.port)).answer_all()
    assert ran == ["1700000000.1"]


async def test_an_answer_cut_at_every_byte_is_lost_and_never_misread(serve: Start) -> None:
    got: list[object] = []

    async def handler(s: AgiSession) -> None:
        try:
            got.append(await s.get_variable("X"))
        except SessionLost:
            got.append("lost")
            raise

    server = await serve(handler)
    reply = b"200 result=1 (value)\n"
    for end in range(len(reply) + 1):
        peer = await AgiPeer.connect(server.port)
        await peer.hears()
        peer.writer.write(reply[:end])
        peer.writer.write_eof()
        await peer.hears()
        await peer.close()
    assert got == ["lost"] * len(reply) + ["value"]
    assert server.counters.lost == len(reply)


async def test_a_broken_connection_after_the_notice_is_a_gone_caller(serve: Start) -> None:
    async def handler(s: AgiSession) -> None:
        await s.wait_for_digit(60)

    server = await serve(handler)
    peer = await AgiPeer.connect(server.port)
    await peer.hears()
    peer.says("HANGUP")
    await peer.close()
    await until(lambda: server.counters.active == 0)
    assert (server.counters.gone, server.counters.lost) == (1, 0)


async def test_health_checks_are_counted_and_not_logged(serve: Start) -> None:
    async def handler(s: AgiSession) -> None:
        raise AssertionError("no session")

    server = await serve(handler)
    with capture_logs() as logs:
        for number in range(200):
            sock = socket.create_connection(("127.0.0.1", server.port))
            if number % 2:
                # A reset instead of a close, as some load balancers do.
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.close()
        await until(lambda: server.counters.accepted == 200 and server.counters.active == 0)
    assert server.counters.probes == 200
    assert logs == []


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\n",
        b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\n",
        b"agi_network: yes\n\n",
        b"x" * (MAX_LINE * 3),
        b"agi_a: " + b"x" * (MAX_LINE * 3) + b"\n\n",
        b"agi_a: 1\n" * (MAX_HEADER_LINES + 5),
        bytes(range(256)) * 40,
    ],
)
async def test_nonsense_is_closed_and_counted(serve: Start, sent: bytes) -> None:
    async def handler(s: AgiSession) -> None:
        raise AssertionError("no session")

    server = await serve(handler)
    peer = await AgiPeer.connect(server.port, sent)
    await until(lambda: server.counters.accepted == 1 and server.counters.active == 0)
    await peer.close()
    assert (server.counters.nonsense, server.counters.sessions) == (1, 0)


async def test_random_bytes_never_stop_the_server(serve: Start) -> None:
    async def handler(s: AgiSession) -> None:
        await s.answer()

    server = await serve(handler, header_s=0.2)
    chance = random.Random(7)
    peers = [await AgiPeer.connect(server.port, chance.randbytes(chance.randrange(1, 3000))) for _ in range(100)]
    for peer in peers:
        with suppress(OSError):
            await peer.close()
    await until(lambda: server.counters.accepted == 100 and server.counters.active == 0)
    assert await (await AgiPeer.connect(server.port)).answer_all() == ["ANSWER"]
    assert server.counters.sessions == 1


async def test_a_stalled_header_is_closed_and_others_are_served_meanwhile(serve: Start) -> None:
    async def handler(s: AgiSession) -> None:
        await s.answer()

    server = await serve(handler, header_s=0.3)
    stalled = [await AgiPeer.connect(server.port, HEADER[:50]) for _ in range(20)]
    assert await (await AgiPeer.connect(server.port)).answer_all() == ["ANSWER"]
    assert server.counters.stalled == 0
    for peer in stalled:
        assert await peer.hears() == ""
        await peer.close()
    assert server.counters.stalled == 20


async def test_a_command_without_answer_loses_the_session(serve: Start) -> None:
    async def handler(s: AgiSession) -> None:
        await s.answer()

    server = await serve(handler, command_s=0.05)
    peer = await AgiPeer.connect(server.port)
    await peer.hears()
    assert await peer.hears() == ""
    await peer.close()
    assert server.counters.lost == 1


@pytest.mark.parametrize("answer", [b"what?\n", b"200 result=1 " + b"x" * (MAX_LINE * 3) + b"\n", b"520-x\n" * 300])
async def test_nonsense_as_an_answer_loses_the_session(serve: Start, answer: bytes) -> None:
    async def handler(s: AgiSession) -> None:
        await s.answer()

    server = await serve(handler)
    peer = await AgiPeer.connect(server.port)
    peer.writer.write(answer)
    await until(lambda: server.counters.sessions == 1 and server.counters.active == 0)
    await peer.close()
    assert (server.counters.lost, server.counters.failed) == (1, 0)


async def test_a_failing_handler_hurts_only_its_own_session(serve: Start) -> None:
    async def handler(s: AgiSession) -> None:
        if s.channel.endswith("3"):
            raise RuntimeError("a bug")
        await s.answer()
        await s.verbose("done")

    server = await serve(handler)
    with capture_logs() as logs:
        peers = [
            await AgiPeer.connect(server.port, HEADER.replace(b"1700000000.1", b"170.%d" % number))
            for number in range(10)
        ]
        said = await asyncio.gather(*(peer.answer_all() for peer in peers))
    assert [len(s) for s in said] == [2, 2, 2, 0, 2, 2, 2, 2, 2, 2]
    assert server.counters.failed == 1
    assert [entry["call_id"] for entry in logs] == ["170.3"]


async def test_more_than_the_limit_is_closed_at_once(serve: Start) -> None:
    async def handler(s: AgiSession) -> None:
        await s.wait_for_digit(60)

    server = await serve(handler, max_sessions=2)
    held = [await AgiPeer.connect(server.port) for _ in range(2)]
    for peer in held:
        await peer.hears()
    third = await AgiPeer.connect(server.port, b"")
    assert await third.hears() == ""
    assert (server.counters.refused, server.counters.active) == (1, 2)
    for peer in [*held, third]:
        await peer.close()


async def test_closing_lets_a_session_finish_and_cancels_what_does_not(serve: Start) -> None:
    ends: list[str] = []

    async def handler(s: AgiSession) -> None:
        try:
            await s.wait_for_digit(60)
            ends.append("finished")
        except asyncio.CancelledError:
            ends.append("cancelled")
            raise

    server = await serve(handler)
    quick, slow = await AgiPeer.connect(server.port), await AgiPeer.connect(server.port)
    await quick.hears()
    await slow.hears()
    closing = asyncio.ensure_future(server.close(drain_s=0.2))
    await asyncio.sleep(0.02)
    with pytest.raises(OSError):
        await asyncio.open_connection("127.0.0.1", server.port)
    quick.says("200 result=49")
    assert await quick.hears() == ""
    assert await slow.hears() == ""
    await closing
    for peer in (quick, slow):
        await peer.close()
    assert ends == ["finished", "cancelled"]
    assert server.counters.active == 0


@pytest.mark.parametrize("together", [200, pytest.param(2000, marks=pytest.mark.slow)])
async def test_many_sessions_at_once(serve: Start, together: int) -> None:
    met = asyncio.Event()
    inside: list[str] = []

    async def handler(s: AgiSession) -> None:
        inside.append(s.channel)
        if len(inside) == together:
            met.set()
        await met.wait()
        for number in range(5):
            assert await s.get_variable(f"V{number}") == s.channel

    server = await serve(handler, header_s=60)

    async def caller(number: int) -> int:
        channel = b"170.%d" % number
        peer = await AgiPeer.connect(server.port, HEADER.replace(b"1700000000.1", channel))
        return len(await peer.answer_all(f"200 result=1 ({channel.decode()})"))

    assert await asyncio.gather(*(caller(n) for n in range(together))) == [5] * together
    await until(lambda: server.counters.active == 0)
    c = server.counters
    assert (c.sessions, c.failed, c.lost, c.gone) == (together, 0, 0, 0)
