"""A process of its own that reads a file: with bounds on memory and time, and away from the loop that takes calls.

It gets one frame (what to do) and then the file on its standard input, and answers in frames: 4 bytes of length, then
msgpack. Started as `python -m cti_server.customers.imports.child`.
"""

import resource
import struct
import sys
from typing import BinaryIO

import msgspec

from cti_server.customers.imports import columns
from cti_server.customers.imports.rules import Bad, Draft, Reading, read_row
from cti_server.customers.imports.table import Unreadable, read

BATCH = 1000
SAMPLE = 20
_MEMORY = 2 * 1024**3
_CPU_S = 300
_QUOTED = 200


class Look(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Only look: what the file is, and its first rows. `labels`: of the site's own fields, to their keys."""

    encoding: str
    delimiter: str
    reading: Reading
    labels: dict[str, str]


class Take(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """All rows, from the one after the first `skip` on. `first_row`: it names the columns and is not taken."""

    encoding: str
    delimiter: str
    reading: Reading
    first_row: bool
    skip: int


class Seen(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """What a file is. `mapping`: a guess."""

    kind: str
    encoding: str
    delimiter: str
    first_row: bool
    sample: list[list[str]]
    total: int
    mapping: list[str]


class Batch(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """`rows`: how many of the file are in it, with those that were empty."""

    rows: int
    good: list[Draft]
    bad: list[Bad]


class Failed(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """`word`: of `import_failed` in the locales."""

    word: str
    values: dict[str, str] = {}


ask = msgspec.msgpack.Decoder(Look | Take)
answer = msgspec.msgpack.Decoder(Seen | Batch | Failed)
_encoder = msgspec.msgpack.Encoder()


def frame(message: Look | Take | Seen | Batch | Failed) -> bytes:
    body = _encoder.encode(message)
    return struct.pack(">I", len(body)) + body


def main(source: BinaryIO, target: BinaryIO) -> None:
    """Read what to do and the file, write the answer."""
    (length,) = struct.unpack(">I", source.read(4))
    wanted = ask.decode(source.read(length))
    try:
        table = read(source.read(), wanted.encoding, wanted.delimiter)
    except Unreadable as error:
        target.write(frame(Failed(word=error.word, values=error.values)))
        return
    except MemoryError:
        target.write(frame(Failed(word="unpacks_too_big")))
        return
    rows = table.rows
    if isinstance(wanted, Look):
        first_row = columns.has_headings(rows, wanted.reading.plan)
        target.write(
            frame(
                Seen(
                    kind=table.kind,
                    encoding=table.encoding,
                    delimiter=table.delimiter,
                    first_row=first_row,
                    sample=[[cell[:_QUOTED] for cell in row] for row in rows[:SAMPLE]],
                    total=len(rows),
                    mapping=columns.guess(rows[0], wanted.labels) if first_row else [""] * len(rows[0]),
                )
            )
        )
        return
    begin = int(wanted.first_row)
    for start in range(begin + wanted.skip, len(rows), BATCH):
        chunk = rows[start : start + BATCH]
        read_rows = [read_row(start + n, row, wanted.reading) for n, row in enumerate(chunk, 1)]
        good = [row for row in read_rows if isinstance(row, Draft)]
        bad = [row for row in read_rows if isinstance(row, Bad)]
        target.write(frame(Batch(rows=len(chunk), good=good, bad=bad)))
        target.flush()


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
    main(sys.stdin.buffer, sys.stdout.buffer)
    sys.stdout.flush()
