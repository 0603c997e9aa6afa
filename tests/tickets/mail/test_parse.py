"""Bytes to letters: what people send, what machines send, and what is made to do harm."""

import io
import zipfile
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cti_server.tickets.mail import parse, rules
from cti_server.tickets.mail.letter import Letter, Unreadable
from cti_server.tickets.mail.reader import Reader
from cti_server.tickets.mail.rules import Own
from tests.tickets.mail.kit import OURS, REPORT, letter

OWN = Own(addresses=frozenset({OURS}), mark="abc123")
HEAD = b"From: a@b.example\r\nMessage-ID: <x@y.example>\r\n"


def test_a_plain_letter() -> None:
    found = parse.read(letter("Hello\n\nOn Monday at ten, you <x@y.example> wrote:\n> old", answers="<a@b.example>"))
    assert (found.sender, found.sender_name) == ("wang@customer.example", "Wang Fang")
    assert (found.subject, found.message_id, found.ids) == ("My fridge", "<1@customer.example>", ("<a@b.example>",))
    assert (found.text, "> old" in found.whole) == ("Hello", True)
    assert found.to == (OURS,)
    assert found.date == 1772416860.0


def test_the_nearest_letter_of_a_conversation_comes_first() -> None:
    data = HEAD + b"In-Reply-To: <3@x>\r\nReferences: <1@x>\r\n <2@x> <3@x>\r\n\r\nhi"
    assert parse.read(data).ids == ("<3@x>", "<2@x>", "<1@x>")


def test_the_text_is_preferred_and_html_is_made_text() -> None:
    plain = (
        b'Content-Type: multipart/alternative; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/html\r\n\r\n<p>rich</p>\r\n"
        b"--b\r\nContent-Type: text/plain\r\n\r\n%s\r\n--b--\r\n"
    )
    assert parse.read(HEAD + plain % b"plain").text == "plain"
    assert parse.read(HEAD + plain % b"  ").text == "rich"
    assert (
        parse.read(HEAD + b"Content-Type: text/html; charset=gbk\r\n\r\n" + "<b>退款</b>".encode("gbk")).text == "退款"
    )


def test_attachments_keep_their_bytes_and_names() -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("zeros", b"\0" * 50_000_000)
    files = (("发票.pdf", "application/pdf", b"%PDF-1.4 x"), ("bomb.zip", "application/zip", archive.getvalue()))
    found = parse.read(letter("see", files=files))
    assert [(piece.name, piece.type, piece.data) for piece in found.pieces] == list(files)
    raw = HEAD + b'Content-Type: application/pdf; name="=?gb2312?B?t6LGsQ==?=.pdf"\r\n\r\n%PDF'
    assert parse.read(raw).pieces[0].name == "发票.pdf"
    many = parse.read(letter("see", files=(("a.txt", "text/plain", b"x"),) * 40))
    assert (len(many.pieces), len(many.left_out)) == (parse.MOST_PIECES, 10)


def test_a_letter_within_a_letter_is_a_file() -> None:
    inner = letter("the inner one")
    data = HEAD + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nouter\r\n--b\r\n'
    data += b"Content-Type: message/rfc822\r\n\r\n" + inner + b"\r\n--b--\r\n"
    found = parse.read(data)
    assert found.text == "outer"
    assert found.pieces[0].name == "part-1.eml"
    assert b"the inner one" in found.pieces[0].data


def nested(depth: int) -> bytes:
    heads = (b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(depth))
    return HEAD + b"".join(heads) + b"\r\nhello"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no_message"),
        (b"\r\n\r\nonly a body", "no_message"),
        (b"Subject: nobody\r\n\r\nx", "no_sender"),
        (b"From: nobody at all\r\n\r\nx", "no_sender"),
        (nested(60), "too_deep"),
        (nested(300), "too_many_parts"),
        (HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 500, "too_many_parts"),
        (HEAD + b"\r\n" + b"x" * parse.MOST_BYTES, "too_large"),
    ],
    ids=["empty", "headless", "no From", "no address", "deep", "deeper", "parts", "large"],
)
def test_what_cannot_be_read_says_why(data: bytes, why: str) -> None:
    with pytest.raises(Unreadable) as refused:
        parse.read(data)
    assert refused.value.why == why


STRANGE = [
    b'From: "a@b.example\r\n\r\nx',
    b"From: =?gb2312?B?zfW3vA==?= <W@B.example>\r\nTo: " + b"(" * 3000 + b"\r\n\r\nx",
    b"From: a@b.example, c@d.example\r\nDate: Mon, 99 Foo 99999 99:99:99 +9999\r\n\r\nx",
    HEAD + b"Content-Type: text/plain; charset*=x''%zz; charset=\"\r\n\r\n\xff\xfe",
    HEAD + b"Content-Type: multipart/mixed\r\n\r\nno boundary",
    HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n!!!not base64!!!",
    HEAD + b"Content-Type: ;;;\r\nContent-Disposition: attachment; filename*=utf-8''%ff%fe../../x\r\n\r\nx",
    HEAD + b"Subject: \xb1\xf9\xcf\xe4\r\n\r\n" + "冰箱".encode("gb18030"),
    HEAD + b"Content-Type: message/rfc822\r\n\r\n",
    HEAD
    + b"Content-Type: multipart/report; boundary=b\r\n\r\n"
    + b"--b\r\nContent-Type: message/delivery-status\r\n\r\nx\r\n--b--",
]


@pytest.mark.parametrize("data", STRANGE)
def test_strange_letters_are_read_all_the_same(data: bytes) -> None:
    found = parse.read(data)
    assert "@" in found.sender


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 400))
def test_a_letter_with_any_bytes_in_it_is_read_or_refused(noise: bytes, at: int) -> None:
    data = letter("hello", files=(("a.bin", "application/octet-stream", b"x" * 50),))
    try:
        assert isinstance(parse.read(data[:at] + noise + data[at:]), Letter)
    except Unreadable as refused:
        assert refused.why


def test_two_copies_are_one_letter_whatever_way_they_came() -> None:
    one = letter("same")
    assert (
        parse.read(b"Received: by a\r\nDelivered-To: x@y.example\r\n" + one).fingerprint == parse.read(one).fingerprint
    )
    assert parse.read(letter("other")).fingerprint != parse.read(one).fingerprint


@pytest.mark.parametrize(
    ("given", "sort"),
    [
        ({}, ("person", "")),
        ({"Auto_Submitted": "no"}, ("person", "")),
        ({"Auto_Submitted": "auto-replied (vacation)"}, ("automatic", "auto_submitted")),
        ({"Auto_Submitted": "auto-generated; x=y"}, ("automatic", "auto_submitted")),
        ({"Precedence": "auto_reply"}, ("automatic", "auto_reply")),
        ({"X_Autoreply": "yes"}, ("automatic", "auto_reply")),
        ({"Return_Path": "<>"}, ("automatic", "no_return_path")),
        ({"Precedence": "bulk"}, ("list", "precedence")),
        ({"List_Id": "News <news.shop.example>"}, ("list", "list_header")),
        ({"List_Unsubscribe": "<mailto:x@y.example>"}, ("list", "list_header")),
        ({"X_CTI_Loop": "ABC123"}, ("loop", "our_mark")),
        ({"X_Loop": "abc123"}, ("loop", "our_mark")),
        ({"sender": f"Us <{OURS.upper()}>"}, ("loop", "from_ourselves")),
        ({"sender": "MAILER-DAEMON@mx.example", "Return_Path": "<>"}, ("bounce", "report")),
    ],
)
def test_machines_are_told_from_people(given: dict[str, Any], sort: tuple[str, str]) -> None:
    assert rules.sort_of(parse.read(letter(**given)), OWN) == sort


def test_a_letter_that_went_round_is_a_loop() -> None:
    assert rules.sort_of(parse.read(b"Received: by x\r\n" * 41 + letter()), OWN) == ("loop", "many_hops")


def test_a_report_says_whom_it_did_not_reach() -> None:
    found = parse.read(REPORT % (b"failed", b"<ours@northwind.example>"))
    assert rules.sort_of(found, OWN) == ("bounce", "report")
    report = found.report
    assert report is not None
    assert (report.action, report.status, report.recipient) == ("failed", "5.1.1", "wang@customer.example")
    assert (report.said, report.about) == ("550 5.1.1 no such user", "<ours@northwind.example>")


@pytest.mark.parametrize(
    ("subject", "to", "token"),
    [
        ("Re: [T-2026-000123] My fridge", OURS, "T-2026-000123"),
        ("回复:[t-2026-000123]冰箱", OURS, "T-2026-000123"),
        ("T-2026-000123 without brackets", OURS, ""),
        ("My fridge", "support+t-2026-000123@northwind.example", "T-2026-000123"),
        ("[T-26-1]", OURS, ""),
    ],
)
def test_the_token_is_found(subject: str, to: str, token: str) -> None:
    data = letter(subject=subject).replace(b"To: " + OURS.encode(), b"To: " + to.encode())
    assert rules.token_of(parse.read(data)) == token


def test_the_subject_of_an_answer_has_one_token_and_no_marks() -> None:
    assert rules.subject_for("T-2026-000123", "Re: 回复: [T-2026-000123] AW: My fridge") == "[T-2026-000123] My fridge"


def test_attempts_end() -> None:
    waits = [rules.again_after(n) for n in range(1, len(rules.AGAIN_S) + 2)]
    assert waits == [*rules.AGAIN_S, None]
    assert list(rules.AGAIN_S) == sorted(rules.AGAIN_S)


async def test_a_process_of_its_own_reads_letters_and_outlives_bad_ones() -> None:
    async with Reader() as reader:
        assert (await reader.read(letter("one"))).text == "one"
        with pytest.raises(Unreadable, match="too_deep"):
            await reader.read(nested(60))
        assert (await reader.read(letter("two", files=(("a.txt", "text/plain", b"x" * 3_000_000),)))).text == "two"
        child = reader._child
        assert child is not None
        child.kill()
        with pytest.raises(Unreadable, match="too_much_work"):
            await reader.read(letter("three"))
        assert (await reader.read(letter("four"))).text == "four"
