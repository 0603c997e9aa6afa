"""What happens reaches another program's server: signed, in order, tried again, and never twice under two names."""

import asyncio

from aiohttp import web
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server import clock
from cti_server.customers import queries as customers
from cti_server.news import tell
from cti_server.news.tables import news
from cti_server.webhooks import outbox, queries, rules
from cti_server.webhooks.tables import webhook
from tests.tickets.kit import a_customer, change, make
from tests.webhooks.kit import Line, line
from tests.webhooks.receiver import Receiver


async def test_what_happened_arrives_signed_and_without_anything_personal(
    engine: AsyncEngine, receiver: Receiver
) -> None:
    async with line(engine) as wire:
        ident, secret = await wire.hook(receiver.url())
        await wire.tell("order", "placed", "17", total=1200, currency="CNY", customer=3, said="call +8613800138000")
        assert await wire.round() == 1
        (got,) = receiver.got
        assert got.signed_by(secret)
        assert not got.signed_by(rules.secret_of(b"x" * 32))
        assert abs(int(got.headers["webhook-timestamp"]) - clock.now()) < 60
        assert got.headers["content-type"] == "application/json"
        assert got.said["type"] == "order.placed"
        data = {"ref": "17", "by": "ann", "total": 1200, "currency": "CNY", "customer": 3}
        assert got.said["data"] == data
        (row,) = await wire.rows()
        assert (row["state"], row["status"], row["answer"], row["event"]) == ("delivered", 200, "thanks", got.ident)
        assert (await wire.round(), len(receiver.got)) == (0, 1)
        async with engine.connect() as db:
            assert (await db.execute(select(news))).all() == []
        assert (await wire.known(ident)).failing_since is None


async def test_tickets_and_customers_tell_what_happens_to_them(engine: AsyncEngine, receiver: Receiver) -> None:
    who = await a_customer(engine)
    async with line(engine) as wire:
        await wire.hook(receiver.url())
        ticket = await make(engine, customer=who, kind="fault")
        nobody = await make(engine, subject="Nobody knows who it was")
        await change(engine, ticket.id, clock.now(), owner="bob", status="open")
        async with engine.begin() as db:
            await customers.add_note(db, who, "private words", at=clock.now(), by="ann")
        while await wire.round():
            pass
        told = [(got.said["type"], got.said["data"]["ref"]) for got in receiver.got]
        assert sorted(told) == sorted(
            [
                ("ticket.created", str(ticket.id)),
                ("ticket.created", str(nobody.id)),
                ("ticket.changed", str(ticket.id)),
            ]
        )
        data = receiver.got[-1].said["data"]
        assert data["fields"] == ["owner", "status"]
        assert (data["customer"], data["status"], data["number"]) == (who, "open", ticket.number)
        assert "private words" not in str([got.body for got in receiver.got])


async def test_what_is_rolled_back_is_never_told(engine: AsyncEngine, receiver: Receiver) -> None:
    async with line(engine) as wire:
        await wire.hook(receiver.url())
        try:
            async with engine.begin() as db:
                await outbox.forget_old(db, 0.0)
                await tell(db, "order", "placed", "1", at=clock.now())
                raise ZeroDivisionError
        except ZeroDivisionError:
            pass
        assert await wire.round() == 0


async def test_what_failed_is_tried_again_under_the_same_id(engine: AsyncEngine, receiver: Receiver) -> None:
    receiver.answer = lambda number: web.Response(status=500 if number < 3 else 204, text="" if number > 2 else "oops")
    async with line(engine) as wire:
        ident, _ = await wire.hook(receiver.url())
        await wire.tell()
        before = clock.now()
        await wire.round()
        (row,) = await wire.rows()
        assert (row["state"], row["status"], row["answer"], row["attempts"]) == ("waiting", 500, "oops", 1)
        assert 4.0 <= row["next_at"] - before <= 60.0
        assert (await wire.known(ident)).failing_since is not None
        assert await wire.round() == 0, "not before its time"
        await wire.due_now()
        await wire.round()
        await wire.due_now()
        await wire.round()
        (row,) = await wire.rows()
        assert (row["state"], row["attempts"], len(receiver.got)) == ("delivered", 3, 3)
        assert len({got.ident for got in receiver.got}) == 1
        assert len({got.body for got in receiver.got}) == 1
        assert (await wire.known(ident)).failing_since is None


async def test_one_thing_is_told_in_order_and_others_go_on(engine: AsyncEngine, receiver: Receiver) -> None:
    receiver.answer = lambda number: web.Response(status=503 if number == 1 else 200)
    async with line(engine) as wire:
        await wire.hook(receiver.url())
        await wire.tell("order", "placed", "1")
        await wire.round()
        await wire.tell("order", "paid", "1")
        await wire.tell("order", "placed", "2")
        await wire.round()
        assert await wire.round() == 0
        assert [got.said["data"]["ref"] for got in receiver.got] == ["1", "2"]
        await wire.due_now()
        while await wire.round():
            pass
        assert [(got.said["type"], got.said["data"]["ref"]) for got in receiver.got[2:]] == [
            ("order.placed", "1"),
            ("order.paid", "1"),
        ]


async def test_after_a_death_nothing_is_lost_and_what_arrived_is_not_sent_again(
    engine: AsyncEngine, receiver: Receiver
) -> None:
    async with line(engine) as wire:
        await wire.hook(receiver.url())
        for number in range(3):
            await wire.tell(ref=str(number))
        await wire.gather()
        async with engine.begin() as db:
            (died,) = await outbox.claim(db, 1, 1, clock.now(), 40.0)
    async with line(engine) as wire:
        while await wire.round():
            pass
        assert died.event not in {got.ident for got in receiver.got}
        assert len(receiver.got) == 2
        await wire.due_now()
        while await wire.round():
            pass
        assert [got.ident for got in receiver.got].count(died.event) == 1
        assert len({got.ident for got in receiver.got}) == len(receiver.got) == 3


async def test_a_slow_receiver_holds_up_itself_only_and_gets_few_at_once(
    engine: AsyncEngine, receiver: Receiver
) -> None:
    async with line(engine, most_at_once=2) as wire:
        await wire.hook(receiver.url("/slow"))
        await wire.hook(receiver.url("/quick"))
        for number in range(5):
            await wire.tell(ref=str(number))
        await wire.gather()
        assert await wire.sender.look() == 4
        await _until(wire, receiver, "/quick")
        assert receiver.paths["/slow"] == 2
        receiver.hold.set()
        await _until(wire, receiver, "/slow")
        await wire.tasks.finish()
        assert {row["state"] for row in await wire.rows()} == {"delivered"}


async def _until(wire: Line, receiver: Receiver, path: str) -> None:
    """Look again and again, as the sender does, until five came there."""
    while receiver.paths[path] < 5:
        await wire.sender.look()
        await asyncio.sleep(0.01)


async def test_a_redirect_is_not_followed(engine: AsyncEngine, receiver: Receiver) -> None:
    receiver.answer = lambda number: web.Response(status=307, headers={"Location": "/elsewhere"})
    async with line(engine) as wire:
        await wire.hook(receiver.url())
        await wire.tell()
        await wire.round()
        assert receiver.paths == {"/hook": 1}
        (row,) = await wire.rows()
        assert (row["state"], row["status"]) == ("waiting", 307)


async def test_a_huge_answer_is_not_read_to_its_end(engine: AsyncEngine, receiver: Receiver) -> None:
    receiver.answer = lambda number: web.Response(body=b"\x00\xff" * 8_000_000)
    async with line(engine) as wire:
        await wire.hook(receiver.url())
        await wire.tell()
        await wire.round()
        (row,) = await wire.rows()
        assert row["state"] == "delivered"
        assert 0 < len(row["answer"]) <= outbox.MOST_ANSWER
        assert "\x00" not in row["answer"]


async def test_what_is_told_of_is_never_too_large(engine: AsyncEngine, receiver: Receiver) -> None:
    async with line(engine) as wire:
        await wire.hook(receiver.url())
        await wire.tell(ref="9", fields=["x" * 50] * 1000)
        await wire.round()
        (got,) = receiver.got
        assert got.said["data"] == {"ref": "9", "by": "ann"}


async def test_who_does_not_answer_in_time_is_tried_again(engine: AsyncEngine, receiver: Receiver) -> None:
    async with line(engine, timeout_s=0.2) as wire:
        await wire.hook(receiver.url("/slow"))
        await wire.tell()
        await wire.round()
        (row,) = await wire.rows()
        assert (row["state"], row["status"], row["answer"]) == ("waiting", 0, "no answer within 0.2 s")


async def test_after_ten_attempts_it_is_given_up_and_can_be_sent_by_hand(
    engine: AsyncEngine, receiver: Receiver
) -> None:
    receiver.answer = lambda number: web.Response(status=500 if number <= 10 else 200)
    async with line(engine) as wire:
        await wire.hook(receiver.url())
        await wire.tell()
        for _ in range(10):
            await wire.round()
            await wire.due_now()
        (row,) = await wire.rows()
        assert (row["state"], len(receiver.got)) == ("failed", 10)
        assert await wire.round() == 0
        async with engine.begin() as db:
            assert await queries.send_again(db, row["id"], clock.now())
        await wire.round()
        (row,) = await wire.rows()
        assert (row["state"], len(receiver.got), len({got.ident for got in receiver.got})) == ("delivered", 11, 1)


async def test_who_is_gone_or_fails_for_days_is_switched_off(engine: AsyncEngine, receiver: Receiver) -> None:
    receiver.answer = lambda number: web.Response(status=410 if number == 1 else 500)
    async with line(engine) as wire:
        gone, _ = await wire.hook(receiver.url("/gone"), topics=["order"])
        await wire.tell("order")
        await wire.round()
        hook = await wire.known(gone)
        assert (hook.enabled, hook.off_reason, hook.changed_by) == (False, "gone", "system")
        failing, _ = await wire.hook(receiver.url("/bad"), topics=["customer"])
        await wire.tell("customer")
        await wire.round()
        assert (await wire.known(failing)).enabled
        async with engine.begin() as db:
            long_ago = clock.now() - rules.GIVE_UP_S - 1
            await db.execute(update(webhook).where(webhook.c.id == failing).values(failing_since=long_ago))
        await wire.due_now()
        await wire.round()
        hook = await wire.known(failing)
        assert (hook.enabled, hook.off_reason) == (False, "failing")
        await wire.due_now()
        assert await wire.round() == 0
        async with engine.begin() as db:
            await queries.save(
                db, failing, hook.version, "crm", hook.url, hook.topics, True, ("127.0.0.1",), by="ann", at=clock.now()
            )
        receiver.answer = lambda number: web.Response()
        assert await wire.round() == 1, "what waited is sent when it is switched on again"


async def test_a_secret_that_was_replaced_signs_as_well_for_a_day(engine: AsyncEngine, receiver: Receiver) -> None:
    async with line(engine) as wire:
        ident, old = await wire.hook(receiver.url())
        async with engine.begin() as db:
            new = await queries.rotate(db, ident, 1, by="ann", at=clock.now())
        await wire.tell(ref="1")
        await wire.round()
        assert receiver.got[0].signed_by(old)
        assert receiver.got[0].signed_by(new)
        async with engine.begin() as db:
            await db.execute(update(webhook).values(old_until=clock.now() - 1))
        await wire.tell(ref="2")
        await wire.round()
        assert receiver.got[1].signed_by(new)
        assert not receiver.got[1].signed_by(old)


async def test_what_is_old_is_forgotten(engine: AsyncEngine, receiver: Receiver) -> None:
    async with line(engine) as wire:
        await wire.hook(receiver.url())
        await wire.tell()
        await wire.round()
        async with engine.begin() as db:
            assert await outbox.forget_old(db, clock.now()) == 0
            assert await outbox.forget_old(db, clock.now() + outbox.KEPT_S + 1) == 1
