"""`cti-server user` on a database that did not exist before."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from cti_server.staff.cli import user


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "cti.toml"
    file.write_text(
        f'[database]\nurl = "sqlite+aiosqlite:///{tmp_path}/cti.db"\n'
        '[[queue]]\nid = "sales"\n[[agent]]\nid = "a1"\nphone = "PJSIP/a1"\n',
        encoding="utf-8",
    )
    return file


def run(config: Path, *arguments: str, given: str = "") -> tuple[int, str]:
    result = CliRunner().invoke(user, ["--config", str(config), *arguments], input=given)
    return result.exit_code, result.output


def test_add_list_token_password(config: Path) -> None:
    assert run(config, "list") == (0, "")
    added = run(config, "add", "anna", "--role", "agent", "--agent", "a1", "--name", "Anna", given="first secret 1\n")
    assert added == (0, "added anna\n")
    code, token = run(config, "token", "anna")
    assert code == 0 and token.startswith("cti_") and token.count("\n") == 1
    code, listed = run(config, "list")
    assert code == 0 and listed.split() == ["anna", "agent", "Anna", "agent", "a1", "1", "token(s)"]
    assert run(config, "password", "anna", given="second secret 2\n")[0] == 0


def test_what_is_refused_says_why(config: Path) -> None:
    code, text = run(config, "token", "nobody")
    assert code == 1 and "there is no user 'nobody'; the users are: none yet" in text
    code, text = run(config, "add", "anna", "--role", "agent", "--agent", "a9", given="first secret 1\n")
    assert code == 1 and "no agent 'a9'" in text
    code, text = run(config, "add", "anna", "--role", "agent", given="short\n")
    assert code == 1 and "10 to 200" in text
    code, text = run(config, "add", "anna", "--role", "king", given="first secret 1\n")
    assert code == 2 and "administrator" in text
