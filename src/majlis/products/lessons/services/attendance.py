"""The end of a lesson: what the evidence says about who was there."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_noop

from majlis.engines.billing import services as billing
from majlis.engines.calls import queries as calls
from majlis.engines.reviews import services as reviews
from majlis.kit import clock, events
from majlis.products.lessons.events import LessonCompleted
from majlis.products.lessons.models import Lesson, Verdict
from majlis.products.lessons.services import announcing
from majlis.products.lessons.services.booking import KIND
from majlis.products.lessons.services.rescheduling import close_open_request
from majlis.products.lessons.services.state import locked, move
from majlis.products.lessons.types import LessonStatus, Mode, Presence, RequestState, what_happened

REVIEW_DAYS = 30
"""How long after a lesson its student may review it."""


def judge(lesson: Lesson) -> tuple[str, str, dict[str, Any]]:
    """Presence of the teacher, presence of the student, and the evidence both rest on.

    Online, a person is present who was in the room for the policy's part of the lesson; who came for less had
    technical trouble; who never came is absent. In person nobody can be observed, so both count as present unless one
    side contests it."""
    if lesson.mode != Mode.ONLINE or lesson.room_id is None:
        return Presence.PRESENT, Presence.PRESENT, {"basis": "in_person"}
    seen = calls.attendance(lesson.room_id)
    needed = lesson.minutes * 60 * lesson.terms.presence_percent // 100
    said: dict[UUID, str] = {}
    evidence: dict[str, Any] = {"basis": "room", "seconds_needed": needed, "people": {}}
    for person_id in (lesson.teacher_id, lesson.student_id):
        stay = seen.get(person_id)
        seconds = int(stay.seconds) if stay else 0
        said[person_id] = Presence.PRESENT if seconds >= needed else Presence.TECHNICAL if seconds else Presence.ABSENT
        evidence["people"][str(person_id)] = {
            "seconds": seconds,
            "intervals": [[a.isoformat(), b.isoformat()] for a, b in stay.intervals] if stay else [],
        }
    return said[lesson.teacher_id], said[lesson.student_id], evidence


@transaction.atomic
def close_lesson(*, lesson_id: UUID, now: datetime | None = None) -> Lesson:
    """Draw the provisional verdict of a lesson whose time has passed; both are told, the student may review it, and
    either may contest it until `release_at`. Does nothing to a lesson that has not ended or is closed already."""
    now = now or clock.now()
    lesson = locked(lesson_id)
    if lesson.status != LessonStatus.CONFIRMED or lesson.ends_at > now:
        return lesson
    teacher, student, evidence = judge(lesson)
    Verdict.objects.create(lesson=lesson, teacher=teacher, student=student, evidence=evidence, created_at=now)
    missed = Presence.ABSENT in (teacher, student)
    move(
        lesson,
        LessonStatus.NO_SHOW if missed else LessonStatus.COMPLETED,
        reason=what_happened(teacher=teacher, student=student),
        completed_at=now,
        release_at=lesson.ends_at + timedelta(hours=lesson.terms.dispute_hours),
    )
    if lesson.line_id:
        billing.expect_release(
            line_id=lesson.line_id, at=lesson.release_at, because=gettext_noop("the time to report a problem ends then")
        )
    close_open_request(lesson, RequestState.LAPSED, now=now)
    announcing.forget(lesson)
    kind = "lesson_missed" if missed else "lesson_completed"
    announcing.tell(lesson, kind, lesson.student_id, lesson.teacher_id, teacher=teacher, student=student)
    if not missed:
        reviews.invite_review(
            author_id=lesson.student_id,
            about_id=lesson.teacher_id,
            kind=KIND,
            subject_id=lesson.id,
            closes_at=now + timedelta(days=REVIEW_DAYS),
        )
        events.publish(LessonCompleted(lesson.id, lesson.student_id, lesson.teacher_id))
    return lesson


def close_lessons_that_ended(*, now: datetime | None = None, limit: int = 500) -> int:
    """Close every confirmed lesson whose end has passed, each in its own transaction; how many there were."""
    now = now or clock.now()
    ended = Lesson.objects.filter(status=LessonStatus.CONFIRMED, ends_at__lte=now).order_by("ends_at")
    ids = list(ended.values_list("id", flat=True)[:limit])
    for lesson_id in ids:
        close_lesson(lesson_id=lesson_id, now=now)
    return len(ids)
