"""Who is here, told by the realtime processes."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction

from majlis.kernel.notices.models import StreamProcess
from majlis.kit import clock

FORGOTTEN = timedelta(days=60)

# Who has been removed meanwhile is left out, and nobody else can be before this commits: one unknown person would
# otherwise undo what is said of all. KEY SHARE is what the foreign key itself would take a moment later. In one order,
# since two processes may write about the same people at once.
SET = """
INSERT INTO notices_presence (person_id, process_id, here, seen_at)
SELECT id, %s, %s, %s FROM (SELECT id FROM accounts_user WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE) living
ON CONFLICT (person_id, process_id) DO UPDATE SET here = excluded.here, seen_at = excluded.seen_at
"""


@transaction.atomic
def beat(process: str) -> None:
    """A realtime process says that it lives. Called every few seconds."""
    StreamProcess.objects.update_or_create(name=process, defaults={"beat_at": clock.now()})


@transaction.atomic
def arrive(*, process: str, people: Iterable[UUID]) -> None:
    """These people have opened their first stream in this process. Who does not exist any more is left out."""
    _set(process, people, here=True)


@transaction.atomic
def leave(*, process: str, people: Iterable[UUID]) -> None:
    """These people have had no stream in this process for the grace period. Who does not exist any more is left out."""
    _set(process, people, here=False)


def _set(process: str, people: Iterable[UUID], *, here: bool) -> None:
    StreamProcess.objects.get_or_create(name=process, defaults={"beat_at": clock.now()})
    with connection.cursor() as cursor:
        cursor.execute(SET, [process, here, clock.now(), list(people)])


@transaction.atomic
def sweep_presence() -> int:
    """Remove processes that have been silent for two months, with what they knew. Returns how many."""
    return StreamProcess.objects.filter(beat_at__lt=clock.now() - FORGOTTEN).delete()[0]
