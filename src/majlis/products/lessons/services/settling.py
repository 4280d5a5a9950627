"""The end of the money's way: out of escrow, to whom the terms say."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing import services as billing
from majlis.engines.experts import services as experts
from majlis.kernel.ledger import services as ledger
from majlis.kernel.ledger.types import Line, Purpose, of_house, of_person
from majlis.kit import clock, events
from majlis.kit.errors import Refusal
from majlis.kit.money import Money
from majlis.kit.translated import source_text
from majlis.products.lessons.events import LessonSettled
from majlis.products.lessons.models import Lesson, Verdict
from majlis.products.lessons.services import announcing, packages
from majlis.products.lessons.services.minutes import UNIT, minutes_back, settle_minutes
from majlis.products.lessons.services.state import locked
from majlis.products.lessons.types import ComingBack, LessonStatus, Payer, PayWith, Terms, VerdictState, what_happened


class NotYours(Refusal):
    """Only the student may release the money before the window closes."""

    code = "not_yours_to_release"
    sentence = _("Only the student can confirm a lesson before the time for questions is over.")
    status = 403


def worth(lesson: Lesson) -> Money:
    """What was paid for it, in what it was paid with: money, or minutes. A session of a package is worth its share."""
    return lesson.price if lesson.paid_with == PayWith.MONEY else Money(lesson.minutes, UNIT)


def coming_back(lesson: Lesson, terms: Terms, *, now: datetime | None = None) -> ComingBack:
    """What would come back by these terms, and as what: exactly what `pay_out` does."""
    if lesson.paid_with == PayWith.ALLOWANCE:
        return minutes_back(lesson, terms)
    if lesson.purchase is None:
        payer = Payer.MONEY if lesson.price else Payer.NOTHING
        return ComingBack(payer.value, lesson.price, terms.student, terms.teacher, terms.percent)
    if packages.session_returns(lesson.purchase, terms, now or clock.now()):
        session, nothing = Money(1, "session"), lesson.price - lesson.price
        return ComingBack(Payer.PACKAGE.value, session, session, nothing, terms.percent)
    share = lesson.purchase.share(1)
    back = share.share(terms.percent * 100)
    return ComingBack(Payer.PACKAGE.value, share, back, share - back, terms.percent)


def pay_out(lesson: Lesson, terms: Terms, *, reason: Any, actor: Any, now: datetime) -> None:
    """Split the lesson's escrow by `terms`, and add the house's goodwill. A free lesson has nothing to split."""
    if lesson.purchase_id:
        packages.settle_session(lesson, terms, reason=reason, actor=actor, now=now)
    elif lesson.line_id:
        billing.settle_line(
            line_id=lesson.line_id,
            buyer=terms.student,
            seller=terms.teacher,
            key=f"lesson:{lesson.id}:settled",
            reason=reason,
            actor=actor,
            now=now,
        )
    settle_minutes(lesson, terms, actor=actor, now=now)
    if terms.goodwill:
        ledger.post(
            key=f"lesson:{lesson.id}:goodwill",
            kind="goodwill",
            lines=[
                Line(of_house(Purpose.GOODWILL, terms.goodwill.unit), -terms.goodwill),
                Line(of_person(lesson.student_id, Purpose.WALLET, terms.goodwill.unit), terms.goodwill),
            ],
            subject=f"lessons.lesson:{lesson.id}",
            memo=source_text(reason),
            actor=actor,
            now=now,
        )


@transaction.atomic
def settle_lesson(*, lesson_id: UUID, actor: Any = None, now: datetime | None = None) -> Lesson:
    """Make the provisional verdict final and move the money by it. Does nothing before `release_at` (unless the
    student releases early), twice, or while a dispute is open."""
    now = now or clock.now()
    lesson = locked(lesson_id)
    if lesson.settled_at or lesson.status not in (LessonStatus.COMPLETED, LessonStatus.NO_SHOW):
        return lesson
    if lesson.release_at is None or (now < lesson.release_at and actor is None):
        return lesson
    verdict = Verdict.objects.select_for_update().get(lesson=lesson)
    terms = lesson.terms.on_verdict(teacher=verdict.teacher, student=verdict.student, price=lesson.price)
    reason = what_happened(teacher=verdict.teacher, student=verdict.student)
    finish(lesson, terms, reason=reason, actor=actor, now=now)
    return lesson


def finish(lesson: Lesson, terms: Terms, *, reason: Any, actor: Any, now: datetime) -> None:
    """Pay out by `terms`, close the verdict and say so."""
    Verdict.objects.filter(lesson=lesson).update(state=VerdictState.FINAL, final_at=now, decided_by=actor)
    lesson.settled_at = now
    lesson.save(update_fields=["settled_at"])
    pay_out(lesson, terms, reason=reason, actor=actor, now=now)
    if lesson.status == LessonStatus.COMPLETED:
        experts.count_completed_lesson(expert_id=lesson.teacher_id)
    if terms.goodwill:
        announcing.tell(lesson, "goodwill_given", lesson.student_id, amount=terms.goodwill)
    events.publish(LessonSettled(lesson.id))


@transaction.atomic
def release_early(*, actor: Any, lesson_id: UUID, now: datetime | None = None) -> Lesson:
    """The student confirms that all was well: the money moves now. Refuses `NotFound`, `NotYours`."""
    lesson = locked(lesson_id, seen_by=actor)
    if lesson.student_id != actor.id or lesson.status != LessonStatus.COMPLETED:
        raise NotYours
    return settle_lesson(lesson_id=lesson_id, actor=actor, now=now)


def settle_due_lessons(*, now: datetime | None = None, limit: int = 500) -> int:
    """Settle the lessons whose dispute window has closed, each in its own transaction; how many there were."""
    now = now or clock.now()
    due = Lesson.objects.filter(
        release_at__lte=now,
        settled_at__isnull=True,
        status__in=[LessonStatus.COMPLETED, LessonStatus.NO_SHOW],
    ).order_by("release_at")
    ids = list(due.values_list("id", flat=True)[:limit])
    for lesson_id in ids:
        settle_lesson(lesson_id=lesson_id, now=now)
    return len(ids)
