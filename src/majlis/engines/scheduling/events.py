"""What scheduling announces."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID


@dataclass(frozen=True)
class TimeFreed:
    """These people have this time again: a reservation was freed, moved away or lapsed."""

    person_ids: tuple[UUID, ...]
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class FreeTimeChanged:
    """Search's copy of these days is out of date; this is what it says now. Days not named are as they were."""

    person_id: UUID
    next_free_at: datetime | None
    first_day: date
    bits: tuple[int, ...]
    """One whole number a UTC day from `first_day`: 48 bits, bit 0 is 00:00–00:30."""


@dataclass(frozen=True)
class HoldLapsed:
    """A hold ran out before anybody confirmed it: its time is free again."""

    reservation_id: UUID
    kind: str
    subject_id: UUID


@dataclass(frozen=True)
class CancellationAsked:
    """Somebody changed their hours or takes time off and asked that this reservation be cancelled. Its maker decides
    how, under its own policy, and frees the time."""

    reservation_id: UUID
    kind: str
    subject_id: UUID
    person_id: UUID
    reason: str
