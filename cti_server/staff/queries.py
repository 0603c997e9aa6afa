"""Reads and writes of users, sessions and tokens."""

from typing import Any

import msgspec
from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server import clock
from cti_server.staff.passwords import hash_password, matches
from cti_server.staff.rules import AccountError, check_login, check_password, is_login
from cti_server.staff.tables import staff_session, staff_token, staff_user
from cti_server.web.permissions import ROLES
from cti_server.web.session import Person, digest, new_secret

FIRST_ADMINISTRATOR = "admin"
TOKEN_PREFIX = "cti_"


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A user as the administrator lists it."""

    login: str
    name: str
    role: str
    agent: str
    disabled: bool
    tokens: int


class Staff:
    """Answers `web.session.People` from the database."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def by_session(self, digest: str, now: float) -> Person | None:
        """Who holds the session with this hash, unless it expired."""
        return await self._person(
            select(staff_user)
            .join(staff_session, staff_session.c.user == staff_user.c.id)
            .where(staff_session.c.hash == digest, staff_session.c.expires > now)
        )

    async def by_token(self, digest: str, now: float) -> Person | None:
        """Who holds the API token with this hash."""
        return await self._person(
            select(staff_user)
            .join(staff_token, staff_token.c.user == staff_user.c.id)
            .where(staff_token.c.hash == digest)
        )

    async def _person(self, query: Any) -> Person | None:
        async with self._engine.connect() as connection:
            row = (await connection.execute(query.where(staff_user.c.disabled.is_(False)))).mappings().first()
        if row is None:
            return None
        return msgspec.convert({name: row[name] for name in Person.__struct_fields__}, Person)


async def check_credentials(engine: AsyncEngine, login: str, password: str) -> int | None:
    """The id of the user with this login and password, or None. Takes as long for a login that does not exist."""
    row = None
    if is_login(login):
        wanted = select(staff_user.c.id, staff_user.c.password).where(
            staff_user.c.login == login.lower(), staff_user.c.disabled.is_(False)
        )
        async with engine.connect() as connection:
            row = (await connection.execute(wanted)).first()
    return row.id if await matches(row.password if row else None, password) and row else None


async def open_session(engine: AsyncEngine, user: int, address: str, length_s: float) -> str:
    """A new session; gives the secret for the cookie. Sessions that expired are swept on the way."""
    secret, now = new_secret(), clock.now()
    async with engine.begin() as connection:
        await connection.execute(delete(staff_session).where(staff_session.c.expires <= now))
        await connection.execute(
            insert(staff_session).values(
                hash=digest(secret), user=user, created=now, expires=now + length_s, address=address[:64]
            )
        )
    return secret


async def close_session(engine: AsyncEngine, session: str) -> None:
    """End the session. `session`: its digest."""
    async with engine.begin() as connection:
        await connection.execute(delete(staff_session).where(staff_session.c.hash == session))


async def set_preferences(engine: AsyncEngine, user: int, language: str, theme: str) -> None:
    async with engine.begin() as connection:
        await connection.execute(
            update(staff_user).where(staff_user.c.id == user).values(language=language, theme=theme)
        )


async def add_user(
    engine: AsyncEngine, login: str, password: str, role: str, name: str = "", agent: str = "", language: str = ""
) -> int:
    """Make a user and give the id. Raises AccountError for a bad or taken login, a weak password, an unknown role."""
    login = check_login(login)
    if role not in ROLES:
        raise AccountError(f"{role!r} is no role; the roles are {', '.join(ROLES)}")
    hashed = await hash_password(check_password(password, login))
    values: dict[str, object] = {
        "login": login,
        "name": name or login,
        "password": hashed,
        "role": role,
        "agent": agent,
    }
    values |= {"language": language, "theme": "auto", "disabled": False, "created": clock.now()}
    try:
        async with engine.begin() as connection:
            row = (await connection.execute(insert(staff_user).values(values).returning(staff_user.c.id))).one()
    except IntegrityError:
        raise AccountError(f"there is already a user {login!r}") from None
    return int(row.id)


async def set_password(engine: AsyncEngine, login: str, password: str) -> None:
    """Change a password and end the user's sessions. Raises AccountError for an unknown user or a weak password."""
    user = await _user_id(engine, login)
    hashed = await hash_password(check_password(password, login))
    async with engine.begin() as connection:
        await connection.execute(update(staff_user).where(staff_user.c.id == user).values(password=hashed))
        await connection.execute(delete(staff_session).where(staff_session.c.user == user))


async def add_token(engine: AsyncEngine, login: str, label: str = "") -> str:
    """A new API token with the rights of the user; shown now and never again. Raises AccountError: no such user."""
    user = await _user_id(engine, login)
    secret = TOKEN_PREFIX + new_secret()
    async with engine.begin() as connection:
        await connection.execute(
            insert(staff_token).values(hash=digest(secret), user=user, label=label[:64], created=clock.now())
        )
    return secret


async def list_users(engine: AsyncEngine) -> list[Account]:
    tokens: ColumnElement[int] = (
        select(func.count()).where(staff_token.c.user == staff_user.c.id).scalar_subquery().label("tokens")
    )
    wanted = [staff_user.c[n] for n in ("login", "name", "role", "agent", "disabled")]
    async with engine.connect() as connection:
        rows = (await connection.execute(select(*wanted, tokens).order_by(staff_user.c.login))).mappings()
    return [msgspec.convert({name: row[name] for name in Account.__struct_fields__}, Account) for row in rows]


async def ensure_first_administrator(engine: AsyncEngine) -> str | None:
    """Make the user `admin` when there is no user at all; gives the random password then, else None.

    The caller shows it once; only its hash is stored. Two servers that start at once: one makes it.
    """
    async with engine.connect() as connection:
        if (await connection.execute(select(func.count()).select_from(staff_user))).scalar_one():
            return None
    password = new_secret()[:20]
    try:
        await add_user(engine, FIRST_ADMINISTRATOR, password, "administrator", "Administrator")
    except AccountError:
        return None
    return password


async def _user_id(engine: AsyncEngine, login: str) -> int:
    async with engine.connect() as connection:
        row = (await connection.execute(select(staff_user.c.id).where(staff_user.c.login == login.lower()))).first()
        if row is None:
            known = (
                await connection.execute(select(staff_user.c.login).order_by(staff_user.c.login).limit(20))
            ).scalars()
            raise AccountError(
                f"there is no user {login!r}; the users are: {', '.join(known) or 'none yet'}. "
                "A new one is made with: cti-server user add"
            )
    return int(row.id)
