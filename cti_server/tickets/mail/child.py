"""A process of its own that reads letters: with bounds on memory and time, and away from the loop that takes calls.

Letters come on its standard input, answers go to its standard output, each as 4 bytes of length and then the bytes.
Started as `python -m cti_server.tickets.mail.child`.
"""

import resource
import struct
import sys
from typing import BinaryIO

import msgspec

from cti_server.tickets.mail.letter import Letter, Unreadable
from cti_server.tickets.mail.parse import read

_MEMORY = 1024**3


class Read(msgspec.Struct, frozen=True, tag=True):
    letter: Letter


class Failed(msgspec.Struct, frozen=True, tag=True):
    """`why`: as in `Unreadable`."""

    why: str


answer = msgspec.msgpack.Decoder(Read | Failed)
_encoder = msgspec.msgpack.Encoder()


def main(source: BinaryIO, target: BinaryIO) -> None:
    """Answer until there is nothing more to read."""
    while len(head := source.read(4)) == 4:
        (length,) = struct.unpack(">I", head)
        found: Read | Failed
        try:
            found = Read(read(source.read(length)))
        except Unreadable as error:
            found = Failed(error.why)
        except MemoryError:
            found = Failed("too_large")
        body = _encoder.encode(found)
        target.write(struct.pack(">I", len(body)) + body)
        target.flush()


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    main(sys.stdin.buffer, sys.stdout.buffer)
