"""How realtime processes are woken: PostgreSQL's NOTIFY, or Redis where there is one."""

from functools import lru_cache
from typing import Any

import redis
from django.db import connection

WAKE, WHISPER = "majlis_wake", "majlis_whisper"
"""The channels; both wires use the same names."""


class PostgresWire:
    """NOTIFY on the connection that has just committed."""

    def wake(self, ids: str) -> None:
        self._notify(WAKE, ids)

    def whisper(self, words: str) -> None:
        self._notify(WHISPER, words)

    @staticmethod
    def _notify(channel: str, words: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [channel, words])


class RedisWire:
    """Redis pub/sub, for several machines."""

    def __init__(self, url: str) -> None:
        self.client: Any = redis.Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)

    def wake(self, ids: str) -> None:
        self.client.publish(WAKE, ids)

    def whisper(self, words: str) -> None:
        self.client.publish(WHISPER, words)


@lru_cache
def redis_wire(url: str) -> RedisWire:
    """One client per address and process."""
    return RedisWire(url)
