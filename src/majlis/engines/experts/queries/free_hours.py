"""*Free between these hours on these days in my zone*, as masks over UTC days of 48 half hours."""

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext_lazy as _

from majlis.engines.experts.types import FreeWish
from majlis.kit.errors import Invalid

HORIZON = timedelta(days=14)
HALF = timedelta(minutes=30)
LONGEST = 15
"""Half hours: a day's row repeats 14 of the next, so a lesson that begins in its last half hour may be this long."""


def masks(wish: FreeWish, now: datetime) -> dict[date, int]:
    """By UTC day, the half hours at which a lesson could begin: bit 0 is 00:00–00:30. Only from `now` on and within
    two weeks (or on the one date asked for); local hours follow the zone's clock changes. Refuses with `Invalid`."""
    try:
        zone = ZoneInfo(wish.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid(errors={"zone": _("We do not know this time zone.")}) from None
    length = halves(wish.minutes) * HALF
    found: dict[date, int] = defaultdict(int)
    for day in _days(wish, now.astimezone(zone).date()):
        begin, end = _instant(day, wish.starts, zone), _instant(day, wish.ends, zone)
        if wish.ends <= wish.starts:
            end = _instant(day + timedelta(days=1), wish.ends, zone)
        at = _next_half(max(begin, now))
        while at + length <= end:
            found[at.date()] |= 1 << (at.hour * 2 + at.minute // 30)
            at += HALF
    return dict(found)


def halves(minutes: int) -> int:
    """How many half hours a lesson of so many minutes takes."""
    return max(1, min(LONGEST, -(-minutes // 30)))


def _days(wish: FreeWish, today: date) -> list[date]:
    if wish.on is not None:
        return [wish.on]
    days = [today + timedelta(days=n) for n in range(HORIZON.days)]
    return [day for day in days if not wish.weekdays or day.weekday() in wish.weekdays]


def _instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """UTC. A local time that a clock change skips shifts forward; of one that happens twice the first counts."""
    return datetime.combine(day, at, zone).astimezone(UTC)


def _next_half(at: datetime) -> datetime:
    over = timedelta(minutes=at.minute % 30, seconds=at.second, microseconds=at.microsecond)
    return at - over + HALF if over else at
