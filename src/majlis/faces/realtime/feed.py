"""Where the hub hears that something happened: PostgreSQL's NOTIFY, or Redis when several machines share the work."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any

import psycopg
from django.conf import settings
from django.db import connections
from psycopg_pool import AsyncConnectionPool

WAKE, WHISPER = "majlis_wake", "majlis_whisper"
log = logging.getLogger("majlis.realtime")


def database() -> dict[str, Any]:
    """How psycopg reaches the database Django uses."""
    wish = connections["default"].settings_dict
    known = {"dbname": wish["NAME"], "user": wish["USER"], "password": wish["PASSWORD"], "host": wish["HOST"]}
    options = {k: v for k, v in wish.get("OPTIONS", {}).items() if isinstance(v, str | int) and not isinstance(v, bool)}
    return {k: v for k, v in (known | {"port": wish["PORT"]} | options).items() if v}


def make_pool() -> AsyncConnectionPool:
    """The connections with which events are read."""
    return AsyncConnectionPool(
        kwargs=database() | {"autocommit": True}, min_size=1, max_size=4, timeout=15, open=False, name="stream"
    )


async def hear(on_wake: Callable[[str], None], on_whisper: Callable[[str], None]) -> None:
    """Listen for ever; a lost line is opened again. After each opening `on_wake` is called, since nudges may have been
    missed in between."""
    patience = 0.2
    while True:
        try:
            await (_hear_redis if settings.REDIS_URL else _hear_postgres)(on_wake, on_whisper)
            patience = 0.2
        except (psycopg.Error, OSError) as wrong:
            log.warning("The line to the notifier is lost: %s", type(wrong).__name__)
        await asyncio.sleep(patience)
        patience = min(patience * 2, 5)


async def _hear_postgres(on_wake: Callable[[str], None], on_whisper: Callable[[str], None]) -> None:
    async with await psycopg.AsyncConnection.connect(**database(), autocommit=True, keepalives_idle=30) as line:
        await line.execute(f"LISTEN {WAKE}")
        await line.execute(f"LISTEN {WHISPER}")
        on_wake("")
        async for note in line.notifies():
            if note.channel == WAKE:
                on_wake(note.payload)
            else:
                on_whisper(note.payload)


async def _hear_redis(on_wake: Callable[[str], None], on_whisper: Callable[[str], None]) -> None:
    import redis.asyncio as redis
    from redis.exceptions import RedisError

    client = redis.Redis.from_url(settings.REDIS_URL, socket_keepalive=True, health_check_interval=30)
    try:
        async with client.pubsub(ignore_subscribe_messages=True) as line:
            await line.subscribe(WAKE, WHISPER)
            on_wake("")
            async for note in line.listen():
                if note["channel"] == WAKE.encode():
                    on_wake(note["data"].decode())
                else:
                    on_whisper(note["data"].decode())
    except RedisError as wrong:
        raise OSError(str(wrong)) from wrong
    finally:
        with contextlib.suppress(RedisError):
            await client.aclose()
