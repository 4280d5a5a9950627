"""The calendar of subscriptions. Pure arithmetic, on the wall of one zone."""

from calendar import monthrange
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from majlis.engines.billing.plan_types import MONTHS, Cycle

WEEK = timedelta(days=7)


def end_of_period(anchor: datetime, cycle: str, days: int | None, periods: int, zone: str) -> datetime:
    """The instant `periods` cycles after `anchor`, at the same hour on the wall of `zone`.

    Always counted from the anchor, so that a subscription begun on 31 January renews on 28 February and on 31 March
    again. An hour that does not exist that day (clocks go forward) is the one after it.
    """
    wall = anchor.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    if cycle == Cycle.DAYS:
        moved = wall + timedelta(days=(days or 1) * periods)
    else:
        months = wall.year * 12 + wall.month - 1 + MONTHS[Cycle(cycle)] * periods
        year, month = divmod(months, 12)
        moved = wall.replace(year=year, month=month + 1, day=min(wall.day, monthrange(year, month + 1)[1]))
    return moved.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def weeks_of(starts_at: datetime, ends_at: datetime) -> list[tuple[datetime, datetime]]:
    """The weeks a period consists of, counted from its start; the last one may be shorter."""
    weeks, begins = [], starts_at
    while begins < ends_at:
        weeks.append((begins, min(begins + WEEK, ends_at)))
        begins += WEEK
    return weeks
