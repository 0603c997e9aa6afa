"""Who has been without a call for longest comes first. A point is a second of idle time.

The fairest over an hour and the easiest to explain. Proficiency counts a little: one degree is worth ten seconds.
"""

WEIGHTS = {"idle": 1.0, "skill": 10.0}
