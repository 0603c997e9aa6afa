"""A form is ours when the browser says that it comes from our own page, and it carries the token of the session.

The token is an HMAC of the session id, which other sites cannot read. Before the login, a random cookie of its own
takes the session id's place.
"""

import hashlib
import hmac
from urllib.parse import urlsplit

from aiohttp import web

from cti_server.web.session import BY_TOKEN, SECRET, new_secret

COOKIE = "cti_form"
FIELD = "csrf"
HEADER = "X-CSRF-Token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
NEW_COOKIE: web.RequestKey[str] = web.RequestKey("new_form_cookie")


def same_origin(request: web.Request) -> bool:
    """False when the browser says that another site sent this. A request that says nothing passes on to the token.

    Only the host is compared: behind a TLS proxy the scheme that we see differs from the browser's.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host


def token(request: web.Request) -> str:
    """The token that this request's page puts in its forms. Makes the cookie of the login form when it is needed."""
    secret = request.get(SECRET, "") or request.cookies.get(COOKIE, "") or request.get(NEW_COOKIE, "")
    if not secret:
        secret = request[NEW_COOKIE] = new_secret()
    return _sign(secret)


async def is_ours(request: web.Request) -> bool:
    """Check a state-changing request. One with a bearer token needs no form token: no browser sends it by itself."""
    if request.method in SAFE or request.get(BY_TOKEN, False):
        return True
    secret = request.get(SECRET, "") or request.cookies.get(COOKIE, "")
    if not secret or not same_origin(request):
        return False
    given = request.headers.get(HEADER, "")
    if not given:
        field = (await request.post()).get(FIELD, "")
        given = field if isinstance(field, str) else ""
    return hmac.compare_digest(given.encode(), _sign(secret).encode())


def _sign(secret: str) -> str:
    return hmac.new(secret.encode(), b"cti form", hashlib.sha256).hexdigest()
