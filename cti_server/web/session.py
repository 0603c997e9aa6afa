"""Who is asking: an opaque session cookie, or a bearer token on the API. Only the SHA-256 of either is ever stored."""

import hashlib
import secrets
from typing import Protocol

import msgspec
from aiohttp import web

from cti_server import clock
from cti_server.settings import Settings
from cti_server.web.keys import SETTINGS
from cti_server.web.permissions import Permission, Role, allowed

COOKIE = "cti_session"
LANGUAGE_COOKIE = "cti_language"
_MAX_SECRET = 200


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed in. `agent`: the agent id of their phone, or empty. Empty `language`: the site's."""

    id: int
    login: str
    name: str
    role: Role
    agent: str = ""
    language: str = ""
    theme: str = "auto"

    def may(self, permission: Permission) -> bool:
        return allowed(self.role, permission)


class People(Protocol):
    """Where people are looked up; `staff` answers it. Both give None for unknown, expired and disabled."""

    async def by_session(self, digest: str, now: float) -> Person | None: ...

    async def by_token(self, digest: str, now: float) -> Person | None: ...


PEOPLE: web.AppKey[People] = web.AppKey("people")
PERSON: web.RequestKey[Person | None] = web.RequestKey("person")
SECRET: web.RequestKey[str] = web.RequestKey("session")
"""The session id as the browser sent it, empty when the request has no valid session."""
BY_TOKEN: web.RequestKey[bool] = web.RequestKey("by_token")


def new_secret() -> str:
    """256 random bits, safe in a cookie and in a header."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is stored of a session id or token: its SHA-256 in hex. The secret is random, so no salt is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


async def identify(request: web.Request) -> None:
    """Fill in PERSON, SECRET and BY_TOKEN. A bearer token counts on the API only; when one is sent, no cookie does."""
    person: Person | None = None
    secret, by_token = "", False
    people = request.app[PEOPLE]
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if request.path.startswith("/api/") and scheme:
        by_token = True
        if scheme.lower() == "bearer" and 0 < len(token.strip()) <= _MAX_SECRET:
            person = await people.by_token(digest(token.strip()), clock.now())
    elif 0 < len(cookie := request.cookies.get(COOKIE, "")) <= _MAX_SECRET:
        person = await people.by_session(digest(cookie), clock.now())
        secret = cookie if person else ""
    request[PERSON], request[SECRET], request[BY_TOKEN] = person, secret, by_token


def person_of(request: web.Request) -> Person:
    """The person of a route that is not PUBLIC. Raises 401 where nobody is signed in."""
    person: Person | None = request.get(PERSON)
    if person is None:
        raise web.HTTPUnauthorized()
    return person


def set_session(response: web.StreamResponse, settings: Settings, secret: str) -> None:
    set_cookie(response, settings, COOKIE, secret, int(settings.web.session_hours * 3600))


def end_session(response: web.StreamResponse) -> None:
    response.del_cookie(COOKIE, path="/")


def set_cookie(response: web.StreamResponse, settings: Settings, name: str, value: str, max_age: int) -> None:
    response.set_cookie(
        name, value, max_age=max_age, path="/", httponly=True, samesite="Lax", secure=settings.web.secure_cookie
    )


def address_of(request: web.Request) -> str:
    """The peer's address, as the socket knows it: a header may be forged."""
    return request.remote or ""


def settings_of(request: web.Request) -> Settings:
    return request.app[SETTINGS]
