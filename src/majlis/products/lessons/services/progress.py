"""What the teacher writes down after a lesson."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from majlis.kernel.files import services as files
from majlis.kit import clock
from majlis.kit.errors import Invalid, NotFound, Refusal
from majlis.products.lessons.models import ProgressLog
from majlis.products.lessons.services import announcing
from majlis.products.lessons.services.state import locked
from majlis.products.lessons.types import LessonStatus


class NotOverYet(Refusal):
    """Progress is written once the lesson has begun."""

    code = "lesson_not_begun"
    sentence = _("You can write about a lesson once it has begun.")


@transaction.atomic
def write_progress(
    *,
    actor: Any,
    lesson_id: UUID,
    summary: str,
    homework: str = "",
    next_plan: str = "",
    understanding: int | None = None,
    file_ids: tuple[UUID, ...] = (),
    now: datetime | None = None,
) -> ProgressLog:
    """Write or rewrite the teacher's log of a lesson; the student is told the first time. Refuses `NotFound` to
    anybody but the teacher, `NotOverYet`, `Invalid`."""
    now = now or clock.now()
    lesson = locked(lesson_id, seen_by=actor)
    if lesson.teacher_id != actor.id:
        raise NotFound
    if lesson.starts_at > now or lesson.status in (LessonStatus.CANCELLED, LessonStatus.EXPIRED):
        raise NotOverYet
    if not summary.strip():
        raise Invalid(errors={"summary": _("Please write what you did.")})
    if understanding is not None and not 1 <= understanding <= 5:
        raise Invalid(errors={"understanding": _("Choose from 1 to 5.")})
    log, first = ProgressLog.objects.update_or_create(
        lesson=lesson,
        defaults={
            "summary": summary,
            "homework": homework,
            "next_plan": next_plan,
            "understanding": understanding,
            "file_ids": list(file_ids),
            "updated_at": now,
        },
    )
    for file_id in file_ids:
        files.claim_file(file_id=file_id, actor=actor, by=f"lessons.progress:{log.id}")
    if first:
        announcing.tell(lesson, "progress_written", lesson.student_id)
    return log
