"""People in the database, SQLite and PostgreSQL: what is stored, what is found, what is refused."""

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.profiles import RFC_9106_LOW_MEMORY
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.staff import passwords, queries
from cti_server.staff.queries import Staff
from cti_server.staff.rules import AccountError
from cti_server.staff.tables import staff_session, staff_token, staff_user
from cti_server.web.session import digest

GOOD = "a long password 7"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes that cost little, where the cost is not what is looked at."""
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


async def test_a_session_is_found_until_it_expires_and_only_its_hash_is_stored(engine: AsyncEngine) -> None:
    user = await queries.add_user(engine, "Anna", GOOD, "agent", "Anna Å", "a1", "zh")
    secret = await queries.open_session(engine, user, "10.0.0.1", 60)
    async with engine.connect() as connection:
        row = (await connection.execute(select(staff_session))).mappings().one()
        stored = (await connection.execute(select(staff_user.c.password))).scalar_one()
    assert row["hash"] == digest(secret) and secret not in str(dict(row))
    assert stored.startswith("$argon2id$") and extract_parameters(stored) == RFC_9106_LOW_MEMORY
    people = Staff(engine)
    person = await people.by_session(digest(secret), row["created"] + 59)
    assert person is not None
    assert (person.login, person.name, person.role, person.agent, person.language) == (
        "anna",
        "Anna Å",
        "agent",
        "a1",
        "zh",
    )
    assert await people.by_session(digest(secret), row["expires"]) is None
    assert await people.by_session(digest("other"), row["created"]) is None
    await queries.close_session(engine, digest(secret))
    assert await people.by_session(digest(secret), row["created"]) is None


@pytest.mark.usefixtures("quick")
async def test_a_token_works_until_its_user_is_disabled(engine: AsyncEngine) -> None:
    await queries.add_user(engine, "robot", GOOD, "reviewer")
    token = await queries.add_token(engine, "robot", "nightly report")
    async with engine.connect() as connection:
        stored = (await connection.execute(select(staff_token))).mappings().one()
    assert token.startswith("cti_") and token not in str(dict(stored))
    people = Staff(engine)
    assert (await people.by_token(digest(token), 0)) is not None
    async with engine.begin() as connection:
        await connection.execute(update(staff_user).values(disabled=True))
    assert (await people.by_token(digest(token), 0)) is None
    assert await queries.check_credentials(engine, "robot", GOOD) is None


@pytest.mark.slow
async def test_credentials(engine: AsyncEngine) -> None:
    user = await queries.add_user(engine, "anna", GOOD, "agent")
    assert await queries.check_credentials(engine, "ANNA", GOOD) == user
    for login, password in (("anna", "wrong"), ("anna", ""), ("nobody", GOOD), ("' OR 1=1 --", GOOD), ("anna\0", GOOD)):
        assert await queries.check_credentials(engine, login, password) is None


@pytest.mark.usefixtures("quick")
async def test_a_new_password_ends_the_sessions(engine: AsyncEngine) -> None:
    user = await queries.add_user(engine, "anna", GOOD, "agent")
    secret = await queries.open_session(engine, user, "", 60)
    await queries.set_password(engine, "anna", "another secret 8")
    assert await Staff(engine).by_session(digest(secret), 0) is None
    assert await queries.check_credentials(engine, "anna", GOOD) is None
    assert await queries.check_credentials(engine, "anna", "another secret 8") == user


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("login", "password", "role", "says"),
    [
        ("", GOOD, "agent", "no login"),
        ("anna smith", GOOD, "agent", "no login"),
        ("<script>", GOOD, "agent", "no login"),
        ("x" * 65, GOOD, "agent", "no login"),
        ("anna", "short", "agent", "10 to 200"),
        ("anna", "x" * 201, "agent", "10 to 200"),
        ("anna", "Anna is my name", "agent", "contain the login"),
        ("anna", GOOD, "root", "no role"),
        ("taken", GOOD, "agent", "already a user"),
        ("TAKEN", GOOD, "agent", "already a user"),
    ],
)
async def test_accounts_that_are_refused(engine: AsyncEngine, login: str, password: str, role: str, says: str) -> None:
    await queries.add_user(engine, "taken", GOOD, "agent")
    with pytest.raises(AccountError, match=says):
        await queries.add_user(engine, login, password, role)
    assert [a.login for a in await queries.list_users(engine)] == ["taken"]


async def test_the_first_administrator_is_made_once(engine: AsyncEngine) -> None:
    password = await queries.ensure_first_administrator(engine)
    assert password is not None and len(password) == 20
    assert await queries.check_credentials(engine, "admin", password) is not None
    assert await queries.ensure_first_administrator(engine) is None
    users = await queries.list_users(engine)
    assert [(u.login, u.role) for u in users] == [("admin", "administrator")]


@pytest.mark.usefixtures("quick")
async def test_an_unknown_user_is_named_with_those_that_exist(engine: AsyncEngine) -> None:
    await queries.add_user(engine, "anna", GOOD, "agent")
    with pytest.raises(AccountError, match="no user 'bob'; the users are: anna"):
        await queries.add_token(engine, "bob")
