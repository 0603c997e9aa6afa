"""`cti-server replay FILE.ami`: a recorded AMI byte stream as Events and calls. The way to send a bug report.

Nothing in the file can make it fail: what it cannot make sense of is counted and said at the end.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click
import msgspec

from cti_server.core.apply import apply
from cti_server.core.events import Event, SiteConfigured
from cti_server.core.records import CallRecord, record
from cti_server.core.state import Call, State
from cti_server.pbx.framing import Framer, FramingError, Message
from cti_server.pbx.translate import Untranslatable, message_time, translate

_CHUNK = 1 << 16


class Replay:
    """Feeds bytes through framing, translation and the core; keeps the calls and what was odd.

    `trunks`: globs of endpoints that are trunks, such as `*/trunk*`.
    """

    def __init__(self, trunks: tuple[str, ...]) -> None:
        self.state = State()
        self.calls: dict[str, Call] = {}
        self.odd: Counter[str] = Counter()
        self.at = 0.0
        self._framer = Framer()
        apply(self.state, SiteConfigured(at=0.0, trunks=trunks))

    def feed(self, data: bytes) -> Iterator[Event]:
        """The Events completed by `data`, each already applied."""
        try:
            blocks = self._framer.feed(data)
        except FramingError as error:
            self.odd[str(error)] += 1
            return
        for block in blocks:
            message = Message(block)
            if not message.event and not message.response:
                self.odd["a message that is neither an event nor a response"] += 1
                continue
            self.at = message_time(message, self.at)
            try:
                events = translate(message, self.at)
            except Untranslatable as error:
                self.odd[str(error)] += 1
                continue
            for event in events:
                self._apply(event)
                yield event

    def _apply(self, event: Event) -> None:
        touched = apply(self.state, event)
        for gone in touched.merged:
            self.calls.pop(gone, None)
        self.calls.update(touched.calls)

    def finish(self) -> None:
        """Count a message that the stream breaks off in, and what the core found impossible."""
        if rest := self._framer.rest().strip():
            self.odd[f"the stream ends inside a message ({len(rest)} bytes)"] += 1
        self.odd.update(self.state.odd)
        open_calls = sum(call.ended is None for call in self.calls.values() if call.legs)
        if open_calls:
            self.odd["calls that have not ended when the stream ends"] += open_calls

    def records(self) -> list[CallRecord]:
        """Every call that had a person or a trunk in it, in order of start."""
        calls = [call for call in self.calls.values() if call.legs]
        return [record(call) for call in sorted(calls, key=lambda c: (c.started, c.id))]


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON line per event, then one per call.")
@click.option("--trunk", "trunks", multiple=True, help="Glob of endpoints that are trunks; may be given several times.")
@click.option("--zone", default=None, help="Time zone of the times shown to people (default: the site's).")
def replay(file: Path, as_json: bool, trunks: tuple[str, ...], zone: str | None) -> None:
    """Turn a recorded AMI byte stream into events and calls."""
    from cti_server.settings import SettingsError, load

    try:
        settings = load()
        trunks, zone = trunks or settings.pbx.trunks, zone or settings.site.time_zone
    except SettingsError:
        trunks, zone = trunks or ("*/trunk*",), zone or "UTC"
    run = Replay(trunks)
    show = _Json() if as_json else _Text(_zone(zone))
    for chunk in _chunks(file):
        for event in run.feed(chunk):
            show.event(event)
    run.finish()
    for one in run.records():
        show.call(one)
    show.odd(run.odd)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise click.BadParameter(f"{name!r} is not an IANA time zone, such as Asia/Shanghai") from None


def _chunks(file: Path) -> Iterator[bytes]:
    """The file, or standard input for `-`. One that an editor or a terminal left with bare line feeds gets its CRLF."""
    try:
        with nullcontext(sys.stdin.buffer) if str(file) == "-" else file.open("rb") as stream:
            chunk = stream.read(_CHUNK)
            bare = b"\n" in chunk and b"\r\n" not in chunk
            while chunk:
                yield chunk.replace(b"\n", b"\r\n") if bare else chunk
                chunk = stream.read(_CHUNK)
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from error


def _echo(line: str, *, err: bool = False) -> None:
    """Always UTF-8, whatever the terminal's own encoding is: a name in Chinese must not end the replay."""
    click.echo(line.encode("utf-8", "replace"), err=err)


class _Json:
    def event(self, event: Event) -> None:
        _echo(msgspec.json.encode(event).decode())

    def call(self, one: CallRecord) -> None:
        _echo(msgspec.json.encode(one).decode())

    def odd(self, odd: Counter[str]) -> None:
        for reason, count in odd.most_common():
            _echo(f"not understood: {count} x {reason}", err=True)


class _Text:
    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone

    def _time(self, at: float | None) -> str:
        if at is None:
            return "-"
        try:
            return datetime.fromtimestamp(at, self._zone).strftime("%H:%M:%S.%f")[:-3]
        except (ValueError, OverflowError, OSError):
            return f"{at:g}"

    def event(self, event: Event) -> None:
        fields = msgspec.to_builtins(event)
        kind = fields.pop("type")
        fields.pop("at")
        shown = "  ".join(f"{key}={_plain(value)}" for key, value in fields.items() if value not in ("", 0, None, []))
        _echo(f"{self._time(event.at)}  {kind:<22} {shown}")

    def call(self, one: CallRecord) -> None:
        _echo("")
        _echo(f"call {_plain(one.call_id)}  {one.direction}  {_plain(one.ani) or '?'} -> {_plain(one.dnis) or '?'}")
        _echo(
            f"  started {self._time(one.started)}  answered {self._time(one.answered)}  ended {self._time(one.ended)}"
            f"  cause {one.hangup_cause}  by {one.hangup_by or '-'}"
        )
        for party in one.parties:
            _echo(
                f"  {_plain(party.endpoint):<24} {party.role:<10} ring {party.ring_s:8.3f} s"
                f"  talk {party.talk_s:8.3f} s  hold {party.hold_s:8.3f} s"
            )
        for name in ("transfers", "monitors", "conferences", "parks", "recordings"):
            for item in getattr(one, name):
                fields = msgspec.to_builtins(item)
                _echo(f"  {name[:-1]}: " + "  ".join(f"{k}={_plain(v)}" for k, v in fields.items() if v))

    def odd(self, odd: Counter[str]) -> None:
        _echo("")
        if not odd:
            _echo("Everything in the stream was understood.")
        for reason, count in odd.most_common():
            _echo(f"not understood: {count} x {_plain(reason)}")


def _plain(value: object) -> str:
    """Text safe for a terminal: control characters, which a caller's name may carry, are shown as `?`."""
    return "".join(c if c.isprintable() else "?" for c in str(value))
