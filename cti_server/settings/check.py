"""What no single section can know: whether the names in one are those of another."""

from pathlib import Path

from cti_server.settings.all import MAIN, Settings, SettingsError

RONA = "rona"
"""The code with which the center pauses an agent who left offers unanswered."""


def cross_check(path: Path, settings: Settings) -> None:
    if settings.redis.url and not settings.database.url.startswith("postgresql"):
        raise SettingsError(
            f"{path}: redis.url is set, so several nodes share one database, and that must be PostgreSQL: "
            "set database.url to postgresql+psycopg://..., or leave redis.url empty for a single server"
        )
    queues = {q.id for q in settings.queue}
    for kind in ("branch", "queue", "agent", "pause"):
        ids = [one.id for one in getattr(settings, kind)]
        for twice in {i for i in ids if ids.count(i) > 1}:
            raise SettingsError(f"{path}: the {kind} {twice!r} is defined twice")
    if any(pause.id == RONA for pause in settings.pause):
        raise SettingsError(f"{path}: the pause {RONA!r} is the server's own, for an agent who did not answer")
    if any(branch.id == MAIN for branch in settings.branch):
        raise SettingsError(f"{path}: no branch can be called {MAIN!r}: that is the site of [pbx]")
    for agent in settings.agent:
        if settings.branch and agent.site and agent.site not in settings.sites():
            raise SettingsError(f"{path}: agent {agent.id!r} names the site {agent.site!r}, which is no branch")
        for queue in agent.queues:
            if queue not in queues:
                raise SettingsError(f"{path}: agent {agent.id!r} names the queue {queue!r}, which is not defined")
    for number in settings.number:
        if number.queue and number.queue not in queues:
            raise SettingsError(
                f"{path}: number {number.match!r} names the queue {number.queue!r}, which is not defined"
            )
