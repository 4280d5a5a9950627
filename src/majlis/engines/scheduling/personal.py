"""What scheduling keeps about a person: their hours, their calendars elsewhere, and what their time was taken for."""

from typing import Any
from uuid import UUID

from django.db.models import F, Model, QuerySet

from majlis.engines.scheduling.models import (
    BusyTime,
    CalendarSettings,
    ExternalCalendar,
    ExternalTime,
    Feed,
    Opening,
    Rule,
    TimeOff,
)
from majlis.engines.scheduling.services import revoke_feed
from majlis.kernel.accounts import services as accounts
from majlis.kit import clock

RULE = (
    "title frequency interval weekdays month_day starts_on ends_on begins minutes zone activated deleted_at created_at"
)


def calendar(person_id: UUID) -> dict[str, Any]:
    """The person's settings and hours, times off, calendars elsewhere with what was read from them, feeds, and what
    took their time. Buffers belong to the times."""

    def rows(model: type[Model], *columns: str) -> list[dict[str, Any]]:
        mine: QuerySet[Any] = model._default_manager.filter(person_id=person_id).order_by("pk")
        if "during" in columns:
            mine = mine.annotate(starts_at=F("during__startswith"), ends_at=F("during__endswith"))
            columns = ("starts_at", "ends_at", *(column for column in columns if column != "during"))
        return list(mine.values(*columns))

    settings = CalendarSettings.objects.filter(person_id=person_id)
    return {
        "settings": settings.values().first(),
        "hours": rows(Rule, *RULE.split()),
        "openings": rows(Opening, "during", "title"),
        "time_off": rows(TimeOff, "during", "reason"),
        "calendars_elsewhere": rows(ExternalCalendar, "title", "address", "created_at", "checked_at"),
        "times_elsewhere": rows(ExternalTime, "during", "title"),
        "feeds": rows(Feed, "created_at", "read_at", "revoked_at"),
        "reserved": rows(BusyTime, "during", "reservation__kind", "reservation__title", "reservation__status"),
    }


def forget(person_id: UUID) -> None:
    """Their hours end, what they wrote about them goes, calendars elsewhere are left alone from now on and the feed's
    address ends. What was reserved stays: others were there."""
    now = clock.now()
    Rule.objects.filter(person_id=person_id, deleted_at__isnull=True).update(deleted_at=now)
    Rule.objects.filter(person_id=person_id).update(title="")
    for rows in (
        Opening.objects.filter(person_id=person_id),
        TimeOff.objects.filter(person_id=person_id),
        ExternalCalendar.objects.filter(person_id=person_id),
    ):
        rows.delete()
    revoke_feed(person_id=person_id, now=now)


accounts.register_export("calendar", calendar)
accounts.register_eraser("calendar", forget)
