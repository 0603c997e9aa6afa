"""Settings: environment variables `CTI_SECTION__KEY` over `config/cti.toml` over the defaults written here.

A secret may also be given as a file: `CTI_PBX__SECRET_FILE=/run/secrets/ami`. A wrong key is refused with the file,
the line and the nearest right key.

`sections.py` has the sections of which there is one, `calling.py` those of which there may be several. `load.py` reads
them and explains what cannot be read. `check.py` refuses what does not go together: names and numbers that are unknown
or taken twice (`names.py`), overflows that lead nowhere or in a circle (`overflow.py`). `doubts.py` tells what is
allowed and hardly meant. `days.py` knows public holidays and reads a site's own holiday file.
"""

from cti_server.settings.all import MAIN, Settings, SettingsError
from cti_server.settings.branches import Branch
from cti_server.settings.calling import Agent, Calendar, Hours, NamedCalendar, Number, Pause, Queue, Widen
from cti_server.settings.load import DEFAULT_FILE, load
from cti_server.settings.mailboxes import Mailbox
from cti_server.settings.sections import (
    Database,
    Journal,
    Pbx,
    Recording,
    Redis,
    Routing,
    Sales,
    Server,
    Site,
    Web,
    Webhooks,
)

__all__ = [
    "DEFAULT_FILE",
    "MAIN",
    "Agent",
    "Branch",
    "Calendar",
    "Database",
    "Hours",
    "Journal",
    "Mailbox",
    "NamedCalendar",
    "Number",
    "Pause",
    "Pbx",
    "Queue",
    "Recording",
    "Redis",
    "Routing",
    "Sales",
    "Server",
    "Settings",
    "SettingsError",
    "Site",
    "Web",
    "Webhooks",
    "Widen",
    "load",
]
