"""Messages as sound. A request names a message only; the path comes from the row and stays in the PBX's folder."""

import asyncio
import re
from collections.abc import Sequence
from pathlib import Path

import structlog
from aiohttp import web

from cti_server.followups import queries
from cti_server.followups.rules import Scope, scope
from cti_server.followups.tables import voicemail_access
from cti_server.paths import file_inside
from cti_server.web.keys import ENGINE, STATE
from cti_server.web.permissions import Permission
from cti_server.web.problems import id_of
from cti_server.web.routes import Route, file
from cti_server.web.session import person_of, settings_of
from cti_server.web.sound import send_sound

_PART = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,80}")

log = structlog.get_logger()


def scope_of(request: web.Request) -> Scope:
    """What the person of this request may see. Who manages follow-ups sees all."""
    person = person_of(request)
    return scope(request.app[STATE](), person.agent, person.may(Permission.MANAGE_FOLLOW_UPS))


def sound_of(folders: Sequence[Path], message: queries.Message) -> Path | None:
    """The file of a message, if it is there.

    The PBX's own path is believed when it is a WAV inside one of `folders`; otherwise (the PBX sees the folder under
    another name) it is looked for where the dialplan writes it, `voicemail/<box>/<channel>.wav`.
    """
    places = [Path(message.path)] if message.path else []
    if _PART.fullmatch(message.box) and _PART.fullmatch(message.channel):
        places.append(Path("voicemail") / message.box / f"{message.channel}.wav")
    found = (file_inside(folder, place) for place in places for folder in folders)
    return next((path for path in found if path is not None and path.suffix == ".wav"), None)


async def _audio(request: web.Request) -> web.StreamResponse:
    message = await queries.one_voicemail(request.app[ENGINE], id_of(request), scope_of(request))
    if message is None:
        raise web.HTTPNotFound()
    path = await asyncio.to_thread(sound_of, settings_of(request).recordings(), message)
    if path is None:
        log.error("the sound of a message is gone", voicemail=message.id)
        raise web.HTTPNotFound()
    name = "voicemail-" + re.sub(r"[^A-Za-z0-9._-]", "_", message.id)
    return await send_sound(request, path, "audio/wav", name, voicemail_access.c.voicemail, message.id)


ROUTES: tuple[Route, ...] = (
    file("/follow-ups/voicemails/{id}/audio", _audio, Permission.SEE_FOLLOW_UPS),
    file("/api/v1/voicemails/{id}/audio", _audio, Permission.SEE_FOLLOW_UPS),
)
