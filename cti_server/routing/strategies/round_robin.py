"""Whose last offer is the longest ago comes first, whether it was taken or not.

Everybody gets the same number of offers; who lets the phone ring is not asked again at once.
"""

WEIGHTS = {"turn": 1.0}
