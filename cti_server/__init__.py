"""A call-center / CTI server that sits beside Asterisk.

Four ideas, and no fifth: an `Event` happened, the `State` is what is true now, a `Command` is something we want done,
and an edge is the only code that awaits. `core/` and `routing/` are pure; `pbx/`, `web/` and `journal/` are edges;
`app.py` is the one place where everything is wired.
"""
