"""What the hub tells of who came and left when it could not be written at once: a hub without sockets, on the test's
database."""

import asyncio
from contextlib import contextmanager

import pytest
from django.db import IntegrityError, connection

from majlis.faces.realtime import hub
from majlis.faces.realtime.streams import Stream
from majlis.kernel.notices import queries
from majlis.kit.testing import person


@pytest.fixture
def house(transactional_db, monkeypatch):
    monkeypatch.setattr(hub, "GRACE", 0.0)
    one = hub.Hub()
    yield one
    one.threads.shutdown()


@contextmanager
def nothing_can_be_written():
    """The table of presence takes no row."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE notices_presence ADD CONSTRAINT closed CHECK (false) NOT VALID")
        try:
            yield
        finally:
            cursor.execute("ALTER TABLE notices_presence DROP CONSTRAINT closed")


def come(house, someone):
    stream = Stream(someone.pk, "")
    asyncio.run(house.join(stream, ""))
    return stream


def tell(house):
    """What the hub does each second."""
    asyncio.run(house._tell_presence())


def tell_in_vain(house):
    with nothing_can_be_written(), pytest.raises(IntegrityError):
        tell(house)


class TestWhatCouldNotBeWritten:
    def test_who_came_is_told_the_next_second(self, house):
        salma, omar = person("Salma"), person("Omar")
        come(house, salma)
        tell_in_vain(house)
        come(house, omar)
        tell(house)
        assert queries.online([salma.pk, omar.pk]) == {salma.pk, omar.pk}

    def test_who_left_is_told_the_next_second(self, house):
        salma = person("Salma")
        stream = come(house, salma)
        tell(house)
        house.part(stream)
        tell_in_vain(house)
        assert queries.online([salma.pk]) == {salma.pk}
        tell(house)
        assert queries.online([salma.pk]) == set()

    def test_who_came_back_meanwhile_is_here(self, house):
        salma = person("Salma")
        house.part(come(house, salma))
        tell_in_vain(house)
        come(house, salma)
        tell(house)
        assert queries.online([salma.pk]) == {salma.pk}
        tell(house)
        assert queries.online([salma.pk]) == {salma.pk}

    def test_who_came_back_while_it_was_being_written_is_here(self, house):
        salma = person("Salma")
        stream = come(house, salma)
        tell(house)
        house.part(stream)

        async def tell_and_come():
            telling = asyncio.create_task(house._tell_presence())
            await asyncio.sleep(0)  # it has taken up what it tells
            assert not house._left
            await house.join(Stream(salma.pk, ""), "")
            with pytest.raises(IntegrityError):
                await telling

        with nothing_can_be_written():
            asyncio.run(tell_and_come())
        tell(house)
        assert queries.online([salma.pk]) == {salma.pk}

    def test_who_came_and_went_is_gone(self, house):
        salma = person("Salma")
        stream = come(house, salma)
        tell_in_vain(house)
        house.part(stream)
        tell(house)
        assert queries.online([salma.pk]) == set()
        assert salma.pk in queries.last_seen([salma.pk])

    def test_nothing_is_told_twice(self, house):
        salma = person("Salma")
        come(house, salma)
        tell_in_vain(house)
        tell(house)
        told = queries.last_seen([salma.pk])
        with nothing_can_be_written():  # it would fail if it wrote
            tell(house)
        tell(house)
        assert queries.last_seen([salma.pk]) == told

    def test_one_who_is_no_more_keeps_nobody_from_being_told(self, house):
        salma, removed = person("Salma"), person("Removed")
        come(house, removed)
        come(house, salma)
        removed.delete()
        tell(house)
        assert queries.online([salma.pk]) == {salma.pk}
