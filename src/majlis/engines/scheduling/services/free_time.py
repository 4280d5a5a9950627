"""Search's copy of people's free time: told of the days that changed, no more."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from procrastinate.contrib.django import app

from majlis.engines.scheduling import events
from majlis.engines.scheduling.models import CalendarSettings, FreeTime
from majlis.engines.scheduling.queries.free_days import DAYS_KEPT, free_bits, next_free
from majlis.engines.scheduling.types import DEFAULTS
from majlis.kit import clock
from majlis.kit.events import publish

REACH = timedelta(hours=8)
"""How far a reservation's time can reach beyond itself: its buffers and those of the next one."""


def keepers(people: Sequence[UUID]) -> list[UUID]:
    """Those of `people` whose free time is announced."""
    return list(FreeTime.objects.filter(person_id__in=people).values_list("person_id", flat=True))


def renew_soon(people: Sequence[UUID], starts_at: datetime, ends_at: datetime) -> None:
    """After this transaction, announce the days these people's time changed on."""
    for person_id in people:
        _defer(person_id, *days_touched(starts_at, ends_at))


def days_touched(starts_at: datetime, ends_at: datetime) -> tuple[date, date]:
    """The first and the last UTC day whose free time a reservation at this time can change."""
    return (starts_at - REACH).astimezone(UTC).date(), (ends_at + REACH).astimezone(UTC).date()


def renew_all_soon(person_id: UUID, now: datetime) -> None:
    """After this transaction, announce all of a person's days: their hours or settings changed."""
    today = now.astimezone(UTC).date()
    FreeTime.objects.get_or_create(person_id=person_id, defaults={"rolled_on": today})
    _defer(person_id, today, today + timedelta(days=DAYS_KEPT - 1))


def _defer(person_id: UUID, first: date, last: date) -> None:
    app.configure_task("scheduling.renew_free_time", queue="search").defer(
        person_id=str(person_id), first_day=first.isoformat(), last_day=last.isoformat()
    )


@transaction.atomic
def renew(*, person_id: UUID, first_day: date, last_day: date, now: datetime | None = None) -> None:
    """Announce a person's free half hours on these UTC days, cut to what search keeps, and their next free time (looked
    for again only when these days reach it)."""
    now = now or clock.now()
    today = now.astimezone(UTC).date()
    first, last = max(first_day, today), min(last_day, today + timedelta(days=DAYS_KEPT - 1))
    kept = FreeTime.objects.select_for_update().filter(person_id=person_id).first()
    if kept is None or last < first:
        return
    bits = free_bits([person_id], first_day=first, days=(last - first).days + 1, now=now)[person_id]
    if kept.next_free_at is None or kept.next_free_at <= now or first <= kept.next_free_at.astimezone(UTC).date():
        kept.next_free_at = next_free([person_id], now=now)[person_id]
        kept.save(update_fields=["next_free_at"])
    publish(events.FreeTimeChanged(person_id, kept.next_free_at, first, bits))


@transaction.atomic
def roll(*, now: datetime | None = None, limit: int = 500) -> int:
    """The nightly round: for people not yet rolled today, announce the days that came into sight at the far end of
    their horizon, and their next free time. How many people; call again until none is left."""
    now = now or clock.now()
    today = now.astimezone(UTC).date()
    due = list(
        FreeTime.objects.select_for_update(skip_locked=True)
        .filter(rolled_on__lt=today)
        .order_by("rolled_on", "person_id")[:limit]
    )
    horizons = dict(
        CalendarSettings.objects.filter(person__in=[row.person_id for row in due]).values_list("person", "horizon_days")
    )
    groups: dict[tuple[date, int], list[FreeTime]] = defaultdict(list)
    for row in due:
        sight = min(horizons.get(row.person_id, DEFAULTS.horizon_days), DAYS_KEPT - 1)
        groups[row.rolled_on, sight].append(row)
    for (rolled_on, sight), rows in groups.items():
        people = [row.person_id for row in rows]
        # A person's day ends within a UTC day's reach of it, so one day more on each side.
        first = max(rolled_on + timedelta(days=sight - 1), today)
        last = today + timedelta(days=sight + 1)
        bits = free_bits(people, first_day=first, days=(last - first).days + 1, now=now)
        soonest = next_free(people, now=now)
        for row in rows:
            row.next_free_at, row.rolled_on = soonest[row.person_id], today
            publish(events.FreeTimeChanged(row.person_id, row.next_free_at, first, bits[row.person_id]))
    FreeTime.objects.bulk_update(due, ["next_free_at", "rolled_on"])
    return len(due)


@transaction.atomic
def pass_time(*, now: datetime | None = None, limit: int = 500) -> int:
    """The round every few minutes: for people whose next free time has passed, announce today and tomorrow and the
    next one. How many people."""
    now = now or clock.now()
    today = now.astimezone(UTC).date()
    due = list(
        FreeTime.objects.select_for_update(skip_locked=True)
        .filter(next_free_at__lte=now)
        .order_by("next_free_at")[:limit]
    )
    if due:
        people = [row.person_id for row in due]
        bits = free_bits(people, first_day=today, days=2, now=now)
        soonest = next_free(people, now=now)
        for row in due:
            row.next_free_at = soonest[row.person_id]
            publish(events.FreeTimeChanged(row.person_id, row.next_free_at, today, bits[row.person_id]))
        FreeTime.objects.bulk_update(due, ["next_free_at"])
    return len(due)
