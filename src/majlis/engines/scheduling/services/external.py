"""Calendars elsewhere: what is in them is busy time here."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile
from typing import Any
from uuid import UUID

import icalendar
import recurring_ical_events
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import app

from majlis.engines.scheduling import queries
from majlis.engines.scheduling.gateways.base import CalendarSource, Reading, ReadingFailed
from majlis.engines.scheduling.gateways.web import WebCalendars
from majlis.engines.scheduling.models import ExternalCalendar, ExternalTime
from majlis.engines.scheduling.services import free_time
from majlis.engines.scheduling.types import Health, instant
from majlis.kit import clock
from majlis.kit.errors import Invalid, NotFound, Refusal

MOST_CALENDARS = 10
MOST_TIMES = 5_000
AHEAD = timedelta(days=400)
EVERY = timedelta(minutes=15)
SLOWEST = timedelta(hours=6)
PATIENCE = timedelta(days=7)
EXPANDED_ANEW = timedelta(hours=20)
"""Repeating events come into sight day by day, so an unchanged file is read again after this."""

FAILURES = {
    "address": _("The address is not a public web address."),
    "unreachable": _("The server of the calendar did not answer as it should."),
    "slow": _("The server of the calendar took too long."),
    "too_big": _("The calendar is too big."),
    "too_many": _("The calendar has too many events."),
    "redirects": _("The address leads round in circles."),
    "encoding": _("The calendar came packed in a way we do not open."),
    "gone": _("There is no calendar at this address any more, or it is not shared."),
    "no_calendar": _("What is at this address is not a calendar (ICS)."),
}
"""What went wrong, in words for the calendar's owner."""


class TooManyCalendars(Refusal):
    """One person subscribes to a handful."""

    code = "too_many_calendars"
    sentence = _("You already read as many calendars as one person can.")


class SameCalendar(Refusal):
    """The address is among theirs already."""

    code = "same_calendar"
    sentence = _("You already read the calendar at this address.")


@transaction.atomic
def add_external_calendar(
    *, person_id: UUID, address: str, title: str = "", actor: Any = None, now: datetime | None = None
) -> ExternalCalendar:
    """Subscribe somebody to an ICS address (`https:` or `webcal:`); a job reads it at once and then regularly. Refuses
    `Invalid`, `TooManyCalendars`, `SameCalendar`."""
    now = now or clock.now()
    address = address.strip()
    scheme, _colon, rest = address.partition("://")
    plain = len(address) <= 2000 and address.isprintable() and " " not in address
    if scheme not in {"http", "https", "webcal"} or not rest or not plain:
        raise Invalid(errors={"address": _("Enter an address that begins with https:// or webcal://.")})
    mine = ExternalCalendar.objects.filter(person=person_id)
    if mine.count() >= MOST_CALENDARS:
        raise TooManyCalendars()
    if mine.filter(address=address).exists():
        raise SameCalendar()
    made = ExternalCalendar.objects.create(
        person_id=person_id,
        address=address,
        title=(title.replace("\x00", "").strip() or rest.split("/")[0])[:120],
        next_check_at=now,
        created_at=now,
    )
    _read_soon(made.id)
    return made


@transaction.atomic
def remove_external_calendar(
    *, person_id: UUID, calendar_id: UUID, actor: Any = None, now: datetime | None = None
) -> None:
    """Unsubscribe; its busy times go with it. Refuses `NotFound`."""
    _own(person_id, calendar_id).delete()
    _tell_search(person_id, now or clock.now())


@transaction.atomic
def retry_external_calendar(
    *, person_id: UUID, calendar_id: UUID, actor: Any = None, now: datetime | None = None
) -> None:
    """Read it again now, also after it was given up. Refuses `NotFound`."""
    calendar = _own(person_id, calendar_id)
    if calendar.health == Health.GIVEN_UP:
        calendar.health, calendar.failing_since = Health.WAITING, None
        calendar.save(update_fields=["health", "failing_since"])
    _read_soon(calendar.id)


def due_external_calendars(*, now: datetime | None = None, limit: int = 1000) -> list[UUID]:
    """The ids of calendars that should be read now."""
    return list(
        ExternalCalendar.objects.filter(next_check_at__lte=now or clock.now())
        .exclude(health=Health.GIVEN_UP)
        .order_by("next_check_at")
        .values_list("id", flat=True)[:limit]
    )


def read_external_calendar(
    *, calendar_id: UUID, source: CalendarSource | None = None, now: datetime | None = None
) -> None:
    """Read a calendar and keep its busy times; what goes wrong shows as its health, and the last good reading stays.
    Waits for the network, so it must not run inside a transaction."""
    now = now or clock.now()
    calendar = ExternalCalendar.objects.filter(pk=calendar_id).first()
    if calendar is None:
        return
    fresh = calendar.stored_at is not None and calendar.stored_at > now - EXPANDED_ANEW
    try:
        reading = (source or WebCalendars()).read(
            calendar.address,
            etag=calendar.etag if fresh else "",
            last_modified=calendar.last_modified if fresh else "",
        )
        zone = queries.calendar_settings(calendar.person_id).zone
        times = None if reading.content is None else busy_times(reading.content, zone, now)
    except ReadingFailed as failed:
        _note_failure(calendar_id, failed.code, now)
        return
    _store(calendar_id, reading, times, now)


def busy_times(content: bytes, zone: str, now: datetime) -> list[tuple[datetime, datetime, str]]:
    """The busy times of an ICS file from now on, for over a year: (beginning, end, title). Free, cancelled and empty
    events are none; whole days and times without a zone are on the wall of `zone`. Raises `ReadingFailed`."""
    try:
        calendar = icalendar.Calendar.from_ical(content)
        if calendar.name != "VCALENDAR":
            raise ReadingFailed("no_calendar")
        for event in calendar.walk("VEVENT"):
            rules = event.get("RRULE", [])
            for rule in rules if isinstance(rules, list) else [rules]:
                if set(map(str, rule.get("FREQ", []))) & {"SECONDLY", "MINUTELY", "HOURLY"}:
                    raise ReadingFailed("too_many")
        found = []
        soonest = recurring_ical_events.of(calendar, skip_bad_series=True).after(now)
        for event in takewhile(lambda e: _begins(e, zone) < now + AHEAD, soonest):
            begin, end = _begins(event, zone), _ends(event, zone)
            free = str(event.get("TRANSP", "")) == "TRANSPARENT" or str(event.get("STATUS", "")) == "CANCELLED"
            if begin < end and not free:
                found.append((begin, end, str(event.get("SUMMARY", ""))[:200].replace("\x00", "")))
            if len(found) > MOST_TIMES:
                raise ReadingFailed("too_many")
    except ReadingFailed:
        raise
    except Exception:
        raise ReadingFailed("no_calendar") from None
    return found


def _begins(event: Any, zone: str) -> datetime:
    return _instant(event["DTSTART"].dt, zone)


def _ends(event: Any, zone: str) -> datetime:
    start = event["DTSTART"].dt
    if "DTEND" in event:
        return _instant(event["DTEND"].dt, zone)
    if "DURATION" in event:
        return _instant(start, zone) + event["DURATION"].dt
    return _instant(start, zone) if isinstance(start, datetime) else _instant(start + timedelta(days=1), zone)


def _instant(value: date | datetime, zone: str) -> datetime:
    if not isinstance(value, datetime):
        value = datetime.combine(value, time())
    return instant(value, zone) if value.tzinfo is None else value.astimezone(UTC)


@transaction.atomic
def _store(calendar_id: UUID, reading: Reading, times: Any, now: datetime) -> None:
    calendar = ExternalCalendar.objects.select_for_update().filter(pk=calendar_id).first()
    if calendar is None:
        return
    calendar.health, calendar.failure, calendar.failing_since = Health.WELL, "", None
    calendar.checked_at = calendar.succeeded_at = now
    calendar.next_check_at = now + EVERY
    calendar.etag, calendar.last_modified = reading.etag, reading.last_modified
    if times is not None:
        before = set(calendar.times.values_list("during", "title"))
        ExternalTime.objects.filter(calendar=calendar).delete()
        ExternalTime.objects.bulk_create(
            ExternalTime(calendar=calendar, person_id=calendar.person_id, during=(begin, end), title=title)
            for begin, end, title in times
        )
        calendar.events, calendar.stored_at = len(times), now
        if before != set(calendar.times.values_list("during", "title")):
            _tell_search(calendar.person_id, now)
    calendar.save()


@transaction.atomic
def _note_failure(calendar_id: UUID, code: str, now: datetime) -> None:
    calendar = ExternalCalendar.objects.select_for_update().filter(pk=calendar_id).first()
    if calendar is None:
        return
    calendar.failing_since = calendar.failing_since or now
    failing_for = now - calendar.failing_since
    calendar.health = Health.GIVEN_UP if failing_for >= PATIENCE else Health.FAILING
    calendar.failure, calendar.checked_at = code, now
    calendar.next_check_at = now + min(EVERY + failing_for, SLOWEST)
    calendar.save(update_fields=["health", "failure", "failing_since", "checked_at", "next_check_at"])


def _tell_search(person_id: UUID, now: datetime) -> None:
    if free_time.keepers([person_id]):
        free_time.renew_all_soon(person_id, now)


def _read_soon(calendar_id: UUID) -> None:
    app.configure_task("scheduling.read_external_calendar", queue="calendars").defer(calendar_id=str(calendar_id))


def _own(person_id: UUID, calendar_id: UUID) -> ExternalCalendar:
    found = ExternalCalendar.objects.filter(person=person_id, pk=calendar_id).first()
    if found is None:
        raise NotFound()
    return found
