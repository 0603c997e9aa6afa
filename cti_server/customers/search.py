"""The list of customers: what can be searched for, filtered and sorted by.

A search is understood by its look: a number in any form, the beginning or the end of one, an account, the initials of a
name (`wxm`), a mail address, or text. Text is looked for anywhere in names, organisations and notes, two Chinese
characters as well as a word, by reading through the index of names and through the records that have a note. Initials,
whole numbers and accounts begin in an index.
"""

import re

from sqlalchemy import ColumnElement, Double, and_, func, literal_column, or_, select, union_all

from cti_server.customers.match import ACTIVE
from cti_server.customers.numbers import Plan, beginnings, read
from cti_server.customers.rules import HIGHEST_TIER, KINDS, STAGES
from cti_server.customers.tables import customer, customer_email, customer_phone, customer_tag
from cti_server.journal.clean import text
from cti_server.web.lists import Listing, exact

_NUMBER = re.compile(r"[+(]?[\d\s().\-+#*/x转ext]+", re.IGNORECASE)
_INITIALS = re.compile(r"[A-Za-z]{1,12}")
_LEAST_DIGITS = 3
_NO_NAME_DIGITS = 5
"""So many are looked for in numbers and accounts: no name has them in it."""

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
            # in the words of the index, without parameters
            "last_contact": func.coalesce(c.last_contact, literal_column("0.0", Double())),
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
    """The condition of a search; None for nothing.

    One set of ids from several small queries, each by the index that fits: a condition with OR would read all records.
    """
    words = " ".join(text(words).split())
    if not words:
        return None
    of = customer.alias("found")
    digits = sum(character.isdigit() for character in words)
    if _NUMBER.fullmatch(words) and digits >= _LEAST_DIGITS:
        named = select(of.c.id).where(_has(of.c.name, words) if digits < _NO_NAME_DIGITS else of.c.name == words)
        numbered = select(customer_phone.c.customer).where(_number(words, plan))
        return customer.c.id.in_(union_all(named, select(of.c.id).where(of.c.account == words), numbered))
    shop = customer.alias("organisation_of")
    shops = select(shop.c.id).where(_has(shop.c.name, words), shop.c.kind == "organisation")
    wanted = [_has(of.c.name, words), of.c.account == words, of.c.organisation.in_(shops)]
    wanted.append(and_(of.c.notes != literal_column("''"), _has(of.c.notes, words)))
    if _INITIALS.fullmatch(words):
        wanted.append(_begins(of.c.initials, words.lower()))
    found = [select(of.c.id).where(condition) for condition in wanted]
    if "@" in words:
        mail = customer_email.c.address.startswith(words.lower(), autoescape=True)
        found.append(select(customer_email.c.customer).where(mail))
    return customer.c.id.in_(union_all(*found))


def _has(column: ColumnElement[str], words: str) -> ColumnElement[bool]:
    """Anywhere in it; what has no upper and lower case is found faster."""
    if words.lower() == words.upper():
        return column.contains(words, autoescape=True)
    return column.icontains(words, autoescape=True)


def _begins(column: ColumnElement[str], letters: str) -> ColumnElement[bool]:
    """As a range, so that an index helps whatever the database's collation is: `wx` to before `wy`."""
    begins = and_(column >= letters, column.startswith(letters, autoescape=True))
    first = letters.rstrip("z")
    return and_(column < first[:-1] + chr(ord(first[-1]) + 1), begins) if first else begins


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
