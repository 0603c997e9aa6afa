"""Customers with a number, an order, a ticket and a line of history each: seeded, put in as fast as it goes."""

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import islice
from random import Random
from typing import Any

import psycopg
from sqlalchemy import Boolean, Double, Integer, Table
from sqlalchemy.engine import make_url

from cti_server.customers.initials import initials
from cti_server.customers.tables import customer, customer_phone, timeline
from cti_server.sales.paper_tables import sales_order
from cti_server.tickets.tables import ticket

TABLES = (customer, customer_phone, timeline, sales_order, ticket)
NOW = 1_750_000_000.0
_YEAR_S = 365 * 86_400
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀兰霞平刚桂英华玉萍红玲建国志文丹晨雪琳佳宇轩浩子涵欣怡梓萱"
_STAGES = ("exploring", "forming", "stable", "declining", "")
_CHUNK = 10_000
Rows = Iterator[tuple[Any, ...]]


def fill(url: str, count: int) -> None:
    """`count` customers and as many of each of the other rows, into a database with today's schema."""
    for table in TABLES:
        rows = _rows(table, count)
        if url.startswith("sqlite"):
            _into_sqlite(make_url(url).database or "", table, rows)
        else:
            _into_postgres(url, table, rows)


def number_of(place: int) -> str:
    """The number of a customer, by its id."""
    return f"+861{3_000_000_000 + place * 7919 % 999_999_937}"


def _rows(table: Table, count: int) -> Rows:
    draw = Random(f"{table.name} 1")
    blank = {column.name: _blank(column.type, bool(column.nullable)) for column in table.columns}
    made = {"customer": _customer, "customer_phone": _phone, "timeline": _line, "sales_order": _order}.get(
        table.name, _ticket
    )
    names = [column.name for column in table.columns]
    for place in range(1, count + 1):
        row = blank | made(draw, place, count) | {"id": place}
        yield tuple(row[name] for name in names)


def _blank(kind: Any, nullable: bool) -> Any:
    if nullable:
        return None
    return False if isinstance(kind, Boolean) else 0 if isinstance(kind, Integer | Double) else ""


def _customer(draw: Random, place: int, count: int) -> dict[str, Any]:
    name = draw.choice(_SURNAMES) + "".join(draw.choices(_GIVEN, k=2))
    met = draw.random() < 0.7
    since = NOW - draw.random() * 3 * _YEAR_S
    return {
        "kind": "person",
        "name": name,
        "initials": _initials(name),
        "stage": draw.choice(_STAGES),
        "tier": min(5, int(draw.expovariate(1))),
        "owner": f"agent{draw.randrange(200)}" if draw.random() < 0.5 else "",
        "account": str(10_000_000 + place),
        "last_contact": since + draw.random() * _YEAR_S if met else None,
        "extra": "{}",
        "notes": "老客户，周末来电" if place % 50 == 0 else "",
        "created": since,
        "changed": since + draw.random() * _YEAR_S,
        "version": 1,
    }


_KNOWN: dict[str, str] = {}


def _initials(name: str) -> str:
    """By its characters: there are a hundred of them, and a million names."""
    return "".join(_KNOWN.setdefault(each, initials(each, True)) for each in name)


def _phone(draw: Random, place: int, count: int) -> dict[str, Any]:
    number = number_of(place)
    return {"customer": place, "number": number, "raw": number[3:], "kind": "mobile"}


def _line(draw: Random, place: int, count: int) -> dict[str, Any]:
    whose, at = draw.randrange(count) + 1, NOW - draw.random() * _YEAR_S
    return {"customer": whose, "at": at, "kind": "call", "ref": f"c{place}", "what": "answered", "data": "{}"}


def _order(draw: Random, place: int, count: int) -> dict[str, Any]:
    total, created = draw.randrange(1_000, 900_000), NOW - draw.random() * _YEAR_S
    row = {"customer": draw.randrange(count) + 1, "status": "delivered", "currency": "CNY", "total": total}
    return row | {"paid": total, "owner": f"agent{draw.randrange(200)}", "created": created, "changed": created}


def _ticket(draw: Random, place: int, count: int) -> dict[str, Any]:
    created, is_open = NOW - draw.random() * _YEAR_S, draw.random() < 0.05
    row: dict[str, Any] = {"number": f"T-2026-{place:06}", "kind": "inquiry", "status": "open" if is_open else "closed"}
    row |= {"is_open": is_open, "priority": draw.randrange(4), "subject": "冰箱不制冷，要求上门", "created": created}
    row |= {"customer": draw.randrange(count) + 1, "owner": f"agent{draw.randrange(200)}", "changed": created + 3600}
    return row | {"next_due": created + 86_400 if is_open else 9e15, "next_mark": 9e15, "version": 1}


def _into_sqlite(path: str, table: Table, rows: Rows) -> None:
    into = sqlite3.connect(path)
    marks = ",".join("?" * len(table.columns))
    with into:
        into.execute("PRAGMA synchronous=OFF")
        into.execute("PRAGMA cache_size=-400000")
        while chunk := list(islice(rows, _CHUNK)):
            into.executemany(f'INSERT INTO "{table.name}" ({_names(table)}) VALUES ({marks})', chunk)
    into.close()


def _into_postgres(url: str, table: Table, rows: Rows) -> None:
    where = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    told = f'COPY "{table.name}" ({_names(table)}) FROM STDIN'
    with psycopg.connect(where) as into:
        with into.cursor().copy(told) as copy:
            for row in rows:
                copy.write_row(row)
        into.execute(f'ANALYZE "{table.name}"')  # as autovacuum does after a minute


def _names(table: Table) -> str:
    columns: Sequence[Any] = list(table.columns)
    return ", ".join(f'"{column.name}"' for column in columns)
