"""What the leader does about mail: a task for each box that is read, and one that sends."""

import hashlib

from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.settings import Settings
from cti_server.tasks import Tasks
from cti_server.tickets.hand import Tables
from cti_server.tickets.mail.intake import Site
from cti_server.tickets.mail.receiving import Receiver
from cti_server.tickets.mail.rules import Own
from cti_server.tickets.mail.sending import Sender
from cti_server.web.i18n import site_words


def site_of(settings: Settings, of: Tables) -> Site:
    """The mark in our letters is made of our addresses, so that it is the same on every node and after a restart."""
    addresses = {box.address.lower() for box in settings.mailbox}
    addresses |= {other.lower() for box in settings.mailbox for other in box.others}
    mark = hashlib.sha256(" ".join(sorted(addresses)).encode()).hexdigest()[:24]
    own = Own(addresses=frozenset(addresses), mark=mark)
    return Site(data_dir=settings.server.data_dir, own=own, of=of, words=site_words(settings.site))


def start(settings: Settings, engine: AsyncEngine, of: Tables, tasks: Tasks) -> None:
    """Begin; it ends with `tasks`. Without a box there is nothing to do."""
    if not settings.mailbox:
        return
    site = site_of(settings, of)
    receiver = Receiver(engine, site)
    for box in settings.mailbox:
        if box.imap_host:
            _ = tasks.start(receiver.keep_reading(box), f"mail of {box.id}")
    if any(box.smtp_host for box in settings.mailbox):
        _ = tasks.start(Sender(settings, engine, site).keep_sending(), "letters to customers")
