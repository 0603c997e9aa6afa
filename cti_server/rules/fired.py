"""What rules did with one thing, for the page of that thing: which fired, what it saw, what it did."""

from dataclasses import dataclass

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.rules import queries
from cti_server.rules.queries import Firing
from cti_server.rules.subject import Subject
from cti_server.rules.wording import Wording
from cti_server.web.render import words_of

MOST = 20


@dataclass(frozen=True, slots=True)
class Fired:
    """For `rules/fired.html`: the latest first."""

    firings: list[Firing]
    subjects: dict[str, Subject]
    wording: Wording


async def fired(request: web.Request, connection: AsyncConnection, subject: Subject, ident: int) -> Fired:
    """The latest that fired about one `subject`."""
    found = await queries.firings_of(connection, subject.name, str(ident), MOST)
    return Fired(found, {subject.name: subject}, Wording(words_of(request)))
