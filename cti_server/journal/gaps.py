"""Outages as rows. Pure: fed with every event, it opens a gap, counts what was recovered in it and closes it."""

from cti_server.core.events import Event, GapOpened, PbxDisconnected, PbxResynced, ServerStarted
from cti_server.core.ids import MAIN
from cti_server.journal.clean import Row, clean


class Gaps:
    """A gap lasts from the last moment that is known until the state is Asterisk's again (`PbxResynced`).

    A server that dies while the PBX is away makes one gap, not two. A branch that is away alone is not one: the center
    goes on, and what it missed of the branch is told like any gap. `open_row`: an open gap that the database has.
    """

    def __init__(self, open_row: Row | None = None) -> None:
        self._open = open_row

    @property
    def since(self) -> float:
        """When the open gap began, 0 for none."""
        return float(self._open["since"]) if self._open is not None else 0.0

    @property
    def server_was_away(self) -> bool:
        """In a gap in which nobody could say what agents wanted either."""
        return self._open is not None and self._open["kind"] == "server"

    def see(self, event: Event) -> Row | None:
        """The changed row, or None."""
        match event:
            case ServerStarted(since=since, clean=was_clean) if since > 0:
                known = self._open or {"since": since, "until": None, "recovered": 0}
                self._open = known | {"kind": "server", "reason": "stopped" if was_clean else "died"}
            case PbxDisconnected(site=site, at=at, reason=reason) if site == MAIN and self._open is None:
                self._open = {"since": at, "until": None, "kind": "pbx", "reason": reason, "recovered": 0}
            case GapOpened(calls=calls) if self._open is not None:
                self._open = self._open | {"recovered": self._open["recovered"] + len(calls)}
            case PbxResynced(site=site, at=at) if site == MAIN and self._open is not None:
                closed = self._open | {"until": at}
                self._open = None
                return clean(closed)
            case _:
                return None
        return clean(dict(self._open))
