"""Commission: who earns what on an order that was paid in full, and why, line by line. Pure.

The scheme. An order earns commission on the day it is paid in full, in that month. Each of its lines is divided among
the sellers by their shares of the order (`rules.divided`). A rule has a product category, a threshold and a rate. For
a line the rules of its category count, or those of no category when there are none of it; of these the one with the
highest threshold that the seller had reached in this month before this order. Its rate holds for the whole line, and
the result is rounded as all sums are. Goods that come back take back the commission of the month in which they are
refunded, at the rate that was paid for them, and the part that the refund is of the line.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from cti_server.sales.rules import divided, rounded

FULL_RATE = 10_000
"""Hundredths of a per cent in the whole."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """`category`: of products, empty for those that no other rule names. `sold_from`: the threshold in the smallest
    unit. `rate`: hundredths of a per cent.
    """

    id: int
    category: str
    sold_from: int
    rate: int


class Sold(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an order."""

    line: int
    category: str
    total: int


class Earned(msgspec.Struct, frozen=True, kw_only=True):
    """One line of commission. `base`: the seller's part of the order's line. `rule` None: no rule fits."""

    who: str
    line: int
    category: str
    percent: int
    base: int
    sold_before: int
    rule: int | None
    rate: int
    amount: int


def chosen(rules: Iterable[Rule], category: str, sold_before: int) -> Rule | None:
    """The rule for a line of this category, for a seller who had sold so much in the month before."""
    known = sorted(rules, key=lambda rule: (rule.sold_from, rule.id))
    own = [rule for rule in known if rule.category == category] or [rule for rule in known if not rule.category]
    return next((rule for rule in reversed(own) if rule.sold_from <= sold_before), None)


def earned(
    lines: Sequence[Sold], shares: Mapping[str, int], rules: Sequence[Rule], sold_before: Mapping[str, int]
) -> list[Earned]:
    """What an order earns. `shares`: per cent by seller, 100 together; `sold_before`: by seller, in this month."""
    found: list[Earned] = []
    sellers = sorted(shares)
    for sold in lines:
        bases = divided(sold.total, [shares[who] for who in sellers])
        for who, base in zip(sellers, bases, strict=True):
            before = sold_before.get(who, 0)
            rule = chosen(rules, sold.category, before)
            rate = rule.rate if rule else 0
            found.append(
                Earned(
                    who=who,
                    line=sold.line,
                    category=sold.category,
                    percent=shares[who],
                    base=base,
                    sold_before=before,
                    rule=rule.id if rule else None,
                    rate=rate,
                    amount=rounded(base * rate, FULL_RATE),
                )
            )
    return found


def taken_back(paid: Sequence[Earned], refunds: Mapping[int, tuple[int, int]]) -> list[Earned]:
    """What refunds cost the sellers. `refunds`: by the order's line, what was given back before, and with this.

    Each part is the difference of what is taken back in all and what was before: however often a line comes back in
    pieces, in the end exactly its commission is taken back.
    """
    found: list[Earned] = []
    for line, (before, after) in sorted(refunds.items()):
        of_line = [one for one in paid if one.line == line]
        if not of_line or before == after:
            continue
        shares = [one.percent for one in of_line]
        for one, was, now in zip(of_line, divided(before, shares), divided(after, shares), strict=True):
            amount = rounded(now * one.rate, FULL_RATE) - rounded(was * one.rate, FULL_RATE)
            found.append(msgspec.structs.replace(one, base=was - now, amount=-amount))
    return found
