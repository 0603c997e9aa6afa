"""What pages, forms and API of tickets have in common: the calendars, who asks, and what a refusal says."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.customers.numbers import read
from cti_server.customers.queries import plan_of
from cti_server.ivr.calendars import Calendars
from cti_server.tickets import queries
from cti_server.tickets.hand import Tables
from cti_server.tickets.rules import Refused
from cti_server.web.keys import ENGINE
from cti_server.web.render import words_of
from cti_server.web.session import settings_of

CALENDARS: web.AppKey[Calendars] = web.AppKey("calendars", Calendars)
_WORDS = {
    "old": "ticket_status",
    "new": "ticket_status",
    "step": "ticket_step",
    "says": "file_sort",
    "real": "file_sort",
}


def tables_of(request: web.Request) -> Tables:
    """By which calendar a queue's clock runs."""
    return request.app[CALENDARS].of


@asynccontextmanager
async def reading(request: web.Request) -> AsyncIterator[AsyncConnection]:
    async with request.app[ENGINE].connect() as db:
        yield db


@asynccontextmanager
async def writing(request: web.Request) -> AsyncIterator[AsyncConnection]:
    async with request.app[ENGINE].begin() as db:
        yield db


def sentence(request: web.Request, refused: Refused) -> str:
    """What was refused and why, in the language of who asked."""
    words = words_of(request)
    values = {
        name: words.one_of(_WORDS[name], str(value)) if name in _WORDS else value
        for name, value in refused.values.items()
    }
    return words.text(f"tickets.refused.{refused.why}", **values)


def number_of(request: web.Request, given: str) -> str:
    """A telephone number as it is kept; empty for none."""
    return read(given, plan_of(settings_of(request))).number if given.strip() else ""


def ident_of(request: web.Request, name: str = "id") -> int:
    """The number in the path. Raises 404 for anything else."""
    value = request.match_info[name]
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise web.HTTPNotFound()
    return int(value)


async def known_owner(db: AsyncConnection, login: str) -> None:
    """Raises Refused unless it is somebody who may own tickets, or nobody."""
    if login and login not in {person.login for person in await queries.people(db)}:
        raise Refused("no_person", login=login)
