"""Customers who bought this also bought: how strongly two products belong together. Pure.

A basket is everything that one customer has ordered and not cancelled. For products A and B among `n` baskets:
support = baskets with both / n; confidence(A -> B) = baskets with both / baskets with A (Agrawal, Imielinski and Swami,
Mining association rules, 1993); lift = confidence(A -> B) / (baskets with B / n): how many times more often B is
bought by those who have A than by everybody, 1 when they have nothing to do with each other (Brin, Motwani, Ullman and
Tsur, Dynamic itemset counting, 1997, there called interest).
"""

import msgspec

LEAST_TOGETHER = 3
"""Pairs that fewer customers have are chance."""
LEAST_LIFT = 1.0
MOST_FOR_EACH = 20


class Measures(msgspec.Struct, frozen=True, kw_only=True):
    support: float
    confidence: float
    lift: float


def measures(together: int, of_product: int, of_other: int, baskets: int) -> Measures:
    """How strongly `product` leads to `other`. Counts of baskets; raises ValueError for such as cannot be."""
    if not 0 <= together <= min(of_product, of_other) or not 0 < max(of_product, of_other) <= baskets:
        raise ValueError("more baskets have both than have one of them")
    if of_product == 0 or of_other == 0:
        raise ValueError("nobody bought one of the two")
    return Measures(
        support=together / baskets,
        confidence=together / of_product,
        lift=together * baskets / (of_product * of_other),
    )
