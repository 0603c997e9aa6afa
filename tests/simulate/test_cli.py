"""The command: its table, and its refusals."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cti_server.cli import cli
from tests.simulate.conftest import Recorded


@pytest.fixture
def config(tmp_path: Path, recorded: Recorded) -> Path:
    file = tmp_path / "cti.toml"
    people = "\n".join(
        f'[[agent]]\nid = "{a.id}"\nphone = "{a.phone}"\nqueues = {list(a.queues)}' for a in recorded.settings.agent
    )
    file.write_text(
        f'[database]\nurl = "{recorded.url}"\n[[queue]]\nid = "sales"\nwrapup_s = 20.0\nring_s = 15\n'
        f'[[queue]]\nid = "support"\nring_s = 15\n{people}\n',
        encoding="utf-8",
    )
    return file


def simulate(config: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["simulate", "--config", str(config), *words])


@pytest.mark.slow
def test_strategies_stand_side_by_side_with_what_happened(config: Path) -> None:
    strategies = ("--strategy", "longest_idle", "--strategy", "most_skilled")
    result = simulate(config, "--journal", "2026-11-20", *strategies, "--queue-set", "sales.wrapup_s=5")
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    heads = [line.split() for line in lines if line.endswith("most_skilled")]
    assert heads == [
        ["sales", "happened", "present", "longest_idle", "most_skilled"],
        ["support", "happened", "present", "longest_idle", "most_skilled"],
        ["all", "queues", "happened", "present", "longest_idle", "most_skilled"],
    ]
    labels = [line[:22].strip() for line in lines[1:8]]
    assert labels == ["offered", "answered", "service level", "ASA", "abandonment", "occupancy", "longest wait"]
    assert lines[-1].startswith("240 callers, seed 1; 3 runs in ")


def test_changes_alone_are_one_column(config: Path) -> None:
    result = simulate(config, "--journal", "2026-11-19..2026-11-20", "--agents", "sales+2")
    assert result.exit_code == 0, result.output
    assert result.output.splitlines()[0].split() == ["sales", "happened", "present", "changed"]


def test_a_day_on_which_nobody_called(config: Path) -> None:
    result = simulate(config, "--journal", "2026-11-21")
    assert (result.exit_code, result.output) == (
        0,
        "Nobody waited in a queue in that time: there is nothing to simulate.\n",
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--journal", "yesterday"], "'yesterday' is not a day such as 2026-11-20"),
        (["--journal", "2026-02-30"], "is not a day"),
        (["--journal", "2026-11-20..2026-11-01"], "is not a day"),
        (["--journal", "2026-11-20", "--strategy", "fastest"], "fastest"),
        (["--journal", "2026-11-20", "--queue-set", "sales.colour=red"], "colour"),
        (["--journal", "2026-11-20", "--queue-set", "wrapup"], "'wrapup' is not QUEUE.SETTING=VALUE"),
        (["--journal", "2026-11-20", "--agents", "two more"], "'two more' is not QUEUE+NUMBER"),
        (["--journal", "2026-11-20", "--database", "mysql://x"], "'mysql://x' is not a database"),
        (["--journal", "2026-11-20", "--database", "sqlite+aiosqlite:////nowhere/x.db"], "the journal cannot be read"),
    ],
    ids=str,
)
def test_a_wrong_word_is_answered_in_a_sentence(config: Path, words: list[str], sentence: str) -> None:
    result = simulate(config, *words)
    assert result.exit_code == 1
    assert sentence in result.output and "Traceback" not in result.output
