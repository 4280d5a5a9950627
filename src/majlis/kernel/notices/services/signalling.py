"""Live events for open pages."""

import json
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction

from majlis.kernel.notices import gateways
from majlis.kernel.notices.models import StreamEvent
from majlis.kernel.notices.stream import LiveEvent, announcement
from majlis.kit import clock, db

KEPT = timedelta(days=1)
WHISPER_PEOPLE = 100
WHISPER_BYTES = 3000


@transaction.atomic(savepoint=False)
def signal(*, people: Iterable[UUID], kind: str, payload: dict[str, Any], stored: bool = True) -> None:
    """Let the open pages of `people` know. It reaches them after the caller's transaction has committed (never when it
    rolls back), within milliseconds; a page that was away gets it when it is back, for a day. `payload` is small JSON:
    ids and what the page needs to decide whether to look. `stored=False` is for what is worthless a moment later
    (typing, presence, a call's ringing): best effort, nothing kept, at most 3,000 bytes."""
    everyone = sorted({UUID(str(person)) for person in people})
    if not everyone:
        return
    body = _written(payload)
    if not stored:
        if len(body.encode()) > WHISPER_BYTES:
            raise ValueError("A signal that is not stored carries at most 3,000 bytes.")
        for start in range(0, len(everyone), WHISPER_PEOPLE):
            _announce_after_commit(LiveEvent(0, 0, tuple(everyone[start : start + WHISPER_PEOPLE]), kind, body))
        return
    # Raw for the transaction's id, by which streams read (see StreamEvent.transaction).
    ((id, number),) = db.prepared(
        """INSERT INTO notices_streamevent (transaction, people, kind, payload, created_at)
           VALUES (pg_current_xact_id()::text::bigint, %s, %s, %s, %s) RETURNING id, transaction""",
        [db.array(everyone), kind, body, clock.now()],
    )
    _announce_after_commit(LiveEvent(id, number, tuple(everyone), kind, body))


def _written(payload: dict[str, Any]) -> str:
    return json.dumps(payload, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":"))


@transaction.atomic(savepoint=False)
def signal_each(*, kind: str, payloads: Sequence[tuple[UUID, dict[str, Any]]]) -> None:
    """`signal` with a payload for each of many people, by one statement."""
    bodies = [_written(payload) for _, payload in payloads]
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO notices_streamevent (transaction, people, kind, payload, created_at)
               SELECT pg_current_xact_id()::text::bigint, ARRAY[person], %s, body, %s
               FROM unnest(%s::uuid[], %s::jsonb[]) WITH ORDINALITY AS each (person, body, place) ORDER BY place
               RETURNING id, transaction""",
            [kind, clock.now(), [person_id for person_id, _ in payloads], bodies],
        )
        rows = cursor.fetchall()
    for (id, number), (person_id, _), body in zip(rows, payloads, bodies, strict=True):
        _announce_after_commit(LiveEvent(id, number, (person_id,), kind, body))


class _Announcement:
    """After the commit, one NOTIFY with all signals of the transaction: inside, it would serialise commits. Those of a
    savepoint go by themselves, since they vanish with it."""

    __qualname__ = "announcement"

    def __init__(self, savepoints: list[str]) -> None:
        self.savepoints = savepoints
        self.events: list[LiveEvent] = []

    def __call__(self) -> None:
        # What is stored nowhere goes one by one: it cannot be looked up by those for whom it did not fit.
        stored = [event for event in self.events if event.id]
        for events in ([event] for event in self.events if not event.id):
            gateways.wire().announce(announcement(events))
        if stored:
            gateways.wire().announce(announcement(stored))


def _announce_after_commit(event: LiveEvent) -> None:
    savepoints = list(connection.savepoint_ids[:-1])  # the last entry is that of `signal` itself
    for hook in (entry[1] for entry in connection.run_on_commit):
        if isinstance(hook, _Announcement) and hook.savepoints == savepoints:
            hook.events.append(event)
            return
    new = _Announcement(savepoints)
    new.events.append(event)
    transaction.on_commit(new, robust=True)


def sweep_stream() -> int:
    """Remove live events older than a day. Returns how many. Run by the worker every hour."""
    return StreamEvent.objects.filter(created_at__lt=clock.now() - KEPT).delete()[0]
