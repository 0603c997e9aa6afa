"""`/api/v1/quotas`, `commission-rules`, `cross-sell`, `offers`, and the figures of sales."""

from tests.sales.test_api import Client, anna, boss, site

__all__ = ["anna", "boss", "site"]


async def test_a_quota_is_set_on_the_version_that_was_seen(boss: Client, anna: Client) -> None:
    new = {"who": "supervisor", "month": "2026-03", "amount": 500_000, "version": 0}
    status, found = await boss("PUT", "/quotas", new)
    mine = [item for item in found["items"] if item["who"] == "supervisor"]
    assert (status, found["month"], mine[0]["quota"], mine[0]["version"]) == (200, "2026-03", 500_000, 1)
    assert (await boss("PUT", "/quotas", new))[0] == 409
    assert (await boss("PUT", "/quotas", new | {"version": 1, "amount": 7}))[0] == 200
    assert (await boss("PUT", "/quotas", new | {"who": "stranger"}))[0] == 400
    assert (await boss("PUT", "/quotas", new | {"month": "2026-13"}))[0] == 400
    assert (await anna("PUT", "/quotas", new))[0] == 403
    status, own = await anna("GET", "/quotas?month=2026-03")
    assert (status, [item["who"] for item in own["items"]]) == (200, ["a1"])


async def test_rules_of_commission_are_begun_and_ended(boss: Client, anna: Client) -> None:
    assert (await boss("POST", "/commission-rules", {"rate": 200}))[0] == 200
    status, rules = await boss("POST", "/commission-rules", {"rate": 300, "category": "food", "sold_from": 100})
    assert (status, [(r["category"], r["rate"]) for r in rules["items"]]) == (200, [("", 200), ("food", 300)])
    assert (await boss("POST", "/commission-rules", {"rate": 20_000}))[0] == 400
    assert (await anna("POST", "/commission-rules", {"rate": 1}))[0] == 403
    first = rules["items"][0]["id"]
    assert [r["category"] for r in (await boss("DELETE", f"/commission-rules/{first}"))[1]["items"]] == ["food"]
    assert (await boss("DELETE", f"/commission-rules/{first}"))[0] == 404
    assert len((await anna("GET", "/commission-rules"))[1]["items"]) == 1


async def test_what_is_bought_together_is_offered_and_the_answer_kept(boss: Client, anna: Client) -> None:
    for n in range(4):
        _, who = await boss("POST", "/customers", {"name": f"客户{n}"})
        skus = ["RICE", "OIL"] if n < 3 else ["BAR"]
        await boss("POST", "/orders", {"customer": who["id"], "lines": [{"sku": sku} for sku in skus]})
    await boss("POST", "/orders", {"customer": 1, "lines": [{"sku": "RICE"}]})
    assert (await anna("POST", "/cross-sell"))[0] == 403
    status, pairs = await boss("POST", "/cross-sell")
    assert (status, [{pair["sku"], pair["other_sku"]} for pair in pairs["items"]]) == (200, [{"RICE", "OIL"}])
    assert (await anna("GET", "/cross-sell"))[1] == pairs and pairs["items"][0]["lift"] > 1
    _, found = await anna("GET", "/offers/suggested?customer=1")
    (offer,) = found["items"]
    assert offer["sku"] == "OIL"
    said = {"customer": 1, "product": offer["product"], "answer": "declined"}
    status, after = await anna("POST", "/offers", said)
    assert (status, after["items"]) == (200, []), "who declined is not asked again"
    assert (await anna("POST", "/offers", said | {"product": 99}))[0] == 400
    assert (await anna("POST", "/offers", said | {"customer": 99}))[0] == 400
    assert (await anna("GET", "/offers/suggested?customer=99"))[0] == 400
    _, answers = await boss("GET", "/offers")
    assert [(each["sku"], each["offers"], each["declined"]) for each in answers["items"]] == [("OIL", 1, 1)]


async def test_figures_are_those_of_the_pages(boss: Client, anna: Client) -> None:
    assert (await boss("POST", "/commission-rules", {"rate": 1000}))[0] == 200
    status, order = await boss("POST", "/orders", {"customer": 1, "lines": [{"sku": "RICE"}]})
    paid = {"version": order["version"], "amount": order["total"], "method": "cash"}
    assert (status, (await boss("POST", "/orders/1/payments", paid))[0]) == (200, 200)
    status, month = await boss("GET", "/sales-month")
    assert (status, len(month["lines"])) == (200, 1) and month["figures"]["commission"] == order["total"] // 10 > 0
    status, own = await anna("GET", "/sales-month?who=supervisor")
    assert (status, own["figures"]["who"], own["lines"]) == (200, "a1", []), "somebody else's is not theirs to see"
    assert (await boss("GET", "/sales-month?month=2026-13"))[0] == 400
    status, found = await anna("GET", "/sales-forecast?owner=supervisor")
    assert (status, len(found["forecast"]["coming"])) == (200, 4)
    status, sources = await boss("GET", "/sales-attribution?first=2020-01-01")
    assert status == 200 and sources["first"] == "2020-01-01" and sources["last"] >= "2026-11-22"
    assert (await boss("GET", "/sales-attribution?first=2020-02-31"))[0] == 400
    assert (await anna("GET", "/sales-attribution"))[0] == 403
