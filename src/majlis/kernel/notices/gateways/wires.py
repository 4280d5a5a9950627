"""How realtime processes are woken: PostgreSQL's NOTIFY, or Redis where there is one."""

from functools import lru_cache
from typing import Any

from majlis.kit import db

CHANNEL = "majlis_stream"
"""Both wires use the same name."""


class PostgresWire:
    """NOTIFY on the connection that has just committed."""

    def announce(self, words: str) -> None:
        db.prepared("SELECT pg_notify(%s, %s)", [CHANNEL, words])


class RedisWire:
    """Redis pub/sub, for several machines."""

    def __init__(self, url: str) -> None:
        import redis  # not read by an installation without one: it takes a tenth of a second

        self.client: Any = redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)

    def announce(self, words: str) -> None:
        self.client.publish(CHANNEL, words)


@lru_cache
def redis_wire(url: str) -> RedisWire:
    """One client per address and process."""
    return RedisWire(url)
