"""People with hours, for tests."""

from datetime import date, time
from typing import Any

from majlis.engines.scheduling.models import CalendarSettings, Rule
from majlis.kit import testing


def teacher(zone: str = "UTC", **settings: Any) -> Any:
    """Somebody with calendar settings that keep nothing back: no notice, no buffers, a year's horizon."""
    person = testing.person("Amal Teacher", zone=zone)
    settings.setdefault("minimum_notice", 0)
    settings.setdefault("horizon_days", 366)
    CalendarSettings.objects.create(person=person, zone=zone, **settings)
    return person


def weekly(person: Any, weekdays: list[int], begins: str, minutes: int, **fields: Any) -> Rule:
    """A weekly rule in the person's zone, from 2026-01-01 on."""
    fields.setdefault("zone", person.zone)
    fields.setdefault("starts_on", date(2026, 1, 1))
    hour, minute = begins.split(":")
    return Rule.objects.create(
        person=person, weekdays=weekdays, begins=time(int(hour), int(minute)), minutes=minutes, **fields
    )
