"""What lessons keeps about a person, and why nobody leaves before what they booked."""

from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from majlis.kernel.accounts import services as accounts
from majlis.kit.errors import Refusal
from majlis.products.lessons.models import (
    Dispute,
    Lesson,
    Package,
    PackagePurchase,
    ProgressLog,
    RescheduleRequest,
    Statement,
    WaitlistEntry,
)
from majlis.products.lessons.types import LessonStatus

OPEN = [LessonStatus.PENDING_PAYMENT, LessonStatus.CONFIRMED, LessonStatus.DISPUTED]


class LessonsOpen(Refusal):
    """Lessons lie ahead, or one is disputed."""

    code = "lessons_open"
    sentence = _("There are lessons ahead or in dispute. Cancel them or let them take place first.")


def lessons(person_id: UUID) -> dict[str, Any]:
    """The person's lessons on either side, what was written after them, moved and contested, and what they waited
    for."""
    mine = Lesson.objects.filter(Q(student_id=person_id) | Q(teacher_id=person_id)).order_by("id")
    columns = "id starts_at ends_at student_id teacher_id subject__slug status mode place note price_amount price_unit"
    return {
        "lessons": list(mine.values(*columns.split())),
        "progress": list(ProgressLog.objects.filter(lesson__in=mine).order_by("id").values()),
        "moves": list(
            RescheduleRequest.objects.filter(lesson__in=mine)
            .order_by("id")
            .values("lesson_id", "asked_by_id", "starts_at", "reason", "state", "answer", "answered_at")
        ),
        "disputes": list(
            Dispute.objects.filter(lesson__in=mine)
            .order_by("id")
            .values("id", "lesson_id", "opened_by_id", "reason", "words", "state", "student_percent", "decision")
        ),
        "statements": list(
            Statement.objects.filter(author_id=person_id).order_by("id").values("dispute_id", "words", "created_at")
        ),
        "waitlist": list(WaitlistEntry.objects.filter(student_id=person_id).order_by("id").values()),
    }


def packages(person_id: UUID) -> dict[str, Any]:
    """The packages the person offers, and those they bought or sold."""
    bought = PackagePurchase.objects.filter(Q(student_id=person_id) | Q(package__teacher_id=person_id)).order_by("id")
    columns = "id package_id student_id status sessions settled price_amount price_unit starts_at expires_at created_at"
    offered = Package.objects.filter(teacher_id=person_id).order_by("id")
    facts = "id name subject__slug level sessions minutes price_amount price_unit valid_days active created_at"
    return {"bought": list(bought.values(*columns.split())), "offered": list(offered.values(*facts.split()))}


def refuse_while_lessons_are_open(person_id: UUID) -> None:
    """Somebody else counts on them. Refuses `LessonsOpen`; notes and places of past lessons are emptied."""
    mine = Lesson.objects.filter(Q(student_id=person_id) | Q(teacher_id=person_id))
    if mine.filter(status__in=OPEN).exists():
        raise LessonsOpen
    Lesson.objects.filter(student_id=person_id).update(note="", place="", lat=None, lng=None)


accounts.register_export("lessons", lessons)
accounts.register_export("packages", packages)
accounts.register_eraser("lessons", refuse_while_lessons_are_open)
