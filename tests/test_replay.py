"""`cti-server replay`: the command as people and programs use it, on recorded calls and on what is none."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cti_server.replay import replay

SCENARIOS = Path(__file__).parent / "scenarios"
TRANSFER = SCENARIOS / "blind_transfer_refer.ami"
FIELDS = {
    *("type", "call_id", "direction", "ani", "dnis", "started", "answered", "ended", "hangup_cause", "hangup_by"),
    *("parties", "transfers", "monitors", "conferences", "parks", "recordings"),
}
COMMAND = [sys.executable, "-c", "from cti_server.replay import replay; replay()"]


def run(*words: object, feed: bytes = b"") -> Result:
    result = CliRunner().invoke(replay, [str(word) for word in words], input=feed)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def lines(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0
    return [json.loads(line) for line in result.stdout_bytes.decode().splitlines()]


@pytest.mark.parametrize("file", sorted(SCENARIOS.glob("*.ami")), ids=lambda file: file.stem)
def test_json_is_one_object_per_line_the_calls_last_with_every_field(file: Path) -> None:
    found = lines(run(file, "--json"))
    kinds = [one["type"] for one in found]
    calls = [one for one in found if one["type"] == "call"]
    assert calls and kinds[-len(calls) :] == ["call"] * len(calls)
    assert all(1.7e9 < one["at"] < 1.9e9 for one in found[: -len(calls)])
    for call in calls:
        assert set(call) >= FIELDS
        assert {key for party in call["parties"] for key in party} == {"endpoint", "role", "ring_s", "talk_s", "hold_s"}
        assert 1.7e9 < call["started"] <= call["ended"] < 1.9e9


def test_a_trunk_is_what_its_glob_says() -> None:
    (call,) = [one for one in lines(run(TRANSFER, "--json", "--trunk", "PJSIP/carrier*")) if one["type"] == "call"]
    assert call["direction"] == "internal"
    (call,) = [one for one in lines(run(TRANSFER, "--json", "--trunk", "x", "--trunk", "*/tr?nk")) if "parties" in one]
    assert call["direction"] == "inbound"


def test_line_feeds_alone_and_standard_input_give_the_same_calls(tmp_path: Path) -> None:
    bare = tmp_path / "bare.ami"
    bare.write_bytes(TRANSFER.read_bytes().replace(b"\r\n", b"\n"))
    asked = lines(run(TRANSFER, "--json"))
    assert lines(run(bare, "--json")) == asked
    assert lines(run("-", "--json", feed=TRANSFER.read_bytes())) == asked


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Everything in the stream was understood."),
        (bytes(range(256)) * 50, "not understood: 1 x the stream ends inside a message"),
        (TRANSFER.read_bytes()[:20_000], "calls that have not ended when the stream ends"),
        (TRANSFER.read_bytes().replace(b"Timestamp: 17", b"Timestamp: 99999917"), "call rec-"),
        (b"Event: Strange\r\n\r\n" * 3, "not understood: 3 x the event 'Strange' is not known"),
        (b"Event: Hangup\r\n\r\n", "not understood: 1 x Hangup without Uniqueid"),
    ],
    ids=["empty", "binary", "cut", "far future", "unknown", "incomplete"],
)
def test_odd_input_ends_well_and_is_named(tmp_path: Path, content: bytes, said: str) -> None:
    file = tmp_path / "odd.ami"
    file.write_bytes(content)
    assert said in run(file).stdout
    assert run(file).exit_code == 0
    lines(run(file, "--json"))


def test_a_missing_file_and_a_wrong_zone_are_said_in_a_sentence(tmp_path: Path) -> None:
    for words in ((tmp_path / "none.ami",), (tmp_path,), (TRANSFER, "--zone", "Mars/Olympus")):
        result = run(*words)
        assert result.exit_code != 0
        assert result.stderr.splitlines()[-1].startswith("Error: ")


@pytest.mark.parametrize("mode", [(), ("--json",)], ids=["text", "json"])
def test_a_chinese_name_in_a_terminal_of_another_encoding(tmp_path: Path, mode: tuple[str, ...]) -> None:
    file = tmp_path / "name.ami"
    file.write_bytes(TRANSFER.read_bytes().replace(b"CallerIDName: <unknown>", "CallerIDName: 王小明".encode()))
    latin = os.environ | {"PYTHONIOENCODING": "latin-1"}
    done = subprocess.run([*COMMAND, str(file), *mode], capture_output=True, env=latin, check=True)
    assert "王小明" in done.stdout.decode()


def test_a_reader_who_has_seen_enough_is_no_error() -> None:
    with subprocess.Popen([*COMMAND, str(TRANSFER)], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as done:
        assert done.stdout is not None and done.stderr is not None
        done.stdout.close()
        assert done.stderr.read() == b""
