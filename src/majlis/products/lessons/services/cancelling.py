"""Cancelling, under the policy the lesson was booked with."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing import services as billing
from majlis.engines.calls import services as calls
from majlis.engines.scheduling import services as scheduling
from majlis.kit import clock, events
from majlis.kit.errors import Refusal
from majlis.kit.state import promised
from majlis.products.lessons.events import LessonCancelled
from majlis.products.lessons.models import Lesson
from majlis.products.lessons.services import announcing
from majlis.products.lessons.services.rescheduling import close_open_request
from majlis.products.lessons.services.settling import pay_out
from majlis.products.lessons.services.state import locked, move
from majlis.products.lessons.types import LessonStatus, RequestState, Side, Terms

CANCELLED = _("The lesson was cancelled.")


class TermsChanged(Refusal):
    """Between the preview and the click a tier of the policy ended: less would come back than was shown."""

    code = "terms_changed"
    sentence = _("The conditions have changed since you opened this page. Please look at them again.")


class AlreadyStarted(Refusal):
    """A lesson that has begun is not cancelled; what happens then is decided by who was there."""

    code = "already_started"
    sentence = _("This lesson has already begun. If something went wrong, you can report it after the lesson.")


def preview_cancel(*, lesson: Lesson, actor: Any, now: datetime | None = None) -> Terms:
    """What cancelling now would do to the money, by the same object that `cancel_lesson` uses. Refuses
    `AlreadyStarted`."""
    now = now or clock.now()
    if now >= lesson.starts_at and lesson.status == LessonStatus.CONFIRMED:
        raise AlreadyStarted
    side = lesson.side_of(actor.id) if actor is not None else Side.HOUSE
    return lesson.terms.on_cancel(by=side, starts_at=lesson.starts_at, price=lesson.price, now=now)


@transaction.atomic
def cancel_lesson(
    *,
    actor: Any,
    lesson_id: UUID,
    reason: str = "",
    shown_percent: int | None = None,
    now: datetime | None = None,
) -> Lesson:
    """Cancel a lesson that lies ahead and move its money by the policy.

    `actor` is its student, its teacher, someone of the office, or None for the house. `shown_percent` is the
    percentage the person was shown; if less would come back now, `TermsChanged` is refused. An unpaid lesson ends with
    its order (and with the other dates in it). Refuses `NotFound`, `IllegalTransition`, `AlreadyStarted`."""
    now = now or clock.now()
    seen_by = actor if actor is not None and not actor.is_staff else None
    if _let_go_unpaid(lesson_id, seen_by, actor, now):
        return locked(lesson_id, seen_by=seen_by)
    lesson = locked(lesson_id, seen_by=seen_by)
    side = lesson.side_of(actor.id) if actor is not None else Side.HOUSE
    terms = preview_cancel(lesson=lesson, actor=actor, now=now)
    if shown_percent is not None and terms.percent < shown_percent:
        raise TermsChanged
    move(
        lesson,
        LessonStatus.CANCELLED,
        by=actor,
        reason=reason,
        cancelled_by=side,
        cancel_reason=reason,
        cancelled_at=now,
        settled_at=now,
    )
    close_open_request(lesson, RequestState.WITHDRAWN, now=now)
    scheduling.free(reservation_id=promised(lesson.reservation_id), now=now)
    if lesson.room_id:
        calls.close_room(room_id=lesson.room_id)
    announcing.forget(lesson)
    pay_out(lesson, terms, reason=CANCELLED, actor=actor, now=now)
    told = [lesson.student_id, lesson.teacher_id]
    announcing.tell(lesson, "lesson_cancelled", *told, by=side, back=terms.student)
    events.publish(LessonCancelled(lesson.id, side))
    return lesson


def _let_go_unpaid(lesson_id: UUID, seen_by: Any, actor: Any, now: datetime) -> bool:
    """End the order of a lesson that is still unpaid, which frees the time; whether there was one. The order is locked
    before the lesson, as when it is paid, so that paying and letting go at once never wait for each other."""
    lessons = Lesson.objects.all() if seen_by is None else Lesson.objects.of(seen_by.id)
    unpaid = lessons.filter(id=lesson_id, status=LessonStatus.PENDING_PAYMENT).first()
    if unpaid is None:
        return False
    try:
        billing.void_order(order_id=promised(unpaid.order_id), reason=CANCELLED, actor=actor, now=now)
    except billing.AlreadyPaid:
        return False
    return True
