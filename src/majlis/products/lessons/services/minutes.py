"""Lessons paid with the minutes of a plan or a package instead of money.

The student's minutes are used when the lesson is booked, of the week or period in which it takes place, and come back
by the same tiers as money would. When the lesson moves to another week, so do its minutes.

The teacher earns what the lesson would have cost, less the ordinary commission, and the house pays it out of what the
plan brought in: a teacher is never paid less because of how a student pays.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from majlis.engines.billing import queries as bills
from majlis.engines.billing import services as billing
from majlis.kit.errors import Refusal
from majlis.kit.money import Money
from majlis.products.lessons.models import Lesson
from majlis.products.lessons.types import BookingRequest, ComingBack, Payer, PayWith, Terms

UNIT = "minute"


def scopes(teacher_id: UUID) -> list[str]:
    """The allowances that pay for a lesson of this teacher: for any lesson, or for theirs."""
    return ["lesson", f"teacher:{teacher_id}"]


def minutes_left(person: Any, wish: BookingRequest) -> Money:
    """How many minutes the person could pay this lesson with, at its time."""
    return bills.allowance_left(person.id, UNIT, scope=scopes(wish.teacher_id), at=wish.starts_at)


def use_minutes(lesson: Lesson, *, actor: Any, now: datetime) -> None:
    """Pay with minutes. Refuses billing's `AllowanceShort`."""
    billing.use_allowance(
        person_id=lesson.student_id,
        unit=UNIT,
        amount=lesson.minutes,
        key=_key(lesson),
        subject=f"lessons.lesson:{lesson.id}",
        scope=scopes(lesson.teacher_id),
        at=lesson.starts_at,
        memo=_("Lesson with %(name)s") % {"name": lesson.teacher.name},
        actor=actor,
        now=now,
    )


def minutes_words(lesson: Lesson) -> str:
    """What booking it costs, in a sentence."""
    used = sum(use.amount for use in bills.allowance_uses(_key(lesson)))
    left = bills.allowance_left(lesson.student_id, UNIT, scope=scopes(lesson.teacher_id), at=lesson.starts_at)
    had = Money(used, UNIT) + left
    return _("Uses %(used)s of your %(had)s.") % {"used": Money(used, UNIT).display(), "had": had.display()}


def minutes_back(lesson: Lesson, terms: Terms) -> ComingBack:
    """How many minutes come back by these terms, and what the teacher earns."""
    whole = Money(lesson.minutes, UNIT)
    earned = lesson.earning - lesson.earning.share(terms.percent * 100)
    return ComingBack(Payer.MINUTES.value, whole, whole.share(terms.percent * 100), earned, terms.percent)


def settle_minutes(lesson: Lesson, terms: Terms, *, actor: Any, now: datetime) -> None:
    """Give back the part of the minutes that the terms give the student, and pay the teacher for the rest."""
    if lesson.paid_with != PayWith.ALLOWANCE:
        return
    back = minutes_back(lesson, terms)
    billing.return_use(key=_key(lesson), amount=back.back.amount, actor=actor, now=now)
    billing.pay_earning(
        seller_id=lesson.teacher_id,
        gross=back.teacher,
        kind="lesson",
        subject=f"lessons.lesson:{lesson.id}",
        key=f"lesson:{lesson.id}:earning",
        memo=_("Lesson with %(name)s") % {"name": lesson.student.name},
        actor=actor,
        now=now,
    )


class MinutesMissing(Refusal):
    """In the week of the new time the plan has too few minutes."""

    code = "minutes_missing"
    sentence = gettext_lazy(
        "The plan that pays for this lesson has not enough minutes in the week of the new time: %(needed)s are needed."
    )


class PlanNotPaidThen(Refusal):
    """The new time lies outside of the period the plan is paid for."""

    code = "plan_not_paid_then"
    sentence = gettext_lazy("The plan that pays for this lesson is not paid for the week of the new time.")


def preview_move(*, lesson: Lesson, starts_at: datetime) -> billing.UseMove | None:
    """What moving the lesson to `starts_at` does to the minutes that pay for it: how many go back to their week and
    are taken from that of the new time, and what is left there. None when nothing changes: other lessons, and moves
    within the same week. Refuses `MinutesMissing`, `PlanNotPaidThen`."""
    if lesson.paid_with != PayWith.ALLOWANCE:
        return None
    try:
        return billing.preview_move_use(key=_key(lesson), at=starts_at, scope=scopes(lesson.teacher_id))
    except billing.AllowanceShort:
        raise MinutesMissing(needed=Money(lesson.minutes, UNIT).display()) from None
    except billing.AllowanceNotThen:
        raise PlanNotPaidThen from None


def move_minutes(lesson: Lesson, starts_at: datetime, *, actor: Any, now: datetime) -> None:
    """Have the minutes of the week of the new time pay. Refuses as `preview_move`."""
    if lesson.paid_with != PayWith.ALLOWANCE:
        return
    preview_move(lesson=lesson, starts_at=starts_at)
    billing.move_use(key=_key(lesson), at=starts_at, scope=scopes(lesson.teacher_id), actor=actor, now=now)


def _key(lesson: Lesson) -> str:
    return f"lesson:{lesson.id}"
