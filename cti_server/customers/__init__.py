"""Customers: who they are, how they are reached, and everything that happened with them.

    a number or an account  --match-->  one, several or none  -->  the call's data (owner, value, language), the pop
    calls, tickets, orders, notes  --timeline.note-->  one timeline

`tables` the schema, `timeline` the lines that every context writes. Tickets and sales are built on top of this one and
know nothing of each other: what both must know is here, or an Event.
"""
