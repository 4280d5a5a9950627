"""Figures over time, ready to be drawn (`parts/chart.html`)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone

from majlis.kit import clock, locale

WEEKS = 8


@dataclass(frozen=True, slots=True)
class Point:
    """One bar."""

    label: str
    text: str
    share: int
    """Of the highest, in percent; something above nothing is never drawn as nothing."""


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars, oldest first."""

    points: tuple[Point, ...]
    total: int

    def __bool__(self) -> bool:
        return any(point.share for point in self.points)


def first_week() -> datetime:
    """The beginning of the first of the weeks that are drawn, on the reader's wall."""
    return _midnight(_week_of(clock.now()) - timedelta(weeks=WEEKS - 1))


def weekly(found: Iterable[tuple[datetime, int]], text: Callable[[int], Any] = locale.number) -> Chart:
    """What happened, as (when, how much), in the reader's weeks: the last eight, the running one included. `text`
    writes a week's sum."""
    sums = {_week_of(clock.now()) - timedelta(weeks=back): 0 for back in reversed(range(WEEKS))}
    for at, value in found:
        week = _week_of(at)
        if week in sums:
            sums[week] += value
    top = max(*sums.values(), 1)
    return Chart(
        tuple(
            Point(locale.date_text(week, "d MMM"), str(text(value)), max(3, 100 * value // top) if value > 0 else 0)
            for week, value in sums.items()
        ),
        sum(sums.values()),
    )


def _week_of(at: datetime) -> date:
    day = at.astimezone(timezone.get_current_timezone()).date()
    return day - timedelta(days=(day.weekday() - locale.first_weekday()) % 7)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), timezone.get_current_timezone())
