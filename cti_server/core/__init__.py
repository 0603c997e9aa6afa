"""The pure centre: what happened (`events`), what is true (`state`), what we want (`commands`), what to do (`center`).

    AMI message --translate--> Event --center.handle--> State changed + derived Events + Commands

Nothing here awaits, reads a clock, draws a random number or imports an edge, so a journal replays to the same state.
"""
