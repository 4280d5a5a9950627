"""The hub: every open stream of this process, and what goes to whom."""

import asyncio
import contextlib
import logging
import signal
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import psycopg
from django.db import InterfaceError, OperationalError
from psycopg_pool import PoolTimeout

from majlis.faces.realtime import doors, feed
from majlis.faces.realtime.streams import Stream
from majlis.kernel.notices import queries
from majlis.kernel.notices import services as notices
from majlis.kit.ids import new_id

LOOK = 5.0
"""Seconds after which the table is read even if nobody nudged."""
BEAT = 20
"""Seconds between two beats of one stream."""
STEPS = 20
"""In how many steps the beats of one second go out."""
GRACE = 15.0
"""Seconds somebody may be without a stream (a page change, a tunnel) and still count as here."""
CHECK = 60.0
"""Seconds between two looks whether everyone may still listen."""
MOST_STREAMS = 10
"""Streams one person may hold in one process."""
MOST_REPLAYED = 500
MOST_READ = 100
"""Events read at once."""

log = logging.getLogger("majlis.realtime")


class Hub:
    """One per process. `run` keeps it going; `join` and `part` bring streams in and out."""

    def __init__(self) -> None:
        self.name = f"realtime-{new_id().hex[-12:]}"
        self.streams: dict[UUID, set[Stream]] = defaultdict(set)
        self.sight = queries.Sight()
        self.looked_at = 0.0
        self.delivered = 0
        self.dropped = 0
        self.pool: Any = None
        self.threads = ThreadPoolExecutor(4, thread_name_prefix="realtime")
        self.stopping = False
        self._hears_signals = False
        self._nudge = asyncio.Event()
        self._seen: dict[int, int] = {}
        """Events handed out that our sight does not cover yet, with their transactions."""
        self._named: set[int] = set()
        self._look_now = True
        self._arrived: set[UUID] = set()
        self._left: dict[UUID, float] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Open the database and begin."""
        self.pool = feed.make_pool()
        await self.pool.open()
        for work in (self._listen, self._deliver, self._beat, self._presence, self._check):
            self._tasks.append(asyncio.create_task(self._keep(work)))

    async def stop(self) -> None:
        """Close every stream and tell the others that these people have left."""
        self._end_streams()
        for task in self._tasks:
            task.cancel()
        here = [*self.streams, *self._left]
        if here:
            with contextlib.suppress(Exception):  # going down: whoever reads finds the process silent soon enough
                await self.in_thread(doors.presence_changed, self.name, [], here)
        await self.pool.close()
        self.threads.shutdown(wait=False)

    def end_streams_on_signals(self) -> None:
        """The server waits for open requests before it stops, and ours never end by themselves. It handles signals
        through the loop's wake-up descriptor; a plain handler beside that one hears them too."""
        if self._hears_signals:
            return
        self._hears_signals = True
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(ValueError):  # not in the main thread: somebody else's process, and its affair
                signal.signal(name, lambda *_: loop.call_soon_threadsafe(self._end_streams))

    def _end_streams(self) -> None:
        self.stopping = True
        for stream in self._all():
            stream.close()

    @property
    def healthy(self) -> bool:
        """Whether the table was read lately."""
        return time.monotonic() - self.looked_at < 3 * LOOK

    def count(self) -> int:
        """Open streams."""
        return sum(map(len, self.streams.values()))

    async def in_thread(self, work: Callable[..., Any], *given: Any) -> Any:
        """Run Django's blocking code beside the loop."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, doors.tidy, work, *given)

    # Streams

    async def join(self, stream: Stream, after: str) -> None:
        """Take a stream in; first it gets what it missed since `after`, then what comes."""
        self.streams[stream.person].add(stream)
        back_in_time = self._left.pop(stream.person, 0.0) > time.monotonic()
        if len(self.streams[stream.person]) == 1 and not back_in_time:
            self._arrived.add(stream.person)
        # Everything below this horizon has been handed out already; what this stream missed of it, the replay brings.
        # Its own mark moves up to it only after the replay.
        horizon = self.sight.horizon
        missed = await self._missed(stream, after, horizon)
        if missed is None:
            replay, ids = [_frame("", "resync", "{}")], set()
        else:
            replay = [_frame(f"{event.id}-{after.partition('-')[2]}", event.kind, event.payload) for event in missed]
            ids = {event.id for event in missed}
        stream.go_live([*replay, _frame(_mark(0, horizon), "hello", "{}")], ids)

    def part(self, stream: Stream) -> None:
        """Take a stream out."""
        mine = self.streams.get(stream.person)
        if mine is None:
            return
        mine.discard(stream)
        self.dropped += stream.slow
        if not mine:
            del self.streams[stream.person]
            self._left[stream.person] = time.monotonic() + GRACE

    async def _missed(self, stream: Stream, after: str, horizon: int) -> list[queries.LiveEvent] | None:
        """What a stream missed since its mark; None when that is more than we keep or give, or no mark of ours."""
        if not after:
            return []
        mark = _read_mark(after)
        if mark is None:
            return None
        last, since, at = mark
        if since > horizon or time.time() - at > queries.STREAM_KEPT.total_seconds() - 3600:
            return None
        try:
            async with self.pool.connection() as line, line.cursor() as cursor:
                events = await queries.stream_of_person(cursor, stream.person, since, MOST_REPLAYED + 1)
        except (psycopg.Error, PoolTimeout):
            return None
        return [event for event in events if event.id != last] if len(events) <= MOST_REPLAYED else None

    def _all(self) -> Iterable[Stream]:
        return [stream for mine in self.streams.values() for stream in mine]

    # What goes out

    def _give(self, people: Iterable[UUID], chunk: bytes, event: int = 0) -> None:
        for person in people:
            for stream in self.streams.get(person, ()):
                stream.push(chunk, event)
                self.delivered += 1

    async def _listen(self) -> None:
        await feed.hear(self.heard)

    def heard(self, words: str) -> None:
        """Something was committed: these events, or those with these ids, or (unnamed) whatever stands in the table."""
        events, named = queries.read_announcement(words)
        if events:
            self._hand_out(events)
            return
        self._named.update(named)
        self._look_now |= not named
        self._nudge.set()

    async def _deliver(self) -> None:
        """Read what is only named; and every few seconds, or when an announcement names nothing, whatever is new in
        the table: announcements may be lost, and only a look says what has certainly been seen."""
        self._look_now = True  # also after a lost line: what was named and not read is found by the look
        async with self.pool.connection() as line, line.cursor() as cursor:
            if not self.sight.end:
                self.sight = await queries.stream_sight(cursor)
            while True:
                if self._look_now or time.monotonic() - self.looked_at >= LOOK:
                    self._look_now = False
                    now, ids = await queries.stream_since(cursor, self.sight)
                    await self._read(cursor, ids.difference(self._seen))
                    # By transaction, not by what was just read: more may have been announced while we read.
                    end, running = now.end, now.running
                    self._seen = {id: by for id, by in self._seen.items() if by >= end or by in running}
                    self.sight, self.looked_at = now, time.monotonic()
                if self._named:
                    named, self._named = self._named, set()
                    await self._read(cursor, named)
                # Until that look is due: a timer that goes off a moment early would put it off for as long again.
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._nudge.wait(), self.looked_at + LOOK - time.monotonic())
                self._nudge.clear()

    async def _read(self, cursor: Any, ids: Iterable[int]) -> None:
        """Hand these out, a few at a time: what is announced meanwhile does not wait for all of them."""
        wanted = sorted(ids)
        for first in range(0, len(wanted), MOST_READ):
            self._hand_out(await queries.stream_events(cursor, wanted[first : first + MOST_READ]))

    def _hand_out(self, events: list[queries.LiveEvent]) -> None:
        for event in events:
            if not event.id:  # stored nowhere
                self._give(event.people, _frame("", event.kind, event.payload))
            # What our sight covers was handed out when the table was read.
            elif event.id not in self._seen and not self.sight.covers(event.transaction):
                self._seen[event.id] = event.transaction
                mark = _mark(event.id, self.sight.horizon)
                self._give(event.people, _frame(mark, event.kind, event.payload), event.id)

    async def _beat(self) -> None:
        """Each stream hears from us every 20 seconds, a twentieth of them each second and these a few at a time, so
        that no event waits for them; its mark moves on with it."""
        turn = 0
        while True:
            turn, until = (turn + 1) % BEAT, time.monotonic() + 1
            due = [stream for stream in self._all() if id(stream) // 64 % BEAT == turn]
            few = len(due) // STEPS + 1
            for first in range(0, len(due), few):
                chunk = _frame(_mark(0, self.sight.horizon), "beat", "{}")
                for stream in due[first : first + few]:
                    stream.push(chunk)
                await asyncio.sleep(1 / STEPS)
            if turn == 0:
                await self.in_thread(notices.beat, self.name)
            await asyncio.sleep(until - time.monotonic())

    # Who is here

    async def _presence(self) -> None:
        """Once a second, tell in one go who came and who has been gone for the grace period."""
        while True:
            await self._tell_presence()
            await asyncio.sleep(1)

    async def _tell_presence(self) -> None:
        now = time.monotonic()
        gone = [person for person, until in self._left.items() if until <= now]
        for person in gone:
            del self._left[person]
        # Who came and went before it could be told has only gone.
        came, self._arrived = self._arrived.difference(gone), set()
        if not came and not gone:
            return
        try:
            await self.in_thread(doors.presence_changed, self.name, sorted(came), gone)
        except Exception:
            # Perhaps a part was written. So all of it is told once more, beside what has happened since: who is back
            # has arrived anew, and who has left again has a grace period of their own.
            self._arrived |= came
            self._left = {person: now for person in gone if person not in self.streams} | self._left
            raise

    async def _check(self) -> None:
        """Every minute, close the streams of those who signed out, were suspended or blocked."""
        while True:
            await asyncio.sleep(CHECK)
            open_now = list(self._all())
            if not open_now:
                continue
            gone = await self.in_thread(
                doors.no_longer_welcome, {s.session for s in open_now if s.session}, {s.person for s in open_now}
            )
            for stream in open_now:
                if stream.session in gone or stream.person in gone:
                    stream.close()

    async def _keep(self, work: Callable[[], Any]) -> None:
        """Run one of the loops for ever; what goes wrong is logged, and it begins again."""
        while True:
            try:
                await work()
            except (psycopg.Error, PoolTimeout, OperationalError, InterfaceError, OSError) as wrong:
                log.warning("%s stopped: %s", work.__name__, type(wrong).__name__)
            except Exception:
                log.exception("%s stopped", work.__name__)
            await asyncio.sleep(1)


def _frame(mark: str, kind: str, payload: str) -> bytes:
    return f"{f'id: {mark}' + chr(10) if mark else ''}event: {kind}\ndata: {payload}\n\n".encode()


def _mark(event: int, horizon: int) -> str:
    """What a stream says when it comes back: the event, the horizon before it was read, and when."""
    return f"{event}-{horizon}-{int(time.time())}"


def _read_mark(text: str) -> tuple[int, int, int] | None:
    parts = text.split("-")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts):
        return None
    event, horizon, at = map(int, parts)
    return event, horizon, at
