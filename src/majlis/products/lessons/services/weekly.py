"""A weekly lesson booked in one go, with a report per date."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from majlis.engines.scheduling import queries as calendar
from majlis.kit import clock
from majlis.kit.errors import Invalid, Refusal
from majlis.products.lessons.models import Lesson, Series
from majlis.products.lessons.policy import current_policy
from majlis.products.lessons.services.booking import (
    check_booking,
    confirm_lesson,
    hold_lesson,
    order_lessons,
)
from majlis.products.lessons.services.minutes import use_minutes
from majlis.products.lessons.types import BookingRequest, PayWith, WeeklyDate

MOST_WEEKS = 26


class NothingFree(Refusal):
    """None of the chosen dates can be booked."""

    code = "no_date_free"
    sentence = _("None of these dates can be booked any more.")


class _Rehearsal(Exception):
    """Rolls the rehearsal back."""


def weekly_starts(first: datetime, weeks: int, zone: str) -> list[datetime]:
    """The same hour on the wall in `zone`, `weeks` weeks running, beginning with `first` (aware UTC out). Over a clock
    change the wall-clock hour stays; an hour that does not exist moves forward, one that exists twice is the first."""
    if not 1 <= weeks <= MOST_WEEKS:
        raise Invalid(errors={"weeks": _("Choose between 1 and 26 weeks.")})
    wall = first.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return [
        (wall + timedelta(weeks=n)).replace(tzinfo=ZoneInfo(zone)).astimezone(ZoneInfo("UTC")) for n in range(weeks)
    ]


def preview_weekly(*, actor: Any, request: BookingRequest, weeks: int, now: datetime | None = None) -> list[WeeklyDate]:
    """Which of the dates can be booked, and why the others cannot, found by rehearsing the booking and rolling it
    back: the preview cannot disagree with the booking."""
    report: list[WeeklyDate] = []
    try:
        with transaction.atomic():
            report, _lessons = _hold_dates(actor, request, weeks, key="", now=now or clock.now())
            raise _Rehearsal
    except _Rehearsal:
        return report


@transaction.atomic
def book_weekly(
    *, actor: Any, request: BookingRequest, weeks: int, key: str, now: datetime | None = None
) -> tuple[list[WeeklyDate], list[Lesson]]:
    """Hold every date that can be booked, in one order. Returns the report per date and the lessons (all with the same
    `order_id`). The same `key` books once. Refuses `NothingFree` and what `book_lesson` refuses."""
    now = now or clock.now()
    known = list(Lesson.objects.filter(student=actor, booking_key=key).order_by("starts_at"))
    if known:
        return [WeeklyDate(x.starts_at, x.ends_at) for x in known], known
    report, lessons = _hold_dates(actor, request, weeks, key=key, now=now)
    if not lessons:
        raise NothingFree
    if lessons[0].price.amount == 0:
        for lesson in lessons:
            confirm_lesson(lesson_id=lesson.id, actor=actor, now=now)
            lesson.refresh_from_db()
    else:
        held_until = now + timedelta(minutes=current_policy().hold_minutes)
        order_lessons(lessons, actor=actor, key=key, held_until=held_until, now=now)
    return report, lessons


def _hold_dates(
    actor: Any, request: BookingRequest, weeks: int, *, key: str, now: datetime
) -> tuple[list[WeeklyDate], list[Lesson]]:
    price = check_booking(actor, request)
    policy = current_policy()
    held_until = now + timedelta(minutes=policy.hold_minutes)
    zone = calendar.calendar_settings(request.teacher_id).zone
    series = Series.objects.create(student=actor, teacher_id=request.teacher_id, zone=zone)
    report, lessons = [], []
    for starts_at in weekly_starts(request.starts_at, weeks, zone):
        ends_at = starts_at + timedelta(minutes=request.minutes)
        try:
            with transaction.atomic():
                held = hold_lesson(
                    actor=actor,
                    request=replace(request, starts_at=starts_at, trial=False),
                    price=price,
                    policy=policy,
                    held_until=held_until,
                    key=key,
                    now=now,
                    series=series,
                )
                if held.paid_with == PayWith.ALLOWANCE:
                    use_minutes(held, actor=actor, now=now)
                lessons.append(held)
        except Refusal as refused:
            report.append(WeeklyDate(starts_at, ends_at, refused.code, str(refused)))
        else:
            report.append(WeeklyDate(starts_at, ends_at))
    return report, lessons
