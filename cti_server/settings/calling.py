"""What there may be several of: queues, agents, numbers, calendars; and what a caller may be sent to."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from cti_server.settings.sections import Section, known_zone

ID = r"^[A-Za-z0-9_.-]{1,64}$"
_CLOCK = r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"
_HOLIDAY = r"^([0-9]{4}-[0-9]{2}-[0-9]{2}|country|[A-Z]{2}(-[A-Z0-9]{1,5})?)$"

Skills = dict[Annotated[str, Field(pattern=ID)], Annotated[int, Field(ge=1, le=10)]]
Phone = Annotated[str, Field(pattern=r"^[A-Za-z]+/[A-Za-z0-9_.-]{1,64}$")]
Target = Annotated[
    str,
    Field(
        pattern=r"^(queue:[A-Za-z0-9_.-]{1,64}|voicemail:[A-Za-z0-9_-]{0,64}|number:\+?[0-9]{1,20}|callback|hangup)?$"
    ),
]
"""`queue:ID`, `voicemail:BOX` (no BOX: the queue's), `number:DIGITS`, `callback`, `hangup`; empty: the caller stays."""


class Widen(Section):
    """A step of the widening circle: from `after_s` on agents up to `ring`, and these skills demanded instead."""

    after_s: float = Field(gt=0)
    ring: int = Field(default=1, ge=1, le=9)
    required: Skills | None = None


class Queue(Section):
    """`extension`: what an agent dials to send a caller to this queue. `music`: a music class of Asterisk's.

    `wrapup_code` required: an agent cannot end the wrap-up without a disposition code; in the end time does.
    `calendar`: the id of one, empty for the site's own. `box`: the voicemail box, by default named after the queue.
    All else as in `core.events.QueueConfig`.
    """

    id: str = Field(pattern=ID)
    name: str = ""
    extension: str = Field(default="", pattern=r"^[0-9*#]{0,16}$")
    music: str = Field(default="", pattern=r"^[A-Za-z0-9_.-]{0,64}$")
    sl_threshold_s: float = Field(default=20.0, gt=0)
    short_abandon_s: float = Field(default=5.0, ge=0)
    ring_s: float = Field(default=20.0, ge=1, le=300)
    wrapup_s: float = Field(default=0.0, ge=0)
    rona_limit: int = Field(default=3, ge=1)
    rest_s: float = Field(default=5.0, ge=0)
    weight: int = Field(default=0, ge=-1000, le=1000)
    wrapup_extend_s: float = Field(default=60.0, ge=0, le=3600)
    wrapup_code: Literal["required", "optional"] = "optional"
    strategy: str = "longest_idle"
    required: Skills = {}
    preferred: Skills = {}
    widen: tuple[Widen, ...] = ()
    stick_s: float = Field(default=0.0, ge=0, le=3600)
    max_length: int = Field(default=0, ge=0)
    max_wait_s: float = Field(default=0.0, ge=0)
    staffed: Literal["always", "logged_in", "ready"] = "always"
    on_full: Target = ""
    on_empty: Target = ""
    on_max_wait: Target = ""
    on_closed: Target = ""
    calendar: str = ""
    callback: bool = False
    callback_first: Literal["agent", "customer"] = "agent"
    callback_attempts: int = Field(default=3, ge=1, le=20)
    callback_spacing_s: float = Field(default=600.0, ge=1)
    mobile_when_closed: bool = False
    box: str = Field(default="", pattern=r"^[A-Za-z0-9_-]{0,64}$")
    announce_every_s: float = Field(default=0.0, ge=0)
    announce_position: bool = False
    announce_wait: bool = False
    announce: tuple[Annotated[str, Field(pattern=r"^[a-z0-9-]{1,64}$")], ...] = ()


def browser_endpoint(agent: str) -> str:
    """The endpoint of the agent's phone in the browser."""
    return f"PJSIP/web-{agent}"


class Agent(Section):
    """`phone`: the endpoint that rings, such as `PJSIP/agent1`; `phones`: further ones the agent may choose.

    `browser`: the desk's own phone, `PJSIP/web-<id>`, is one of them, and the first where `phone` is left out.
    `mobile`: a number that is rung instead when it is chosen, or when a queue is reached by mobile. `skills`: 1 to 10.
    `queues`: the most wanted first. `rings`: in which ring of a queue the agent stands, the first where none is named.
    """

    id: str = Field(pattern=ID)
    name: str = ""
    phone: Phone
    phones: tuple[Phone, ...] = ()
    browser: bool = False
    mobile: str = Field(default="", pattern=r"^(\+?[0-9]{3,20})?$")
    team: str = Field(default="", max_length=64)
    site: str = ""
    languages: tuple[Annotated[str, Field(pattern=r"^[a-z]{2}$")], ...] = ()
    skills: Skills = {}
    rings: dict[str, Annotated[int, Field(ge=1, le=9)]] = {}
    extension: str = Field(default="", pattern=r"^[0-9*#]{0,16}$")
    queues: tuple[str, ...] = ()
    auto_login: bool = False

    @property
    def browser_phone(self) -> str:
        """The endpoint of the desk's own phone, empty for none."""
        return browser_endpoint(self.id) if self.browser else ""

    @model_validator(mode="before")
    @classmethod
    def _with_browser_phone(cls, values: Any) -> Any:
        if not (isinstance(values, dict) and values.get("browser") is True and isinstance(values.get("id"), str)):
            return values
        own, more = browser_endpoint(values["id"]), tuple(values.get("phones") or ())
        if values.get("phone", own) == own:
            return values | {"phone": own}
        return values | {"phones": more if own in more else (*more, own)}


class Pause(Section):
    """A reason for a pause, as agents choose it. `id` goes into the journal; `name_zh` empty: the same as `name`."""

    id: str = Field(pattern=ID)
    name: str = Field(min_length=1, max_length=64)
    name_zh: str = Field(default="", max_length=64)


PAUSES = (
    Pause(id="break", name="Break", name_zh="休息"),
    Pause(id="lunch", name="Lunch", name_zh="用餐"),
    Pause(id="training", name="Training", name_zh="培训"),
    Pause(id="meeting", name="Meeting", name_zh="会议"),
    Pause(id="backoffice", name="Back office", name_zh="后台事务"),
)


class Number(Section):
    """What a dialled number (DNIS) means. `match`: an exact number, or `*` for any other.

    `script` empty: no IVR, the caller waits for `queue` at once.
    """

    match: str
    script: str = "main_menu"
    queue: str = ""
    language: str = ""
    campaign: str = ""


class Hours(Section):
    """Opening hours in the calendar's zone: `days` 1 (Monday) to 7, HH:MM; a `close` before `open` crosses midnight."""

    days: tuple[Annotated[int, Field(ge=1, le=7)], ...] = (1, 2, 3, 4, 5, 6, 7)
    open: str = Field(default="00:00", pattern=_CLOCK)
    close: str = Field(default="24:00", pattern=_CLOCK)


class Calendar(Section):
    """When a site is open. `holidays`: closed days, each a date (`2026-02-17`), the public holidays of a country or a
    part of it (`CN`, `US-CA`), or `country` for those of the site's own country.

    `holiday_file`: days of the site's own, closed ones and make-up working days, which come before everything else; it
    is read again when it changes. What stands in it: `days.py`.
    """

    hours: tuple[Hours, ...] = (Hours(),)
    holidays: tuple[Annotated[str, Field(pattern=_HOLIDAY)], ...] = ()
    holiday_file: Path | None = None


class NamedCalendar(Calendar):
    """A calendar that queues name. `time_zone` empty: the site's."""

    id: str = Field(pattern=ID)
    time_zone: Annotated[str, AfterValidator(lambda value: value and known_zone(value))] = ""
