"""Who is told what about a lesson, and the reminders that go with it."""

from datetime import timedelta
from typing import Any

from majlis.kernel.accounts import queries as accounts
from majlis.kernel.catalogue import queries as catalogue
from majlis.kernel.notices import services as notices
from majlis.kit import clock
from majlis.products.lessons.models import Lesson

REMINDERS = {"day": timedelta(days=1), "hours": timedelta(hours=3), "minutes": timedelta(minutes=30)}
"""How long before the lesson each reminder goes out."""


def link(lesson: Lesson) -> str:
    """The lesson's page."""
    return f"/lessons/{lesson.id}/"


def facts(lesson: Lesson, reader_id: Any) -> dict[str, Any]:
    """What a notice about a lesson may say to one of its people: the other's name, the subject and the time."""
    people = accounts.people([lesson.teacher_id, lesson.student_id])
    return {
        "other": people[lesson.other_than(reader_id)].name,
        "subject": catalogue.subject_by_id(lesson.subject_id).name,
        "starts_at": lesson.starts_at,
        "minutes": lesson.minutes,
    }


def tell(lesson: Lesson, kind: str, *person_ids: Any, key: str = "", **more: Any) -> None:
    """A notice of `kind` to these people, once per `key`."""
    for person_id in person_ids:
        notices.notify(
            person_id=person_id,
            kind=kind,
            facts={**facts(lesson, person_id), **more},
            link=link(lesson),
            key=f"lesson:{lesson.id}:{kind}:{key or lesson.version}:{person_id}",
        )


def booked(lesson: Lesson) -> None:
    """Both are told, and reminded before it begins."""
    tell(lesson, "lesson_booked", lesson.student_id, lesson.teacher_id)
    remind(lesson)


def remind(lesson: Lesson) -> None:
    """Set the reminders of this version of the lesson, and forget those of earlier versions."""
    forget(lesson)
    for name, before in REMINDERS.items():
        at = lesson.starts_at - before
        if at <= clock.now():
            continue
        for person_id in (lesson.student_id, lesson.teacher_id):
            notices.remind(
                person_id=person_id,
                kind="lesson_reminder",
                facts=facts(lesson, person_id),
                link=link(lesson),
                at=at,
                key=f"lesson:{lesson.id}:{lesson.version}:{name}:{person_id}",
            )


def forget(lesson: Lesson) -> None:
    """No reminder of this lesson goes out any more."""
    notices.forget_reminders(subject=f"lesson:{lesson.id}")
