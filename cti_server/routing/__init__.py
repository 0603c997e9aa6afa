"""PURE: who gets the call, and why. The router that `core/decision.py` asks for is `router.Router`.

`facts.py`, `caller.py` and `widening.py` say what is known of agents and of those who wait; `reach.py` how an agent is
rung. `score.py` makes an agent's score for a caller from named parts, weighed by the queue's strategy (`strategies/`,
one file each); `urgency.py` says who comes first among those who wait. Both are made so that time changes no order,
hence everything can stand in heaps: `pool.py` holds the agents of a queue by profile, `lines.py` those who wait by what
they need, `index.py` keeps both true while the State changes. A decision of `router.py` looks at the best of each
profile and at the first of each line, never at everybody, and `explain.py` puts it into words.

The obvious way to do the same, a look at everybody, is in `bench/scan.py`: the tests compare the two.
"""
