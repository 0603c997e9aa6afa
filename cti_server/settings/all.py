"""All settings together."""

from pathlib import Path

from cti_server.settings.branches import Branch
from cti_server.settings.calling import PAUSES, Agent, Calendar, NamedCalendar, Number, Pause, Queue
from cti_server.settings.mailboxes import Mailbox
from cti_server.settings.sections import (
    Database,
    Journal,
    Pbx,
    Recording,
    Redis,
    Routing,
    Sales,
    Section,
    Server,
    Site,
    Web,
    Webhooks,
)
from cti_server.settings.wrapup import Wrapup

MAIN = "main"


class SettingsError(ValueError):
    """The configuration cannot be used; the text says where and how to mend it."""


class Settings(Section):
    site: Site = Site()
    server: Server = Server()
    web: Web = Web()
    pbx: Pbx = Pbx()
    recording: Recording = Recording()
    routing: Routing = Routing()
    sales: Sales = Sales()
    wrapup: Wrapup = Wrapup()
    webhooks: Webhooks = Webhooks()
    database: Database = Database()
    journal: Journal = Journal()
    redis: Redis = Redis()
    branch: tuple[Branch, ...] = ()
    calendar: Calendar = Calendar()
    calendars: tuple[NamedCalendar, ...] = ()
    queue: tuple[Queue, ...] = ()
    agent: tuple[Agent, ...] = ()
    number: tuple[Number, ...] = ()
    pause: tuple[Pause, ...] = PAUSES
    mailbox: tuple[Mailbox, ...] = ()

    def sites(self) -> dict[str, Pbx]:
        """Every site's Asterisk by the site's id, the main one first."""
        return {MAIN: self.pbx, **{branch.id: branch for branch in self.branch}}

    def recordings(self) -> tuple[Path, ...]:
        """The folders in which the sites' Asterisks write sound, each once."""
        return tuple(dict.fromkeys(pbx.recordings_dir for pbx in self.sites().values()))

    def default_queue(self) -> str:
        return self.queue[0].id if self.queue else "default"
