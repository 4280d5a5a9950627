"""How dates, times and money look to the reader: CLDR through Babel, in their language and zone."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import (
    format_date,
    format_datetime,
    format_time,
    format_timedelta,
    get_timezone_location,
)
from babel.numbers import format_decimal
from django.utils import timezone
from django.utils.translation import get_language

from majlis.kit import clock
from majlis.kit.money import Money
from majlis.kit.translated import in_language


def _locale() -> str:
    return (get_language() or "en").replace("-", "_")


def _zone(zone: Any) -> Any:
    """`zone` (IANA name or tzinfo), or the reader's when none is named."""
    return timezone.get_current_timezone() if zone is None else ZoneInfo(zone) if isinstance(zone, str) else zone


def day(value: datetime | date, pattern: str = "EEEE d MMMM", zone: Any = None) -> str:
    """`Tuesday 3 March`, on the reader's wall."""
    if isinstance(value, datetime):
        value = value.astimezone(_zone(zone)).date()
    return format_date(value, pattern, locale=_locale())


def clock_time(value: datetime | time, zone: Any = None) -> str:
    """`19:00` or `7:00 PM`, as the reader's locale writes it, on the reader's wall (or in `zone`)."""
    if isinstance(value, datetime):
        value = value.astimezone(_zone(zone))
    return format_time(value, "short", locale=_locale(), tzinfo=getattr(value, "tzinfo", None))


def moment(value: datetime, zone: Any = None, pattern: str = "medium") -> str:
    """`3 Mar 2026, 19:00`."""
    where = _zone(zone)
    return format_datetime(value.astimezone(where), pattern, locale=_locale(), tzinfo=where)


def zone_name(zone: Any = None) -> str:
    """The place a zone is named after, in the reader's language: `Cairo`, `القاهرة`."""
    where = _zone(zone)
    return get_timezone_location(where, locale=_locale(), return_city=True)


def ago(value: datetime) -> str:
    """`3 hours ago`, `in 2 days`."""
    return format_timedelta(value - clock.now(), add_direction=True, locale=_locale())


def span(value: timedelta) -> str:
    """`2 hours`."""
    return format_timedelta(value, locale=_locale())


def number(value: Any) -> str:
    """A number in the reader's digits and separators."""
    return format_decimal(value, locale=_locale())


def money(value: Money) -> str:
    """An amount in the reader's language."""
    return value.display()


FILTERS = {
    "day": day,
    "clock_time": clock_time,
    "moment": moment,
    "zone_name": zone_name,
    "ago": ago,
    "span": span,
    "number": number,
    "money": money,
    "in_language": in_language,
}
