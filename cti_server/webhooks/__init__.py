"""Telling other programs what happened: signed, in order, tried again for days, and never into our own network.

    any context --news--> gather (one row for each who wants it) --> sending --> the receiver

What is sent is written down before it is sent, so nothing is lost when the server dies; what was sent and not written
down is sent again with the same id. See docs/decisions/webhooks.md.
"""
