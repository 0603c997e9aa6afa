"""Pure: the site's own numbers, that an agent can dial or send a call to."""

from cti_server.settings import Settings

MAILBOX = "*6"
"""Before an extension: the mailbox of that agent or queue (`dialplans/extensions/people.conf.j2`)."""


def own_numbers(settings: Settings) -> frozenset[str]:
    extensions = [agent.extension for agent in settings.agent if agent.extension]
    extensions += [queue.extension for queue in settings.queue if queue.extension]
    return frozenset([*extensions, *(MAILBOX + one for one in extensions)])
