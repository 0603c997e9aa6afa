"""PURE: who gets the call.

`choose.py` looks at the agents of one queue, drops those who cannot take the caller and says why, and lets the queue's
strategy score the rest. A strategy is one file in `strategies/`: one pure function from an agent to a score, highest
first. Every decision comes with its reasons.
"""
