"""What a condition may call: CEL's standard functions for the kinds that we have; for each, what it takes and gives."""

from collections.abc import Mapping
from typing import TypeAlias

from cti_server.rules.kinds import ANY, NUMBER, SPAN, TEXT, TIME, WHOLE, YES_NO, Kind, list_of

Forms: TypeAlias = tuple[tuple[tuple[Kind, ...], Kind], ...]
_LIST = list_of(ANY)
_CLOCK: Forms = (((TIME,), WHOLE), ((TIME, TEXT), WHOLE))
"""The second argument is a time zone; without it UTC, as CEL says."""
_CLOCK_OR_SPAN: Forms = (*_CLOCK, ((SPAN,), WHOLE))
_TEXT_TEST: Forms = (((TEXT, TEXT), YES_NO),)

MACROS = ("all", "exists", "exists_one", "filter", "map")
FUNCTIONS: Mapping[str, Forms] = {
    "size": (((TEXT,), WHOLE), ((_LIST,), WHOLE)),
    "string": (((TEXT,), TEXT), ((WHOLE,), TEXT), ((NUMBER,), TEXT)),
    "int": (((WHOLE,), WHOLE), ((NUMBER,), WHOLE), ((TEXT,), WHOLE)),
    "double": (((NUMBER,), NUMBER), ((WHOLE,), NUMBER), ((TEXT,), NUMBER)),
    "duration": (((TEXT,), SPAN),),
    "timestamp": (((TEXT,), TIME),),
}
METHODS: Mapping[str, Forms] = {
    "size": FUNCTIONS["size"],
    "contains": _TEXT_TEST,
    "startsWith": _TEXT_TEST,
    "endsWith": _TEXT_TEST,
    "matches": _TEXT_TEST,
    "getHours": _CLOCK_OR_SPAN,
    "getMinutes": _CLOCK_OR_SPAN,
    "getSeconds": _CLOCK_OR_SPAN,
    "getDate": _CLOCK,
    "getDayOfWeek": _CLOCK,
    "getDayOfYear": _CLOCK,
    "getMonth": _CLOCK,
    "getFullYear": _CLOCK,
}
