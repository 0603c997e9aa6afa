"""Letters, and a site that takes them in."""

from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from cti_server.settings import Mailbox, Server, Settings, Site
from cti_server.tickets.mail.intake import Site as MailSite
from cti_server.tickets.mail.service import site_of
from cti_server.tickets.mail.tables import mail_in, mail_out
from cti_server.tickets.tables import ticket, ticket_comment, ticket_file
from tests.mail_server import PASSWORD
from tests.tickets.kit import of

OURS = "support@northwind.example"
REPORT = b"""From: MAILER-DAEMON@mx.example\r
Message-ID: <r@mx.example>\r
Content-Type: multipart/report; report-type=delivery-status; boundary=b\r
\r
--b\r
\r
It did not work.\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mx.example\r
\r
Final-Recipient: rfc822; Wang@customer.example\r
Action: %s\r
Status: 5.1.1\r
Diagnostic-Code: smtp; 550 5.1.1 no such user\r
\r
--b\r
Content-Type: text/rfc822-headers\r
\r
Message-ID: %s\r
Subject: x\r
\r
--b--\r
"""
"""A report (RFC 3464), with room for what happened and for the Message-ID of the letter that it is about."""


def letter(
    said: str = "Where is my fridge?",
    subject: str = "My fridge",
    sender: str = "Wang Fang <wang@customer.example>",
    number: int = 1,
    answers: str = "",
    files: tuple[tuple[str, str, bytes], ...] = (),
    **headers: str,
) -> bytes:
    """`headers`: with `_` for `-`. `answers`: a Message-ID."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = OURS
    message["Subject"] = subject
    message["Date"] = format_datetime(datetime(2026, 3, 2, 2, number % 60, tzinfo=UTC))
    message["Message-ID"] = f"<{number}@customer.example>"
    if answers:
        message["In-Reply-To"] = answers
        message["References"] = answers
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(said)
    for name, kind, data in files:
        main, _, sub = kind.partition("/")
        message.add_attachment(data, maintype=main, subtype=sub, filename=name)
    return message.as_bytes()


def settings(folder: Path, *boxes: Mailbox, language: str = "en") -> Settings:
    return Settings(site=Site(language=language), server=Server(data_dir=folder), mailbox=boxes)


def box(**given: Any) -> Mailbox:
    plain = {"id": "support", "address": OURS, "name": "Northwind Support", "user": "support"}
    return Mailbox(**plain | {"password": SecretStr(PASSWORD)} | given)


def mail_site(folder: Path, *boxes: Mailbox) -> MailSite:
    return site_of(settings(folder, *boxes), of)


async def rows(engine: AsyncEngine, table: Any) -> list[dict[str, Any]]:
    async with engine.connect() as db:
        return [dict(row) for row in (await db.execute(select(table).order_by(table.c.id))).mappings()]


async def came(engine: AsyncEngine) -> list[tuple[str, str]]:
    """Outcome and reason of every letter, in order."""
    return [(row["outcome"], row["why"]) for row in await rows(engine, mail_in)]


async def tickets(engine: AsyncEngine) -> list[dict[str, Any]]:
    return await rows(engine, ticket)


async def comments(engine: AsyncEngine) -> list[dict[str, Any]]:
    return await rows(engine, ticket_comment)


async def kept_files(engine: AsyncEngine) -> list[dict[str, Any]]:
    return await rows(engine, ticket_file)


async def going(engine: AsyncEngine) -> list[dict[str, Any]]:
    return await rows(engine, mail_out)
