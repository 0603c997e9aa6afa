"""The edge to Asterisk. Only this package imports panoramisk, and only this package sends anything to a PBX.

    bytes --wire, framing--> messages --ami--> translate (pure) --> Events
    Commands --perform, orders (pure)--> actions, checked --ami--> bytes

`ami` keeps the link: login, pings, reconnect, and after every gap what is live (`resync`). `wire` is one connection.
`actions` is the list of what may be sent at all; every value is checked there on its way out. `orders` makes actions
of Commands (`announce`: what waiting callers are told), `perform` has them sent. `translate` makes Events of messages;
it needs nothing but the message and the time.

`fastagi` (`agi_protocol`, `agi_session`) serves the IVR's side of a call. `render` writes `dialplans/` as
configuration that an administrator includes. `provision`, `apt`, `elf`, `modules`, `instance` and `music` make and run
a private Asterisk. `examine` is what the doctor asks.
"""
