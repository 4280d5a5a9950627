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
MOST_NAMED = 300
"""Ids that fit into one NOTIFY; beyond, readers look at the table."""


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
               VALUES (pg_current_xact_id()::text::bigint, %s, %s, %s, %s) RETURNING id""",
            [everyone, kind, body, clock.now()],
        )
        (event,) = cursor.fetchone()
    _wake_after_commit(event)


class _Wake:
    """After the commit, one NOTIFY with the ids of all signals of the transaction: inside, it would serialise
    commits."""

    __qualname__ = "wake"

    def __init__(self) -> None:
        self.ids: list[int] = []

    def __call__(self) -> None:
        gateways.wire().wake(",".join(map(str, self.ids)) if len(self.ids) <= MOST_NAMED else "")


def _wake_after_commit(event: int) -> None:
    wake = next((hook[1] for hook in connection.run_on_commit if isinstance(hook[1], _Wake)), None)
    if wake is None:
        wake = _Wake()
        wake.ids.append(event)
        transaction.on_commit(wake, robust=True)
    else:
        wake.ids.append(event)


def sweep_stream() -> int:
    """Remove live events older than a day. Returns how many. Run by the worker every hour."""
    return StreamEvent.objects.filter(created_at__lt=clock.now() - KEPT).delete()[0]
