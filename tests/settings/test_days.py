"""Holiday files: what may stand in them, in which encodings, and what a wrong one is told."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti_server.settings import SettingsError
from cti_server.settings.days import MOST_BYTES, Day, minutes, parse, public, read

OCTOBER = date(2026, 10, 1)
WORKING = date(2026, 10, 10)


@pytest.mark.parametrize(
    "line",
    [
        "2026-10-01 国庆节",
        "2026-10-01,国庆节",
        "2026-10-01\t国庆节\t",
        '"2026-10-01","国庆节"',
        "2026/10/1;国庆节;",
        "2026.10.01 国庆节 # of the State Council's list",
        "2026年10月1日国庆节",
        "  2026-10-01  国庆节,,,",
    ],
)
def test_ways_to_write_a_closed_day(line: str) -> None:
    assert parse(line) == {OCTOBER: Day("国庆节")}


@pytest.mark.parametrize(
    ("line", "name", "stretches"),
    [
        ("2026-10-10 open 09:00-18:00", "", ((540, 1080),)),
        ("2026-10-10,open,9:00-18:00,调休", "调休", ((540, 1080),)),
        ("2026-10-10 上班 09：00～12：00，13：00～18：00 国庆节调休", "国庆节调休", ((540, 720), (780, 1080))),
        ("2026-10-10 OPEN: 22:00 to 02:00", "", ((1320, 1560),)),
        ("2026年10月10日上班9:00至24:00", "", ((540, 1440),)),
    ],
)
def test_ways_to_write_a_working_day(line: str, name: str, stretches: tuple[tuple[int, int], ...]) -> None:
    assert parse(line) == {WORKING: Day(name, stretches)}


def test_comments_empty_lines_a_heading_and_days_without_a_name() -> None:
    text = "日期,节日\n\n# the year 2026\n2026-10-01\n2026-10-02,,\n"
    assert parse(text) == {OCTOBER: Day("2026-10-01"), date(2026, 10, 2): Day("2026-10-02")}
    assert parse("") == {}


def test_two_holidays_on_one_day_are_one() -> None:
    assert parse("2020-10-01 国庆节\n2020-10-01 中秋节\n")[date(2020, 10, 1)] == Day("国庆节, 中秋节")
    assert parse("2020-10-01 国庆节\n2020-10-01 国庆节\n")[date(2020, 10, 1)] == Day("国庆节")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "2026-10-01 a\nNational Day 2026\n",
            r"days\.txt, line 2: 'National Day 2026' does not begin with a date",
        ),
        ("01/10/2026 National Day\n", r"line 1: .* does not begin with a date such as 2026-10-01"),
        ("2026-02-30 x\n", r"line 1: there is no day '2026-02-30' in any calendar"),
        ("\n\n2026-10-10 open\n", r"line 3: after `open` come the hours: write .*2026-10-10 open 09:00-18:00"),
        ("2026-10-10 open 9-18\n", r"line 1: after `open` come the hours"),
        ("2026-10-10 open 09:00-25:00\n", r"line 1: '25:00' is not a time of day such as 09:30"),
        ("2026-10-10 x\n2026-10-10 open 09:00-18:00\n", r"line 2: 2026-10-10 is in line 1 already"),
        ("2026-10-10 open 09:00-18:00\n2026-10-10 open 09:00-12:00\n", r"line 2: 2026-10-10 is in line 1 already"),
        ("2026-10-1234 x\n", r"line 1: .*does not begin with a date"),
    ],
)
def test_a_wrong_line_is_refused_with_its_place_and_the_right_way(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "days.txt"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=said):
        read(file)


def test_every_wrong_line_is_told_up_to_a_limit() -> None:
    with pytest.raises(SettingsError) as told:
        parse("1\n2\n3\n")
    assert [line.split(":")[0] for line in str(told.value).splitlines()] == [
        f"holiday file, line {n}" for n in (1, 2, 3)
    ]
    with pytest.raises(SettingsError, match=r"\nholiday file: 90 more lines are wrong$"):
        parse("1\n" * 100)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "days.csv"
    file.write_bytes("日期,名称\r\n2026-10-01,国庆节\r\n2026-10-10,上班 9:00-18:00,调休\r\n".encode(encoding))
    assert read(file) == {OCTOBER: Day("国庆节"), WORKING: Day("调休", ((540, 1080),))}


def test_what_is_no_holiday_file_at_all(tmp_path: Path) -> None:
    for content, said in ((b"\xff\xff\xff", "neither UTF-8 nor GB18030"), ("a".encode("utf-16"), "neither UTF-8")):
        (tmp_path / "days").write_bytes(content)
        with pytest.raises(SettingsError, match=said):
            read(tmp_path / "days")
    for path in (tmp_path, tmp_path / "none"):
        with pytest.raises(SettingsError, match="there is no such holiday file"):
            read(path)
    (tmp_path / "days").write_bytes(b"#" * (MOST_BYTES + 1))
    with pytest.raises(SettingsError, match="1,000,000 bytes"):
        read(tmp_path / "days")


@given(st.text(max_size=200))
def test_any_text_is_days_or_a_sentence(text: str) -> None:
    try:
        days = parse(text)
    except SettingsError as error:
        assert "line " in str(error)
    else:
        assert all(name.isprintable() for name, _ in days.values())


def test_public_holidays_of_a_place_and_of_none() -> None:
    assert public("CN", 2026).holidays[OCTOBER] == "National Day"
    assert date(2025, 10, 11) in public("CN", 2025).working and public("DE", 2025).working == frozenset()
    for unknown in ("XX", "CN-ZZ"):
        with pytest.raises(SettingsError, match=f"no public holidays are known for '{unknown}'"):
            public(unknown, 2026)


def test_times_of_day() -> None:
    assert (minutes("00:00"), minutes("09:30"), minutes("24:00")) == (0, 570, 1440)
    for wrong in ("9:30", "24:01", "12:60", "noon", ""):
        with pytest.raises(ValueError):
            minutes(wrong)
