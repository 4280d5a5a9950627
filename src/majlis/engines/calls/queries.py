"""What calls knows."""

from datetime import datetime
from typing import Any
from uuid import UUID

from majlis.engines.calls.models import Room, Visit
from majlis.engines.calls.types import Attendance
from majlis.kit.errors import NotFound


def room(room_id: UUID, *, seen_by: Any) -> Room:
    """A room the person is a member of. Refuses `NotFound`."""
    found = Room.objects.visible_to(seen_by).filter(id=room_id).first()
    if found is None:
        raise NotFound
    return found


def room_of(subject_id: UUID) -> Room | None:
    """The room of a product's thing, if it has one."""
    return Room.objects.filter(subject_id=subject_id).first()


def attendance(room_id: UUID) -> dict[UUID, Attendance]:
    """Who was in the room and when, by person; who never came is not in it. A visit that is still going on, or was
    lost, counts to its last heartbeat."""
    found = Room.objects.filter(id=room_id).first()
    if found is None:
        return {}
    stays: dict[UUID, list[tuple[datetime, datetime]]] = {}
    for visit in Visit.objects.filter(room_id=room_id).order_by("joined_at"):
        stays.setdefault(visit.person_id, []).append((visit.joined_at, visit.left_at or visit.seen_at))
    return {person_id: _attendance(found, merged(spans)) for person_id, spans in stays.items()}


def merged(spans: list[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Overlapping and touching spans as one, in order."""
    joined: list[tuple[datetime, datetime]] = []
    for begins, ends in sorted(spans):
        if joined and begins <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], ends))
        else:
            joined.append((begins, ends))
    return joined


def _attendance(of: Room, spans: list[tuple[datetime, datetime]]) -> Attendance:
    inside = [(max(a, of.starts_at), min(b, of.ends_at)) for a, b in spans]
    seconds = sum(int((b - a).total_seconds()) for a, b in inside if b > a)
    return Attendance(spans[0][0], spans[-1][1], seconds, tuple(spans))
