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

CHANNEL = "majlis_stream"
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


async def hear(on_words: Callable[[str], None]) -> None:
    """Listen for ever; a lost line is opened again. After each opening `on_words` gets `""`, since announcements may
    have been missed in between."""
    patience = 0.2
    while True:
        try:
            await (_hear_redis if settings.REDIS_URL else _hear_postgres)(on_words)
            patience = 0.2
        except (psycopg.Error, OSError) as wrong:
            log.warning("The line to the notifier is lost: %s", type(wrong).__name__)
        await asyncio.sleep(patience)
        patience = min(patience * 2, 5)


async def _hear_postgres(on_words: Callable[[str], None]) -> None:
    """The loop calls us whenever the line's socket has something: psycopg's own `notifies()` waits for each in a task
    and a lock, at several times the price."""
    loop = asyncio.get_running_loop()
    async with await psycopg.AsyncConnection.connect(**database(), autocommit=True, keepalives_idle=30) as line:
        lost: asyncio.Future[None] = loop.create_future()

        def read() -> None:
            try:
                line.pgconn.consume_input()
                while note := line.pgconn.notifies():
                    on_words(note.extra.decode())
            except Exception as wrong:
                if not lost.done():
                    lost.set_exception(wrong)

        await line.execute(f"LISTEN {CHANNEL}")
        socket = line.fileno()
        loop.add_reader(socket, read)
        try:
            on_words("")
            await lost
        finally:
            loop.remove_reader(socket)


async def _hear_redis(on_words: Callable[[str], None]) -> None:
    import redis.asyncio as redis
    from redis.exceptions import RedisError

    client = redis.Redis.from_url(settings.REDIS_URL, socket_keepalive=True, health_check_interval=30)
    try:
        async with client.pubsub(ignore_subscribe_messages=True) as line:
            await line.subscribe(CHANNEL)
            on_words("")
            async for note in line.listen():
                on_words(note["data"].decode())
    except RedisError as wrong:
        raise OSError(str(wrong)) from wrong
    finally:
        with contextlib.suppress(RedisError):
            await client.aclose()
