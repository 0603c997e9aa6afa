"""The cut law: however the bytes arrive, the messages and the Events are the same."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cti_server.core.events import Event
from cti_server.pbx.framing import Framer, FramingError, Message, event_name
from cti_server.pbx.translate import Untranslatable, translate
from cti_server.replay import Replay

SCENARIOS = sorted((Path(__file__).parent.parent / "scenarios").glob("*.ami"))
CHINESE = (
    "Event: Newchannel\r\nTimestamp: 5.5\r\nChannel: PJSIP/trunk-1\r\nChannelState: 4\r\nCallerIDNum: 138\r\n"
    "CallerIDName: 王小明（上海）\r\nExten: 1000\r\nUniqueid: u1\r\nLinkedid: u1\r\n\r\n"
    "Event: TestEvent\r\nState: x\r\n\r\n\r\n"
    "Event: Hangup\r\nTimestamp: 6\r\nChannel: PJSIP/trunk-1\r\nUniqueid: u1\r\nCause: 16\r\n\r\n"
).encode()


def framed(*chunks: bytes) -> list[bytes]:
    framer = Framer()
    return [block for chunk in chunks for block in framer.feed(chunk)]


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda p: p.stem)
def test_cut_at_every_byte_gives_the_same_messages(path: Path) -> None:
    data = path.read_bytes()
    whole = framed(data)
    assert len(whole) > 10
    assert framed(*(data[i : i + 1] for i in range(len(data)))) == whole
    for cut in range(0, len(data), 499):
        framer = Framer()
        assert framer.feed(data[:cut]) + framer.feed(data[cut:]) == whole


def events_of(blocks: list[bytes]) -> list[Event]:
    return [event for block in blocks for event in translate(Message(block), 0.0)]


def test_a_chinese_name_survives_every_cut() -> None:
    expected = events_of(framed(CHINESE))
    assert expected[0].caller_name == "王小明（上海）"  # type: ignore[attr-defined]
    assert len(expected) == 2, "the surplus CRLF after TestEvent must not swallow the Hangup"
    for cut in range(len(CHINESE)):
        assert events_of(framed(CHINESE[:cut], CHINESE[cut:])) == expected


@given(st.lists(st.integers(1, 400), min_size=1, max_size=60))
@settings(max_examples=60, deadline=None)
def test_random_chunks_give_the_same_events(sizes: list[int]) -> None:
    data = SCENARIOS[0].read_bytes()[:20000] + CHINESE
    chunks, at = [], 0
    for size in sizes:
        chunks.append(data[at : at + size])
        at += size
    assert framed(*chunks, data[at:]) == framed(data)


@given(st.binary(max_size=2000))
@settings(max_examples=200, deadline=None)
def test_nonsense_is_counted_and_never_raises(data: bytes) -> None:
    run = Replay(("*/trunk*",))
    list(run.feed(data))
    list(run.feed(b"\r\n\r\n" + CHINESE))
    run.finish()
    assert [c.call_id for c in run.records()][-1:] == ["u1"]


@given(st.sampled_from(SCENARIOS), st.integers(0, 60000), st.binary(min_size=1, max_size=40))
@settings(max_examples=60, deadline=None)
def test_a_damaged_recording_never_raises(path: Path, at: int, damage: bytes) -> None:
    data = bytearray(path.read_bytes())
    data[at : at + len(damage)] = damage
    run = Replay(("*/trunk*",))
    list(run.feed(bytes(data)))
    run.finish()
    assert run.records() is not None


def test_sixteen_megabytes_in_one_message_are_searched_once() -> None:
    """Linear time: each search starts where the last one ended, so no byte is looked at twice."""
    framer = Framer()
    big = b"Event: Big\r\nData: " + b"x" * (16 << 20)
    for at in range(0, len(big), 65536):
        assert framer.feed(big[at : at + 65536]) == []
        assert framer._searched >= min(at + 65536, len(big)) - 3
    (block,) = framer.feed(b"\r\n\r\n")
    assert len(block) == len(big)
    assert event_name(block) == b"Big"


def test_a_stream_that_is_not_ami_is_refused_with_a_bound() -> None:
    framer = Framer(max_message=1000)
    with pytest.raises(FramingError, match="1200 bytes"):
        framer.feed(b"x" * 1200)
    assert framer.feed(b"Event: A\r\n\r\n") == [b"Event: A"], "and the framer goes on"


def test_a_header_twice_gives_the_first_and_all() -> None:
    message = Message(b"Event: TestEvent\r\nState: one\r\nstate: two\r\nno colon here")
    assert message.get("STATE") == "one"
    assert message.all("State") == ["one", "two"]
    assert message.get("Nothing", "default") == "default"


def test_bytes_that_are_not_utf8_become_a_sign() -> None:
    assert Message(b"Event: X\r\nCallerIDName: \xff\xfe").get("CallerIDName") == "\ufffd\ufffd"


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        (b"Event: Hangup\r\nCause: 16", "Hangup without Uniqueid"),
        (b"Event: BridgeEnter\r\nUniqueid: u1", "BridgeEnter without BridgeUniqueid"),
        (b"Event: NeverHeardOf\r\nUniqueid: u1", "'NeverHeardOf' is not known"),
    ],
)
def test_what_cannot_be_translated_says_why(block: bytes, reason: str) -> None:
    with pytest.raises(Untranslatable, match=reason):
        translate(Message(block), 1.0)


@pytest.mark.parametrize("stamp", ["nan", "inf", "-5", "yesterday", ""])
def test_a_senseless_timestamp_gives_the_time_of_arrival(stamp: str) -> None:
    block = f"Event: Hangup\r\nTimestamp: {stamp}\r\nUniqueid: u1".encode()
    assert translate(Message(block), 77.0)[0].at == 77.0
