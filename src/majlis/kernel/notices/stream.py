"""Reading the live events in the order in which they became visible.

Ids are given before a commit, so a lower id can appear after a higher one. Readers therefore remember which
transactions had ended when they looked (their sight): what those wrote was seen then or earlier, and only what the
others wrote is new.

Looking costs a statement. So whoever wrote an event announces it after the commit, whole when it is small enough: then
a reader hands it on without asking. An announcement may be lost; the table then tells. A look brings ids alone, since
nearly all of them have been announced: reading all again took a tenth of a second at a few hundred events a second,
and every open page waited for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

FIELDS = "id, transaction, people, kind, payload::text"

SIGHT = "SELECT pg_current_snapshot()::text"

SINCE = """
SELECT pg_current_snapshot()::text,
    (SELECT string_agg(id::text, ',') FROM notices_streamevent
     WHERE transaction >= %s OR transaction = ANY(%s::bigint[]))
"""

BY_ID = f"SELECT {FIELDS} FROM notices_streamevent WHERE id = ANY(%s) ORDER BY id"  # noqa: S608 - a constant

OF_PERSON = f"""
SELECT {FIELDS} FROM notices_streamevent
WHERE transaction >= %s AND people @> ARRAY[%s]::uuid[] ORDER BY id LIMIT %s
"""  # noqa: S608 - a constant


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """One live event as it goes onto the streams."""

    id: int
    transaction: int
    people: tuple[UUID, ...]
    kind: str
    payload: str
    """JSON on one line."""


@dataclass(frozen=True, slots=True)
class Sight:
    """Which transactions had ended at a moment."""

    horizon: int = 0
    """All below had."""
    end: int = 0
    """None from here on had."""
    running: frozenset[int] = frozenset()
    """Between the two, those that had not."""

    def covers(self, transaction: int) -> bool:
        """Whether it had ended, so that what it wrote was to be seen."""
        return transaction < self.end and transaction not in self.running


MOST_BYTES = 7_900
"""Of one announcement: PostgreSQL's NOTIFY carries fewer than 8,000."""
MOST_NAMED = 300
"""Events of one announcement; beyond, readers look at the table."""


def announcement(events: Sequence[LiveEvent]) -> str:
    """These events for those who listen: whole (two lines each) if they fit, else their ids, else `""` ("look")."""
    if len(events) > MOST_NAMED:
        return ""
    words = "".join(f"{e.id} {e.transaction} {','.join(map(str, e.people))} {e.kind}\n{e.payload}\n" for e in events)
    return words if len(words.encode()) <= MOST_BYTES else ",".join(str(event.id) for event in events)


def read_announcement(words: str) -> tuple[list[LiveEvent], list[int]]:
    """The events an announcement holds, and the ids of those it only names. Neither: look at the table."""
    if "\n" not in words:
        return [], [int(id) for id in words.split(",") if id]
    lines = words.split("\n")
    events = []
    for head, payload in zip(lines[::2], lines[1::2], strict=False):
        id, transaction, people, kind = head.split(" ", 3)
        events.append(LiveEvent(int(id), int(transaction), tuple(map(UUID, people.split(","))), kind, payload))
    return events, []


async def stream_sight(cursor: Any) -> Sight:
    """Where a reader begins who wants only what is new. `cursor` is an asynchronous psycopg cursor."""
    await cursor.execute(SIGHT)
    return _sight((await cursor.fetchone())[0])


async def stream_since(cursor: Any, sight: Sight) -> tuple[Sight, set[int]]:
    """The sight of now, and the ids of all events that it adds to `sight`."""
    # Never prepared: a plan for any two values would read the whole table.
    await cursor.execute(SINCE, [sight.end, list(sight.running)], prepare=False)
    now, ids = await cursor.fetchone()
    return _sight(now), set(map(int, ids.split(","))) if ids else set()


async def stream_events(cursor: Any, ids: list[int]) -> list[LiveEvent]:
    """The events with these ids, by id."""
    await cursor.execute(BY_ID, [ids])
    return [_event(*row) for row in await cursor.fetchall()]


async def stream_of_person(cursor: Any, person_id: UUID, horizon: int, limit: int) -> list[LiveEvent]:
    """One person's events at or above `horizon`, oldest first, at most `limit`."""
    await cursor.execute(OF_PERSON, [horizon, person_id, limit])
    return [_event(*row) for row in await cursor.fetchall()]


def _sight(snapshot: str) -> Sight:
    horizon, end, running = snapshot.split(":")
    return Sight(int(horizon), int(end), frozenset(map(int, running.split(","))) if running else frozenset())


def _event(id: int, transaction: int, people: list[UUID], kind: str, payload: str) -> LiveEvent:
    return LiveEvent(id, transaction, tuple(people), kind, payload)
