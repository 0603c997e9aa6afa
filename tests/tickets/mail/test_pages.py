"""Mail as people see it: a letter becomes a ticket, is answered on its page, or was set aside. Both databases."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from cti_server.settings import Mailbox, Settings
from cti_server.tasks import Tasks
from cti_server.tickets.mail import sending, service
from cti_server.tickets.mail.receiving import Receiver
from cti_server.tickets.mail.sending import Sender
from cti_server.tickets.mail.tables import mail_out
from cti_server.tickets.site import CALENDARS
from tests.mail_server import Imap, Smtp
from tests.tickets.mail.kit import box, came, letter, settings
from tests.tickets.mail.kit import tickets as rows_of
from tests.web.kit import Site, Visitor, running_site

pytestmark = [pytest.mark.services]


@dataclass
class Office:
    """A site with a box of mail, and what the leader does about it, one look at a time."""

    site: Site
    settings: Settings
    box: Mailbox
    imap: Imap
    user: str

    async def read(self, *letters: bytes) -> None:
        self.imap.deliver(self.user, *letters)
        mail = service.site_of(self.settings, self.site.app[CALENDARS].of)
        await Receiver(self.site.engine, mail).read(self.box)

    async def send(self) -> None:
        mail = service.site_of(self.settings, self.site.app[CALENDARS].of)
        while await Sender(self.settings, self.site.engine, mail).send_one():
            pass


@pytest.fixture
async def office(url: str, tmp_path: Path, imap: Imap, smtp: Smtp, user: str) -> AsyncIterator[Office]:
    mine = box(
        imap_host="127.0.0.1", imap_port=imap.port, imap_tls="none", user=user, most_per_hour=2, poll_s=1,
        smtp_host="127.0.0.1", smtp_port=smtp.port, smtp_tls="none", smtp_user="support",
    )  # fmt: skip
    given = settings(tmp_path, mine)
    async with running_site(tmp_path, settings=given, url=url) as site:
        await site.add_people()
        yield Office(site, given, mine, imap, user)


async def press(visitor: Visitor, path: str, **fields: str) -> tuple[int, str]:
    return await visitor.post(path, {"csrf": await visitor.form_token("/tickets"), **fields})


async def test_a_letter_is_answered_on_its_ticket_s_page(office: Office, smtp: Smtp) -> None:
    await office.read(letter("Where is my fridge?"))
    async with office.site.visitor("agent") as anna:
        status, text = await anna.get("/tickets/1")
        assert status == 200 and "Where is my fridge?" in text
        assert 'name="mail" value="1" checked' in text and "wang@customer.example" in text
        assert (await press(anna, "/tickets/1/comment", text="for us", kind="inner", mail="1"))[0] == 303
        assert (await press(anna, "/tickets/1/comment", text="by telephone", kind="out", mail="0"))[0] == 303
        assert (await press(anna, "/tickets/1/comment", text="On its way", kind="out", mail="1"))[0] == 303
        assert 'data-mail="waiting"' in (await anna.get("/tickets/1"))[1]
        smtp.answers["wang@customer.example"] = "550 no such user"
        await office.send()
        status, text = await anna.get("/tickets/1")
        assert status == 200 and 'data-mail="failed"' in text and "550 no such user" in text
        smtp.answers.clear()
        out = re.search(r"/tickets/mail/out/(\d+)", text)
        assert out and await press(anna, out[0], do="again") == (303, "/tickets/1#latest")
        await office.send()
        status, text = await anna.get("/tickets/1")
        assert status == 200 and 'data-mail="sent"' in text and "sent by mail" in text
        (sent,) = smtp.letters
        assert sent["Subject"].startswith("[T-") and "On its way" in str(sent)
        assert (await anna.get("/tickets/mail"))[0] == 403


async def test_what_was_set_aside_is_seen_and_can_become_a_ticket(office: Office) -> None:
    letters = [letter(f"letter {n}", f"Subject {n}", number=n) for n in range(1, 5)]
    machine = letter("I am away", number=9, sender="away@customer.example", Auto_Submitted="auto-replied")
    await office.read(*letters, machine, b"From: nobody\r\n\r\nno sender")
    assert [outcome for outcome, _ in await came(office.site.engine)] == [
        *("ticket", "ticket", "held", "held", "automatic", "unreadable")
    ]
    async with office.site.visitor("supervisor", "zh") as boss:
        assert 'data-count="letters">3<' in (await boss.get("/tickets"))[1]
        status, text = await boss.get("/tickets/mail")
        assert status == 200 and re.findall(r'data-letter="(\d+)"', text) == ["6", "5", "4", "3"]
        assert "该发件人一小时内来信过多" in text and "外出通知" not in text
        assert len(re.findall(r'data-letter="(\d+)"', (await boss.get("/tickets/mail?outcome=all&limit=3"))[1])) == 3
        assert (await boss.get("/tickets/mail?outcome=ticket&text=Subject+1"))[1].count("data-letter") == 1
        status, target = await press(boss, "/tickets/mail/3/take")
        assert (status, target) == (303, "/tickets/3")
        assert "letter 3" in (await boss.get(target))[1]
        status, text = await press(boss, "/tickets/mail/3/take")
        assert status == 409 and "已有人" in text
        status, text = await press(boss, "/tickets/mail/6/take")
        assert status == 422 and "没有发件人" in text
        status, text = await boss.get("/tickets/mail/4/letter")
        assert status == 200 and "letter 4" in text
        assert (await boss.get("/tickets/mail/99/letter"))[0] == 404
        assert (await press(boss, "/tickets/mail/99/take"))[0] == 404
    assert [row["subject"] for row in await rows_of(office.site.engine)] == ["Subject 1", "Subject 2", "Subject 3"]


async def test_letters_that_came_back_are_listed_until_somebody_sees_to_them(office: Office, smtp: Smtp) -> None:
    await office.read(letter("Where?"))
    async with office.site.visitor("administrator") as admin:
        await press(admin, "/tickets/1/comment", text="Here", kind="out", mail="1")
        async with office.site.engine.begin() as db:
            await db.execute(update(mail_out).values(state="bounced", why="5.1.1 <b>gone</b>"))
        status, text = await admin.get("/tickets/mail")
        assert status == 200 and 'data-out="1"' in text and "&lt;b&gt;gone" in text
        assert await press(admin, "/tickets/mail/out/1", do="again", next="/tickets/mail") == (303, "/tickets/mail")
        await office.send()
        assert 'data-out="1"' not in (await admin.get("/tickets/mail"))[1]


async def test_programs_say_whether_a_comment_goes_by_mail(office: Office) -> None:
    await office.read(letter("Where?"))
    headers = {"Authorization": f"Bearer {await office.site.token('agent')}"}
    async with office.site.visitor() as visitor:

        async def says(**body: Any) -> Any:
            path = "/api/v1/tickets/1/comments"
            async with visitor.session.post(path, json=body, headers=headers) as response:
                return json.loads(await response.text())["mailed"]

        assert await says(text="inner") is False
        assert await says(text="to you", kind="out") is True, "the ticket came by mail"
        assert await says(text="told on the phone", kind="out", mail=False) is False
    async with office.site.engine.connect() as db:
        assert len((await db.execute(select(mail_out.c.id))).all()) == 1


async def test_programs_see_to_letters_too(office: Office) -> None:
    await office.read(letter("Where?"), letter("I am away", number=9, Auto_Submitted="auto-replied"))
    async with office.site.visitor("administrator") as admin:
        await press(admin, "/tickets/1/comment", text="Here", kind="out", mail="1")
    headers = {"Authorization": f"Bearer {await office.site.token('supervisor')}"}
    async with office.site.visitor() as visitor:

        async def got(path: str, method: str = "GET", body: Any = None) -> tuple[int, Any]:
            given = {"json": body} if body else {}
            async with visitor.session.request(method, f"/api/v1/mail/{path}", headers=headers, **given) as response:
                return response.status, json.loads(await response.text())

        status, boxes = await got("boxes")
        assert status == 200 and [(b["id"], b["read_error"], b["read"] > 0) for b in boxes["items"]] == [
            (office.box.id, "", True)
        ]
        _, letters = await got("letters")
        assert [(m["outcome"], m["ticket"]) for m in letters["items"]] == [("automatic", None), ("ticket", 1)]
        _, aside = await got("letters?outcome=aside")
        assert [m["id"] for m in aside["items"]] == [2]
        assert await got("letters/2/take", "POST") == (200, {"ticket": 2})
        status, said = await got("letters/2/take", "POST")
        assert (status, said["detail"]) == (409, "Somebody has made a ticket of this letter already.")
        assert (await got("letters/99/take", "POST"))[0] == 404
        _, out = await got("out?state=waiting&ticket=1")
        assert [(m["id"], m["recipient"]) for m in out["items"]] == [(1, "wang@customer.example")]
        status, changed = await got("out/1", "POST", {"do": "cancel"})
        assert (status, changed["state"]) == (200, "cancelled")
        status, said = await got("out/1", "POST", {"do": "again"})
        assert (status, said["detail"]) == (409, "This letter is on its way, sent or cancelled by now.")
        assert (await got("out/9", "POST", {"do": "again"}))[0] == 404


async def test_the_leader_reads_and_sends_by_itself(
    office: Office, smtp: Smtp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "LOOK_S", 0.05)
    tasks = Tasks()
    office.imap.deliver(office.user, letter("Where is my fridge?"))
    service.start(office.settings, office.site.engine, office.site.app[CALENDARS].of, tasks)
    async with office.site.visitor("agent") as anna:
        for _ in range(200):
            if (await anna.get("/tickets/1"))[0] == 200:
                break
        await press(anna, "/tickets/1/comment", text="Here", kind="out", mail="1")
        for _ in range(200):
            if smtp.letters:
                break
            await asyncio.sleep(0.05)
    await tasks.close()
    assert len(smtp.letters) == 1
