"""What stays of a call when it is over: the agent's disposition code and notes, one row for each talk.

- `tables`, `rules`  the codes of each queue (ids never change), and what may be noted when. Pure
- `talks`            which talks a call has: one for each leg of an agent, live or as the journal has it
- `codes`, `notes`   reads and writes; who saves names the version that was seen
- `line`             one line of the customer's timeline for each talk, kept up to date
- `desk`             JSON for the desk; `pages` for administrators and for the page of a call; `api` for other programs
"""
