"""The lease: a Redis key that one node holds and renews. Who holds it leads.

The holder trusts its own clock, not the last answer: its time runs from before the question was sent and ends a tenth
earlier than Redis's, so it is over here before anybody else can hold it. A process that was stopped (SIGSTOP, a
suspended machine) finds its lease over with the first look.
"""

import secrets

from redis.asyncio import Redis

from cti_server import clock

_SHORTER = 0.9
_RENEW = "return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('PEXPIRE', KEYS[1], ARGV[2]) or 0"
_RELEASE = "return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('DEL', KEYS[1]) or 0"


class Lease:
    """`ttl_s`: for how long it holds without being renewed, in seconds. Everything that waits raises `RedisError`."""

    def __init__(self, redis: Redis, key: str, ttl_s: float) -> None:
        self._redis, self._key, self._ttl_s = redis, key, ttl_s
        self._renew, self._release = redis.register_script(_RENEW), redis.register_script(_RELEASE)
        self._until = 0.0
        self.token = ""

    def holds(self) -> bool:
        return clock.boottime() < self._until

    async def acquire(self) -> bool:
        """Take it if nobody has it. A fresh token each time: an answer that was lost gives nothing to anyone."""
        asked, token = clock.boottime(), secrets.token_hex(16)
        if not await self._redis.set(self._key, token, nx=True, px=round(self._ttl_s * 1000)):
            return False
        self.token, self._until = token, asked + self._ttl_s * _SHORTER
        return True

    async def renew(self) -> bool:
        """False, and no longer held, when it is gone or another one has it."""
        asked, token = clock.boottime(), self.token
        renewed = bool(await self._renew(keys=[self._key], args=[token, round(self._ttl_s * 1000)]))
        if token == self.token and self.holds():
            self._until = asked + self._ttl_s * _SHORTER if renewed else 0.0
        return renewed

    def drop(self) -> None:
        """Hold it no longer, without asking anyone."""
        self._until = 0.0

    async def release(self) -> None:
        """Let the next one have it at once, if it is still ours."""
        self.drop()
        await self._release(keys=[self._key], args=[self.token])
