"""Out of a real IMAP server into tickets, on SQLite and PostgreSQL."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.customers.tables import customer_email
from cti_server.settings import Mailbox
from cti_server.tickets import changes
from cti_server.tickets.mail import intake, outbox, receiving, store
from cti_server.tickets.mail.imap import Box, Unreachable
from cti_server.tickets.mail.receiving import Receiver
from cti_server.tickets.mail.tables import mail_in, mail_out
from tests.mail_server import Imap
from tests.tickets.kit import MONDAY, a_customer, change, history, say
from tests.tickets.mail.kit import REPORT, box, came, comments, going, kept_files, letter, mail_site, rows, tickets

pytestmark = [pytest.mark.services]


@dataclass
class Desk:
    """A box on the server, and who reads it for us."""

    imap: Imap
    user: str
    engine: AsyncEngine
    folder: Path
    settings: Mailbox
    receiver: Receiver

    def deliver(self, *letters: bytes, flags: str = "") -> None:
        self.imap.deliver(self.user, *letters, flags=flags)

    async def read(self) -> int:
        return await self.receiver.read(self.settings)

    async def outcomes(self) -> list[tuple[str, str]]:
        return await came(self.engine)


@pytest.fixture
def make(imap: Imap, user: str, engine: AsyncEngine, tmp_path: Path) -> Callable[..., Desk]:
    def made(**given: Any) -> Desk:
        host = {"imap_host": "127.0.0.1", "imap_port": imap.port, "imap_tls": "none", "user": user}
        settings = box(**host | given)
        receiver = Receiver(engine, mail_site(tmp_path, settings))
        return Desk(imap, user, engine, tmp_path, settings, receiver)

    return made


@pytest.fixture
async def desk(make: Callable[..., Desk]) -> Desk:
    """A box that was looked into before."""
    made = make()
    assert await made.read() == 0
    return made


async def test_a_letter_becomes_a_ticket_with_its_files(desk: Desk) -> None:
    who = await a_customer(desk.engine)
    async with desk.engine.begin() as db:
        await db.execute(insert(customer_email).values(customer=who, address="wang@customer.example", position=0))
    files = (
        ("照片.png", "image/png", b"\x89PNG\r\n\x1a\n" + b"x" * 50),
        ("run.pdf", "application/pdf", b"MZ" + b"\0" * 99),
    )
    desk.deliver(letter("冰箱不制冷", "冰箱", files=files))
    assert await desk.read() == 1
    (made,) = await tickets(desk.engine)
    assert (made["subject"], made["description"], made["channel"]) == ("冰箱", "冰箱不制冷", "mail")
    assert (made["email"], made["customer"], made["kind"]) == ("wang@customer.example", who, "inquiry")
    assert [file["name"] for file in await kept_files(desk.engine)] == ["照片.png"]
    (inner,) = await comments(desk.engine)
    assert (inner["kind"], "run.pdf" in inner["text"]) == ("inner", True)
    assert await desk.outcomes() == [("ticket", "")]
    assert b"\\Seen" in desk.imap.flags(desk.user)[0]


async def test_nothing_is_taken_in_twice(desk: Desk) -> None:
    desk.deliver(letter(number=1), letter("another", number=2))
    assert await desk.read() == 2
    assert await desk.read() == 0
    desk.deliver(b"Received: by another way\r\n" + letter(number=1))
    assert await desk.read() == 1
    assert len(await tickets(desk.engine)) == 2


async def test_the_same_letters_under_new_numbers_are_known(desk: Desk) -> None:
    desk.deliver(letter(number=1), letter("another", number=2))
    await desk.read()
    desk.imap.renumber(desk.user)
    desk.deliver(letter("a new one", number=3))
    await desk.read()
    assert [each["description"] for each in await tickets(desk.engine)] == [
        "Where is my fridge?",
        "another",
        "a new one",
    ]


async def test_old_letters_that_were_read_are_left_alone(make: Callable[..., Desk]) -> None:
    desk = make()
    desk.deliver(letter("old and unread", number=1))
    desk.deliver(letter("old and read", number=2), flags=r"(\Seen)")
    await desk.read()
    desk.deliver(letter("new, and read by a colleague", number=3), flags=r"(\Seen)")
    await desk.read()
    assert [each["description"] for each in await tickets(desk.engine)] == [
        "old and unread",
        "new, and read by a colleague",
    ]


async def answer(desk: Desk, text: str = "On its way") -> tuple[int, str]:
    """A ticket by mail with an answer of ours; gives its id and the answer's Message-ID."""
    desk.deliver(letter())
    await desk.read()
    (made,) = await tickets(desk.engine)
    said = await say(desk.engine, made["id"], "out", MONDAY, text)
    async with desk.engine.begin() as db:
        await outbox.queue(db, made["id"], said, box="support", domain="x.example", by="anna", at=MONDAY)
        await db.execute(update(mail_out).values(state="sent"))
    (out,) = await going(desk.engine)
    return made["id"], out["message_id"]


async def test_an_answer_goes_to_its_ticket_and_opens_it_again(desk: Desk) -> None:
    ident, ours = await answer(desk)
    await change(desk.engine, ident, MONDAY, status="waiting")
    desk.deliver(letter("Thanks!\n\nOn Monday at ten, we <x@y.example> wrote:\n> On its way", number=2, answers=ours))
    await desk.read()
    last = (await comments(desk.engine))[-1]
    assert (last["ticket"], last["kind"], last["text"], last["source"]) == (ident, "in", "Thanks!", "mail")
    assert last["sender"] == "Wang Fang <wang@customer.example>"
    assert (await tickets(desk.engine))[0]["status"] == "open"
    stored = (await rows(desk.engine, mail_in))[-1]["stored"]
    assert b"> On its way" in (store.read(desk.folder, stored) or b""), "what was quoted is kept"


@pytest.mark.parametrize(
    ("sender", "joins"),
    [("wang@customer.example", True), ("Wang <WANG@customer.example>", True), ("stranger@else.example", False)],
)
async def test_a_token_alone_is_believed_of_those_we_know(desk: Desk, sender: str, joins: bool) -> None:
    ident, _ = await answer(desk)
    number = (await tickets(desk.engine))[0]["number"]
    desk.deliver(letter("more", f"[{number}] my fridge", sender=sender, number=2))
    await desk.read()
    made = await tickets(desk.engine)
    assert len(made) == (1 if joins else 2)
    if not joins:
        assert ("link", "", f"related {made[1]['number']} ←") in await history(desk.engine, ident)


async def test_a_colleague_who_was_sent_our_answer_joins_by_answering_it(desk: Desk) -> None:
    _, ours = await answer(desk)
    desk.deliver(letter("me too", sender="li@customer.example", number=2, answers=ours))
    await desk.read()
    assert len(await tickets(desk.engine)) == 1


async def test_machines_open_no_tickets(desk: Desk) -> None:
    ident, ours = await answer(desk)
    desk.deliver(
        letter("I am away", "Away", number=2, answers=ours, Auto_Submitted="auto-replied"),
        letter("Buy!", "News", number=3, List_Id="<news.shop.example>"),
        letter("round", "round", number=4, X_CTI_Loop=mail_site(desk.folder, desk.settings).own.mark),
    )
    await desk.read()
    assert (await desk.outcomes())[1:] == [
        ("automatic", "auto_submitted"),
        ("list", "list_header"),
        ("loop", "our_mark"),
    ]
    assert len(await tickets(desk.engine)) == 1
    assert ("auto_reply", "", "wang@customer.example: Away") in await history(desk.engine, ident)
    assert [each["kind"] for each in await comments(desk.engine)] == ["out"]


async def test_a_bomb_of_mail_is_held_and_others_get_through(make: Callable[..., Desk]) -> None:
    desk = make(most_per_hour=3)
    await desk.read()
    desk.deliver(*(letter(f"bomb {n}", number=n) for n in range(1, 9)), letter("help", sender="li@x.example", number=9))
    assert await desk.read() == 9
    assert await desk.outcomes() == [("ticket", "")] * 3 + [("held", "many")] * 5 + [("ticket", "")]
    desk.deliver(letter("x" * 200_000, number=10))
    await desk.read()
    assert await desk.outcomes() == [("ticket", "")] * 3 + [("held", "many")] * 5 + [("ticket", ""), ("held", "many")]
    stored = [row["stored"] for row in await rows(desk.engine, mail_in)]
    assert ([bool(each) for each in stored], len(list(desk.folder.rglob("*.eml")))) == ([True] * 9 + [False], 9)


async def test_one_look_takes_a_handful(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "BATCH", 2)
    desk.deliver(*(letter(str(n), number=n, sender=f"w{n}@x.example") for n in range(5)))
    assert [await desk.read() for _ in range(4)] == [2, 2, 1, 0]
    assert [each["description"] for each in await tickets(desk.engine)] == ["0", "1", "2", "3", "4"]


async def test_what_cannot_be_read_is_set_aside_and_the_next_is_taken(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "MOST_BYTES", 100_000)
    desk.deliver(b"Subject: nobody\r\n\r\nx", letter("x" * 200_000, number=2), letter("good", number=3))
    await desk.read()
    assert await desk.outcomes() == [("unreadable", "no_sender"), ("unreadable", "too_large"), ("ticket", "")]
    first, second, _ = await rows(desk.engine, mail_in)
    assert store.read(desk.folder, first["stored"]) == b"Subject: nobody\r\n\r\nx"
    assert (second["stored"], second["size"] > 200_000) == ("", True)


async def test_a_fault_of_ours_stops_no_mail(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = changes.create

    async def broken(db: Any, new: Any, **given: Any) -> Any:
        if new.subject == "poison":
            raise ZeroDivisionError
        return await taken(db, new, **given)

    monkeypatch.setattr(changes, "create", broken)
    desk.deliver(letter(subject="poison", number=1), letter(subject="good", number=2))
    await desk.read()
    assert await desk.outcomes() == [("unreadable", "fault"), ("ticket", "")]
    assert len(list((desk.folder / "mail").rglob("*.eml"))) == 2


async def test_a_crash_between_fetch_and_commit_loses_and_doubles_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: Callable[..., Awaitable[bool]] = intake.take

    async def dies(*given: Any) -> bool:
        await taken(*given)
        raise OperationalError("x", {}, Exception("the server is gone"))

    monkeypatch.setattr(intake, "take", dies)
    desk.deliver(letter(files=(("a.txt", "text/plain", b"hello"),)))
    with pytest.raises(OperationalError):
        await desk.read()
    assert await tickets(desk.engine) == []
    assert list((desk.folder / "mail").rglob("*.eml")) == []
    monkeypatch.setattr(intake, "take", taken)
    await desk.read()
    assert len(await tickets(desk.engine)) == 1


async def test_a_crash_between_commit_and_mark_doubles_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(*given: Any) -> None:
        raise Unreachable("the server is gone")

    monkeypatch.setattr(Box, "mark_read", dies)
    desk.deliver(letter())
    await desk.read()
    await desk.read()
    assert len(await tickets(desk.engine)) == 1


async def test_a_very_long_letter_is_kept_whole(desk: Desk) -> None:
    text = "long text " * 400_000
    desk.deliver(letter(text))
    await desk.read()
    (made,) = await tickets(desk.engine)
    assert made["description"].endswith("[The letter is longer. All of it is in message.txt.]")
    (file,) = await kept_files(desk.engine)
    assert (file["name"], file["size"] > 1_900_000) == ("message.txt", True)


async def test_by_tls_with_the_certificate_that_was_named(make: Callable[..., Desk], imap: Imap) -> None:
    for tls, port in (("tls", imap.tls_port), ("starttls", imap.port)):
        good = make(imap_tls=tls, imap_port=port, ca_file=imap.certificate)
        await good.read()
        with pytest.raises(Unreachable, match="certificate verify failed"):
            await make(imap_tls=tls, imap_port=port).read()


async def test_a_wrong_password_is_said_without_telling_it(make: Callable[..., Desk]) -> None:
    desk = make(password="wr0ng-pass", poll_s=3600)
    with pytest.raises(Unreachable, match="AUTHENTICATIONFAILED") as refused:
        await desk.read()
    assert "wr0ng-pass" not in str(refused.value)


async def test_a_report_is_shown_on_the_ticket(desk: Desk) -> None:
    ident, ours = await answer(desk)
    desk.deliver(REPORT % (b"failed", ours.encode()))
    await desk.read()
    (out,) = await going(desk.engine)
    assert (out["state"], out["why"]) == ("bounced", "5.1.1 550 5.1.1 no such user")
    last = (await comments(desk.engine))[-1]
    assert (last["ticket"], last["kind"]) == (ident, "inner")
    assert "wang@customer.example was not delivered: 5.1.1" in last["text"]
    assert (await desk.outcomes())[-1] == ("bounce", "report")
