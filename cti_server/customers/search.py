"""The list of customers: what can be searched for, filtered and sorted by.

A search is understood by its look: a number in any form, the beginning or the end of one, an account, the initials of a
name (`wxm`), a mail address, or text. Text is looked for anywhere in names, organisations and notes, two Chinese
characters as well as a word, by reading through the records (`LIKE`): a second or so at a million of them. Initials,
whole numbers and accounts have an index.
"""

import re

from sqlalchemy import ColumnElement, func, or_, select

from cti_server.customers.match import ACTIVE
from cti_server.customers.numbers import Plan, beginnings, read
from cti_server.customers.rules import HIGHEST_TIER, KINDS, STAGES
from cti_server.customers.tables import customer, customer_email, customer_phone, customer_tag
from cti_server.journal.clean import text
from cti_server.web.lists import Listing, exact

_NUMBER = re.compile(r"[+(]?[\d\s().\-+#*/x转ext]+", re.IGNORECASE)
_INITIALS = re.compile(r"[A-Za-z]{1,12}")
_LEAST_DIGITS = 3

COLUMNS = tuple(
    "id kind name account owner tier stage language city last_contact changed created do_not_call blocked".split()
)


def listing(plan: Plan) -> Listing:
    """Active customers only."""
    c = customer.c
    return Listing(
        query=select(*(c[name] for name in COLUMNS)).where(ACTIVE),
        key=c.id,
        sorts={
            "changed": c.changed,
            "name": c.name,
            "tier": c.tier,
            "owner": c.owner,
            "last_contact": func.coalesce(c.last_contact, 0.0),
            "id": c.id,
        },
        filters={
            "text": lambda words: found_by(words, plan),
            "tag": lambda tag: c.id.in_(select(customer_tag.c.customer).where(customer_tag.c.tag == text(tag))),
            "owner": lambda owner: c.owner == ("" if owner == "-" else text(owner)),
            "tier": lambda tier: c.tier == int(tier) if tier in map(str, range(HIGHEST_TIER + 1)) else None,
            "stage": exact(c.stage, STAGES),
            "kind": exact(c.kind, KINDS),
        },
        sort="changed",
    )


def found_by(words: str, plan: Plan) -> ColumnElement[bool] | None:
    """The condition of a search; None for nothing."""
    words = " ".join(text(words).split())
    if not words:
        return None
    c = customer.c
    found = [c.name.icontains(words, autoescape=True), c.account == words]
    digits = "".join(character for character in words if character.isdigit())
    if _NUMBER.fullmatch(words) and len(digits) >= _LEAST_DIGITS:
        return or_(*found, c.id.in_(select(customer_phone.c.customer).where(_number(words, plan))))
    if "@" in words:
        mail = customer_email.c.address.startswith(words.lower(), autoescape=True)
        found.append(c.id.in_(select(customer_email.c.customer).where(mail)))
    if _INITIALS.fullmatch(words):
        found.append(c.initials.startswith(words.lower(), autoescape=True))
    of = customer.alias("organisation_of")
    named = select(of.c.id).where(of.c.name.icontains(words, autoescape=True), of.c.kind == "organisation")
    return or_(*found, c.notes.icontains(words, autoescape=True), c.organisation.in_(named))


def _number(words: str, plan: Plan) -> ColumnElement[bool]:
    """Exactly this number, or one that begins or ends so."""
    said = read(words, plan)
    if said.known:
        return customer_phone.c.number == said.number
    bare = said.number.lstrip("+")
    number = customer_phone.c.number
    return or_(
        number.endswith(bare, autoescape=True),
        *(number.startswith(s, autoescape=True) for s in sorted(beginnings(words, plan))),
    )
