"""The more a customer is worth, the more an agent's proficiency counts; for all others the longest idle comes first.

The tier comes with the call's data (`value`, 0 to 5). In a queue that asks for no skill this is `longest_idle`.
"""

WEIGHTS = {"value": 100.0, "idle": 1.0}
