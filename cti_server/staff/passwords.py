"""Passwords as argon2id hashes. Hashing takes tens of milliseconds on purpose, so it runs in a thread."""

import asyncio
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher()
_AT_ONCE = 2
_slots: dict[int, asyncio.Semaphore] = {}


async def hash_password(password: str) -> str:
    async with _slot():
        return await asyncio.to_thread(_HASHER.hash, password)


async def matches(stored: str | None, password: str) -> bool:
    """True when `password` is the one of the hash. With None (no such user) it takes as long, and is False."""
    async with _slot():
        return await asyncio.to_thread(_verify, stored, password) and stored is not None


@cache
def _nobody() -> str:
    """Made when first asked for: not every command that starts has to wait for it."""
    return _HASHER.hash("nobody has this password")


def _verify(stored: str | None, password: str) -> bool:
    try:
        return _HASHER.verify(stored or _nobody(), password)
    except (VerificationError, InvalidHashError):
        return False


def _slot() -> asyncio.Semaphore:
    """At most `_AT_ONCE` at a time: each takes 64 MB, and the phones come first."""
    loop = id(asyncio.get_running_loop())
    if loop not in _slots:
        _slots.clear()
        _slots[loop] = asyncio.Semaphore(_AT_ONCE)
    return _slots[loop]
