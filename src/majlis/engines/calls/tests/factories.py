"""Rooms for tests."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from majlis.engines.calls import services
from majlis.kit.ids import new_id
from majlis.kit.testing import SOME_MONDAY

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
BEGINS = SOME_MONDAY + HOUR


def a_room(*people: Any, starts_at: datetime = BEGINS, minutes: int = 60) -> UUID:
    """A room of an hour for these people."""
    return services.open_room(
        kind="lesson",
        subject_id=new_id(),
        people=[person.id for person in people],
        starts_at=starts_at,
        ends_at=starts_at + minutes * MINUTE,
    )


def stay(room_id: UUID, who: Any, from_minute: int, to_minute: int) -> None:
    """Be there and say so every fifteen seconds."""
    visit = services.enter_room(room_id=room_id, actor=who, now=BEGINS + from_minute * MINUTE)
    for quarter in range(1, (to_minute - from_minute) * 4):
        at = BEGINS + from_minute * MINUTE + quarter * 15 * SECOND
        if not services.beat(room_id=room_id, actor=who, visit_id=visit.id, now=at):
            return
    services.leave_room(room_id=room_id, actor=who, visit_id=visit.id, now=BEGINS + to_minute * MINUTE)
