"""Follow-ups: everybody who is owed something: promised callbacks, messages that were left, callers who gave up.

    Events --journal.promises--> rows `callback`, `voicemail` --queries--> pages, api
    abandoned entries and calls ---------------------------suggestions-->
    pages.form --Event--> bus           pages.form --row--> `tables` (done, note, dismissed, heard)

What the PBX and the center did is the journal's, and can be made again from it. What people did by hand (a message is
done, a note, a dismissed suggestion, who listened) is in `tables` here. Promises are made and broken by Events only.
`rules` is pure: which queues and boxes a person may see, what can be dialled, places in the line. `sound` plays.
"""
