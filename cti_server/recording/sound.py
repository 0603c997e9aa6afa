"""The bytes: audio and peaks. Who listens is written down (`web/sound.py`).

A request names a number only; the path comes from the row and is checked to be inside the folder of sealed files.
"""

import asyncio
from pathlib import Path

import msgspec
import soundfile
import structlog
from aiohttp import web

from cti_server.paths import file_inside
from cti_server.recording import audio, files, queries
from cti_server.recording.tables import recording_access
from cti_server.web.keys import ENGINE
from cti_server.web.permissions import Permission
from cti_server.web.routes import Route, file
from cti_server.web.session import settings_of
from cti_server.web.sound import send_sound

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
    path = await asyncio.to_thread(file_inside, settings_of(request).recording.sealed_dir, Path(name))
    if path is None:
        log.error("a sealed recording is gone", recording=key, path=name)
        raise web.HTTPNotFound()
    return key, path


async def _audio(request: web.Request) -> web.StreamResponse:
    key, path = await _sealed(request)
    return await send_sound(request, path, "audio/flac", f"recording-{key}", recording_access.c.recording, key)


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
