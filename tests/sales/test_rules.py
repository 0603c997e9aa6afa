"""The pure parts: totals, shares, commission, forecasts, what is bought together; by example and by law."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cti_server.sales import forecast
from cti_server.sales.commission import Earned, Rule, Sold, chosen, earned, taken_back
from cti_server.sales.forecast import Open, error, month_after, trend, weighted
from cti_server.sales.months import bounds, day_in, month_of
from cti_server.sales.pairs import measures
from cti_server.sales.rules import (
    MOST_AMOUNT,
    MOST_LINES,
    MOST_QUANTITY,
    Refused,
    amount_of,
    check_step,
    divided,
    order_total,
    rounded,
    shares_of,
)
from tests.sales.kit import ZONE, at

amounts = st.integers(0, 10**9)
shares = (
    st.lists(st.integers(0, 100), min_size=0, max_size=4)
    .map(sorted)
    .map(lambda cuts: [b - a for a, b in zip([0, *cuts], [*cuts, 100], strict=True)])
)
light = settings(max_examples=60, deadline=None)


@pytest.mark.parametrize(
    ("above", "below", "result"), [(5, 10, 1), (4, 10, 0), (15, 10, 2), (-5, 10, -1), (-4, 10, 0), (0, 3, 0), (7, 7, 1)]
)
def test_halves_are_rounded_away_from_zero(above: int, below: int, result: int) -> None:
    assert rounded(above, below) == result


@light
@given(st.integers(-(10**12), 10**12), shares)
def test_a_sum_that_is_divided_keeps_its_total(total: int, parts: list[int]) -> None:
    found = divided(total, parts)
    assert sum(found) == total
    assert all(abs(100 * part - total * share) < 100 for part, share in zip(found, parts, strict=True))
    assert divided(-total, parts) == [-part for part in found]


def test_shares_are_a_hundred() -> None:
    assert shares_of("a", "b", 30) == {"a": 70, "b": 30}
    for wrong in (0, 100, -1):
        with pytest.raises(Refused):
            shares_of("a", "b", wrong)
    for odd in ([50, 49], [], [101, -1]):
        with pytest.raises(ValueError):
            divided(10, odd)


@light
@given(st.lists(st.tuples(st.integers(1, 50), amounts), min_size=1, max_size=MOST_LINES))
def test_an_order_costs_what_its_lines_cost(lines: list[tuple[int, int]]) -> None:
    assert order_total(lines) == sum(quantity * price for quantity, price in lines)
    assert order_total(lines[::-1]) == order_total(lines)


@pytest.mark.parametrize(
    "lines", [[], [(0, 5)], [(-1, 5)], [(MOST_QUANTITY + 1, 0)], [(2, MOST_AMOUNT)], [(1, 1)] * (MOST_LINES + 1)]
)
def test_an_order_that_cannot_be_is_refused(lines: list[tuple[int, int]]) -> None:
    with pytest.raises(Refused):
        order_total(lines)


@pytest.mark.parametrize(
    ("text", "digits", "amount"),
    [
        ("1,234.5", 2, 123_450),
        (" 0.01 ", 2, 1),
        ("1，000", 2, 100_000),
        ("100", 0, 100),
        ("5.", 2, 500),
        ("1.234", 3, 1234),
    ],
)
def test_sums_are_read_as_people_write_them(text: str, digits: int, amount: int) -> None:
    assert amount_of(text, digits) == amount


@pytest.mark.parametrize(
    "text", ["", "ten", "1.234", "-1", "nan", "inf", "1e5", "1_000", "٣", "1.2.3", "9" * 40, "=1+1"]
)
def test_what_is_no_sum_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        amount_of(text, 2)


def test_things_go_only_where_they_may() -> None:
    check_step("quote", "draft", "accepted")
    check_step("return", "received", "refunded")
    for kind, status, wanted in (("quote", "accepted", "sent"), ("order", "cancelled", "placed"), ("lead", "new", "")):
        with pytest.raises(Refused):
            check_step(kind, status, wanted)


# ---------------------------------------------------------------------------------------------- commission


def rule(ident: int, category: str, sold_from: int, rate: int) -> Rule:
    return Rule(id=ident, category=category, sold_from=sold_from, rate=rate)


RULES = [rule(1, "", 0, 100), rule(2, "", 1_000_000, 200), rule(3, "tv", 0, 300), rule(4, "tv", 500_000, 550)]


@pytest.mark.parametrize(
    ("category", "before", "ident"),
    [
        ("food", 0, 1),
        ("food", 999_999, 1),
        ("food", 1_000_000, 2),
        ("tv", 0, 3),
        ("tv", 600_000, 4),
        ("", 2_000_000, 2),
    ],
)
def test_the_rule_of_the_category_and_of_the_highest_threshold_reached(category: str, before: int, ident: int) -> None:
    found = chosen(RULES, category, before)
    assert found is not None and found.id == ident
    assert chosen(RULES[::-1], category, before) == found


def test_without_a_rule_that_fits_there_is_nothing_and_the_line_says_so() -> None:
    (line,) = earned([Sold(line=1, category="food", total=999)], {"a": 100}, [rule(1, "tv", 0, 300)], {})
    assert (line.rule, line.amount, line.base) == (None, 0, 999)


def test_each_line_can_be_computed_by_hand() -> None:
    sold = [Sold(line=1, category="tv", total=329_900), Sold(line=2, category="food", total=4_995)]
    found = {(e.line, e.who): e for e in earned(sold, {"anna": 70, "ben": 30}, RULES, {"anna": 600_000})}
    assert (found[1, "anna"].base, found[1, "anna"].rule, found[1, "anna"].amount) == (230_930, 4, 12_701)
    assert (found[1, "ben"].base, found[1, "ben"].rule, found[1, "ben"].amount) == (98_970, 3, 2_969)
    assert (found[2, "anna"].base, found[2, "ben"].base) == (3_497, 1_498), "the larger remainder gets the odd one"


sold_lines = st.lists(
    st.builds(Sold, line=st.integers(1, 10**6), category=st.sampled_from(["tv", "food", ""]), total=amounts),
    min_size=1,
    max_size=5,
    unique_by=lambda sold: sold.line,
)


@light
@given(sold_lines, st.integers(1, 99), amounts)
def test_commission_is_of_what_was_sold_and_returns_take_all_of_it_back(
    sold: list[Sold], percent: int, before: int
) -> None:
    found = earned(sold, {"a": percent, "b": 100 - percent}, RULES, {"a": before})
    assert sum(e.base for e in found) == sum(s.total for s in sold)
    assert all(abs(10_000 * e.amount - e.base * e.rate) <= 5_000 for e in found)
    taken: list[Earned] = []
    for one in sold:
        for was, now in ((0, one.total // 3), (one.total // 3, one.total // 2), (one.total // 2, one.total)):
            taken += taken_back(found, {one.line: (was, now)})
    for who in ("a", "b"):
        assert sum(e.amount for e in (*found, *taken) if e.who == who) == 0
        assert sum(e.base for e in (*found, *taken) if e.who == who) == 0


# ---------------------------------------------------------------------------------------------- forecast


def test_months_follow_one_another() -> None:
    assert [month_after("2026-12"), month_after("2026-01", -1), month_after("2026-05", 14)] == [
        "2027-01",
        "2025-12",
        "2027-07",
    ]
    assert bounds("2026-02", ZONE) == (at("2026-02-01", 0), at("2026-03-01", 0))
    assert month_of(at("2026-03-01", 0), ZONE) == "2026-03"
    for wrong in ("2026-02-30", "", "yesterday", "0001-01-01"):
        with pytest.raises(Refused):
            day_in(wrong)


def test_what_is_overdue_counts_now() -> None:
    open_ones = [Open(amount=1000, probability=25, month="2026-01"), Open(amount=333, probability=50, month="2026-03")]
    open_ones.append(Open(amount=1, probability=50, month="2026-05"))
    assert weighted(open_ones, "2026-03") == {"2026-03": 417, "2026-05": 1}


def test_the_trend_of_a_line_is_the_line_and_never_below_zero() -> None:
    assert trend([100, 200, 300]) == 400
    assert trend([100, 200, 300], 3) == 600
    assert trend([300, 200, 100]) == 0
    assert trend([300, 200, 100], 5) == 0
    assert trend([1, 2]) is None


@light
@given(st.lists(amounts, min_size=forecast.LEAST_MONTHS, max_size=20), st.integers(1, 3))
def test_the_trend_is_the_least_squares_line(won: list[int], ahead: int) -> None:
    known = won[-forecast.TREND_MONTHS :]
    n = len(known)
    mean_x, mean_y = (n - 1) / 2, sum(known) / n
    slope = sum((x - mean_x) * (y - mean_y) for x, y in enumerate(known)) / sum((x - mean_x) ** 2 for x in range(n))
    expected = max(0.0, mean_y + slope * (n - 1 + ahead - mean_x))
    assert trend(won, ahead) == pytest.approx(expected, abs=1, rel=1e-9)


def test_the_errors_are_those_of_the_formulas() -> None:
    found = error([(100, 80), (200, 300), (0, 50)])
    assert found.mape == pytest.approx(35.0) and found.months == 2
    assert found.wape == pytest.approx(100 * 170 / 300)
    nothing = error([(0, 10)])
    assert (nothing.mape, nothing.wape, nothing.months) == (None, None, 0)


# ---------------------------------------------------------------------------------------------- bought together


@light
@given(st.lists(st.frozensets(st.sampled_from("ABC"), min_size=1), min_size=1, max_size=40))
def test_measures_are_those_of_counted_baskets_and_keep_their_bounds(baskets: list[frozenset[str]]) -> None:
    n, a, b = len(baskets), sum("A" in one for one in baskets), sum("B" in one for one in baskets)
    both = sum({"A", "B"} <= one for one in baskets)
    if not a or not b:
        with pytest.raises(ValueError):
            measures(both, a, b, n)
        return
    found, back = measures(both, a, b, n), measures(both, b, a, n)
    assert 0 <= found.support <= found.confidence <= 1
    assert found.lift == pytest.approx(back.lift) and found.support == back.support
    assert 0 <= found.lift <= n / max(a, b) + 1e-9
    assert found.lift == pytest.approx(found.confidence / (b / n))


def test_counts_that_cannot_be_are_refused() -> None:
    for wrong in ((3, 2, 4, 9), (-1, 2, 2, 9), (1, 2, 10, 9), (0, 0, 0, 0)):
        with pytest.raises(ValueError):
            measures(*wrong)
