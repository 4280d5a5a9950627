"""When somebody can be booked."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from majlis.engines.scheduling.queries import sql
from majlis.engines.scheduling.types import Slot
from majlis.kit import clock
from majlis.kit.db import array, prepared

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FEW = 50
"""People of one page: planning their slots takes ten times as long as finding them, so that is done once."""


class _Slots(dict[int, Slot]):
    """The slots of one answer by their first minute: teachers share most of them."""

    def __init__(self, minutes: int) -> None:
        self.length = timedelta(minutes=minutes)

    def __missing__(self, minute: int) -> Slot:
        starts_at = EPOCH + timedelta(minutes=minute)
        slot = self[minute] = Slot(starts_at, starts_at + self.length)
        return slot


def free_slots(
    person_ids: Sequence[UUID],
    *,
    starts_at: datetime,
    ends_at: datetime,
    minutes: int,
    for_person: UUID | None = None,
    now: datetime | None = None,
) -> dict[UUID, list[Slot]]:
    """For each of `person_ids` the times of `minutes` minutes that begin in `[starts_at, ends_at)` and can be booked,
    ascending, aware UTC: inside their open hours, off their time off and busy time with buffers, after their notice,
    within their horizon, on their grid, on days below their limit; and, with `for_person`, free for that person too."""
    free: dict[UUID, list[Slot]] = {person_id: [] for person_id in person_ids}
    if not free or ends_at <= starts_at:
        return free
    by_minute = _Slots(minutes)
    given = {
        "people": array(free),
        "lo": starts_at,
        "hi": ends_at + timedelta(minutes=minutes),
        "until": ends_at,
        "minutes": minutes,
        "asker": for_person,
        "now": now or clock.now(),
    }
    for person_id, begins in _rows(given, few=len(free) <= FEW):
        free[person_id] = [by_minute[minute] for minute in begins]
    return free


def _rows(given: dict[str, Any], *, few: bool) -> list[Any]:
    if few:
        return prepared(sql.SLOTS, given)
    with connection.cursor() as cursor:
        cursor.execute(sql.SLOTS, given)
        return cursor.fetchall()


def first_free(
    person_ids: Sequence[UUID], minutes: int, *, for_person: UUID | None = None, now: datetime | None = None
) -> dict[UUID, Slot | None]:
    """Each one's first bookable time of `minutes` minutes, or None when there is none within their horizon."""
    now = now or clock.now()
    first: dict[UUID, Slot | None] = dict.fromkeys(person_ids)
    missing, since = list(first), now
    for days in (3, 14, 60, 367):  # most are free soon; only the others are looked up further ahead
        until = now + timedelta(days=days)
        found = free_slots(missing, starts_at=since, ends_at=until, minutes=minutes, for_person=for_person, now=now)
        for person_id, slots in found.items():
            if slots:
                first[person_id] = slots[0]
        missing = [person_id for person_id in missing if first[person_id] is None]
        since = until
        if not missing:
            break
    return first


def openings(person_id: UUID, starts_at: datetime, ends_at: datetime) -> list[Slot]:
    """Somebody's open hours and one-off openings less time off, merged, cut to `[starts_at, ends_at)`, before anything
    booked is subtracted."""
    with connection.cursor() as cursor:
        cursor.execute(sql.OPENED, {"people": [person_id], "lo": starts_at, "hi": ends_at})
        row = cursor.fetchone()
    return [
        Slot(max(stretch.lower, starts_at), min(stretch.upper, ends_at))
        for stretch in (row[1] if row else ())
        if stretch.lower < ends_at and stretch.upper > starts_at
    ]
