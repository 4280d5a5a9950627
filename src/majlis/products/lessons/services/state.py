"""The one place where a lesson changes its state."""

from typing import Any

from majlis.kit.db import require_transaction
from majlis.kit.errors import NotFound
from majlis.kit.translated import source_text
from majlis.products.lessons.models import Lesson, StatusChange
from majlis.products.lessons.types import TRANSITIONS


def locked(lesson_id: Any, *, seen_by: Any = None) -> Lesson:
    """The lesson with its row locked to the end of the transaction; `NotFound` if `seen_by` takes no part in it."""
    require_transaction()
    lessons = Lesson.objects.select_for_update(of=("self",))
    if seen_by is not None:
        lessons = lessons.of(seen_by.id)
    lesson = lessons.filter(id=lesson_id).first()
    if lesson is None:
        raise NotFound
    return lesson


def move(lesson: Lesson, to: str, *, by: Any = None, reason: Any = "", **fields: Any) -> None:
    """Move a locked lesson to another state along the transition table, with `fields`, and write the history row.
    Refuses `IllegalTransition`."""
    TRANSITIONS.check(lesson.status, to)
    why = source_text(reason)
    StatusChange.objects.create(lesson=lesson, from_status=lesson.status, to_status=to, by=by, reason=why)
    lesson.status = to
    for name, value in fields.items():
        setattr(lesson, name, value)
    lesson.save(update_fields=["status", *fields])
