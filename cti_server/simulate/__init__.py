"""What if: the production Center and Router over a recorded day, beside what happened.

    journal --day.py--> Day --variant.py: other settings, more agents--> world.py (clock, Center, Router) --> table.py

- `day`       async: who came, how long they would wait, how they were served, when agents were there
- `patience`  pure: how long somebody would have waited who was answered before
- `variant`   pure: the same day under another strategy, other queue settings, more or fewer agents
- `world`     the discrete-event clock that feeds the Center; `people` the callers and phones that it meets
- `outcome`   the rows of a run, by the journal's own projections and the formulas of `statistics`
- `table`     the comparison in words; `cli` the command

Nothing of the router is imitated: what the PBX would tell is told as Events, and the Center's Commands are obeyed. What
is modelled is people. Every draw is made from the seed, the caller and the number of the draw, so the same caller has
the same patience and the same business in every column, and the same seed gives the same table.
"""
