"""The made-up business: the same for the same seed, and in the database all that the contexts promise of their rows."""

import json
import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.cli import cli
from cti_server.customers.tables import customer, customer_email, customer_phone, timeline
from cti_server.customers.value.tables import customer_value
from cti_server.demo.business.load import NotEmpty, load
from cti_server.demo.business.made import Business, Team, make
from cti_server.demo.business.near import near_engine
from cti_server.demo.plan import Known, Plans
from cti_server.demo.stock import callers
from cti_server.journal.verify import verify
from cti_server.rules.tables import rule_firing
from cti_server.sales.commission import FULL_RATE
from cti_server.sales.earning_tables import commission_line
from cti_server.sales.paper_tables import order_line, payment, quote, quote_line, sales_order
from cti_server.sales.rules import STAGES, rounded
from cti_server.sales.tables import opportunity, opportunity_past, product_pair
from cti_server.settings import Settings
from cti_server.tickets.rules import KINDS
from cti_server.tickets.tables import service_contract, ticket, ticket_history
from tests.fresh import sqlite_database

ZONE = ZoneInfo("Asia/Shanghai")
NOW = 1_795_000_000.0
TEAM = Team(sellers=("anna", "chenjie"), logins=("anna", "wanglei"))
SIZE = 60


def business(seed: int = 1, size: int = SIZE) -> Business:
    return make(seed, size, NOW, ZONE, TEAM)


async def number(engine: AsyncEngine, query: Select[Any]) -> int:
    async with engine.connect() as db:
        return int((await db.execute(query)).scalar_one())


def test_the_same_seed_makes_the_same_business_and_another_one_another() -> None:
    assert business() == business()
    assert business(2).people != business().people


def test_nothing_lies_in_the_time_to_come() -> None:
    made = business(size=300)
    moments = [order.created for order in made.orders] + [case.created for case in made.cases]
    moments += [each.at for order in made.orders for each in order.payments]
    moments += [act.at for case in made.cases for act in case.acts] + [deal.created for deal in made.deals]
    moments += [at for deal in made.deals for at, _ in deal.moves] + [person.created for person in made.people]
    moments += [at for order in made.orders if order.returned for at, _ in order.returned.steps]
    assert max(moments) < NOW


def test_numbers_are_nobodys_or_plainly_made_up() -> None:
    phones = [given["number"] for person in business(size=800).people for given in person.details["phones"]]
    mobiles = [each for each in phones if each.isdigit()]
    assert len(set(mobiles)) == len(mobiles) == 720
    assert all(each[3:7] == "0000" for each in mobiles)
    others = {each for each in phones if not each.isdigit()}
    kept = ("+44 7700 900", "+1 ")
    assert all(" 555 01" in each for each in others if each.startswith("+1 "))
    fixed = [each for each in others if not each.startswith(kept)]
    assert fixed and all(each.partition("-")[2].startswith("0") for each in fixed)


def test_mail_goes_nowhere() -> None:
    assert all(mail.endswith(".example") for person in business(size=500).people for mail in person.details["emails"])


@pytest.mark.slow
async def test_loads_whole(engine: AsyncEngine) -> None:
    await load(engine, Settings(), TEAM, 1, SIZE, time.time())
    assert await number(engine, select(func.count()).select_from(customer)) == SIZE
    mails = select(func.count()).where(~customer_email.c.address.endswith(".example"))
    assert await number(engine, mails) == 0

    lines = select(func.sum(order_line.c.total)).where(order_line.c.order == sales_order.c.id).scalar_subquery()
    paid = select(func.coalesce(func.sum(payment.c.amount), 0)).where(payment.c.order == sales_order.c.id)
    wrong = or_(
        sales_order.c.total != lines,
        sales_order.c.paid != paid.scalar_subquery(),
        sales_order.c.paid > sales_order.c.total,
        sales_order.c.refunded > sales_order.c.paid,
        (sales_order.c.status == "cancelled") & (sales_order.c.paid > 0),
        sales_order.c.paid_at.is_(None) != (sales_order.c.paid < sales_order.c.total),
    )
    assert await number(engine, select(func.count()).where(wrong)) == 0
    assert await number(engine, select(func.count()).select_from(sales_order)) >= SIZE
    of_quote = select(func.sum(quote_line.c.total)).where(quote_line.c.quote == quote.c.id).scalar_subquery()
    assert await number(engine, select(func.count()).where(quote.c.total != of_quote)) == 0

    told = select(ticket_history.c.ticket).where(ticket_history.c.field == "created")
    assert await number(engine, select(func.count()).where(ticket.c.id.not_in(told))) == 0
    async with engine.connect() as db:
        assert set(await db.scalars(select(ticket.c.kind))) >= set(KINDS) - {"return"}
        stages = await db.scalars(select(opportunity.c.stage).where(opportunity.c.status == "open"))
        assert set(stages) == set(STAGES)
        open_ended = select(opportunity_past.c.opportunity).where(opportunity_past.c.until.is_(None))
        states = list(await db.scalars(open_ended))
        assert sorted(states) == list(await db.scalars(select(opportunity.c.id).order_by(opportunity.c.id)))
        earned = (
            await db.execute(select(commission_line.c.base, commission_line.c.rate, commission_line.c.amount))
        ).all()
    assert earned and all(row.amount == rounded(row.base * row.rate, FULL_RATE) for row in earned if row.base > 0)
    assert await number(engine, select(func.count()).where(ticket.c.breached.is_not(None))) > 0
    assert await number(engine, select(func.count()).where(ticket.c.follows.is_not(None))) > 0
    for table in (service_contract, product_pair, customer_value, rule_firing, timeline):
        assert await number(engine, select(func.count()).select_from(table)) > 0, table.name
    assert (await verify(engine, ZONE)).differences == []

    found = await callers(engine)
    assert found
    known = set(await _raw(engine))
    plans = Plans(1, found)
    first = [plans.caller() for _ in range(5)]
    assert {plan.ani for plan in first[:4]} <= known

    with pytest.raises(NotEmpty, match="empty database only"):
        await load(engine, Settings(), TEAM, 1, SIZE, time.time())
    assert await number(engine, select(func.count()).select_from(customer)) == SIZE


async def _raw(engine: AsyncEngine) -> list[str]:
    async with engine.connect() as db:
        return list(await db.scalars(select(customer_phone.c.raw)))


def test_the_account_that_is_typed_is_the_callers_own() -> None:
    plans = Plans(3, [Known("13800000001", "王芳", "zh", "600001"), Known("13900000001", "Ann Holt", "en", "600002")])
    accounts = {"13800000001": "600001#", "13900000001": "600002#"}
    typed = {(plan.ani, "".join(key.digit for key in plan.keys[2:])) for plan in (plans.caller() for _ in range(200))}
    known = {(ani, keys) for ani, keys in typed if ani in accounts and keys}
    assert known == set(accounts.items())


async def test_without_a_thread_between_an_error_is_an_error_and_a_transaction_one(tmp_path: Path) -> None:
    engine = near_engine(sqlite_database(tmp_path))
    try:
        with pytest.raises(RuntimeError, match="stop"):
            async with engine.begin() as db:
                await db.execute(customer_value.delete())
                await db.exec_driver_sql("create table never (x int)")
                raise RuntimeError("stop")
        async with engine.connect() as db:
            with pytest.raises(Exception, match="no such table"):
                await db.exec_driver_sql("select * from nowhere")
            assert (await db.exec_driver_sql("pragma foreign_keys")).scalar_one() == 1
    finally:
        await engine.dispose()


@pytest.mark.slow
def test_the_command_loads_once_and_says_why_not_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "cti.toml"
    config.write_text(f"[database]\nurl = {json.dumps(sqlite_database(tmp_path))}\n", encoding="utf-8")
    monkeypatch.setenv("CTI_CONFIG", str(config))
    done = CliRunner().invoke(cli, ["demo-data", "--customers", "60"])
    assert done.exit_code == 0, done.output
    assert done.output.startswith("60 customers, ")
    again = CliRunner().invoke(cli, ["demo-data", "--customers", "60"])
    assert again.exit_code == 1
    assert "empty database only" in again.output
