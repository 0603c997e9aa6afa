"""The business's data into a database: the demo's own, or an empty one that somebody names; and who of it may call.

It is made up to the present day. What a day's first start has made is kept and copied by its next ones.
"""

import asyncio
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server import clock, migrations
from cti_server.customers.tables import customer, customer_phone
from cti_server.demo.business.load import counts, load
from cti_server.demo.business.made import LEAST, Team
from cti_server.demo.business.near import near_engine
from cti_server.demo.people import AGENTS, LOGINS, SELLERS
from cti_server.demo.plan import Known
from cti_server.settings import Settings
from cti_server.staff.tables import staff_user

FOLDER = "business"
_CALLERS = 150
"""More than call at once, and few enough that one who called calls again."""
_TEAM = Team(
    sellers=SELLERS, logins=(*(a.id for a in AGENTS if a.ready), *(one.login for one in LOGINS if one.role == "agent"))
)

Say = Callable[[str], None]


def fill(folder: Path, settings: Settings, customers: int, seed: int, say: Say) -> None:
    """Put a database with so many customers where the demo's is to be. Blocks for some seconds."""
    day = datetime.fromtimestamp(clock.now(), ZoneInfo(settings.site.time_zone)).date()
    kept = folder / FOLDER / f"{migrations.head()}-{customers}-{seed}-{day}.db"
    if not kept.exists():
        say(f"Making up {customers} customers with their history ...")
        shutil.rmtree(kept.parent, ignore_errors=True)
        kept.parent.mkdir(parents=True)
        fresh = kept.with_suffix(".new")
        asyncio.run(_load(f"sqlite+aiosqlite:///{fresh}", settings, _TEAM, customers, seed))
        fresh.rename(kept)
    shutil.copyfile(kept, folder / "cti.db")


def load_into(settings: Settings, customers: int, seed: int) -> dict[str, int]:
    """Into the configured database; how many of what there are then. Raises NotEmpty."""
    return asyncio.run(_load(settings.database.url, settings, None, customers, seed))


async def callers(engine: AsyncEngine) -> list[Known]:
    """Customers who may call: those who are worth most, whatever their names begin with."""
    c, phone = customer.c, customer_phone.c
    query = (
        select(phone.raw, c.name, c.language, c.account)
        .join(customer, c.id == phone.customer)
        .where(c.kind == "person", phone.position == 0, ~c.blocked, c.merged_into.is_(None))
        .order_by(c.tier.desc(), c.id.desc())
    )
    async with engine.connect() as connection:
        rows = (await connection.execute(query.limit(_CALLERS))).all()
    return [Known(number=row.raw, name=row.name, language=row.language, account=row.account) for row in rows]


async def _load(url: str, settings: Settings, team: Team | None, size: int, seed: int) -> dict[str, int]:
    if url.startswith("sqlite"):
        Path(url.partition(":///")[2]).parent.mkdir(parents=True, exist_ok=True)
    engine = near_engine(url)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(migrations.upgrade)
        await load(engine, settings, team or await _team(engine, settings), seed, max(LEAST, size), clock.now())
        return await counts(engine)
    finally:
        await engine.dispose()


async def _team(engine: AsyncEngine, settings: Settings) -> Team:
    """The site's own people as far as there are any, else those of the demo."""
    able = staff_user.c.role.not_in(["reviewer", "administrator"]) & ~staff_user.c.disabled
    async with engine.connect() as connection:
        logins = tuple(await connection.scalars(select(staff_user.c.login).where(able).order_by(staff_user.c.id)))
    return Team(sellers=tuple(agent.id for agent in settings.agent) or _TEAM.sellers, logins=logins or _TEAM.logins)
