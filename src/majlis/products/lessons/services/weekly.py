"""A weekly lesson booked in one go, with a report per date: whether it is free, and what pays for it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing import services as billing
from majlis.engines.scheduling import queries as calendar
from majlis.kit import clock
from majlis.kit.errors import Invalid, Refusal
from majlis.products.lessons.models import Lesson, Series
from majlis.products.lessons.policy import current_policy
from majlis.products.lessons.services import packages
from majlis.products.lessons.services.booking import (
    check_booking,
    confirm_lesson,
    hold_paid,
    order_lessons,
    payer_of,
)
from majlis.products.lessons.services.minutes import minutes_words
from majlis.products.lessons.types import BookingRequest, Payer, PayWith, WeeklyDate

MOST_WEEKS = 26


class NothingFree(Refusal):
    """None of the chosen dates can be booked."""

    code = "no_date_free"
    sentence = _("None of these dates can be booked any more.")


class NoSessionLeft(billing.AllowanceShort):
    """The package has no session for this date any more."""

    sentence = _("No session of your package is left for this date.")


class NoMinutesThen(billing.AllowanceShort):
    """The week in which the date lies has too few minutes."""

    sentence = _("Your plan has %(left)s left for that week, and %(needed)s are needed.")


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
    """Hold every date that can be booked. With `request.purchase_id` each takes a session of that package, with
    `pay_with` minutes those of the week it lies in (a package first, where both are asked for): such a date is
    confirmed at once. With `rest_with_money` the dates these do not cover are paid with money, otherwise they are not
    booked. All that is paid with money is one order, and only these lessons have its `order_id`.

    Returns the report per date and the lessons, the soonest first. The same `key` books once. Refuses `NothingFree`,
    NotFound for another's package, and what `book_lesson` refuses."""
    now = now or clock.now()
    known = list(Lesson.objects.filter(student=actor, booking_key=key).order_by("starts_at"))
    if known:
        return [_date_of(lesson) for lesson in known], known
    report, lessons = _hold_dates(actor, request, weeks, key=key, now=now)
    if not lessons:
        reasons = {date.words for date in report}
        raise NothingFree(reasons.pop() if len(reasons) == 1 else None)
    for lesson in lessons:
        if payer_of(lesson) != Payer.MONEY:
            confirm_lesson(lesson_id=lesson.id, actor=actor, now=now)
    to_pay = [lesson for lesson in lessons if payer_of(lesson) == Payer.MONEY]
    if to_pay:
        held_until = now + timedelta(minutes=current_policy().hold_minutes)
        order_lessons(to_pay, actor=actor, key=key, held_until=held_until, now=now)
    for lesson in lessons:
        lesson.refresh_from_db()
    return report, lessons


def _hold_dates(
    actor: Any, request: BookingRequest, weeks: int, *, key: str, now: datetime
) -> tuple[list[WeeklyDate], list[Lesson]]:
    request = replace(request, trial=False)
    price = check_booking(actor, request)
    if request.purchase_id is not None:
        packages.bought_by(actor, request.purchase_id)
    policy = current_policy()
    zone = calendar.calendar_settings(request.teacher_id).zone
    hold = {
        "price": price,
        "policy": policy,
        "held_until": now + timedelta(minutes=policy.hold_minutes),
        "key": key,
        "now": now,
        "series": Series.objects.create(student=actor, teacher_id=request.teacher_id, zone=zone),
    }
    report, lessons = [], []
    for starts_at in weekly_starts(request.starts_at, weeks, zone):
        try:
            lesson = _hold_date(actor, replace(request, starts_at=starts_at), hold)
        except Refusal as refused:
            ends_at = starts_at + timedelta(minutes=request.minutes)
            report.append(WeeklyDate(starts_at, ends_at, refused.code, str(refused)))
        else:
            lessons.append(lesson)
            report.append(_date_of(lesson))
    return report, lessons


def _hold_date(actor: Any, wish: BookingRequest, hold: dict[str, Any]) -> Lesson:
    """Hold one date by the first of the ways to pay that has enough for it. Refuses what the first one refused when
    none has, and whatever stands in the way of the time itself."""
    missing: list[Refusal] = []
    for way in _ways(wish):
        try:
            with transaction.atomic():
                return hold_paid(actor=actor, request=way, **hold)
        except billing.AllowanceShort as short:
            missing.append(NoSessionLeft() if way.purchase_id else NoMinutesThen(**short.facts))
        except (packages.PackageDoesNotFit, packages.PackageEnded) as unfit:
            missing.append(unfit)
    raise missing[0]


def _ways(wish: BookingRequest) -> Iterator[BookingRequest]:
    """The ways to pay that were asked for, the first to be tried first."""
    by_minutes = wish.pay_with == PayWith.ALLOWANCE
    if wish.purchase_id is not None:
        yield replace(wish, pay_with=PayWith.MONEY)
    if by_minutes:
        yield replace(wish, purchase_id=None)
    if wish.rest_with_money or not (by_minutes or wish.purchase_id is not None):
        yield replace(wish, purchase_id=None, pay_with=PayWith.MONEY)


def _date_of(lesson: Lesson) -> WeeklyDate:
    """The report's line of a date that is booked."""
    payer = payer_of(lesson)
    price = lesson.price if payer == Payer.MONEY else None
    words = ""
    if payer == Payer.PACKAGE:
        words = packages.session_words(lesson)
    elif payer == Payer.MINUTES:
        words = minutes_words(lesson)
    elif price is not None:
        words = price.display()
    return WeeklyDate(lesson.starts_at, lesson.ends_at, payer=payer.value, payment=words, price=price)
