"""People's hours as they entered them, and what of their calendar does not fit them."""

from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from majlis.engines.scheduling.models import BusyTime, Opening, Rule, TimeOff
from majlis.engines.scheduling.queries.slots import openings
from majlis.engines.scheduling.registry import titled
from majlis.engines.scheduling.types import Hours, Misfit
from majlis.kit import clock
from majlis.kit.errors import NotFound


def timetable(person_id: UUID) -> list[Hours]:
    """Somebody's weekly timetable, by weekday and beginning."""
    rules = Rule.objects.of(person_id).filter(of_timetable=True, activated=True)
    return sorted(
        (Hours(rule.weekdays[0], rule.begins.hour * 60 + rule.begins.minute, rule.minutes) for rule in rules),
        key=lambda hours: (hours.weekday, hours.begins),
    )


def rules(person_id: UUID, *, of_timetable: bool = False) -> list[Rule]:
    """Somebody's rules besides (or of) the weekly timetable, drafts included."""
    return list(Rule.objects.of(person_id).filter(of_timetable=of_timetable).order_by("starts_on", "begins", "id"))


def rule(person_id: UUID, rule_id: UUID) -> Rule:
    """One of somebody's own rules. Refuses `NotFound`."""
    found = Rule.objects.of(person_id).filter(pk=rule_id).first()
    if found is None:
        raise NotFound()
    return found


def one_off_openings(person_id: UUID, *, now: datetime | None = None) -> list[Opening]:
    """Somebody's one-off openings that are not over, soonest first."""
    return _ahead(Opening.objects.filter(person=person_id), now)


def time_off(person_id: UUID, *, now: datetime | None = None) -> list[TimeOff]:
    """Somebody's time off that is not over, soonest first."""
    return _ahead(TimeOff.objects.filter(person=person_id), now)


def misfits(person_id: UUID, *, now: datetime | None = None) -> list[Misfit]:
    """Live reservations ahead that fall into somebody's time off, or were booked in their hours and lie outside them
    now; soonest first."""
    now = now or clock.now()
    shares = (
        BusyTime.objects.filter(person=person_id, blocks=True, during__endswith__gt=now)
        .filter(Q(held_until__isnull=True) | Q(held_until__gt=now))
        .filter(reservation__starts_at__gt=now)
        .select_related("reservation")
    )
    ahead = sorted((share.reservation for share in shares), key=lambda r: r.starts_at)
    if not ahead:
        return []
    span = ahead[0].starts_at, max(r.ends_at for r in ahead)
    open_then = openings(person_id, *span)
    off = [row.during for row in TimeOff.objects.filter(person=person_id, during__overlap=span)]
    found = [
        r
        for r in ahead
        if any(away.lower < r.ends_at and r.starts_at < away.upper for away in off)
        or (
            r.hours_of_id == person_id
            and not any(s.starts_at <= r.starts_at and r.ends_at <= s.ends_at for s in open_then)
        )
    ]
    people: dict[UUID, list[UUID]] = {r.id: [] for r in found}
    for reservation_id, other in BusyTime.objects.filter(reservation__in=found).values_list("reservation", "person"):
        people[reservation_id].append(other)
    called = titled(found)
    return [
        Misfit(r.id, r.kind, r.subject_id, called[r.id], r.starts_at, r.ends_at, tuple(people[r.id])) for r in found
    ]


def _ahead(rows: QuerySet, now: datetime | None) -> list:
    return list(rows.filter(during__endswith__gt=now or clock.now()).order_by("during"))
