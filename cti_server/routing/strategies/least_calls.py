"""Who has answered the fewest calls today comes first; among equals the less occupied, then the longest idle.

Everybody gets the same number of calls, however long each of them takes.
"""

WEIGHTS = {"calls": 1_000.0, "fairness": 500.0, "idle": 0.001}
