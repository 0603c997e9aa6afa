"""What a server needs before it can serve, and the sentence when it is not there."""

import contextlib
import fcntl
import os
from collections.abc import Iterator

from alembic.util import CommandError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError


class CannotStart(Exception):
    """Something that the server needs is not there; the text says what, and where to look."""


@contextlib.contextmanager
def needed(what: str, setting: str) -> Iterator[None]:
    """Work without which there is no server. `what`: the sentence when it fails; `setting`: what would mend it.

    Raises CannotStart for what the operating system or the database says.
    """
    try:
        yield
    except (OSError, SQLAlchemyError, CommandError) as error:
        number = error.errno if isinstance(error, OSError) else None
        why = os.strerror(number) if number else " ".join(str(getattr(error, "orig", None) or error).split())
        raise CannotStart(f"{what}: {why}; look at {setting}, and ask `cti-server doctor`") from error


def claim(url: str) -> int | None:
    """Keep other servers off this SQLite file until the result, a file descriptor, is closed or the process ends.

    Two servers on one file would number their events alike and lose them, and offer one caller to two agents. Raises
    CannotStart when another one has it, OSError when there is no place for the lock. None for other databases.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        return None
    lock = os.open(f"{parsed.database}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise CannotStart(
            f"another server is using the database {parsed.database}; end that one, or give this one its own "
            "database.url and server.data_dir"
        ) from None
    return lock
