"""Customers from a terminal: a file tried and imported, bad rows as a file, worth computed."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cti_server.cli import cli
from cti_server.customers.imports import parent
from tests.customers.imports_kit import as_csv, people, talk_here


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Run":
    monkeypatch.setattr(parent, "_talk", talk_here)
    monkeypatch.setenv("CTI_DATABASE__URL", f"sqlite+aiosqlite:///{tmp_path}/cti.db")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.csv").write_bytes(as_csv(people(20, bad=0.3), "gb18030"))
    return Run()


class Run:
    def __call__(self, *arguments: str) -> Result:
        return CliRunner().invoke(cli, arguments, catch_exceptions=False)


def test_a_file(run: Run, tmp_path: Path) -> None:
    tried = run("import", "customers", "a.csv", "--dry-run", "--map", "备注=", "--language", "zh")
    assert tried.exit_code == 1 and "号码“138001000”不符合任何号码规则" in tried.stdout
    assert "20 of 20 rows (gb18030): 16 would be created, 0 would be updated, 0 would be skipped, 4 bad" in tried.stdout
    done = run("import", "customers", "a.csv", "--bad", "bad.csv")
    assert done.exit_code == 1 and "16 created" in done.stdout
    back = (tmp_path / "bad.csv").read_text("utf-8-sig").splitlines()
    assert len(back) == 5 and back[0].startswith("Line,Reason,姓名")
    again = run("import", "customers", "bad.csv", "--keep-unknown", "--encoding", "utf-8-sig")
    assert (again.exit_code, "4 created" in again.stdout) == (0, True)
    assert run("customers", "value").stdout == "0 customers who bought\n"


def test_what_cannot_be(run: Run, tmp_path: Path) -> None:
    (tmp_path / "b.xls").write_bytes(b"\xd0\xcf\x11\xe0" + b"x" * 50)
    for arguments, told in (
        (("a.csv", "--map", "nope=name"), "the columns are 姓名, 手机"),
        (("a.csv", "--map", "邮箱=name"), "Two columns have the same field."),
        (("b.xls",), "Excel 97–2003"),
    ):
        failed = run("import", "customers", *arguments)
        assert failed.exit_code != 0 and told in failed.stderr, failed.output
