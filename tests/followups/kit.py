"""Callers who gave up, promises and messages, made of the Events that make them in production."""

from pathlib import Path
from typing import Any

from cti_server import clock
from cti_server.core import events as ev
from tests.journal.floor import Caller
from tests.recording.tones import write_wav
from tests.web.kit import Site


def caller(floor: Any, ident: str, number: str, name: str = "") -> Caller:
    """One with an id of its own choosing. `floor`: whatever has `do`."""
    made = Caller(floor, number)
    made.id, made.name = ident, f"PJSIP/trunk-{ident}"
    made.caller_name = name  # type: ignore[attr-defined]
    return made


def gives_up(floor: Any, ident: str, number: str, at: float, *, queue: str = "sales", waits_s: float = 40) -> str:
    """A caller from outside who waits and hangs up. Gives the id of the stay."""
    one = caller(floor, ident, number)
    one.arrive(at)
    one.queue(at, queue)
    one.give_up(at + waits_s)
    return f"{ident}#1"


def planned(ident: str, number: str, at: float, *, queue: str = "sales", **more: Any) -> ev.CallbackPlanned:
    return ev.CallbackPlanned(
        at=at, callback=ident, queue=queue, number=number, **({"queued": at, "name": "", "call": ""} | more)
    )


def leaves_message(
    site: Site, ident: str, number: str, *, box: str = "sales", seconds: float = 3.0, name: str = "", at: float = 0.0
) -> Path:
    """A message with its sound in the PBX's folder. Its id is `<ident>-<box>`."""
    at = at or clock.now()
    path = site.settings.pbx.recordings_dir / "voicemail" / box / f"{ident}.wav"
    write_wav(path, 440, seconds)
    one = caller(site, ident, number)
    one.arrive(at - seconds)
    if name:
        site.do(ev.CallerIdChanged(at=at - seconds, channel=ident, number=number, caller_name=name))
    site.do(ev.VoicemailLeft(at=at, channel=ident, box=box, path=str(path), duration_s=seconds))
    site.do(ev.ChannelEnded(at=at, channel=ident))
    return path
