"""What is noted of calls."""

from pydantic import Field

from cti_server.settings.sections import Section


class Wrapup(Section):
    """`note_hours`: for so long after a call its agent may still change what was noted of it."""

    note_hours: float = Field(default=24.0, ge=0, le=24 * 365)
