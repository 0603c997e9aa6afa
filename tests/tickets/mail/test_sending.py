"""Comments to customers through a real SMTP server; what it says, and when it is not there. Both databases."""

from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server import clock
from cti_server.settings import Mailbox
from cti_server.tickets import files
from cti_server.tickets.mail import outbox, parse, rules, smtp
from cti_server.tickets.mail.receiving import Receiver
from cti_server.tickets.mail.sending import Sender
from cti_server.tickets.mail.tables import mail_out
from tests.mail_server import Imap, Smtp, private_smtp
from tests.services import free_port
from tests.tickets.kit import MONDAY, history, make, of, say
from tests.tickets.mail.kit import OURS, box, comments, going, letter, mail_site, settings, tickets

pytestmark = [pytest.mark.services]
HEAD = "##- please write your answer above this line -##"


@dataclass
class Post:
    """A box that sends."""

    engine: AsyncEngine
    folder: Path
    boxes: tuple[Mailbox, ...]
    sender: Sender

    async def answer(self, text: str = "On its way", email: str = "wang@customer.example", **given: Any) -> int:
        """A ticket and a comment to its customer, which waits to be sent; gives the ticket."""
        made = await make(self.engine, email=email, subject="Re: My fridge", **({"channel": "mail"} | given))
        await self.say(made.id, text)
        return made.id

    async def say(self, ident: int, text: str, chosen: bool | None = None) -> bool:
        number = await say(self.engine, ident, "out", MONDAY, text)
        async with self.engine.begin() as db:
            return await outbox.by_mail(db, self.boxes, ident, number, by="anna", at=MONDAY, chosen=chosen)

    async def due(self) -> None:
        """Time passes until every letter is due again."""
        async with self.engine.begin() as db:
            await db.execute(update(mail_out).values(next_at=0.0))
        self.sender._resting.clear()

    async def state(self) -> list[tuple[str, int]]:
        return [(row["state"], row["attempts"]) for row in await going(self.engine)]


def posted(engine: AsyncEngine, folder: Path, port: int, **given: Any) -> Post:
    mine = box(**{"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_tls": "none"} | given)
    sender = Sender(settings(folder, mine), engine, mail_site(folder, mine))
    return Post(engine, folder, (mine,), sender)


@pytest.fixture
def post(engine: AsyncEngine, tmp_path: Path, smtp: Smtp) -> Post:
    return posted(engine, tmp_path, smtp.port, signature="Northwind Support\n400-123")


def body(message: Message) -> str:
    part = next(part for part in message.walk() if part.get_content_type() == "text/plain")
    data = part.get_payload(decode=True)
    assert isinstance(data, bytes)
    return data.decode().replace("\r\n", "\n")


async def test_a_comment_to_the_customer_is_sent_once(post: Post, smtp: Smtp) -> None:
    ident = await post.answer("冰箱在路上了\n\nBye")
    assert await post.sender.send_one() is True
    assert await post.sender.send_one() is False
    ((path, to, data),) = smtp.taken
    assert (path, to) == (OURS, ["wang@customer.example"])
    sent = message_from_bytes(data)
    number = (await tickets(post.engine))[0]["number"]
    assert sent["Subject"] == f"[{number}] My fridge"
    assert sent["From"] == f"Northwind Support <{OURS}>"
    assert body(sent) == f"{HEAD}\n\n冰箱在路上了\n\nBye\n\n-- \nNorthwind Support\n400-123\n"
    (out,) = await going(post.engine)
    assert (out["state"], sent["Message-ID"]) == ("sent", out["message_id"])
    assert ("mail_sent", "", "wang@customer.example") in await history(post.engine, ident)


@pytest.mark.parametrize(
    ("channel", "email", "chosen", "goes"),
    [
        ("mail", "w@x.example", None, True),
        ("mail", "w@x.example", False, False),
        ("mail", "", None, False),
        ("page", "w@x.example", None, False),
        ("page", "w@x.example", True, True),
        ("page", "", True, False),
    ],
)
async def test_what_goes_by_mail(post: Post, channel: Any, email: str, chosen: bool | None, goes: bool) -> None:
    made = await make(post.engine, email=email, channel=channel)
    assert await post.say(made.id, "hello", chosen) is goes
    assert len(await going(post.engine)) == goes


async def test_the_files_of_a_comment_go_with_it(post: Post, smtp: Smtp) -> None:
    made = await make(post.engine, email="w@x.example", channel="mail")
    number = await say(post.engine, made.id, "out", MONDAY, "see the file")
    async with post.engine.begin() as db:
        for name, comment in (("发票.pdf", number), ("inner.pdf", None)):
            await files.attach(
                db, post.folder, made.id, name, "", b"%PDF-1.4", by="anna", at=MONDAY, of=of, comment=comment
            )
        await outbox.by_mail(db, post.boxes, made.id, number, by="anna", at=MONDAY, chosen=None)
    await post.sender.send_one()
    found = parse.read(smtp.taken[0][2])
    assert [(piece.name, piece.type, piece.data) for piece in found.pieces] == [
        ("发票.pdf", "application/pdf", b"%PDF-1.4")
    ]


async def test_what_people_type_makes_no_header(post: Post, smtp: Smtp) -> None:
    made = await make(post.engine, email="w@x.example", channel="mail", subject="a\u2028b\x0bc Bcc: evil@x.example")
    await post.say(made.id, "hello\n.\nMAIL FROM:<x@y>\n\nBcc: evil@x.example")
    await post.sender.send_one()
    assert [(to, message["Bcc"]) for _, to, _ in smtp.taken for message in smtp.letters] == [(["w@x.example"], None)]
    assert "\n.\nMAIL FROM:<x@y>\n" in body(smtp.letters[0])


async def test_an_address_that_is_none_is_given_up(post: Post, smtp: Smtp) -> None:
    await post.answer(email="no address\r\nRCPT TO:<evil@x.example>".lower())
    while await post.sender.send_one():
        pass
    assert (smtp.taken, await post.state()) == ([], [("failed", 1)])


async def test_no_for_good_is_said_on_the_ticket(post: Post, smtp: Smtp) -> None:
    smtp.answers["wang@customer.example"] = "550 5.1.1 no such user"
    ident = await post.answer()
    await post.sender.send_one()
    assert await post.state() == [("failed", 1)]
    last = (await comments(post.engine))[-1]
    assert (last["ticket"], last["kind"]) == (ident, "inner")
    assert last["text"] == "The letter to wang@customer.example was not delivered: 550 5.1.1 no such user"
    smtp.answers.clear()
    async with post.engine.begin() as db:
        assert await outbox.send_again(db, (await going(post.engine))[0]["id"], MONDAY)
    await post.sender.send_one()
    assert await post.state() == [("sent", 1)]


@pytest.mark.parametrize("answer", ["450 4.2.0 greylisted", "451 later"])
async def test_not_now_is_tried_again_until_it_is_given_up(post: Post, smtp: Smtp, answer: str) -> None:
    smtp.after_data = answer
    await post.answer()
    begun = clock.now()
    await post.sender.send_one()
    (out,) = await going(post.engine)
    assert (out["state"], out["why"]) == ("waiting", answer)
    assert 50 < out["next_at"] - begun < 120
    assert await post.sender.send_one() is False, "not before it is due"
    for _ in rules.AGAIN_S:
        await post.due()
        await post.sender.send_one()
    assert await post.state() == [("failed", len(rules.AGAIN_S) + 1)]
    assert "was not delivered" in (await comments(post.engine))[-1]["text"]


async def test_while_the_server_is_away_letters_wait_and_other_boxes_send(
    engine: AsyncEngine, tmp_path: Path, smtp: Smtp
) -> None:
    here = box(smtp_host="127.0.0.1", smtp_port=smtp.port, smtp_tls="none")
    away = box(id="away", address="away@x.example", smtp_host="127.0.0.1", smtp_port=free_port(), smtp_tls="none")
    sender = Sender(settings(tmp_path, away, here), engine, mail_site(tmp_path, away, here))
    for mine in (away, away, here):
        made = await make(engine, email="w@x.example")
        number = await say(engine, made.id, "out", MONDAY)
        async with engine.begin() as db:
            await outbox.queue(db, made.id, number, box=mine.id, domain="x.example", by="anna", at=MONDAY)
    while await sender.send_one():
        pass
    assert [(row["box"], row["state"], row["attempts"]) for row in await going(engine)] == [
        ("away", "waiting", 1),
        ("away", "waiting", 0),
        ("support", "sent", 1),
    ]


async def test_a_crash_while_sending_sends_again_under_the_same_id(
    post: Post, smtp: Smtp, monkeypatch: pytest.MonkeyPatch
) -> None:
    await post.answer()
    sent: Callable[..., Any] = outbox.sent

    async def dies(*given: Any) -> None:
        raise TimeoutError

    monkeypatch.setattr(outbox, "sent", dies)
    with pytest.raises(TimeoutError):
        await post.sender.send_one()
    monkeypatch.setattr(outbox, "sent", sent)
    assert await post.sender.send_one() is False, "it may still be on its way"
    await post.due()
    await post.sender.send_one()
    first, second = smtp.letters
    assert first["Message-ID"] == second["Message-ID"]
    assert await post.state() == [("sent", 2)]


async def test_two_senders_send_it_once(post: Post) -> None:
    await post.answer()
    async with post.engine.begin() as db:
        first = await outbox.claim(db, clock.now())
    async with post.engine.begin() as db:
        second = await outbox.claim(db, clock.now())
    assert (first is None, second) == (False, None)


async def test_by_starttls_with_a_password(engine: AsyncEngine, tmp_path: Path, imap: Imap) -> None:
    with private_smtp(imap.certificate) as strict:
        good = posted(engine, tmp_path, strict.port, smtp_tls="starttls", ca_file=imap.certificate)
        await good.answer()
        await good.sender.send_one()
        assert (len(strict.taken), set(strict.signed_in)) == (1, {"support"})
        wrong = posted(engine, tmp_path, strict.port, smtp_tls="starttls")
        with pytest.raises(smtp.NotSent, match="certificate verify failed"):
            smtp.send(wrong.boxes[0], await good.sender._composed(wrong.boxes[0], await one(good)), "w@x.example")


async def one(post: Post) -> outbox.Out:
    row = (await going(post.engine))[0]
    return outbox.Out(**{name: row[name] for name in outbox.Out.__struct_fields__})


async def test_a_conversation_stays_together_there_and_back(
    engine: AsyncEngine, tmp_path: Path, imap: Imap, smtp: Smtp, user: str
) -> None:
    mine = box(
        imap_host="127.0.0.1", imap_port=imap.port, imap_tls="none", user=user, plus=True,
        smtp_host="127.0.0.1", smtp_port=smtp.port, smtp_tls="none", smtp_user="support",
    )  # fmt: skip
    receiver = Receiver(engine, mail_site(tmp_path, mine))
    sender = Sender(settings(tmp_path, mine), engine, mail_site(tmp_path, mine))
    post = Post(engine, tmp_path, (mine,), sender)
    await receiver.read(mine)
    number = ""
    for turn in range(1, 4):
        answers = str(smtp.letters[-1]["Message-ID"]) if turn > 1 else ""
        imap.deliver(user, letter(f"question {turn}", "Re: My fridge", number=turn, answers=answers))
        await receiver.read(mine)
        (made,) = await tickets(engine)
        await post.say(made["id"], f"answer {turn}")
        number = made["number"]
        await sender.send_one()
    said = [(each["kind"], each["text"]) for each in await comments(engine)]
    assert said == [
        ("out", "answer 1"),
        ("in", "question 2"),
        ("out", "answer 2"),
        ("in", "question 3"),
        ("out", "answer 3"),
    ]
    last = smtp.letters[-1]
    assert last["In-Reply-To"] == "<3@customer.example>"
    ours = [str(each["Message-ID"]) for each in smtp.letters[:-1]]
    theirs = [f"<{n}@customer.example>" for n in (1, 2, 3)]
    assert sorted(" ".join(str(last["References"]).split()).split()) == sorted([*ours, *theirs])
    assert number.lower() in str(last["Reply-To"])
    looped = parse.read(smtp.taken[-1][2])
    assert rules.sort_of(looped, receiver._site.own)[0] == "loop", "our own letter, sent back to us"
