"""What a customer is worth, from the orders that sales knows: RFM scores, expected worth, tier and stage.

`rules` the formulas (pure), `figures` reads orders from its sources and writes the figures, `tables` where they are.
"""

from cti_server.customers.value.figures import SOURCES, after_order, figures_of, recompute, recompute_all

__all__ = ["SOURCES", "after_order", "figures_of", "recompute", "recompute_all"]
