"""`/tickets/mail`: how the boxes are, letters that no ticket was made of, and those that could not be delivered."""

import asyncio

from aiohttp import web
from sqlalchemy import select

from cti_server import clock
from cti_server.tickets.forms import to
from cti_server.tickets.mail import outbox, store
from cti_server.tickets.mail.aside import NotTaken, listing, take
from cti_server.tickets.mail.rules import ASIDE, OUTCOMES
from cti_server.tickets.mail.tables import mail_box, mail_in, mail_out
from cti_server.tickets.site import ident_of, reading, writing
from cti_server.tickets.tables import ticket
from cti_server.web.lists import asked, fetch
from cti_server.web.permissions import Permission
from cti_server.web.render import local_path, render
from cti_server.web.routes import Route, file, form, page
from cti_server.web.session import settings_of

_PATH = "/tickets/mail"
_MOST_OUT = 50


async def _list(request: web.Request) -> web.Response:
    return await _page(request)


async def _page(request: web.Request, wrong: str = "", status: int = 200) -> web.Response:
    wanted = listing()
    given = {"outcome": "aside"} | {name: v for name, v in request.query.items() if v and "\0" not in v}
    look = asked(wanted, given)
    out = mail_out.c
    late = select(mail_out, ticket.c.number).join(ticket, ticket.c.id == out.ticket)
    late = late.where(out.state.in_(("waiting", "sending", "failed", "bounced"))).order_by(out.at.desc(), out.id.desc())
    async with reading(request) as db:
        found = await fetch(db, wanted, look)
        known = {row["id"]: dict(row) for row in (await db.execute(select(mail_box))).mappings()}
        going = (await db.execute(late.limit(_MOST_OUT))).mappings().all()
    return render(
        request,
        "tickets/mail.html",
        status=status,
        boxes=[(box, known.get(box.id, {})) for box in settings_of(request).mailbox],
        rows=found.rows,
        look=look,
        next=look.url(_PATH, after=found.next) if found.next else "",
        first=look.url(_PATH) if look.after else "",
        going=going,
        outcomes=OUTCOMES,
        aside=ASIDE,
        wrong=wrong,
    )


async def _take(request: web.Request) -> web.Response:
    try:
        return to(f"/tickets/{await take(request, ident_of(request))}")
    except NotTaken as refused:
        return await _page(request, refused.said, refused.status)


async def _letter(request: web.Request) -> web.StreamResponse:
    """The whole letter as it came, to be looked at in a mail program."""
    async with reading(request) as db:
        row = (await db.execute(select(mail_in.c.stored).where(mail_in.c.id == ident_of(request)))).first()
    data = await asyncio.to_thread(store.read, settings_of(request).server.data_dir, row.stored) if row else None
    if data is None:
        raise web.HTTPNotFound()
    headers = {
        "Content-Type": "application/octet-stream",
        "Content-Disposition": f'attachment; filename="letter-{ident_of(request)}.eml"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "private, no-store",
    }
    return web.Response(body=data, headers=headers)


async def _out(request: web.Request) -> web.Response:
    """Send a letter again that was not delivered, or do not send it."""
    ident, sent = ident_of(request), await request.post()
    async with writing(request) as db:
        row = (await db.execute(select(mail_out.c.ticket).where(mail_out.c.id == ident))).first()
        if row is None:
            raise web.HTTPNotFound()
        if sent.get("do") == "again":
            await outbox.send_again(db, ident, clock.now())
        else:
            await outbox.cancel(db, ident)
    target = local_path(str(sent.get("next", "")))
    return to(target if target.startswith("/tickets") else f"/tickets/{row.ticket}#latest")


_MANAGE = Permission.MANAGE_TICKETS
ROUTES: tuple[Route, ...] = (
    page(_PATH, _list, _MANAGE),
    file(f"{_PATH}/{{id}}/letter", _letter, _MANAGE),
    form(f"{_PATH}/{{id}}/take", _take, _MANAGE),
    form(f"{_PATH}/out/{{id}}", _out, Permission.EDIT_TICKETS),
)
