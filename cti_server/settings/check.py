"""What no single section can know: whether the names in one are those of another."""

from pathlib import Path

from cti_server.settings.all import Settings, SettingsError


def cross_check(path: Path, settings: Settings) -> None:
    if settings.redis.url and not settings.database.url.startswith("postgresql"):
        raise SettingsError(
            f"{path}: redis.url is set, so several nodes share one database, and that must be PostgreSQL: "
            "set database.url to postgresql+psycopg://..., or leave redis.url empty for a single server"
        )
    queues = {q.id for q in settings.queue}
    for kind, ids in (("queue", [q.id for q in settings.queue]), ("agent", [a.id for a in settings.agent])):
        for twice in {i for i in ids if ids.count(i) > 1}:
            raise SettingsError(f"{path}: the {kind} {twice!r} is defined twice")
    for agent in settings.agent:
        for queue in agent.queues:
            if queue not in queues:
                raise SettingsError(f"{path}: agent {agent.id!r} names the queue {queue!r}, which is not defined")
    for number in settings.number:
        if number.queue and number.queue not in queues:
            raise SettingsError(
                f"{path}: number {number.match!r} names the queue {number.queue!r}, which is not defined"
            )
