"""The IVR: the words a script is written in, and what carries them out.

A script is a module of `scripts_ivr` with `async def run(call)`. It imports everything from here and nothing else:

    from cti_server.ivr import Call, menu, play, queue

    async def run(call: Call) -> None:
        await play(call, "welcome")
        await queue(call, await menu(call, "main-menu", {"1": "sales", "2": "service"}))

`call.py` is the small protocol that `nodes/<one file each>` are written on; `agi_call.py` carries it out on a channel.
`runner.py` is the FastAGI handler: number table, arrival, script, ending. `calendar.py` (opening hours) is pure,
`calendars.py` has those of all queues and rereads their holiday files. `prompts.py` is the table of prompts, of which
`cti_server.words` makes numbers, dates and times; `make_prompts.py` speaks it, `install.py` puts the sounds where
Asterisk finds them. queue, transfer, voicemail and hangup end the script.
"""

from cti_server.ivr.call import Call
from cti_server.ivr.nodes.closed import when_closed
from cti_server.ivr.nodes.digits import digits
from cti_server.ivr.nodes.hangup import hangup
from cti_server.ivr.nodes.hours import is_open
from cti_server.ivr.nodes.language import choose_language
from cti_server.ivr.nodes.menu import menu
from cti_server.ivr.nodes.play import play
from cti_server.ivr.nodes.queue import queue
from cti_server.ivr.nodes.say_date import say_date
from cti_server.ivr.nodes.say_digits import say_digits
from cti_server.ivr.nodes.say_hours import say_hours
from cti_server.ivr.nodes.say_number import say_number
from cti_server.ivr.nodes.say_time import say_time
from cti_server.ivr.nodes.script import run_script
from cti_server.ivr.nodes.set import set_data
from cti_server.ivr.nodes.transfer import transfer
from cti_server.ivr.nodes.voicemail import voicemail

__all__ = [
    "Call",
    "choose_language",
    "digits",
    "hangup",
    "is_open",
    "menu",
    "play",
    "queue",
    "run_script",
    "say_date",
    "say_digits",
    "say_hours",
    "say_number",
    "say_time",
    "set_data",
    "transfer",
    "voicemail",
    "when_closed",
]
