"""The bytes: audio (with Range, so that a player can seek) and peaks. Who listens is written down.

A request names a number only; the path comes from the row and is checked to be inside the folder of sealed files.
A player asks for a file in many pieces: one that begins at the first byte is a play of its own, a later piece counts
as a play only if the same person has none on record within the last hour.
"""

import asyncio
from pathlib import Path

import msgspec
import soundfile
import structlog
from aiohttp import web

from cti_server import clock
from cti_server.recording import audio, files, queries
from cti_server.web.keys import ENGINE
from cti_server.web.permissions import Permission
from cti_server.web.routes import Route, file
from cti_server.web.session import address_of, person_of, settings_of

_SAME_PLAY_S = 3600.0
_MOST = 2**31 - 1

log = structlog.get_logger()


def number_of(request: web.Request) -> int:
    """The id of a recording in the address. Raises 404 for what cannot be one."""
    text = request.match_info["id"]
    if not (text.isascii() and text.isdecimal() and len(text) <= 10 and int(text) <= _MOST):
        raise web.HTTPNotFound()
    return int(text)


async def _sealed(request: web.Request) -> tuple[int, Path]:
    key = number_of(request)
    name = await queries.sealed_path(request.app[ENGINE], key)
    if not name:
        raise web.HTTPNotFound()
    path = await asyncio.to_thread(_present, settings_of(request).recording.sealed_dir, name)
    if path is None:
        log.error("a sealed recording is gone", recording=key, path=name)
        raise web.HTTPNotFound()
    return key, path


def _present(folder: Path, name: str) -> Path | None:
    try:
        path = files.inside(folder, Path(name))
    except files.PathError:
        return None
    return path if path.is_file() else None


def _start(request: web.Request) -> int:
    try:
        return request.http_range.start or 0
    except ValueError:
        return 0


async def _audio(request: web.Request) -> web.StreamResponse:
    key, path = await _sealed(request)
    download = request.query.get("download") == "1"
    if request.method == "GET":
        await _write_down(request, key, "download" if download else "play")
    how = "attachment" if download else "inline"
    headers = {
        "Content-Type": "audio/flac",
        "Content-Disposition": f'{how}; filename="recording-{key}.flac"',
        "Cache-Control": "private, no-store",
    }
    return web.FileResponse(path, headers=headers)


async def _write_down(request: web.Request, key: int, kind: str) -> None:
    engine, login, address = request.app[ENGINE], person_of(request).login, address_of(request)
    if kind == "play" and _start(request) != 0:
        await queries.audit_once(engine, key, clock.now(), login, address, _SAME_PLAY_S)
        return
    await queries.audit(engine, key, clock.now(), login, kind, address)
    log.info("recording heard", recording=key, kind=kind, person=login, address=address)


async def _peaks(request: web.Request) -> web.Response:
    _, path = await _sealed(request)
    try:
        body = await asyncio.to_thread(_read_peaks, path)
    except (OSError, soundfile.SoundFileError) as error:
        log.error("no peaks can be made", path=path.name, error=str(error))
        raise web.HTTPNotFound() from error
    return web.Response(body=body, content_type="application/json")


def _read_peaks(path: Path) -> bytes:
    beside = files.peaks_file(path)
    if not beside.is_file():
        return msgspec.json.encode(audio.peaks_of(path))
    return beside.read_bytes()


ROUTES: tuple[Route, ...] = (
    file("/recordings/{id}/audio", _audio, Permission.HEAR_RECORDINGS),
    file("/recordings/{id}/peaks", _peaks, Permission.HEAR_RECORDINGS),
    file("/api/v1/recordings/{id}/audio", _audio, Permission.HEAR_RECORDINGS),
)
