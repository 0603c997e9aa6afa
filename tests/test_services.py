"""The private servers of the tests are what they say."""

import pytest
from redis.asyncio import Redis

from tests.services import private_redis


@pytest.mark.services
async def test_a_private_redis_answers() -> None:
    with private_redis() as url:
        client = Redis.from_url(url)
        assert await client.set("key", "value")
        assert await client.get("key") == b"value"
        await client.aclose()
