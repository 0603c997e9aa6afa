"""The two streams of one journal in Redis, and what is written on them. Every method raises `RedisError`."""

import secrets
from collections.abc import Sequence
from typing import Any, Union

import msgspec
from redis.asyncio import Redis

from cti_server.bus import Item
from cti_server.core.commands import COMMAND_TYPES
from cti_server.core.events import EVENT_TYPES

BATCH = 500
_SENT_KEPT_S = 3600

_PUBLISH = """
local sent = tonumber(redis.call('GET', KEYS[2]) or '0')
for i = 4, #ARGV do
  local number = ARGV[3] + i - 4
  if number > sent then
    redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'i', ARGV[i])
    sent = number
  end
end
redis.call('SET', KEYS[2], sent, 'EX', ARGV[2])
"""

_ANNOUNCE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
local newest = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
local last = newest and tonumber(string.match(newest[1], '^%d+')) or 0
for i = 3, #ARGV, 2 do
  if tonumber(ARGV[i]) > last then
    redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[2], ARGV[i] .. '-0', 's', ARGV[i + 1])
  end
end
return 1
"""

Position = tuple[int, int]
"""An id of the stream of inputs: milliseconds by Redis's clock, and a number within them."""


class StepEntry(msgspec.Struct, frozen=True):
    """`first`: the number of the first event; `term`: the leader's; `base`: the last number before that term;
    `input`: up to where the leader had read the inputs."""

    first: int
    term: int
    base: int
    input: Position
    events: list[Union[EVENT_TYPES]]  # type: ignore[valid-type]  # noqa: UP007


encode = msgspec.json.Encoder().encode
decode_step = msgspec.json.Decoder(StepEntry).decode
decode_item: Any = msgspec.json.Decoder(Union[EVENT_TYPES + COMMAND_TYPES]).decode  # noqa: UP007


class Streams:
    """`name`: a prefix of all keys. `most_steps`, `most_events`: about how long the streams may get."""

    def __init__(self, redis: Redis, name: str, most_steps: int, most_events: int) -> None:
        self._redis = redis
        self._steps, self._events, self.lease = f"{name}:steps", f"{name}:events", f"{name}:lease"
        self._sent = f"{name}:sent:{secrets.token_hex(8)}"
        self._most_steps, self._most_events = most_steps, most_events
        self._publish, self._announce = redis.register_script(_PUBLISH), redis.register_script(_ANNOUNCE)

    async def publish(self, first: int, items: Sequence[bytes]) -> None:
        """Append inputs with this node's numbers `first`, `first` + 1 ...; those that are there already are left out,
        so that it may be done again when only the answer was lost."""
        keys = [self._events, self._sent]
        await self._publish(keys=keys, args=[self._most_events, _SENT_KEPT_S, first, *items])

    async def announce(self, token: str, steps: Sequence[tuple[int, bytes]]) -> bool:
        """Append steps, each under the number of its last event; those that are there already are left out. False when
        the lease is not `token`'s any more: then nothing was done."""
        pairs = [part for pair in steps for part in pair]
        return bool(await self._announce(keys=[self.lease, self._steps], args=[token, self._most_steps, *pairs]))

    async def steps(self, after: int, block_ms: int | None = None) -> list[bytes]:
        return [text for _, text in await self._read(self._steps, (after, 0), block_ms)]

    async def events(self, after: Position, block_ms: int | None = None) -> list[tuple[Position, bytes]]:
        return await self._read(self._events, after, block_ms)

    async def newest_event(self) -> Position:
        newest = await self._redis.xrevrange(self._events, count=1)
        return _position(newest[0][0]) if newest else (0, 0)

    async def forget_steps(self) -> None:
        await self._redis.delete(self._steps)

    async def _read(self, key: str, after: Position, block_ms: int | None) -> list[tuple[Position, bytes]]:
        answer: Any = await self._redis.xread({key: f"{after[0]}-{after[1]}"}, count=BATCH, block=block_ms)
        return [(_position(i), next(iter(fields.values()))) for _, found in answer or () for i, fields in found]


def item(text: bytes) -> Item:
    """Raises `msgspec.DecodeError`."""
    decoded: Item = decode_item(text)
    return decoded


def _position(ident: Any) -> Position:
    first, _, second = ident.partition(b"-")
    return int(first), int(second)
