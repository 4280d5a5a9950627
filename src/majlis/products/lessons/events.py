"""What lessons announces."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True)
class LessonBooked:
    """A lesson was paid (or is free): it will take place."""

    lesson_id: UUID
    student_id: UUID
    teacher_id: UUID
    starts_at: datetime


@dataclass(frozen=True)
class LessonMoved:
    """Both agreed on another time."""

    lesson_id: UUID
    was_at: datetime
    starts_at: datetime


@dataclass(frozen=True)
class LessonCancelled:
    """It will not take place. `by` is a side: student, teacher or house."""

    lesson_id: UUID
    by: str


@dataclass(frozen=True)
class LessonCompleted:
    """Both were there."""

    lesson_id: UUID
    student_id: UUID
    teacher_id: UUID


@dataclass(frozen=True)
class LessonSettled:
    """Its money has left escrow: nothing about it is open any more."""

    lesson_id: UUID


@dataclass(frozen=True)
class DisputeOpened:
    """One side contests what happened."""

    dispute_id: UUID
    lesson_id: UUID


@dataclass(frozen=True)
class DisputeResolved:
    """The office has decided."""

    dispute_id: UUID
    lesson_id: UUID
