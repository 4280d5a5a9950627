"""What lessons keeps about a person, and why nobody leaves before what they booked."""

from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from majlis.kernel.accounts import services as accounts
from majlis.kit.errors import Refusal
from majlis.products.lessons.models import Lesson, ProgressLog, WaitlistEntry
from majlis.products.lessons.types import LessonStatus

OPEN = [LessonStatus.PENDING_PAYMENT, LessonStatus.CONFIRMED, LessonStatus.DISPUTED]


class LessonsOpen(Refusal):
    """Lessons lie ahead, or one is disputed."""

    code = "lessons_open"
    sentence = _("There are lessons ahead or in dispute. Cancel them or let them take place first.")


def lessons(person_id: UUID) -> dict[str, Any]:
    """The person's lessons on either side, what was written after them, and what they waited for."""
    mine = Lesson.objects.filter(Q(student_id=person_id) | Q(teacher_id=person_id)).order_by("id")
    columns = "id starts_at ends_at student_id teacher_id subject__slug status mode place note price_amount price_unit"
    return {
        "lessons": list(mine.values(*columns.split())),
        "progress": list(ProgressLog.objects.filter(lesson__in=mine).order_by("id").values()),
        "waitlist": list(WaitlistEntry.objects.filter(student_id=person_id).order_by("id").values()),
    }


def refuse_while_lessons_are_open(person_id: UUID) -> None:
    """Somebody else counts on them. Refuses `LessonsOpen`; notes and places of past lessons are emptied."""
    mine = Lesson.objects.filter(Q(student_id=person_id) | Q(teacher_id=person_id))
    if mine.filter(status__in=OPEN).exists():
        raise LessonsOpen
    Lesson.objects.filter(student_id=person_id).update(note="", place="", lat=None, lng=None)


accounts.register_export("lessons", lessons)
accounts.register_eraser("lessons", refuse_while_lessons_are_open)
