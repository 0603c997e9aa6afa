"""The favourites of one person."""

from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.desk.directory.tables import desk_favourite as favourite

MOST = 200
Key = tuple[str, str]
"""Kind and id."""


async def favourites(engine: AsyncEngine, person: int) -> frozenset[Key]:
    wanted = select(favourite.c.kind, favourite.c.ref).where(favourite.c.person == person)
    async with engine.connect() as connection:
        return frozenset((row.kind, row.ref) for row in await connection.execute(wanted))


async def add_favourite(engine: AsyncEngine, person: int, key: Key, at: float) -> bool:
    """False when there are too many already. One that is there stays."""
    async with engine.begin() as connection:
        count = select(func.count()).select_from(favourite).where(favourite.c.person == person)
        if (await connection.scalar(count) or 0) >= MOST:
            return False
        try:
            async with connection.begin_nested():
                await connection.execute(insert(favourite).values(person=person, kind=key[0], ref=key[1], at=at))
        except IntegrityError:
            pass
    return True


async def remove_favourite(engine: AsyncEngine, person: int, key: Key) -> None:
    mine = (favourite.c.person == person, favourite.c.kind == key[0], favourite.c.ref == key[1])
    async with engine.begin() as connection:
        await connection.execute(delete(favourite).where(*mine))
