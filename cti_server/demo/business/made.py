"""The whole business, made up from a number: the same seed, size and moment give the same. Pure."""

import random
from zoneinfo import ZoneInfo

import msgspec

from cti_server.demo.business.cases import Case, cases
from cti_server.demo.business.days import Days
from cti_server.demo.business.deals import Deal, Lead, deals, leads, won
from cti_server.demo.business.orders import Order, orders
from cti_server.demo.business.people import Person, people

SIZE = 3000
"""Customers of the demo."""
LEAST = 60


class Team(msgspec.Struct, frozen=True, kw_only=True):
    """Who works there. `sellers`: ids of agents, who own customers and sell; `logins`: who own tickets."""

    sellers: tuple[str, ...]
    logins: tuple[str, ...]


class Business(msgspec.Struct, frozen=True, kw_only=True):
    """`orders` in order of time; those of a deal are among them."""

    days: Days
    team: Team
    people: list[Person]
    orders: list[Order]
    deals: list[Deal]
    leads: list[Lead]
    cases: list[Case]


def make(seed: int, size: int, now: float, zone: ZoneInfo, team: Team) -> Business:
    """`size`: customers, at least `LEAST`. `now`: UTC epoch seconds; everything has happened by then."""
    if size < LEAST:
        raise ValueError(f"a business needs {LEAST} customers")
    days, chance = Days(now, zone), random.Random(seed)
    everybody = people(chance, size, days, team.sellers)
    pipeline = deals(chance, everybody, days, team.sellers)
    bought = orders(chance, everybody, days, team.sellers) + won(chance, pipeline, everybody, days)
    bought.sort(key=lambda order: order.created)
    return Business(
        days=days,
        team=team,
        people=everybody,
        orders=bought,
        deals=pipeline,
        leads=leads(chance, everybody, days, team.sellers),
        cases=cases(chance, everybody, bought, days, team.logins),
    )
