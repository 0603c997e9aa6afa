"""Calls that other contexts want made: each is a callback task."""

from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.customers.errands import Errand, Maker
from cti_server.tickets import writes
from cti_server.tickets.asking import ask
from cti_server.tickets.hand import Hand, Tables
from cti_server.tickets.model import New
from cti_server.tickets.rules import MOST_SUBJECT


def caller(of: Tables) -> Maker:
    """Makes a callback task out of each; `of`: by which calendars."""

    async def make(connection: AsyncConnection, errand: Errand) -> str:
        hand = Hand(connection, errand.by, errand.at, of)
        new = New(
            kind="callback",
            subject=errand.subject[:MOST_SUBJECT],
            description=errand.text,
            customer=errand.customer,
            owner=errand.owner,
            channel="system",
            answered=True,
            promised=errand.due,
        )
        made = await writes.create(hand, new)
        await ask(hand)
        return str(made["number"])

    return make
