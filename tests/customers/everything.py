"""A customer of whom every context has rows and files: with their name and number wherever people write such things."""

import asyncio
from pathlib import Path
from typing import Any

from sqlalchemy import Boolean, Double, Integer, LargeBinary, Table, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from cti_server.customers.imports.tables import import_bad, import_job
from cti_server.customers.tables import call_customer
from cti_server.customers.value.tables import customer_value
from cti_server.db import metadata
from cti_server.followups.tables import dismissed_suggestion, voicemail_task
from cti_server.recording.tables import recording
from cti_server.rules.tables import rule, rule_firing
from cti_server.settings import Pbx, Settings
from cti_server.settings import Recording as RecordingSettings
from cti_server.tickets.files import FOLDER as ATTACHMENTS
from cti_server.tickets.mail.store import FOLDER as LETTERS
from tests.web.kit import web_settings

SALES = (
    "lead opportunity opportunity_past opportunity_share account_claim quote quote_line sales_order order_line "
    "order_share payment return_order return_line commission_line sales_offer"
).split()
TICKETS = (
    "ticket_comment ticket_file ticket_history ticket_step ticket_watcher ticket_call ticket_pause ticket_missed "
    "mail_in mail_out"
).split()


def settings_in(folder: Path) -> Settings:
    recording = RecordingSettings(sealed_dir=folder / "sealed")
    pbx = Pbx(recordings_dir=folder / "rec")
    return web_settings(folder).model_copy(update={"recording": recording, "pbx": pbx})


def files_in(folder: Path) -> list[str]:
    """Whatever a person could be heard or read in."""
    places = (folder / name for name in ("sealed", "rec", ATTACHMENTS, LETTERS))
    return sorted(str(path.relative_to(folder)) for place in places for path in place.rglob("*") if path.is_file())


def a_row(table: Table, /, **values: Any) -> dict[str, Any]:
    """With something in every column that must have it."""
    row: dict[str, Any] = {}
    for column in table.columns:
        if column.name in values:
            row[column.name] = values[column.name]
        elif not (column.nullable or (column.primary_key and isinstance(column.type, Integer))):
            kind = column.type
            row[column.name] = False if isinstance(kind, Boolean) else 0 if isinstance(kind, Integer | Double) else ""
            assert not isinstance(kind, LargeBinary)
    return row


async def put(db: AsyncConnection, into: str | Table, /, **values: Any) -> Any:
    """One row; the value of its first key."""
    table = metadata.tables[into] if isinstance(into, str) else into
    done = await db.execute(insert(table).values(a_row(table, **values)))
    assert done.inserted_primary_key is not None
    return done.inserted_primary_key[0]


class Everything:
    """`fill` writes it. `call` and `leg`: of one of their calls; `message`: the id of a message."""

    def __init__(self, folder: Path, name: str, number: str, mail: str, call: str, leg: str, message: str = "") -> None:
        self.folder, self.name, self.number, self.mail = folder, name, number, mail
        self.call, self.leg, self.message = call, leg, message
        self.said = f"=SUM(1) {name} rang from {number}"

    async def fill(self, db: AsyncConnection, ident: int) -> None:
        said, call = self.said, self.call
        if await db.scalar(select(call_customer.c.call).where(call_customer.c.call == call)) is None:
            await put(db, call_customer, call=call, customer=ident, how="number")
        await put(db, customer_value, customer=ident)
        product = await put(db, "product", sku=f"sku{ident}")
        of: dict[str, Any] = {"customer": ident, "product": product, "other": "a2", "who": "a1", "at": 1.0}
        of |= {"name": self.name, "number": self.number, "interest": said, "title": said, "note": said, "call": call}
        of |= {"reason": said, "serial": f"SN {self.name}", "notes": said, "description": said, "resolution": said}
        of |= {"subject": said, "text": said, "sender": self.mail, "old": said, "new": self.name, "phone": self.number}
        of |= {"phone_key": self.number[-10:], "email": self.mail, "sender_name": self.name, "recipient": self.mail}
        of |= {
            "why": said,
            "state": "waiting",
            "valid_until": "2026-01-31",
            "expected": "2026-01-31",
            "entry": f"entry{ident}",
            "field": "subject",
            "step": "apologise",
        }
        of |= {"valid_until": "2026-01-31", "expected": "2026-01-31"}
        of |= {"message_id": f"{ident}@site", "fingerprint": f"print{ident}", "uid": ident, "series": ident}
        for name in SALES:
            status = {"lead": "new", "opportunity": "open", "quote": "sent", "sales_order": "placed"}.get(name, "asked")
            values = of | {"order": of.get("sales_order"), "status": status, "currency": "CNY", "stage": "new"}
            of[name] = await put(db, name, **values)
        await put(db, "lead", name=self.name, number=f"{self.number[:3]} {self.number[3:7]} {self.number[7:]}")
        a_ticket = of | {"kind": "fault", "status": "open", "is_open": True, "channel": "call", "created": 2.0}
        of["ticket"] = await put(db, "ticket", **a_ticket | {"number": f"T-{ident}"})
        stored = await self._file(f"{ATTACHMENTS}/aa/{ident}")
        letter = await self._file(f"{LETTERS}/aa/{ident}.eml")
        for name in TICKETS:
            values = of | {"name": f"{self.name}.txt", "stored": stored}
            values |= {"stored": letter, "why": ""} if name == "mail_in" else {}
            comment = of.get("ticket_comment") if name in ("ticket_file", "mail_out") else None
            of[name] = await put(db, name, **values | {"comment": comment, "kind": "in", "source": "mail"})
        nobodys = await put(db, "ticket", **a_ticket | {"number": f"T-{ident}-2", "customer": None})
        await put(db, "ticket_link", ticket=of["ticket"], other=nobodys, kind="related")
        for n in range(2):
            serial = f"SN {n} {self.name}"
            await put(db, "service_contract", **of | {"serial": serial, "begins": "2026-01-01", "kind": "warranty"})
        fired = await put(db, rule)
        seen = f'[["ticket.subject", "{said}"]]'
        await put(
            db,
            rule_firing,
            outcome="done",
            rule=fired,
            subject="ticket",
            ref=str(of["ticket"]),
            matched=seen,
            done=seen,
        )
        sealed, original = await self._file(f"sealed/{ident}.wav"), await self._file(f"rec/{self.leg}-agent.wav")
        files = {"path": sealed.removeprefix("sealed/"), "agent_file": str(self.folder / original)}
        await self._file(f"sealed/{ident}.wav.sha256")
        kept = await put(
            db, recording, call=call, leg=self.leg, status="sealed", note=said, sealed=1.0, muted="[]", **files
        )
        await put(db, "recording_access", recording=kept, login="anna")
        if self.message:
            await put(db, voicemail_task, voicemail=self.message, note=said, noted=1.0, noted_by="anna")
            await self._file(f"rec/voicemail/sales/{self.leg}.wav")
        await put(db, dismissed_suggestion, entry=f"entry{ident}", number=self.number)
        await put(db, "call_note", leg=f"{self.leg}-{ident}", call=call, code="solved", note=said)
        await put(db, "callback_note", callback=f"p-{ident}", number=self.number, note=said)
        script = await put(db, "call_script", name="Welcome", steps="[]")
        await put(db, "script_answer", call=call, script=script, step="name", question=said, answer=said)
        rows = f'["{self.name}", "{self.number[:3]} {self.number[3:7]} {self.number[7:]}"]'
        job = await put(db, import_job, sample=f'[["name", "phone"], {rows}]', state="done")
        await put(db, import_bad, job=job, line=2, cells=rows, reasons="[]")

    async def _file(self, name: str) -> str:
        """Its name below the folder of its kind, as rows know it."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        await asyncio.to_thread(path.write_bytes, self.said.encode())
        kind, _, rest = name.partition("/")
        return rest if kind in (ATTACHMENTS, LETTERS) else name
