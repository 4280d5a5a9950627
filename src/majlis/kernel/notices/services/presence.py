"""Who is here, told by the realtime processes."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db import transaction

from majlis.kernel.notices.models import Presence, StreamProcess
from majlis.kit import clock

FORGOTTEN = timedelta(days=60)


@transaction.atomic
def beat(process: str) -> None:
    """A realtime process says that it lives. Called every few seconds."""
    StreamProcess.objects.update_or_create(name=process, defaults={"beat_at": clock.now()})


@transaction.atomic
def arrive(*, process: str, people: Iterable[UUID]) -> None:
    """These people have opened their first stream in this process."""
    _set(process, people, here=True)


@transaction.atomic
def leave(*, process: str, people: Iterable[UUID]) -> None:
    """These people have had no stream in this process for the grace period."""
    _set(process, people, here=False)


def _set(process: str, people: Iterable[UUID], *, here: bool) -> None:
    StreamProcess.objects.get_or_create(name=process, defaults={"beat_at": clock.now()})
    now = clock.now()
    # In one order, since two processes may write about the same people at once.
    rows = [Presence(person_id=person, process_id=process, here=here, seen_at=now) for person in sorted(people)]
    Presence.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["person", "process"], update_fields=["here", "seen_at"]
    )


@transaction.atomic
def sweep_presence() -> int:
    """Remove processes that have been silent for two months, with what they knew. Returns how many."""
    return StreamProcess.objects.filter(beat_at__lt=clock.now() - FORGOTTEN).delete()[0]
