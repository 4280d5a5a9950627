"""Free time as search keeps it: 48 half hours a UTC day."""
# ruff: noqa: S608 - composed of constants; every value is a parameter

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.db import connection

from majlis.engines.scheduling.models import CalendarSettings
from majlis.engines.scheduling.queries import sql
from majlis.engines.scheduling.queries.slots import EPOCH, first_free
from majlis.engines.scheduling.types import DEFAULTS
from majlis.kit import clock

DAYS_KEPT = 90
"""How many days, with today, search keeps."""

# A bit is set where the whole half hour is free. The bits of one day are summed in SQL: one row per person and day.
BITS = f"""
{sql.FREE}
SELECT person_id, cell / 48, sum(1::bigint << (cell %% 48)::int)::bigint FROM (
    SELECT person_id, generate_series(ceil(extract(epoch FROM lower(stretch)) / 1800)::bigint,
                                      floor(extract(epoch FROM upper(stretch)) / 1800)::bigint - 1) AS cell
    FROM (
        SELECT person_id, unnest(hours * tstzmultirange(tstzrange(%(lo)s, %(hi)s))) AS stretch FROM free
    ) AS cut
) AS cells
GROUP BY person_id, cell / 48
"""


def free_bits(
    person_ids: Sequence[UUID], *, first_day: date, days: int, now: datetime | None = None
) -> dict[UUID, tuple[int, ...]]:
    """The free half hours of these people on `days` UTC days from `first_day`, one whole number a day (bit 0 is
    00:00–00:30 UTC, bit 47 is 23:30–24:00), with notice, horizon and buffers respected."""
    begin = datetime.combine(first_day, time(), UTC)
    base = (begin - EPOCH).days
    found: dict[UUID, list[int]] = {person_id: [0] * days for person_id in person_ids}
    with connection.cursor() as cursor:
        cursor.execute(
            BITS,
            {
                "people": list(found),
                "lo": begin,
                "hi": begin + timedelta(days=days),
                "asker": None,
                "now": now or clock.now(),
            },
        )
        for person_id, day, bits in cursor.fetchall():
            found[person_id][day - base] = bits
    return {person_id: tuple(bits) for person_id, bits in found.items()}


def next_free(person_ids: Sequence[UUID], *, now: datetime | None = None) -> dict[UUID, datetime | None]:
    """When each can be booked next for the shortest duration they offer; None: not within their horizon."""
    durations = dict(CalendarSettings.objects.filter(person__in=person_ids).values_list("person", "durations"))
    groups: dict[int, list[UUID]] = defaultdict(list)
    for person_id in person_ids:
        groups[min(durations.get(person_id) or DEFAULTS.durations)].append(person_id)
    return {
        person_id: slot.starts_at if slot else None
        for minutes, people in groups.items()
        for person_id, slot in first_free(people, minutes, now=now).items()
    }
