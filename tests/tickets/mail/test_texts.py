"""Charsets, HTML and quotes: what people wrote, out of what their programs made of it."""

import base64
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cti_server.tickets.mail import charset
from cti_server.tickets.mail.html import as_text
from cti_server.tickets.mail.quotes import trimmed

TWO = base64.b64encode("冰箱".encode("gb2312")).decode()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("plain", "plain"),
        (f"=?gb2312?B?{TWO}?=", "冰箱"),
        (f"Re: =?GBK?b?{TWO}?= [T-2026-000001]", "Re: 冰箱 [T-2026-000001]"),
        ("=?utf-8?q?caf=C3=A9_ouvert?=", "café ouvert"),
        ("=?utf-8?B?5Yaw566x5LiN?=\r\n =?utf-8?B?5Yi25Ya3?=", "冰箱不制冷"),
        ("=?utf-8?B?5Yaw5w==?= =?utf-8?B?rrE=?=", "冰箱"),
        ("=?utf-8?B?5Yaw566x?=", "冰箱"),
        ("=?utf-8?B?5Yaw566?=", "冰\ufffd"),
        ("=?x-nothing?B?aGVsbG8=?=", "hello"),
        ("=?utf-8?X?hello?=", "=?utf-8?X?hello?="),
        ("冰箱".encode("gb18030").decode("utf-8", "surrogateescape"), "冰箱"),
        ("冰箱", "冰箱"),
        ("a\0b\r\n\tc", "ab c"),
        ("=?gb18030?B?lDnaMw==?=", "\U0001f4a9"),
    ],
)
def test_headers_are_read_as_they_were_meant(written: str, read: str) -> None:
    assert charset.header(written) == read


@pytest.mark.parametrize(
    ("data", "named", "read"),
    [
        ("镕".encode("gb18030"), "gb2312", "镕"),
        ("退款".encode("gb18030"), "utf-8", "退款"),
        ("退款".encode(), "us-ascii", "退款"),
        ("退款".encode(), "no-such-charset", "退款"),
        ("退款".encode("utf-16"), "utf-16", "退款"),
        ("“so”".encode("cp1252"), "iso-8859-1", "“so”"),
        (b"+ADw-script+AD4-", "utf-7", "+ADw-script+AD4-"),
        (b"aGVsbG8=", "base64", "aGVsbG8="),
        (b"\xff\xfe\x00", "utf-8", "ÿþ"),
    ],
)
def test_a_charset_that_does_not_fit_is_not_believed(data: bytes, named: str, read: str) -> None:
    assert charset.decoded(data, named) == read


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["utf-8", "gb18030", "big5", "utf-16", "idna", "hex", "x", "rot13"]))
def test_any_bytes_become_text_that_can_be_stored(data: bytes, named: str) -> None:
    for text in (charset.decoded(data, named), charset.header(data.decode("utf-8", "surrogateescape"))):
        assert "\0" not in text
        text.encode("utf-8")


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Hello <b>you</b></p><p>Second&nbsp;&amp; last</p>", "Hello you\n\nSecond & last"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<script>alert(1)</script>x<style>p{}</style><title>t</title>", "x"),
        ("<SCRIPT src=x>alert('<p>')</SCRIPT >after", "after"),
        ("<!-- no --><!DOCTYPE html><?php x?>yes", "yes"),
        ('see <a href="https://a.example/x">here</a>', "see here <https://a.example/x>"),
        ('<a href="https://a.example">https://a.example</a>', "https://a.example"),
        ("<a href='javascript:alert(1)'>click</a>", "click"),
        ("<ul><li>one<li>two</ul>", "- one\n- two"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("<blockquote>old<blockquote>older</blockquote></blockquote>new", "> old\n> > older\nnew"),
        ('<img src="https://spy.example/1.gif" alt="the fridge"><img src=x>', "[the fridge]"),
        ('<p title="a > b">text</p>', "text"),
        ("1 < 2 &lt;b&gt;", "1 < 2 <b>"),
        ("<p unclosed", ""),
        ("&#0;&#xD800;x&unknown;", "x&unknown;"),
    ],
)
def test_html_becomes_plain_text(html: str, text: str) -> None:
    told = as_text(html).replace("\ufffd", "")
    assert "\n".join(line for line in told.split("\n") if line or "\n\n" in text) == text


@pytest.mark.parametrize(
    "unit", ["<!--", "<a", '<a b="', "<![CDATA[", "<?", "<", "&", "<script>", "<td>", "<blockquote>"]
)
def test_html_that_is_made_to_take_long_does_not(unit: str) -> None:
    """Twice as much takes about twice as long; the standard library's parser takes four times as long for the first."""

    def spent(count: int) -> float:
        begun = time.process_time()
        as_text(unit * count)
        return time.process_time() - begun

    small = min(spent(20_000) for _ in range(3))
    assert spent(80_000) < 12 * small + 0.05


REPLIES = {
    "gmail": "Thank you!\n\nOn Mon, 2 Mar 2026 at 10:00, Support <s@x.example> wrote:\n> Dear customer\n> so\n",
    "wrapped": "Thank you!\n\nOn Mon, 2 Mar 2026 at 10:00, Northwind Support\n<s@x.example> wrote:\n> Dear\n",
    "outlook": "Thank you!\n\n________________________________\nFrom: Support\nSent: Monday\nTo: Me\n\n\nDear",
    "outlook without a line": "Thank you!\n\nFrom: Support <s@x>\nSent: Monday\nTo: Me\nSubject: x\n\nDear",
    "qq": "Thank you!\n\n------------------ 原始邮件 ------------------\n发件人: x\n",
    "foxmail": "Thank you!\n\n发件人: Support\n发送时间: 2026-03-02 10:00\n收件人: me\n主题: x\n\nDear",
    "chinese": "Thank you!\n\n在 2026年3月2日 10:00,Support <s@x.example> 写道:\n> Dear",
    "quoted only": "Thank you!\n\n> Dear customer\n> so\n\n",
    "signature": "Thank you!\n-- \nWang Fang\nCEO\n",
    "our line": "Thank you!\n> ##- please write your answer above this line -##\n> Dear",
    "crlf": "Thank you!\r\n\r\nOn Monday at ten, Support wrote:\r\n> Dear\r\n",
}


@pytest.mark.parametrize("text", REPLIES.values(), ids=REPLIES.keys())
def test_what_is_quoted_is_not_what_was_written(text: str) -> None:
    assert trimmed(text) == "Thank you!"


def test_answers_between_quoted_lines_keep_what_they_answer() -> None:
    text = "> How many?\nTwo.\n> Which colour?\nRed.\n> Regards"
    assert trimmed(text) == "> How many?\nTwo.\n> Which colour?\nRed."


def test_a_letter_that_only_quotes_is_kept_as_it_is() -> None:
    assert trimmed("> all of\n> this") == "> all of\n> this"
    assert trimmed("From: a\nTo: b\nSubject: c\nthis") == "From: a\nTo: b\nSubject: c\nthis"


def test_words_that_only_look_like_a_head_stay() -> None:
    text = "On Monday I wrote:\nplease come.\nFrom: my side all is well\nBye"
    assert trimmed(text).startswith("On Monday I wrote:") or trimmed(text) == text
