"""What the list of calls shows and filters by: the codes of their talks."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, and_, exists, select
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.journal.clean import text
from cti_server.journal.codes import CODES, NONE
from cti_server.journal.tables import call, leg
from cti_server.wrapup.codes import all_codes
from cti_server.wrapup.tables import call_note


class CallCodes:
    """A note belongs to a leg, and the leg to its call as it is called now."""

    def having(self, code: str) -> ColumnElement[bool]:
        noted = select(leg.c.call).join(call_note, call_note.c.leg == leg.c.id)
        if code != NONE:
            return call.c.id.in_(noted.where(call_note.c.code == text(code)))
        coded = exists(noted.where(leg.c.call == call.c.id, call_note.c.code != "").correlate(call))
        return and_(call.c.agent != "", call.c.ended.is_not(None), ~coded)

    async def names(self, engine: AsyncEngine, language: str) -> dict[str, str]:
        async with engine.connect() as db:
            every = await all_codes(db)
        groups = {code.parent for code in every}
        places = {code.id: code.position for code in every}
        shown = [code for code in every if code.id not in groups]
        shown.sort(key=lambda code: (places.get(code.parent, code.position), code.position, code.id))
        return {code.id: code.name(language) for code in shown}

    async def of_calls(self, engine: AsyncEngine, calls: Sequence[str]) -> dict[str, list[str]]:
        query = select(leg.c.call, call_note.c.code).join(call_note, call_note.c.leg == leg.c.id)
        query = query.where(leg.c.call.in_(calls), call_note.c.code != "").order_by(call_note.c.began)
        found: dict[str, list[str]] = {}
        async with engine.connect() as db:
            for ident, code in (await db.execute(query)).all():
                known = found.setdefault(ident, [])
                known += [] if code in known else [code]
        return found


CODES.append(CallCodes())
