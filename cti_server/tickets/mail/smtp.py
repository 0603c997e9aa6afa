"""Handing a letter to an SMTP server (RFC 5321), with the standard library's blocking client: for a thread."""

import base64
import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage

from cti_server.settings import Mailbox
from cti_server.tickets.mail.rules import is_final

TIMEOUT_S = 30.0


class NotSent(Exception):
    """`final`: the other side will never take it. `everyone`: the server was not reached, so no other letter goes."""

    def __init__(self, said: str, *, final: bool = False, everyone: bool = False) -> None:
        super().__init__(said)
        self.said, self.final, self.everyone = said, final, everyone


def send(settings: Mailbox, message: EmailMessage, recipient: str) -> None:
    """Raises NotSent. When it returns, the server has taken the letter."""
    try:
        client = _connected(settings)
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent(_said(error), everyone=True) from None
    try:
        client.send_message(message, from_addr=settings.address, to_addrs=[recipient])
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()))
        raise NotSent(_line(code, said), final=is_final(code)) from None
    except smtplib.SMTPResponseException as error:
        raise NotSent(_line(error.smtp_code, error.smtp_error), final=is_final(error.smtp_code)) from None
    except (smtplib.SMTPNotSupportedError, UnicodeError) as error:
        raise NotSent(_said(error), final=True) from None
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent(_said(error)) from None
    finally:
        with suppress(OSError, smtplib.SMTPException):
            client.quit()


def _connected(settings: Mailbox) -> smtplib.SMTP:
    context = ssl.create_default_context(cafile=str(settings.ca_file) if settings.ca_file else None)
    host, port = settings.smtp_host, settings.smtp_port
    client: smtplib.SMTP
    if settings.smtp_tls == "tls":
        client = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_S, context=context)
    else:
        client = smtplib.SMTP(host, port, timeout=TIMEOUT_S)
    try:
        if settings.smtp_tls == "starttls":
            client.starttls(context=context)
        client.ehlo_or_helo_if_needed()
        user, password = settings.smtp_user or settings.user, settings.password.get_secret_value()
        if user and password and client.has_extn("auth"):
            _sign_in(client, user, password)
    except BaseException:
        client.close()
        raise
    return client


def _sign_in(client: smtplib.SMTP, user: str, password: str) -> None:
    """By AUTH PLAIN (RFC 4616) where it is offered, for the library's own takes ASCII only."""
    if "PLAIN" not in client.esmtp_features.get("auth", "").upper().split():
        client.login(user, password)
        return
    answer = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
    code, said = client.docmd("AUTH", f"PLAIN {answer}")
    if code not in (235, 503):
        raise smtplib.SMTPAuthenticationError(code, said)


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return _line(error.smtp_code, error.smtp_error)
    return " ".join(str(error).split())[:300] or type(error).__name__


def _line(code: int, said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return f"{code} {' '.join(text.split())}"[:300]
