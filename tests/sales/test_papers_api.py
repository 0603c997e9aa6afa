"""`/api/v1/leads`, `quotes`, `returns` and payments: from an interest to goods that come back."""

from tests.sales.test_api import Client, anna, boss, site

__all__ = ["anna", "boss", "site"]


async def test_a_lead_becomes_an_opportunity_of_whom_it_turned_out_to_be(boss: Client, anna: Client) -> None:
    status, made = await anna("POST", "/leads", {"name": "Somebody", "interest": "A kitchen\nwith an oven"})
    assert (status, made["status"], made["owner"], made["customer"]) == (200, "new", "a1", None)
    assert (await anna("POST", "/leads", {"interest": "of nobody"}))[0] == 400
    converted = {"version": 1, "status": "converted"}
    assert (await anna("PUT", "/leads/1", converted))[0] == 400, "nobody knows whose it is"
    status, done = await anna("PUT", "/leads/1", converted | {"customer": 1, "expected": "2030-01-31"})
    assert (status, done["status"], done["customer"], done["opportunity"]) == (200, "converted", 1, 1)
    status, deal = await anna("GET", "/opportunities/1")
    assert (deal["title"], deal["expected"], deal["owner"]) == ("A kitchen", "2030-01-31", "a1")
    assert (await anna("PUT", "/leads/1", {"version": 1, "status": "dropped"}))[0] in (400, 409)
    status, page = await boss("GET", "/leads?status=converted&customer=1")
    assert [item["id"] for item in page["items"]] == [1]
    assert (await anna("GET", "/leads/9"))[0] == 404


async def test_a_quote_is_replaced_sent_and_accepted_as_an_order(boss: Client, anna: Client) -> None:
    given = {"customer": 1, "lines": [{"sku": "OIL", "quantity": 2}], "valid_until": "2030-01-31"}
    status, made = await anna("POST", "/quotes", given)
    assert (status, made["status"], made["revision"], [line["sku"] for line in made["lines"]]) == (
        200,
        "draft",
        1,
        ["OIL"],
    )
    assert (await anna("POST", "/quotes", given | {"valid_until": "2001-01-01"}))[0] == 400
    status, second = await anna("POST", "/quotes", given | {"replaces": made["id"], "version": 1})
    assert (status, second["series"], second["revision"]) == (200, made["id"], 2)
    assert (await anna("POST", "/quotes", given | {"replaces": made["id"], "version": 1}))[0] == 400
    path = f"/quotes/{second['id']}"
    assert (await anna("PUT", path, {"version": 1, "status": "sent"}))[1]["status"] == "sent"
    assert (await anna("PUT", path, {"version": 1, "status": "accepted"}))[0] == 409
    status, done = await anna("PUT", path, {"version": 2, "status": "accepted"})
    assert (status, done["status"], done["order"]) == (200, "accepted", 1)
    status, order = await anna("GET", "/orders/1")
    assert (order["total"], order["quote"]) == (second["total"], second["id"])
    assert [item["revision"] for item in (await boss("GET", "/quotes?status=replaced"))[1]["items"]] == [1]


async def test_an_order_is_paid_and_some_of_it_comes_back(boss: Client, anna: Client) -> None:
    _, order = await anna("POST", "/orders", {"customer": 1, "lines": [{"sku": "OIL", "quantity": 3}]})
    pay = {"version": 1, "amount": order["total"], "method": "cash"}
    assert (await anna("POST", "/orders/1/payments", pay | {"amount": order["total"] + 1}))[0] == 400
    assert (await anna("POST", "/orders/1/payments", pay | {"method": "shells"}))[0] == 400
    status, paid = await anna("POST", "/orders/1/payments", pay)
    assert (status, paid["owed"], paid["version"]) == (200, 0, 2)
    assert (await anna("POST", "/orders/1/payments", pay))[0] in (400, 409)
    back = {"version": 2, "lines": [{"line": order["lines"][0]["id"], "quantity": 2}], "reason": "too much"}
    status, asked = await anna("POST", "/orders/1/returns", back)
    assert (status, asked["status"], asked["amount"]) == (200, "asked", order["lines"][0]["unit_price"] * 2)
    assert (await anna("POST", "/orders/1/returns", back | {"version": 3}))[0] == 400, "only one is left"
    assert (await anna("PUT", "/returns/1", {"version": 1, "status": "refunded"}))[1]["status"] == "refunded"
    assert (await anna("GET", "/orders/1"))[1]["refunded"] == asked["amount"]
    assert [item["id"] for item in (await boss("GET", "/returns?status=refunded"))[1]["items"]] == [1]
    assert [item["amount"] for item in (await boss("GET", "/orders/1/payments"))[1]["items"]] == [order["total"]]
    assert (await anna("GET", "/returns/5"))[0] == 404


async def test_a_note_is_on_the_timeline(anna: Client) -> None:
    status, page = await anna("POST", "/customers/1/notes", {"text": "likes tea"})
    assert (status, page["items"][0]["text"], page["items"][0]["by"]) == (200, "likes tea", "agent")
    assert (await anna("POST", "/customers/1/notes", {"text": " "}))[0] == 400
    assert (await anna("POST", "/customers/77/notes", {"text": "x"}))[0] == 404
