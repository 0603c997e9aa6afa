"""AGI as text: what is read, what is refused, what is written."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti_server.pbx.agi_protocol import (
    MAX_COMMAND,
    ProtocolError,
    Reply,
    ReplyReader,
    encode,
    env_line,
    quote,
    route,
    variable,
)


def read(*lines: str) -> list[object]:
    reader = ReplyReader()
    return [reader.feed(line) for line in lines]


def test_a_header_line_gives_name_and_value() -> None:
    assert env_line("agi_calleridname: 王小明: VIP") == ("agi_calleridname", "王小明: VIP")


def test_unknown_means_empty_and_control_characters_go() -> None:
    assert env_line("agi_callerid: unknown") == ("agi_callerid", "")
    assert env_line("agi_callerid: 13\x00800\x1b[31m") == ("agi_callerid", "13800[31m")


@pytest.mark.parametrize(
    "line", ["", "GET / HTTP/1.1", "agi_x", "AGI_X: 1", "Content-Length: 3", "agi_" + "x" * 99 + ": 1"]
)
def test_other_lines_are_no_header(line: str) -> None:
    with pytest.raises(ProtocolError):
        env_line(line)


def test_the_route_may_carry_a_query() -> None:
    assert route({"agi_network_script": "inbound?site=north%20gate&vip="}) == (
        "inbound",
        {"site": "north gate", "vip": ""},
    )
    assert route({"agi_network_script": "/inbound/"}) == ("inbound", {})
    assert route({}) == ("", {})


def test_replies_of_one_line() -> None:
    assert read(
        "200 result=0",
        "200 result=1 (3f6a.1)",
        "200 result=1 ()",
        "200 result=49 endpos=8000",
        "510 Invalid or unknown command",
        "511 Command Not Permitted on a dead channel or intercept routine",
        "200 result=0 (timeout) endpos=12",
    ) == [
        Reply(200, "0"),
        Reply(200, "1", "3f6a.1"),
        Reply(200, "1", ""),
        Reply(200, "49", "endpos=8000"),
        Reply(510, "", "Invalid or unknown command"),
        Reply(511, "", "Command Not Permitted on a dead channel or intercept routine"),
        Reply(200, "0", "(timeout) endpos=12"),
    ]


def test_520_goes_on_until_its_last_line() -> None:
    lines = [
        "520-Invalid command syntax.  Proper usage follows:",
        " Usage: STREAM FILE <filename>",
        "520 End of proper usage.",
        "200 result=0",
    ]
    assert read(*lines) == [
        None,
        None,
        Reply(520, "", "Invalid command syntax.  Proper usage follows:\n Usage: STREAM FILE <filename>"),
        Reply(200, "0"),
    ]


def test_hangup_is_a_notice_and_trying_is_nothing() -> None:
    assert read("HANGUP", "100 Trying...", "200 result=-1") == ["hangup", None, Reply(200, "-1")]


def test_a_value_with_line_ends_is_one_reply() -> None:
    assert read("200 result=1 (one", "200 result=0", "three)", "200 result=1 (x)") == [
        None,
        None,
        Reply(200, "1", "one\n200 result=0\nthree"),
        Reply(200, "1", "x"),
    ]


@pytest.mark.parametrize("line", ["", "hello", "20 result=1", "HANGUP now", "2000 result=1"])
def test_nonsense_is_refused(line: str) -> None:
    with pytest.raises(ProtocolError):
        read(line)


def test_a_reply_of_several_lines_must_end() -> None:
    reader = ReplyReader()
    reader.feed("520-Usage")
    with pytest.raises(ProtocolError):
        for _ in range(1000):
            reader.feed("more")


def test_values_are_quoted() -> None:
    assert encode("SET VARIABLE", "CTI_QUEUE", 'a "b" \\ c') == b'SET VARIABLE CTI_QUEUE "a \\"b\\" \\\\ c"\n'
    assert encode("STREAM FILE", "/s/en/hello", "") == b'STREAM FILE "/s/en/hello" ""\n'
    assert encode("WAIT FOR DIGIT", 5000) == b"WAIT FOR DIGIT 5000\n"


@given(st.text(st.characters(min_codepoint=32, exclude_characters="\x7f", exclude_categories=["Cs"]), max_size=60))
def test_a_quoted_value_is_read_back_as_the_same_value(value: str) -> None:
    """Asterisk's own reader of arguments knows `"` and `\\` as a POSIX shell does within double quotes."""
    assert shlex.split(quote(value)) == [value]


@pytest.mark.parametrize("value", ["a\nHANGUP", "a\r", "\x00", "\x7f", "tab\t"])
def test_control_characters_never_reach_the_wire(value: str) -> None:
    with pytest.raises(ProtocolError):
        encode("SET VARIABLE", "X", value)


@pytest.mark.parametrize("verb", ["", "stream file", "EXEC\nHANGUP", "ANSWER\n", "SET1"])
def test_only_words_are_verbs(verb: str) -> None:
    with pytest.raises(ProtocolError):
        encode(verb)


def test_a_command_longer_than_asterisks_buffer_is_refused() -> None:
    with pytest.raises(ProtocolError):
        encode("SET VARIABLE", "X", "y" * MAX_COMMAND)


@pytest.mark.parametrize("name", ["CTI_LANG", "CHANNEL(linkedid)", "PJSIP_HEADER(read,X-Id)"])
def test_variable_names(name: str) -> None:
    assert variable(name) == name


@pytest.mark.parametrize("name", ["", "1X", "A B", "SHELL(rm -rf ~)", "X)", "${X}", "A(B(C))", "X" * 200, "X\n"])
def test_other_variable_names_are_refused(name: str) -> None:
    with pytest.raises(ProtocolError):
        variable(name)
