"""What stands in somebody's calendar, and how it is offered."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q

from majlis.engines.scheduling.models import (
    BusyTime,
    CalendarSettings,
    ExternalCalendar,
    ExternalTime,
    Reservation,
    TimeOff,
)
from majlis.engines.scheduling.registry import titled
from majlis.engines.scheduling.types import DEFAULTS, LIVE, Busy, Settings
from majlis.kernel.accounts.queries import person
from majlis.kit import clock


def calendar_settings(person_id: UUID) -> Settings:
    """Zone, buffers, notice, horizon, grid, durations, limit; the defaults in their account's zone when they never
    said. Refuses `NotFound`."""
    row = CalendarSettings.objects.filter(person=person_id).first()
    if row is None:
        zone = person(person_id).zone
        return Settings(**{name: getattr(DEFAULTS, name) for name in Settings.__slots__} | {"zone": zone})
    return Settings(
        **{name: getattr(row, name) for name in Settings.__slots__} | {"durations": tuple(sorted(row.durations))}
    )


def agenda(person_id: UUID, starts_at: datetime, ends_at: datetime, *, now: datetime | None = None) -> list[Busy]:
    """What takes somebody's time between the two (whatever touches it), by beginning: reservations (without buffers;
    a hold only while it lasts), time off, external calendars."""
    now = now or clock.now()
    span = (starts_at, ends_at)
    shares = (
        BusyTime.objects.filter(person=person_id, blocks=True, during__overlap=span)
        .filter(Q(held_until__isnull=True) | Q(held_until__gt=now))
        .select_related("reservation")
    )
    reserved = [share.reservation for share in shares]
    touching = [r for r in reserved if r.starts_at < ends_at and r.ends_at > starts_at]
    called = titled(touching)
    found = [
        Busy(r.starts_at, r.ends_at, "reservation", called[r.id], r.kind, r.subject_id, r.id, r.status)
        for r in touching
    ]
    for off in TimeOff.objects.filter(person=person_id, during__overlap=span):
        found.append(Busy(off.during.lower, off.during.upper, "time_off", off.reason))
    for time in ExternalTime.objects.filter(person=person_id, during__overlap=span):
        found.append(Busy(time.during.lower, time.during.upper, "external", time.title))
    return sorted(found, key=lambda busy: (busy.starts_at, busy.ends_at))


def reservation_of(kind: str, subject_id: UUID) -> UUID | None:
    """The id of the live reservation made for this subject, if there is one."""
    return (
        Reservation.objects.filter(kind=kind, subject_id=subject_id, status__in=LIVE)
        .values_list("id", flat=True)
        .first()
    )


def external_calendars(person_id: UUID) -> list[ExternalCalendar]:
    """The calendars elsewhere that somebody has read here, oldest first."""
    return list(ExternalCalendar.objects.filter(person=person_id).order_by("id"))
