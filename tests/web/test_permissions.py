"""Every route, every role: who gets in."""

import re

import aiohttp
import pytest

from cti_server.web.guard import DECLARED
from cti_server.web.permissions import GRANTS, ROLES, Permission, allowed
from tests.journal.floor import opening
from tests.web.kit import Site

MAY = {
    "GET /": "administrator supervisor agent reviewer",
    "GET /live": "administrator supervisor",
    "GET /live/socket": "administrator supervisor",
    "POST /live/agents/{id}": "administrator supervisor",
    "POST /live/queues/{id}": "administrator supervisor",
    "POST /live/calls/{id}": "administrator supervisor",
    "GET /calls": "administrator supervisor reviewer",
    "GET /calls/{id}": "administrator supervisor reviewer",
    "GET /desk": "administrator supervisor agent",
    "GET /desk/socket": "administrator supervisor agent",
    "POST /desk/call": "administrator supervisor agent",
    "GET /desk/directory": "administrator supervisor agent",
    "PUT /desk/favourites": "administrator supervisor agent",
    "DELETE /desk/favourites": "administrator supervisor agent",
    "GET /api/v1/desk/directory": "administrator supervisor agent",
    "POST /desk/intent": "administrator supervisor agent",
    "POST /desk/phone": "administrator supervisor agent",
    "GET /sip": "administrator supervisor agent",
    "GET /wrapup/codes": "administrator supervisor",
    "POST /wrapup/codes": "administrator supervisor",
    "GET /wrapup/of-call": "administrator supervisor reviewer",
    "GET /api/v1/dispositions": "administrator supervisor reviewer",
    "GET /api/v1/call-notes": "administrator supervisor reviewer",
    "GET /desk/codes": "administrator supervisor agent",
    "GET /desk/context/{call}": "administrator supervisor agent",
    "POST /desk/identify": "administrator supervisor agent",
    "POST /desk/callback": "administrator supervisor agent",
    "GET /desk/day": "administrator supervisor agent",
    "GET /desk/wrapping": "administrator supervisor agent",
    "POST /desk/popped": "administrator supervisor agent",
    "GET /desk/deliveries": "administrator supervisor",
    "GET /api/v1/pop-deliveries": "administrator supervisor",
    "GET /desk/notes/{call}": "administrator supervisor agent",
    "PUT /desk/notes/{call}": "administrator supervisor agent",
    "POST /logout": "administrator supervisor agent reviewer",
    "POST /preferences": "administrator supervisor agent reviewer",
    "GET /recordings": "administrator supervisor reviewer",
    "GET /recordings/{id}": "administrator supervisor reviewer",
    "GET /recordings/of/{id}": "administrator supervisor reviewer",
    "GET /recordings/{id}/audio": "administrator supervisor reviewer",
    "GET /recordings/{id}/peaks": "administrator supervisor reviewer",
    "GET /follow-ups": "administrator supervisor agent",
    "GET /follow-ups/voicemails": "administrator supervisor agent",
    "GET /follow-ups/suggestions": "administrator supervisor agent",
    "GET /follow-ups/voicemails/{id}/audio": "administrator supervisor agent",
    "POST /follow-ups/voicemails/task": "administrator supervisor agent",
    "POST /follow-ups/callbacks/cancel": "administrator supervisor",
    "POST /follow-ups/callbacks/plan": "administrator supervisor",
    "POST /follow-ups/suggestions/plan": "administrator supervisor",
    "POST /follow-ups/suggestions/dismiss": "administrator supervisor",
    "GET /customers": "administrator supervisor agent",
    "GET /customers/{id}": "administrator supervisor agent",
    "GET /customers/{id}/timeline": "administrator supervisor agent",
    "GET /customers/panel": "administrator supervisor agent",
    "GET /customers/new": "administrator supervisor agent",
    "POST /customers/new": "administrator supervisor agent",
    "GET /customers/{id}/edit": "administrator supervisor agent",
    "POST /customers/{id}/edit": "administrator supervisor agent",
    "POST /customers/{id}/notes": "administrator supervisor agent",
    "POST /customers/{id}/call": "administrator supervisor agent",
    "POST /customers/{id}/consents": "administrator supervisor agent",
    "GET /customers/organisations": "administrator supervisor agent",
    "GET /customers/list.csv": "administrator supervisor",
    "GET /customers/list.xlsx": "administrator supervisor",
    "GET /customers/fields": "administrator supervisor",
    "POST /customers/fields": "administrator supervisor",
    "POST /customers/fields/remove": "administrator supervisor",
    "GET /customers/imports": "administrator supervisor",
    "GET /customers/imports/{id}": "administrator supervisor",
    "GET /customers/imports/{id}/progress": "administrator supervisor",
    "GET /customers/imports/{id}/bad.{kind}": "administrator supervisor",
    "POST /customers/imports": "administrator supervisor",
    "POST /customers/imports/{id}/columns": "administrator supervisor",
    "POST /customers/imports/{id}/do": "administrator supervisor",
    "GET /customers/duplicates": "administrator supervisor",
    "GET /customers/{id}/merge": "administrator supervisor",
    "POST /customers/{id}/merge": "administrator supervisor",
    "GET /customers/{id}/merges": "administrator supervisor",
    "POST /customers/merges/undo": "administrator supervisor",
    "GET /customers/{id}/privacy": "administrator supervisor",
    "POST /customers/{id}/handout": "administrator supervisor",
    "POST /customers/{id}/erase": "administrator supervisor",
    "GET /api/v1/customers": "administrator supervisor agent",
    "POST /api/v1/desk/call": "administrator supervisor agent",
    "POST /api/v1/customers": "administrator supervisor agent",
    "GET /api/v1/customers/match": "administrator supervisor agent",
    "GET /api/v1/customers/{id}": "administrator supervisor agent",
    "PUT /api/v1/customers/{id}": "administrator supervisor agent",
    "GET /api/v1/customers/{id}/timeline": "administrator supervisor agent",
    "GET /rules": "administrator supervisor",
    "GET /rules/firings": "administrator supervisor",
    "GET /rules/new": "administrator supervisor",
    "GET /rules/{id}": "administrator supervisor",
    "POST /rules/check": "administrator supervisor",
    "POST /rules/save": "administrator supervisor",
    "POST /rules/move": "administrator supervisor",
    "GET /knowledge": "administrator supervisor agent reviewer",
    "GET /knowledge/panel": "administrator supervisor agent reviewer",
    "GET /knowledge/new": "administrator supervisor",
    "GET /knowledge/{id}": "administrator supervisor agent reviewer",
    "GET /knowledge/{id}/edit": "administrator supervisor",
    "POST /knowledge/save": "administrator supervisor",
    "POST /knowledge/{id}/helped": "administrator supervisor agent reviewer",
    "GET /api/v1/knowledge": "administrator supervisor agent reviewer",
    "POST /api/v1/knowledge": "administrator supervisor",
    "GET /api/v1/knowledge/{id}": "administrator supervisor agent reviewer",
    "PUT /api/v1/knowledge/{id}": "administrator supervisor",
    "GET /scripts": "administrator supervisor",
    "GET /scripts/panel": "administrator supervisor agent reviewer",
    "GET /scripts/of-call": "administrator supervisor agent reviewer",
    "GET /scripts/new": "administrator supervisor",
    "GET /scripts/{id}": "administrator supervisor",
    "POST /scripts/save": "administrator supervisor",
    "POST /scripts/answer": "administrator supervisor agent reviewer",
    "GET /api/v1/scripts": "administrator supervisor",
    "GET /api/v1/script-answers": "administrator supervisor reviewer",
    "GET /webhooks": "administrator supervisor",
    "POST /webhooks": "administrator supervisor",
    "GET /webhooks/{id}": "administrator supervisor",
    "POST /webhooks/{id}": "administrator supervisor",
    "POST /webhooks/{id}/secret": "administrator supervisor",
    "POST /webhooks/{id}/ping": "administrator supervisor",
    "POST /webhooks/{id}/remove": "administrator supervisor",
    "GET /webhooks/deliveries/{id}": "administrator supervisor",
    "POST /webhooks/deliveries/{id}/again": "administrator supervisor",
    "GET /api/v1/webhooks": "administrator supervisor",
    "POST /api/v1/webhooks": "administrator supervisor",
    "GET /api/v1/webhooks/{id}": "administrator supervisor",
    "PUT /api/v1/webhooks/{id}": "administrator supervisor",
    "DELETE /api/v1/webhooks/{id}": "administrator supervisor",
    "POST /api/v1/webhooks/{id}/secret": "administrator supervisor",
    "POST /api/v1/webhooks/{id}/ping": "administrator supervisor",
    "GET /api/v1/webhook-deliveries": "administrator supervisor",
    "GET /api/v1/webhook-deliveries/{id}": "administrator supervisor",
    "POST /api/v1/webhook-deliveries/{id}/again": "administrator supervisor",
    "POST /api/v1/rules": "administrator supervisor",
    "POST /api/v1/rules/check": "administrator supervisor",
    "GET /api/v1/rules/{id}": "administrator supervisor",
    "PUT /api/v1/rules/{id}": "administrator supervisor",
    "POST /api/v1/rules/{id}/move": "administrator supervisor",
    "GET /api/v1/tickets/{id}/links": "administrator supervisor agent",
    "POST /api/v1/tickets/{id}/links": "administrator supervisor agent",
    "DELETE /api/v1/tickets/{id}/links/{other}": "administrator supervisor agent",
    "POST /api/v1/tickets/{id}/calls": "administrator supervisor agent",
    "PUT /api/v1/tickets/{id}/watch": "administrator supervisor agent",
    "POST /api/v1/tickets/{id}/steps": "administrator supervisor agent",
    "POST /api/v1/tickets/{id}/files": "administrator supervisor agent",
    "GET /api/v1/customer-duplicates": "administrator supervisor",
    "POST /api/v1/customers/{id}/erase": "administrator supervisor",
    "GET /api/v1/customers/{id}/handout": "administrator supervisor",
    "GET /api/v1/mail/boxes": "administrator supervisor",
    "GET /api/v1/mail/letters": "administrator supervisor",
    "POST /api/v1/mail/letters/{id}/take": "administrator supervisor",
    "GET /api/v1/mail/out": "administrator supervisor",
    "POST /api/v1/mail/out/{id}": "administrator supervisor agent",
    "GET /api/v1/ticket-targets": "administrator supervisor agent",
    "PUT /api/v1/ticket-targets": "administrator supervisor",
    "POST /api/v1/ticket-targets/remove": "administrator supervisor",
    "GET /api/v1/ticket-categories": "administrator supervisor agent",
    "POST /api/v1/ticket-categories": "administrator supervisor",
    "PUT /api/v1/ticket-categories/{id}": "administrator supervisor",
    "GET /api/v1/sales-month": "administrator supervisor agent",
    "GET /api/v1/sales-forecast": "administrator supervisor agent",
    "GET /api/v1/sales-attribution": "administrator supervisor",
    "GET /api/v1/contracts": "administrator supervisor agent",
    "POST /api/v1/contracts": "administrator supervisor agent",
    "GET /api/v1/contracts/{id}": "administrator supervisor agent",
    "PUT /api/v1/contracts/{id}": "administrator supervisor agent",
    "POST /api/v1/contracts/{id}/end": "administrator supervisor agent",
    "POST /api/v1/contracts/{id}/remind": "administrator supervisor agent",
    "GET /api/v1/customers/{id}/merges": "administrator supervisor",
    "POST /api/v1/customers/{id}/merges": "administrator supervisor",
    "POST /api/v1/customer-merges/{id}/undo": "administrator supervisor",
    "POST /api/v1/customers/{id}/consents": "administrator supervisor agent",
    "GET /api/v1/customer-fields": "administrator supervisor agent",
    "POST /api/v1/customer-fields": "administrator supervisor",
    "DELETE /api/v1/customer-fields/{id}": "administrator supervisor",
    "GET /api/v1/imports": "administrator supervisor",
    "POST /api/v1/imports": "administrator supervisor",
    "GET /api/v1/imports/{id}": "administrator supervisor",
    "PUT /api/v1/imports/{id}": "administrator supervisor",
    "DELETE /api/v1/imports/{id}": "administrator supervisor",
    "POST /api/v1/imports/{id}/look": "administrator supervisor",
    "POST /api/v1/imports/{id}/do": "administrator supervisor",
    "GET /api/v1/imports/{id}/bad": "administrator supervisor",
    "GET /api/v1/quotas": "administrator supervisor agent",
    "PUT /api/v1/quotas": "administrator supervisor",
    "GET /api/v1/commission-rules": "administrator supervisor agent",
    "POST /api/v1/commission-rules": "administrator supervisor",
    "DELETE /api/v1/commission-rules/{id}": "administrator supervisor",
    "GET /api/v1/cross-sell": "administrator supervisor agent",
    "POST /api/v1/cross-sell": "administrator supervisor",
    "GET /api/v1/offers": "administrator supervisor agent",
    "POST /api/v1/offers": "administrator supervisor agent",
    "GET /api/v1/offers/suggested": "administrator supervisor agent",
    "GET /api/v1/leads": "administrator supervisor agent",
    "POST /api/v1/leads": "administrator supervisor agent",
    "GET /api/v1/leads/{id}": "administrator supervisor agent",
    "PUT /api/v1/leads/{id}": "administrator supervisor agent",
    "GET /api/v1/quotes": "administrator supervisor agent",
    "POST /api/v1/quotes": "administrator supervisor agent",
    "GET /api/v1/quotes/{id}": "administrator supervisor agent",
    "PUT /api/v1/quotes/{id}": "administrator supervisor agent",
    "GET /api/v1/orders/{id}/payments": "administrator supervisor agent",
    "POST /api/v1/orders/{id}/payments": "administrator supervisor agent",
    "POST /api/v1/orders/{id}/returns": "administrator supervisor agent",
    "GET /api/v1/returns": "administrator supervisor agent",
    "GET /api/v1/returns/{id}": "administrator supervisor agent",
    "PUT /api/v1/returns/{id}": "administrator supervisor agent",
    "POST /api/v1/customers/{id}/notes": "administrator supervisor agent",
    "GET /api/v1/rules": "administrator supervisor",
    "GET /api/v1/rule-firings": "administrator supervisor",
    "GET /api/v1/callbacks": "administrator supervisor agent",
    "GET /api/v1/voicemails": "administrator supervisor agent",
    "GET /api/v1/voicemails/{id}/audio": "administrator supervisor agent",
    "GET /api/v1/callback-suggestions": "administrator supervisor agent",
    "GET /api/v1/agents": "administrator supervisor",
    "POST /api/v1/agents/{id}/unstick": "administrator supervisor",
    "GET /api/v1/queues": "administrator supervisor",
    "GET /api/v1/calls": "administrator supervisor reviewer",
    "GET /api/v1/calls/{id}": "administrator supervisor reviewer",
    "GET /api/v1/calls/{id}/decisions": "administrator supervisor reviewer",
    "GET /api/v1/figures": "administrator supervisor reviewer",
    "GET /api/v1/recordings": "administrator supervisor reviewer",
    "GET /api/v1/recordings/{id}": "administrator supervisor reviewer",
    "GET /api/v1/recordings/{id}/audio": "administrator supervisor reviewer",
    "GET /sales": "administrator supervisor agent",
    "GET /sales/opportunities": "administrator supervisor agent",
    "GET /sales/opportunities/{id}": "administrator supervisor agent",
    "GET /sales/leads": "administrator supervisor agent",
    "GET /sales/leads/{id}": "administrator supervisor agent",
    "GET /sales/quotes": "administrator supervisor agent",
    "GET /sales/quotes/{id}": "administrator supervisor agent",
    "GET /sales/orders": "administrator supervisor agent",
    "GET /sales/orders/{id}": "administrator supervisor agent",
    "GET /sales/returns": "administrator supervisor agent",
    "GET /sales/products": "administrator supervisor agent",
    "GET /sales/products/{id}": "administrator supervisor agent",
    "GET /sales/month": "administrator supervisor agent",
    "GET /sales/forecast": "administrator supervisor agent",
    "GET /sales/cross-sell": "administrator supervisor agent",
    "GET /sales/panel": "administrator supervisor agent",
    "GET /sales/of-call": "administrator supervisor agent",
    "GET /sales/new": "administrator supervisor agent",
    "GET /sales/leads/new": "administrator supervisor agent",
    "GET /sales/quotes/new": "administrator supervisor agent",
    "GET /sales/orders/new": "administrator supervisor agent",
    "GET /sales/attribution": "administrator supervisor",
    "GET /sales/quotas": "administrator supervisor",
    "GET /sales/products/new": "administrator supervisor",
    "POST /sales/new": "administrator supervisor agent",
    "POST /sales/opportunities/{id}": "administrator supervisor agent",
    "POST /sales/opportunities/{id}/move": "administrator supervisor agent",
    "POST /sales/opportunities/{id}/close": "administrator supervisor agent",
    "POST /sales/leads/new": "administrator supervisor agent",
    "POST /sales/leads/{id}": "administrator supervisor agent",
    "POST /sales/offers": "administrator supervisor agent",
    "POST /sales/quotes/new": "administrator supervisor agent",
    "POST /sales/quotes/{id}": "administrator supervisor agent",
    "POST /sales/orders/new": "administrator supervisor agent",
    "POST /sales/orders/{id}": "administrator supervisor agent",
    "POST /sales/orders/{id}/payments": "administrator supervisor agent",
    "POST /sales/orders/{id}/returns": "administrator supervisor agent",
    "POST /sales/returns/{id}": "administrator supervisor agent",
    "POST /sales/products/new": "administrator supervisor",
    "POST /sales/products/{id}": "administrator supervisor",
    "POST /sales/products/{id}/price": "administrator supervisor",
    "POST /sales/quotas": "administrator supervisor",
    "POST /sales/commission-rules": "administrator supervisor",
    "POST /sales/cross-sell": "administrator supervisor",
    "GET /api/v1/products": "administrator supervisor agent",
    "POST /api/v1/products": "administrator supervisor",
    "GET /api/v1/products/{id}": "administrator supervisor agent",
    "PUT /api/v1/products/{id}": "administrator supervisor",
    "GET /api/v1/opportunities": "administrator supervisor agent",
    "POST /api/v1/opportunities": "administrator supervisor agent",
    "GET /api/v1/opportunities/{id}": "administrator supervisor agent",
    "PUT /api/v1/opportunities/{id}": "administrator supervisor agent",
    "GET /api/v1/orders": "administrator supervisor agent",
    "POST /api/v1/orders": "administrator supervisor agent",
    "GET /api/v1/orders/{id}": "administrator supervisor agent",
    "PUT /api/v1/orders/{id}": "administrator supervisor agent",
    "GET /tickets": "administrator supervisor agent",
    "GET /tickets/export.csv": "administrator supervisor agent",
    "GET /tickets/export.xlsx": "administrator supervisor agent",
    "GET /tickets/new": "administrator supervisor agent",
    "GET /tickets/find-customer": "administrator supervisor agent",
    "GET /tickets/of-call": "administrator supervisor agent",
    "GET /tickets/{id}": "administrator supervisor agent",
    "POST /tickets/new": "administrator supervisor agent",
    "POST /tickets/assign": "administrator supervisor agent",
    "POST /tickets/{id}/edit": "administrator supervisor agent",
    "POST /tickets/{id}/comment": "administrator supervisor agent",
    "POST /tickets/{id}/step": "administrator supervisor agent",
    "POST /tickets/{id}/tie": "administrator supervisor agent",
    "POST /tickets/{id}/watch": "administrator supervisor agent",
    "GET /tickets/contracts": "administrator supervisor agent",
    "GET /tickets/contracts/new": "administrator supervisor agent",
    "POST /tickets/contracts/new": "administrator supervisor agent",
    "GET /tickets/contracts/{id}": "administrator supervisor agent",
    "POST /tickets/contracts/{id}": "administrator supervisor agent",
    "POST /tickets/contracts/{id}/end": "administrator supervisor agent",
    "POST /tickets/contracts/{id}/remind": "administrator supervisor agent",
    "GET /tickets/panel": "administrator supervisor agent",
    "GET /tickets/{id}/files/{file}": "administrator supervisor agent",
    "GET /api/v1/tickets/{id}/files/{file}": "administrator supervisor agent",
    "GET /api/v1/tickets": "administrator supervisor agent",
    "POST /api/v1/tickets": "administrator supervisor agent",
    "GET /api/v1/tickets/{id}": "administrator supervisor agent",
    "PUT /api/v1/tickets/{id}": "administrator supervisor agent",
    "POST /api/v1/tickets/{id}/comments": "administrator supervisor agent",
    "GET /tickets/settings": "administrator supervisor",
    "POST /tickets/settings/targets": "administrator supervisor",
    "POST /tickets/settings/categories": "administrator supervisor",
    "GET /tickets/mail": "administrator supervisor",
    "GET /tickets/mail/{id}/letter": "administrator supervisor",
    "POST /tickets/mail/{id}/take": "administrator supervisor",
    "POST /tickets/mail/out/{id}": "administrator supervisor agent",
}
OPEN = {
    "GET /login",
    "POST /login",
    "GET /health/live",
    "GET /health/ready",
    "GET /metrics",
    "GET /api/v1/openapi.json",
    "GET /static/{stamp}/{name:.+}",
}
EVERY_ROLE = [pytest.param(role, marks=pytest.mark.slow) if role == "administrator" else role for role in ROLES]
"""Who may do nearly the same as another is tried in the slow part."""


def declared(site: Site) -> dict[str, Permission]:
    routes = site.app[DECLARED].values()
    return {f"{r.method} {r.path}": r.permission for r in routes if r.permission is not None}


def filled(path: str) -> str:
    """The path with something for each of its parameters."""
    return re.sub(r"{\w+}", "1", path)


async def test_the_table_above_is_complete(site: Site) -> None:
    found = declared(site)
    assert {name for name, permission in found.items() if permission is Permission.PUBLIC} == OPEN
    assert found.keys() - OPEN == MAY.keys()


async def test_nobody_gets_in_without_a_login(site: Site) -> None:
    async with site.visitor() as visitor:
        for name in MAY:
            method, _, path = name.partition(" ")
            path = filled(path)
            async with visitor.session.request(method, path, allow_redirects=False) as response:
                if path.startswith("/api/"):
                    assert (response.status, response.headers["WWW-Authenticate"]) == (401, "Bearer")
                    assert response.content_type == "application/problem+json"
                else:
                    assert (response.status, response.headers["Location"][:6]) == (303, "/login"), name


@pytest.mark.parametrize("role", EVERY_ROLE)
async def test_each_role_gets_in_where_it_may_and_nowhere_else(site: Site, role: str) -> None:
    await site.add_people()
    site.do(*opening())
    async with site.visitor(role) as visitor:
        csrf = await visitor.form_token("/nothing")
        for name, roles in sorted(MAY.items(), key=lambda item: "logout" in item[0]):
            method, _, path = name.partition(" ")
            path = filled(path)
            fields = {"csrf": csrf, "do": "log_in"} if method != "GET" else None
            async with visitor.session.request(method, path, data=fields, allow_redirects=False) as response:
                own_phone = path in ("/desk/socket", "/desk/intent") and role != "agent"
                if role in roles.split() and not own_phone:
                    assert response.status in (200, 204, 303, 400, 404, 409, 422), (name, response.status)
                else:
                    assert response.status == 403, (name, response.status)


@pytest.mark.parametrize("role", EVERY_ROLE)
async def test_a_token_has_the_rights_of_its_user_on_the_api(site: Site, role: str) -> None:
    await site.add_people()
    headers = {"Authorization": f"Bearer {await site.token(role)}"}
    async with aiohttp.ClientSession(site.address, headers=headers) as session:
        for name, roles in MAY.items():
            method, _, path = name.partition(" ")
            async with session.request(method, filled(path), allow_redirects=False) as response:
                if not path.startswith("/api/"):
                    assert response.status == 303, "a token is no login for the pages"
                elif role in roles.split():
                    assert response.status in (200, 400, 404, 409, 422), (name, response.status)
                else:
                    assert response.status == 403, (name, response.status)


@pytest.mark.parametrize("header", ["Bearer wrong", "Bearer ", "Basic YWRtaW46YWRtaW4=", "Bearer " + "x" * 5000])
async def test_a_wrong_token_is_refused_even_beside_a_good_cookie(site: Site, header: str) -> None:
    await site.add_people()
    async with site.visitor("administrator") as visitor:
        assert (await visitor.get("/api/v1/calls"))[0] == 200
        assert (await visitor.get("/api/v1/calls", headers={"Authorization": header}))[0] == 401


def test_nobody_and_unknown_roles_have_nothing() -> None:
    for permission in Permission:
        expected = permission is Permission.PUBLIC
        assert allowed(None, permission) is allowed("", permission) is allowed("janitor", permission) is expected
    assert all(Permission.MANAGE_USERS not in GRANTS[role] for role in ROLES if role != "administrator")
