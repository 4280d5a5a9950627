"""Whether PostgreSQL and Python know the same clocks: hours are expanded by one and shown by the other, so where their
zone data are of different years, a lesson is an hour off."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import psycopg

AHEAD = timedelta(days=2 * 365)
STEP = timedelta(hours=3)
USED = """
    SELECT zone FROM accounts_user UNION SELECT zone FROM scheduling_calendarsettings
    UNION SELECT zone FROM scheduling_rule UNION SELECT zone FROM experts_expertprofile
    UNION SELECT zone FROM catalogue_city
"""
OFFSETS = """
    SELECT array_agg(extract(epoch FROM (at AT TIME ZONE %(zone)s) - (at AT TIME ZONE 'UTC'))::int ORDER BY at)
    FROM generate_series(%(first)s::timestamptz, %(last)s::timestamptz, %(step)s::interval) at
"""


def used_zones(connection: psycopg.Connection) -> list[str]:
    """The zones in which people, their hours and the catalogue's cities live."""
    return sorted(zone for (zone,) in connection.execute(USED).fetchall() if zone)


def disagreements(
    connection: psycopg.Connection, zones: Iterable[str], *, first: datetime
) -> dict[str, datetime | None]:
    """The zones of which PostgreSQL and Python tell different hours at some time in the two years from `first`, with
    the first such time (to three hours); None for a zone that one of them does not know at all."""
    found: dict[str, datetime | None] = {}
    known = {name for (name,) in connection.execute("SELECT name FROM pg_timezone_names").fetchall()}
    moments = [first + n * STEP for n in range(AHEAD // STEP + 1)]
    for name in zones:
        try:
            zone = ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            found[name] = None
            continue
        if name not in known:
            found[name] = None
            continue
        asked = {"zone": name, "first": moments[0], "last": moments[-1], "step": STEP}
        (theirs,) = connection.execute(OFFSETS, asked).fetchone() or ([],)
        for at, seconds in zip(moments, theirs, strict=True):
            if (at.astimezone(zone).utcoffset() or timedelta()).total_seconds() != seconds:
                found[name] = at
                break
    return found
