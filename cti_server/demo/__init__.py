"""`cti-server demo`: a small call center that plays itself, in the folder `.demo`, for a first look.

    player --AMI--> Asterisk "carrier" ==SIP, RTP== Asterisk "pbx" <--AMI, AGI--> server --> the page

Two private Asterisks: one is the call center's own, as at a site; the other is the outside world and the agents' phones
(`carrier`), so that the server sees nothing of the play itself. `people` says who takes part, `config` writes the
site's configuration, `speech` speaks the conversations, `plan` (pure, seeded) decides what each caller and agent does,
`player` does it, `breaks` lets an agent pause as in a browser, `watch` tells of it on the terminal, `site` starts and
ends the processes, `leftover` ends those of a demo that was killed, `run` puts it all in order.
"""
