"""`/api/v1/products`: with today's prices, as on the pages."""

from typing import Annotated, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from cti_server.sales import products
from cti_server.sales.answers import (
    Amount,
    Paged,
    Version,
    Word,
    rows_of,
    shaped,
    told,
)
from cti_server.sales.asking import Asked, ident_of
from cti_server.sales.products import Named
from cti_server.web.keys import ENGINE
from cti_server.web.permissions import Permission
from cti_server.web.problems import BadRequest, answer, body_of
from cti_server.web.routes import Route, api


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """`amount`: today's price in the smallest unit of `currency`; null without one."""

    id: int
    sku: str
    name_en: str
    name_zh: str
    category: str
    unit: str
    active: bool
    amount: int | None
    currency: str
    version: int


class ProductBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`amount`: the price from now on; left out, it stays. `version`: of the product that was seen, to change it."""

    sku: Annotated[str, Meta(min_length=1, max_length=60)]
    name_en: Word = ""
    name_zh: Word = ""
    category: Annotated[str, Meta(max_length=60)] = ""
    unit: Annotated[str, Meta(max_length=60)] = ""
    active: bool = True
    amount: Amount | None = None
    version: Version | None = None


class ProductPage(msgspec.Struct, frozen=True, kw_only=True):
    """`next`: what to send as `after` for the following page; empty on the last one."""

    items: list[Product]
    next: str


class ProductsQuery(Paged, frozen=True, kw_only=True, forbid_unknown_fields=True):
    category: Word = ""
    active: Literal["yes", "no"] | None = None


@told
async def _products(request: web.Request) -> web.Response:
    a = Asked(request, {})
    rows, following = await rows_of(request, a, products.listing(a.now, a.currency), ProductsQuery)
    return answer(ProductPage(items=[shaped(row, Product, currency=a.currency) for row in rows], next=following))


@told
async def _product(request: web.Request) -> web.Response:
    return await _one_product(Asked(request, {}), ident_of(request))


async def _one_product(a: Asked, ident: int) -> web.Response:
    async with a.request.app[ENGINE].connect() as connection:
        row = await products.get(connection, ident, a.now, a.currency)
    return answer(shaped(row, Product, currency=a.currency))


@told
async def _save_product(request: web.Request) -> web.Response:
    a, body = Asked(request, {}), await body_of(request, ProductBody)
    ident = ident_of(request) if "id" in request.match_info else 0
    if ident and body.version is None:
        raise BadRequest("version: say which version you have seen")
    named = Named(**{name: getattr(body, name) for name in Named.__struct_fields__})
    async with request.app[ENGINE].begin() as connection:
        ident = await products.save(connection, a.me, named, a.now, ident, body.version or 0)
        if body.amount is not None:
            was = await products.get(connection, ident, a.now, a.currency)
            if was["amount"] != body.amount:
                await products.set_price(connection, a.me, ident, body.amount, a.currency, a.now, a.now, None)
    return await _one_product(a, ident)


_SEE, _EDIT, _MANAGE = Permission.SEE_SALES, Permission.EDIT_SALES, Permission.MANAGE_SALES
ROUTES: tuple[Route, ...] = (
    api("/products", _products, _SEE, "Products with today's prices", ProductPage, ProductsQuery),
    api("/products", _save_product, _MANAGE, "A new product", Product, body=ProductBody),
    api("/products/{id}", _product, _SEE, "One product", Product),
    api("/products/{id}", _save_product, _MANAGE, "Change a product", Product, body=ProductBody, method="PUT"),
)
