"""Static files, read once, under a path that carries a hash of them all: cacheable for ever, never stale.

One hash for all lets scripts import one another by relative paths.
"""

import hashlib
import mimetypes
from pathlib import Path

from aiohttp import web

from cti_server.web.permissions import Permission
from cti_server.web.routes import Route, file

_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2"}


class Assets:
    def __init__(self, folder: Path) -> None:
        self._files = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
        total = hashlib.sha256()
        for name in sorted(self._files):
            total.update(name.encode() + b"\0" + self._files[name])
        self.hash = total.hexdigest()[:12]

    def url(self, name: str) -> str:
        """The address of a static file. Raises KeyError when there is none of that name."""
        if name not in self._files:
            raise KeyError(f"no static file {name!r}")
        return f"/static/{self.hash}/{name}"

    def response(self, stamp: str, name: str) -> web.Response:
        """A file of another hash (an old page asks after an update) is given as it is now, but not cached."""
        body = self._files.get(name)
        if body is None:
            raise web.HTTPNotFound()
        suffix = Path(name).suffix
        kind = _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
        headers = {"Cache-Control": "public, max-age=31536000, immutable"} if stamp == self.hash else {}
        charset = "utf-8" if kind.startswith(("text/", "image/svg")) else None
        return web.Response(body=body, content_type=kind, charset=charset, headers=headers)


ASSETS: web.AppKey[Assets] = web.AppKey("assets")


async def _static(request: web.Request) -> web.Response:
    return request.app[ASSETS].response(request.match_info["stamp"], request.match_info["name"])


ROUTES: tuple[Route, ...] = (file("/static/{stamp}/{name:.+}", _static, Permission.PUBLIC),)
