"""Tickets: what customers want from us, until it is done: inquiry, complaint, fault, repair, return, suggestion.

`tables` the schema, `rules` pure decisions (SLA, the complaint's walk), `queries` reads and writes, `pages`, `api`,
`panel` what the agent sees of it during a call.
"""
