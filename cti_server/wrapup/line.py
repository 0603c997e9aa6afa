"""One line of the customer's timeline for each talk that something was noted of. It follows the note, and the call when
somebody says that it was with another customer."""

import json

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.core.state import Call
from cti_server.customers import timeline
from cti_server.customers.calls import CALL_HOOKS, customer_in, still
from cti_server.customers.tables import call_customer
from cti_server.customers.tables import timeline as lines
from cti_server.journal.clean import text
from cti_server.wrapup.codes import one_code
from cti_server.wrapup.notes import Note, of_call

KIND, WHAT = "note", "wrapup"


async def customer_of(connection: AsyncConnection, call: Call) -> int:
    """With whom the call is or was; 0 while nobody knows."""
    written = await connection.scalar(select(call_customer.c.customer).where(call_customer.c.call == text(call.id)))
    return await still(connection, written or customer_in(call))


async def tell(connection: AsyncConnection, call: Call, note: Note) -> None:
    """Write the line of this note, or bring it up to date."""
    if customer := await customer_of(connection, call):
        await _write(connection, customer, call.id, note)


async def retell(connection: AsyncConnection, call: Call, customer: int) -> None:
    """The call is written down for this customer: so are its notes."""
    for note in await of_call(connection, call):
        await _write(connection, customer, call.id, note)


async def _write(connection: AsyncConnection, customer: int, call: str, note: Note) -> None:
    this = (lines.c.kind == KIND, lines.c.ref == note.leg, lines.c.what == WHAT)
    if not note.code and not note.note.strip():
        await connection.execute(delete(lines).where(*this))
        return
    code = await one_code(connection, note.code) if note.code else None
    names = {"code_en": code.name_en, "code_zh": code.name_zh} if code else {}
    data = {"call": call, "code": note.code, "agent": note.agent} | names
    values = {"customer": customer, "text": text(note.note), "by": note.by}
    values |= {"data": json.dumps(data, ensure_ascii=False)}
    if not (await connection.execute(update(lines).where(*this).values(values))).rowcount:
        said = {"said": note.note, "by": note.by}
        await timeline.note(connection, customer, at=note.began, kind=KIND, ref=note.leg, what=WHAT, **said, **data)


CALL_HOOKS.append(retell)
