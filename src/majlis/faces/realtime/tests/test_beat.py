"""The beat that every open stream hears: a hub without sockets, on the test's database."""

import asyncio
import time
from itertools import pairwise
from uuid import uuid4

import pytest

from majlis.faces.realtime import hub
from majlis.faces.realtime.streams import Stream

STREAMS = 120


class Listener(Stream):
    """A stream that notes when it is given something."""

    def __init__(self, heard):
        super().__init__(uuid4(), "")
        self.heard = heard

    def push(self, chunk, event=0):
        self.heard.append((time.monotonic(), self, chunk))


@pytest.fixture
def house(transactional_db, monkeypatch):
    monkeypatch.setattr(hub, "BEAT", 1)  # every second each of them
    one = hub.Hub()
    yield one
    one.threads.shutdown()


class TestBeat:
    def test_comes_to_each_once_a_turn_and_a_few_at_a_time(self, house):
        heard = []
        for _ in range(STREAMS):
            listener = Listener(heard)
            house.streams[listener.person].add(listener)

        async def until_all_heard():
            beating = asyncio.create_task(house._beat())
            while len(heard) < STREAMS:
                await asyncio.sleep(0.01)
            beating.cancel()

        asyncio.run(asyncio.wait_for(until_all_heard(), 60))
        turn = heard[:STREAMS]
        assert len({listener for _at, listener, _chunk in turn}) == STREAMS
        assert all(b"event: beat" in chunk for _at, _listener, chunk in turn)
        # Somebody's event could go out between any two of these.
        pauses = [later - sooner for (sooner, *_), (later, *_) in pairwise(turn) if later - sooner > 0.5 / hub.STEPS]
        assert len(pauses) >= hub.STEPS / 2
