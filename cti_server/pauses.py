"""Nothing keeps the loop for long from the callers: neither another thread nor the collection of garbage.

Measured with ten agents busy: Python's whole collections took 110 to 190 ms each, and callers waited as long; what they
went through was nearly all of it the program itself.
"""

import gc
import sys

SWITCH_S = 0.0005
"""How long a thread (the database's, a recording's) may keep the interpreter from the loop. Python's own 5 ms are
longer than an offer takes.
"""


def short_turns() -> None:
    """To be called before the loop runs."""
    sys.setswitchinterval(SWITCH_S)


def settled() -> None:
    """To be called once everything is loaded: what is there by now stays, and is never looked through again."""
    gc.collect()
    gc.freeze()
