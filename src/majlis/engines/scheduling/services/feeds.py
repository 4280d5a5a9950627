"""The secret address at which a calendar program reads somebody's calendar."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from majlis.engines.scheduling.models import Feed
from majlis.kit import clock
from majlis.kit.db import lock

READ_NOTED_EVERY = timedelta(hours=1)


@transaction.atomic
def open_feed(*, person_id: UUID, actor: Any = None, now: datetime | None = None) -> Feed:
    """Somebody's feed: the one they have, or a new one."""
    lock("scheduling.feed", person_id)
    feed = Feed.objects.filter(person=person_id, revoked_at__isnull=True).first()
    return feed or Feed.objects.create(person_id=person_id, created_at=now or clock.now())


@transaction.atomic
def revoke_feed(*, person_id: UUID, actor: Any = None, now: datetime | None = None) -> None:
    """End somebody's feed: its address answers "not found" from now on. A new one has another address."""
    Feed.objects.filter(person=person_id, revoked_at__isnull=True).update(revoked_at=now or clock.now())


@transaction.atomic
def note_feed_read(*, feed_id: UUID, now: datetime | None = None) -> None:
    """Remember that a program asked for it, to the hour."""
    now = now or clock.now()
    Feed.objects.filter(pk=feed_id).exclude(read_at__gt=now - READ_NOTED_EVERY).update(read_at=now)
