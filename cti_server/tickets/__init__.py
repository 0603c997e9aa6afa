"""Tickets: whatever somebody is owed, from the question to the resolution, and what was done about it by whom.

    a call, a mail, a page  --changes.create-->  ticket  --sla-->  due times  --marks-->  warned, breached
    a caller who gave up    --missed.take---->  callback task, once for each number while it is open

`rules` and `sla` are pure: what may follow what, and the clock that runs in opening hours only. `changes` is the only
writer: each change of a field is a line of history. `files` keeps attachments, `contracts` warranties. The rules engine
sees a ticket as `subject` describes it.
"""
