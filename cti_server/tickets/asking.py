"""Asking the rules about what happened to a ticket, and doing what they order: in the same transaction."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from cti_server.rules.firing import fire
from cti_server.rules.said import Refused as Impossible
from cti_server.rules.subject import Order
from cti_server.staff.tables import staff_user
from cti_server.tickets import ties, writes
from cti_server.tickets.hand import Hand, Row, checked, row_of
from cti_server.tickets.model import New
from cti_server.tickets.rules import PRIORITIES, Refused
from cti_server.tickets.subject import TICKET, values_of
from cti_server.tickets.tables import ticket_watcher


async def ask(hand: Hand) -> None:
    """Let the rules know of everything that `hand` did, in its order."""
    while hand.happened:
        event, ident = hand.happened.pop(0)
        row = await row_of(hand.db, ident)
        values = await values_of(hand.db, row, hand.at, hand.by)

        async def perform(order: Order, ident: int = ident) -> str:
            try:
                return await _perform(hand, ident, order)
            except Refused as refused:
                raise Impossible("ticket", why=refused.why) from refused

        await fire(hand.db, TICKET, event, values, perform, at=hand.at, ref=str(ident))


async def _perform(hand: Hand, ident: int, order: Order) -> str:
    """Do what a rule orders, as that rule, and let the rules know in turn. Gives what people read about it."""
    own = Hand(hand.db, order.by, hand.at, hand.of)
    row = await row_of(hand.db, ident)
    give = order.give
    match order.do:
        case "assign":
            given = {name: give[name] for name in ("owner", "team") if give.get(name)}
            said = await _assign(own, ident, given)
        case "set_priority":
            await writes.set_fields(own, ident, None, checked({"priority": give["priority"]}))
            said = str(give["priority"])
        case "escalate":
            more: Row = {"escalation": row["escalation"] + 1}
            more["priority"] = min(row["priority"] + 1, len(PRIORITIES) - 1)
            if give.get("to"):
                more["owner"] = await _login(own, str(give["to"]))
            await writes.set_fields(own, ident, None, more)
            said = str(more["escalation"])
        case "notify":
            said = await _notify(own, row, str(give["who"]), str(give["text"]))
        case "create_follow_up":
            said = await _create(own, row, give)
        case _:
            raise ValueError(f"a ticket cannot {order.do!r}")
    await ask(own)
    return said


async def _assign(hand: Hand, ident: int, given: dict[str, Any]) -> str:
    if "owner" in given:
        given["owner"] = await _login(hand, given["owner"])
    await writes.set_fields(hand, ident, None, checked(given))
    return ", ".join(str(value) for value in given.values())


async def _notify(hand: Hand, row: Row, who: str, text: str) -> str:
    """Those named watch the ticket from now on and have not seen it yet; the text is an inner comment."""
    if who == "owner":
        logins = [row["owner"]] if row["owner"] else []
    elif who == "watchers":
        named = select(ticket_watcher.c.login).where(ticket_watcher.c.ticket == row["id"])
        logins = list(await hand.db.scalars(named))
    else:
        logins = [await _login(hand, who)]
    await writes.comment(hand, row["id"], text, "inner", source="system")
    for login in logins:
        await ties.watch(hand, row["id"], login, True, seen=0.0)
    return ", ".join(logins)


async def _create(hand: Hand, row: Row, give: Mapping[str, Any]) -> str:
    kept = {name: row[name] for name in ("customer", "phone", "email", "team", "product", "serial", "queue")}
    owner = await _login(hand, str(give["owner"])) if give.get("owner") else row["owner"]
    new = New(
        kind=give["kind"], subject=str(give["subject"])[:200], owner=owner, channel="system", answered=True, **kept
    )
    new.promised = hand.at + max(0.0, float(give["in_hours"])) * 3600
    made = await writes.create(hand, new)
    await ties.link(hand, made["id"], row["id"], "follow_up_of")
    return str(made["number"])


async def _login(hand: Hand, login: str) -> str:
    """The login, when there is such a person. Raises Refused."""
    known = select(staff_user.c.login).where(staff_user.c.login == login, staff_user.c.disabled.is_(False))
    if (await hand.db.execute(known)).first() is None:
        raise Refused("no_person", login=login)
    return login
