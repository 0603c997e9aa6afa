"""Who knows most of what the caller needs comes first; among equals the less occupied, then the longest idle.

Callers get the best answer, and the best agents get the most calls.
"""

WEIGHTS = {"skill": 1_000.0, "fairness": 500.0, "idle": 0.001}
