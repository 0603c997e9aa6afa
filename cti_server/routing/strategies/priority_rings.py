"""The innermost ring comes first, the next one only while nobody of it is free; within a ring the longest idle.

For a team with stand-ins: a shift leader or another branch takes calls when everybody else is busy.
"""

WEIGHTS = {"ring": 1_000_000.0, "idle": 1.0}
