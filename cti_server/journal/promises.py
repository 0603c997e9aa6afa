"""What people are owed, as rows: promised callbacks and messages that were left. Pure, from the Events alone."""

from collections.abc import Iterable

from cti_server.core import events as ev
from cti_server.core.events import Event
from cti_server.core.waiting import SHORTEST_MESSAGE_S
from cti_server.journal.clean import Row, clean, small

OPEN = ("waiting", "calling")
ENDED = ("answered", "failed", "cancelled", "merged")


class Promises:
    """Follows every callback that is open. `open_rows`: those that the database has."""

    def __init__(self, open_rows: Iterable[Row] = ()) -> None:
        self._open: dict[str, Row] = {row["id"]: row for row in open_rows}
        self._to: dict[tuple[str, str], str] = {_to(row): ident for ident, row in self._open.items()}

    def see(self, event: Event) -> Row | None:
        """The changed row, or None."""
        match event:
            case ev.CallbackPlanned():
                row = self._planned(event)
            case (
                ev.CallbackTried(callback=ident) | ev.CallbackMissed(callback=ident) | ev.CallbackEnded(callback=ident)
            ):
                if ident not in self._open:
                    return None
                row = self._open[ident] | _changes(self._open[ident], event)
            case _:
                return None
        if (before := self._open.pop(row["id"], None)) is not None:
            del self._to[_to(before)]
        if row["state"] in OPEN:
            self._open[row["id"]], self._to[_to(row)] = row, row["id"]
        return clean(dict(row))

    def _planned(self, event: ev.CallbackPlanned) -> Row:
        """A second promise to the same number in the same queue betters the place of the first, and is none itself."""
        known = self._to.get((event.queue, event.number))
        if known is not None:
            row = self._open[known]
            better = {
                "queued": min(row["queued"], event.queued),
                "priority": max(row["priority"], event.priority),
                "not_before": min(row["not_before"], event.not_before),
            }
            return row if known == event.callback else row | better
        return {
            "id": event.callback,
            "queue": event.queue,
            "number": event.number,
            "name": event.name,
            "call": event.call,
            "planned": event.at,
            "queued": event.queued,
            "priority": small(event.priority),
            "not_before": event.not_before,
            "wanted": event.agent,
            "by": event.by,
            "state": "waiting",
            "attempts": 0,
            "tried": None,
            "agent": "",
            "channel": "",
            "why": "",
            "ended": None,
            "ended_by": "",
        }


def _to(row: Row) -> tuple[str, str]:
    """There is never a second open promise to this number in this queue."""
    return row["queue"], row["number"]


def _changes(row: Row, event: ev.CallbackTried | ev.CallbackMissed | ev.CallbackEnded) -> Row:
    match event:
        case ev.CallbackTried():
            return {
                "state": "calling",
                "attempts": small(event.attempt),
                "tried": event.at,
                "agent": event.agent,
                "channel": event.channel,
                "why": "",
            }
        case ev.CallbackMissed():
            # The customer's phone did not ring when the agent did not take it: that is no attempt.
            attempts = max(0, row["attempts"] - 1) if event.why == "agent" else row["attempts"]
            return {"state": "waiting", "why": event.why, "not_before": event.not_before, "attempts": attempts}
        case ev.CallbackEnded():
            return {"state": event.outcome, "ended": event.at, "ended_by": event.by}


def message(event: Event) -> Row | None:
    """The row of a message that was left; None for anything else, and for a caller who hung up at the tone."""
    if not isinstance(event, ev.VoicemailLeft) or event.duration_s < SHORTEST_MESSAGE_S:
        return None
    return clean(
        {
            "id": f"{event.channel}-{event.box}",
            "channel": event.channel,
            "box": event.box,
            "path": event.path,
            "at": event.at,
            "duration_s": event.duration_s,
        }
    )
