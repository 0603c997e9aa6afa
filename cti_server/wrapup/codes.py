"""Reads and writes of disposition codes."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.db import insert_into
from cti_server.journal.clean import clean
from cti_server.wrapup.rules import Code, Refused, wrong_code
from cti_server.wrapup.tables import disposition


async def all_codes(connection: AsyncConnection) -> list[Code]:
    """Groups and codes, by their position."""
    rows = await connection.execute(select(disposition).order_by(disposition.c.position, disposition.c.id))
    return [_shaped(row) for row in rows.mappings()]


async def one_code(connection: AsyncConnection, ident: str) -> Code | None:
    row = (await connection.execute(select(disposition).where(disposition.c.id == ident))).mappings().first()
    return None if row is None else _shaped(row)


async def write(connection: AsyncConnection, given: Mapping[str, Any], seen: int, *, at: float, by: str) -> None:
    """A new code (`seen` 0), or a change on the version that was seen. Raises Refused."""
    ident = str(given["id"])
    others = {code.id: code for code in await all_codes(connection) if code.id != ident}
    if wrong := wrong_code(given, others, ident):
        raise Refused(wrong)
    values = clean(dict(given) | {"queues": json.dumps(given["queues"]), "changed": at, "changed_by": by})
    if not seen:
        fresh = insert_into(connection, disposition).values(values | {"version": 1}).on_conflict_do_nothing()
        done = (await connection.execute(fresh.returning(disposition.c.id))).first()
        if done is None:
            raise Refused("taken", id=ident)
        return
    this = (disposition.c.id == ident, disposition.c.version == seen)
    if not (await connection.execute(update(disposition).where(*this).values(values | {"version": seen + 1}))).rowcount:
        raise Refused("conflict")


def _shaped(row: Any) -> Code:
    return Code(**(dict(row) | {"queues": json.loads(row["queues"])}))
