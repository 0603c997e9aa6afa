"""Picking letters up by IMAP (RFC 3501), with the standard library's blocking client: all of it is for a thread.

Letters are numbered by UID within a UIDVALIDITY. They are read without being marked, marked as read once they are taken
in, and never deleted or moved.
"""

import imaplib
import re
import ssl
from contextlib import suppress
from typing import Any

from cti_server.settings import Mailbox

TIMEOUT_S = 30.0
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")


class Unreachable(OSError):
    """The box cannot be used now; the text says why, without the password."""


class Box:
    """A connection to one box. `validity`: of the numbers that it gives."""

    def __init__(self, settings: Mailbox) -> None:
        """Raises Unreachable."""
        try:
            self._imap = _connected(settings)
        except (OSError, imaplib.IMAP4.error, UnicodeError) as error:
            raise Unreachable(_said(error)) from None
        try:
            _signed_in(self._imap, settings)
            self._ok(self._imap.select(f'"{settings.folder}"'))
            self.validity = int(self._first(self._imap.response("UIDVALIDITY")[1]))
        except (OSError, imaplib.IMAP4.error, ValueError, UnicodeError) as error:
            self.close()
            raise Unreachable(_said(error)) from None

    def after(self, last: int, old: int, most: int) -> list[int]:
        """The next letters after `last`, in order; up to `old` only those that nobody has read."""
        # `n:*` always finds the last letter, also when its number is below n.
        uids = [uid for uid in self._found("UID", f"{last + 1}:*") if uid > last]
        if uids and uids[0] <= old:
            unread = set(self._found("UNSEEN"))
            uids = [uid for uid in uids if uid > old or uid in unread]
        return uids[:most]

    def last(self) -> int:
        """The highest number in the box."""
        return max(self._found("ALL"), default=0)

    def _found(self, *wanted: str) -> list[int]:
        return sorted(int(each) for each in self._first(self._asked("SEARCH", None, *wanted)).split())

    def size(self, uid: int) -> int:
        """In bytes; 0 when the letter is gone."""
        for part in self._asked("FETCH", str(uid), "(RFC822.SIZE)"):
            if isinstance(part, bytes) and (found := _SIZE.search(part)):
                return int(found[1])
        return 0

    def letter(self, uid: int) -> bytes | None:
        """The bytes of it, as long as it is there."""
        for part in self._asked("FETCH", str(uid), "(BODY.PEEK[])"):
            if isinstance(part, tuple) and len(part) > 1 and isinstance(part[1], bytes):
                return part[1]
        return None

    def mark_read(self, uid: int) -> None:
        self._asked("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)")

    def close(self) -> None:
        with suppress(OSError, imaplib.IMAP4.error):
            self._imap.logout()

    def _asked(self, command: str, *arguments: Any) -> list[object]:
        try:
            return self._ok(self._imap.uid(command, *arguments))
        except (OSError, imaplib.IMAP4.error) as error:
            raise Unreachable(_said(error)) from None

    @staticmethod
    def _ok(answer: tuple[str, Any]) -> list[object]:
        if answer[0] != "OK":
            raise imaplib.IMAP4.error(answer[1][0] if answer[1] else answer[0])
        return list(answer[1])

    @staticmethod
    def _first(answer: list[object] | None) -> bytes:
        return answer[0] if answer and isinstance(answer[0], bytes) else b""


def _connected(settings: Mailbox) -> imaplib.IMAP4:
    host, port = settings.imap_host, settings.imap_port
    if settings.imap_tls == "tls":
        return imaplib.IMAP4_SSL(host, port, ssl_context=_context(settings), timeout=TIMEOUT_S)
    imap = imaplib.IMAP4(host, port, timeout=TIMEOUT_S)
    if settings.imap_tls == "starttls":
        imap.starttls(_context(settings))
    return imap


def _signed_in(imap: imaplib.IMAP4, settings: Mailbox) -> None:
    """By AUTHENTICATE PLAIN where it is offered, for LOGIN takes ASCII only."""
    user, password = settings.user, settings.password.get_secret_value()
    if "AUTH=PLAIN" in imap.capabilities:
        imap.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())
    else:
        imap.login(user, password)


def _context(settings: Mailbox) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(settings.ca_file) if settings.ca_file else None)


def _said(error: Exception) -> str:
    first = error.args[0] if error.args else ""
    said = first.decode("utf-8", "replace") if isinstance(first, bytes) else str(error)
    return " ".join(said.split())[:300] or type(error).__name__
