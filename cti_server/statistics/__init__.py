"""The figures of a call center: named, versioned formulas over the half-hours that the journal keeps.

- `figures`  pure: each formula with its name, version and definition; an empty denominator gives None, never 100 %
- `queries`  async reads: half-hours of queues and agents, added up by hour, day or all

Queues are counted by arrival cohort, agents by event time. The raw sums are the journal's (`journal/rollup.py`):
changing a formula here rewrites none of them.
"""
