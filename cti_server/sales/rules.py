"""What sales decides by itself: stages, who may see what, totals, shares of an account, what may become of what. Pure.

Rounding, everywhere in sales: a sum that is computed (a percentage, a probability) is rounded once, half away from
zero, to the smallest unit of the currency. A sum that is divided keeps its total: each part is rounded down, and what
is left goes to the largest remainders (the method of Hamilton), in the order given where they are equal.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

STAGES: Mapping[str, int] = {"new": 10, "qualified": 25, "proposal": 50, "negotiation": 75}
"""The pipeline from left to right, and the probability in per cent that a stage suggests."""
STATUSES = ("open", "won", "lost")
LEAD_STATUSES = ("new", "contacted", "converted", "dropped")
QUOTE_STATUSES = ("draft", "sent", "accepted", "declined", "replaced")
ORDER_STATUSES = ("placed", "delivered", "cancelled")
RETURN_STATUSES = ("asked", "received", "refunded", "refused")
METHODS = ("cash", "card", "transfer", "wechat", "alipay", "credit")
ANSWERS = ("accepted", "declined", "later")
MOST_AMOUNT = 10**13
"""No amount is larger: thousands of them, weighted by per cent, fit into 64 bits, and each is exact in JavaScript."""
MOST_QUANTITY = 100_000
MOST_LINES = 100

_NEXT: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "quote": {"draft": ("sent", "accepted", "declined"), "sent": ("accepted", "declined")},
    "order": {"placed": ("delivered", "cancelled")},
    "return": {"asked": ("received", "refunded", "refused"), "received": ("refunded", "refused")},
    "lead": {"new": ("contacted", "converted", "dropped"), "contacted": ("converted", "dropped"), "dropped": ("new",)},
}


class Refused(Exception):
    """Something cannot be done. `key`: the text that says why, under `sales.refused`; `values`: its names."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key, self.values = key, values


def following(kind: str, status: str) -> tuple[str, ...]:
    """What may become of a quote, an order, a return or a lead in this status."""
    return _NEXT[kind].get(status, ())


def check_step(kind: str, status: str, wanted: str) -> None:
    """Raises Refused when a thing of this kind cannot go from `status` to `wanted`."""
    if wanted not in following(kind, status):
        raise Refused("step")


def rounded(numerator: int, denominator: int) -> int:
    """The quotient, half away from zero. `denominator` is above 0."""
    sign = -1 if numerator < 0 else 1
    return sign * ((2 * abs(numerator) + denominator) // (2 * denominator))


def divided(total: int, shares: Sequence[int]) -> list[int]:
    """`total` in parts as `shares` (of 100 together): the parts' sum is `total`, none is off by one unit or more."""
    if sum(shares) != 100 or min(shares) < 0:
        raise ValueError("shares are 100 together")
    sign, size = (-1, -total) if total < 0 else (1, total)
    parts = [size * share // 100 for share in shares]
    by_rest = sorted(range(len(shares)), key=lambda n: -(size * shares[n] % 100))
    for n in by_rest[: size - sum(parts)]:
        parts[n] += 1
    return [sign * part for part in parts]


def line_total(quantity: int, unit_price: int) -> int:
    """Raises Refused outside of what can be kept."""
    if not 1 <= quantity <= MOST_QUANTITY:
        raise Refused("quantity", most=MOST_QUANTITY)
    return _kept(quantity * unit_price)


def order_total(lines: Sequence[tuple[int, int]]) -> int:
    """The sum of `(quantity, unit price)`. Raises Refused for no line, too many, or a sum that is too large."""
    if not lines:
        raise Refused("no_lines")
    if len(lines) > MOST_LINES:
        raise Refused("lines", most=MOST_LINES)
    return _kept(sum(line_total(quantity, price) for quantity, price in lines))


def _kept(amount: int) -> int:
    if not 0 <= amount <= MOST_AMOUNT:
        raise Refused("amount")
    return amount


def shares_of(owner: str, other: str, percent: int) -> dict[str, int]:
    """Who has how much of an account that two share openly. `percent`: `other`'s. Raises Refused."""
    if not 1 <= percent <= 99:
        raise Refused("percent")
    return {owner: 100 - percent, other: percent}


def amount_of(text: str, digits: int) -> int:
    """What people type for a sum, in the smallest unit: `1,234.5` is 123450 with two digits. Raises Refused."""
    plain = text.strip().replace(",", "").replace("\N{FULLWIDTH COMMA}", "").replace(" ", "").replace("\xa0", "")
    try:
        value = Decimal(plain or "x").scaleb(digits)
    except InvalidOperation:
        raise Refused("money") from None
    if not value.is_finite() or not plain.isascii() or "_" in plain or "e" in plain.lower():
        raise Refused("money")
    if value != value.to_integral_value():
        raise Refused("money_digits", digits=digits)
    return _kept(int(value))
