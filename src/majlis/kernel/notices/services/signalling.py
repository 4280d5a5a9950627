"""Live events for open pages."""

import json
from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction

from majlis.kernel.notices import gateways
from majlis.kernel.notices.models import StreamEvent
from majlis.kit import clock

KEPT = timedelta(days=1)
WHISPER_PEOPLE = 100
WHISPER_BYTES = 3000


@transaction.atomic
def signal(*, people: Iterable[UUID], kind: str, payload: dict[str, Any], stored: bool = True) -> None:
    """Let the open pages of `people` know. It reaches them after the caller's transaction has committed (never when it
    rolls back), within milliseconds; a page that was away gets it when it is back, for a day. `payload` is small JSON:
    ids and what the page needs to decide whether to look. `stored=False` is for what is worthless a moment later
    (typing, presence, a call's ringing): best effort, nothing kept, at most 3,000 bytes."""
    everyone = sorted({UUID(str(person)) for person in people})
    if not everyone:
        return
    body = json.dumps(payload, cls=DjangoJSONEncoder, ensure_ascii=False)
    if not stored:
        if len(body.encode()) > WHISPER_BYTES:
            raise ValueError("A signal that is not stored carries at most 3,000 bytes.")
        for start in range(0, len(everyone), WHISPER_PEOPLE):
            some = [str(person) for person in everyone[start : start + WHISPER_PEOPLE]]
            words = json.dumps({"people": some, "kind": kind, "payload": json.loads(body)}, ensure_ascii=False)
            transaction.on_commit(partial(gateways.wire().whisper, words), robust=True)
        return
    with connection.cursor() as cursor:
        # Raw for the transaction's id, by which streams read (see StreamEvent.transaction).
        cursor.execute(
            """INSERT INTO notices_streamevent (transaction, people, kind, payload, created_at)
               VALUES (pg_current_xact_id()::text::bigint, %s, %s, %s, %s)""",
            [everyone, kind, body, clock.now()],
        )
    _wake_after_commit()


def _wake_after_commit() -> None:
    """NOTIFY once after the commit, however many signals the transaction holds: inside, it would serialise commits."""
    if not any(waiting[1] is _wake for waiting in connection.run_on_commit):
        transaction.on_commit(_wake, robust=True)


def _wake() -> None:
    gateways.wire().wake()


def sweep_stream() -> int:
    """Remove live events older than a day. Returns how many. Run by the worker every hour."""
    return StreamEvent.objects.filter(created_at__lt=clock.now() - KEPT).delete()[0]
