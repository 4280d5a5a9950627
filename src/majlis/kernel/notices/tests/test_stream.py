"""How a reader of live events misses none and reads none twice."""

import asyncio
import threading

import psycopg
import pytest
from django.db import connection, transaction

from majlis.kernel.notices import queries, services
from majlis.kernel.notices.models import StreamEvent
from majlis.kit.testing import person


def asked(query, *given):
    """What one of the stream's queries gives a reader with a line of its own."""
    wish = connection.get_connection_params()
    known = {name: wish[name] for name in ("dbname", "user", "password", "host", "port") if wish.get(name)}

    async def ask():
        async with await psycopg.AsyncConnection.connect(**known, autocommit=True) as line, line.cursor() as cursor:
            return await query(cursor, *given)

    return asyncio.run(ask())


def say(someone, text):
    """The id of a committed event."""
    services.signal(people=[someone.pk], kind="tea", payload={"text": text})
    return StreamEvent.objects.get(payload__text=text).pk


class Unfinished:
    """A transaction that has written an event and not committed it."""

    def __init__(self, someone, text):
        self.written, self.commit = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self._write, args=[someone, text])
        self.thread.start()
        assert self.written.wait(30)

    def _write(self, someone, text):
        with transaction.atomic():
            services.signal(people=[someone.pk], kind="tea", payload={"text": text})
            self.written.set()
            self.commit.wait(60)
        connection.close()

    def finish(self):
        self.commit.set()
        self.thread.join()


@pytest.mark.django_db(transaction=True)
class TestALookAtTheTable:
    def test_brings_what_was_written_since_the_last_look(self):
        salma = person()
        say(salma, "before")
        sight = asked(queries.stream_sight)
        one, two = say(salma, "one"), say(salma, "two")
        sight, ids = asked(queries.stream_since, sight)
        assert ids == {one, two}
        assert asked(queries.stream_since, sight)[1] == set()

    def test_brings_what_was_committed_late_and_nothing_twice(self):
        salma = person()
        slow = Unfinished(salma, "slow")
        try:
            quick = say(salma, "quick")
            sight, ids = asked(queries.stream_since, queries.Sight())
            assert ids == {quick}
            later = say(salma, "later")
            # A transaction that goes on for long does not make the looks grow: what they brought stays behind them.
            sight, ids = asked(queries.stream_since, sight)
            assert ids == {later}
        finally:
            slow.finish()
        sight, ids = asked(queries.stream_since, sight)
        assert ids == {StreamEvent.objects.get(payload__text="slow").pk}
        assert asked(queries.stream_since, sight)[1] == set()

    def test_covers_exactly_what_it_brought(self):
        salma = person()
        slow = Unfinished(salma, "slow")
        try:
            say(salma, "quick")
            sight = asked(queries.stream_sight)
            say(salma, "later")
        finally:
            slow.finish()
        covered = {event.payload["text"]: sight.covers(event.transaction) for event in StreamEvent.objects.all()}
        assert covered == {"slow": False, "quick": True, "later": False}
