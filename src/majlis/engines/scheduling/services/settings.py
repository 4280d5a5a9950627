"""How somebody's calendar is offered."""

from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from majlis.engines.scheduling import queries
from majlis.engines.scheduling.models import CalendarSettings
from majlis.engines.scheduling.services import free_time
from majlis.engines.scheduling.types import GRIDS, Settings
from majlis.kit import clock
from majlis.kit.errors import Invalid

BOUNDS = {
    "buffer_before": (0, 240),
    "buffer_after": (0, 240),
    "minimum_notice": (0, 43_200),
    "horizon_days": (1, 366),
    "day_limit": (1, 48),
}


@transaction.atomic
def change_calendar(*, person_id: UUID, actor: Any = None, now: datetime | None = None, **fields: Any) -> Settings:
    """Change some of somebody's calendar settings (names as in `types.Settings`); all of them as they are now. What is
    reserved stays as it is, buffers included. Changing the zone moves no rule: a rule keeps its own. Refuses
    `Invalid`."""
    now = now or clock.now()
    current = queries.calendar_settings(person_id)
    _check(fields)
    values = {name: fields.get(name, getattr(current, name)) for name in Settings.__slots__}
    values["durations"] = sorted(set(values["durations"]))
    CalendarSettings.objects.update_or_create(person_id=person_id, defaults={**values, "changed_at": now})
    if free_time.keepers([person_id]):
        free_time.renew_all_soon(person_id, now)
    return queries.calendar_settings(person_id)


def _check(fields: dict[str, Any]) -> None:
    unknown = set(fields) - set(Settings.__slots__)
    if unknown:
        raise TypeError(f"No such calendar settings: {sorted(unknown)}")
    errors: dict[str, Any] = {}
    for name, (least, most) in BOUNDS.items():
        if name not in fields:
            continue
        value = fields[name]
        absent_is_fine = name == "day_limit"
        if (value is None and not absent_is_fine) or (value is not None and not least <= value <= most):
            errors[name] = _("Choose a number from %(least)s to %(most)s.") % {"least": least, "most": most}
    if "slot_grid" in fields and fields["slot_grid"] not in GRIDS:
        errors["slot_grid"] = _("Choose one of the steps offered.")
    durations = fields.get("durations", (30,))
    if not durations or len(durations) > 12 or not all(5 <= minutes <= 480 for minutes in durations):
        errors["durations"] = _("Choose at least one duration, each from 5 minutes to 8 hours.")
    if "zone" in fields:
        try:
            check_zone(fields["zone"])
        except Invalid as wrong:
            errors.update(wrong.errors)
    if errors:
        raise Invalid(errors=errors)


def check_zone(name: str) -> str:
    """`name`, an IANA zone that Python and PostgreSQL both know. Refuses `Invalid`."""
    if name not in _zones():
        raise Invalid(errors={"zone": _("Choose one of the time zones offered.")})
    return name


@cache
def _zones() -> frozenset[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_timezone_names")
        return clock.zones() & {row[0] for row in cursor.fetchall()}
