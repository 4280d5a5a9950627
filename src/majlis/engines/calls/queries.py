"""What calls knows."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from majlis.engines.calls.models import Recording, Room, RoomEvent, RoomMessage, Visit
from majlis.engines.calls.types import Attendance, Present, Recorded
from majlis.kernel.files import queries as files
from majlis.kit.errors import NotFound
from majlis.kit.state import promised


def room(room_id: UUID, *, seen_by: Any) -> Room:
    """A room the person is a member of. Refuses `NotFound`."""
    found = Room.objects.visible_to(seen_by).filter(id=room_id).first()
    if found is None:
        raise NotFound
    return found


def room_of(subject_id: UUID) -> Room | None:
    """The room of a product's thing, if it has one."""
    return Room.objects.filter(subject_id=subject_id).first()


def members(room_id: UUID) -> list[Any]:
    """The people who may enter, the host first."""
    found = Room.objects.filter(id=room_id).first()
    return [m.person for m in found.members.select_related("person").order_by("id")] if found else []


def present(room_id: UUID) -> list[Present]:
    """Who is in the room now, in the order they came; each once."""
    rows = (
        Visit.objects.filter(room_id=room_id, left_at__isnull=True).select_related("person").order_by("joined_at", "id")
    )
    return [Present(row.id, row.person_id, row.person.name, row.joined_at) for row in rows]


def messages(room_id: UUID, *, seen_by: Any) -> list[RoomMessage]:
    """The room's chat, oldest first, the last 500 lines; each with its `person`. Refuses `NotFound`."""
    rows = RoomMessage.objects.filter(room=room(room_id, seen_by=seen_by)).select_related("person").order_by("-id")
    return list(rows[:500])[::-1]


def timeline(room_id: UUID) -> list[RoomEvent]:
    """Everything that happened in the room, in order, each with its `person` (None: the house)."""
    return list(RoomEvent.objects.filter(room_id=room_id).select_related("person").order_by("at", "id"))


def recording(recording_id: UUID, *, seen_by: Any) -> Recording:
    """A recording of a room the person is a member of, with its `room`. Refuses `NotFound`."""
    rows = Recording.objects.filter(id=recording_id, room__members__person=seen_by).select_related("room", "person")
    found = rows.first()
    if found is None:
        raise NotFound
    return found


def recordings(room_id: UUID, *, seen_by: Any) -> list[Recording]:
    """The room's recordings, oldest first, without those that were taken back. Refuses `NotFound`."""
    rows = Recording.objects.filter(room=room(room_id, seen_by=seen_by)).exclude(status=Recorded.WITHDRAWN)
    return list(rows.select_related("person", "file").order_by("id"))


def recording_now(room_id: UUID) -> Recording | None:
    """The recording that goes on or is asked for, if any."""
    return Recording.objects.filter(room_id=room_id, status__in=[Recorded.IDLE, Recorded.RECORDING]).first()


def agreed(recording_id: UUID) -> Sequence[UUID]:
    """Who agrees to a recording."""
    rows = Recording.objects.filter(id=recording_id, consents__agreed_at__isnull=False, consents__refused_at=None)
    return list(rows.values_list("consents__person_id", flat=True))


def recording_url(recording_id: UUID, *, seen_by: Any, download: bool = False) -> str:
    """A signed path from which it can be played (with range requests) for an hour or two. Refuses `NotFound`, also
    while it is not ready."""
    found = recording(recording_id, seen_by=seen_by)
    if found.status != Recorded.PROCESSED:
        raise NotFound
    return files.file_url(promised(found.file_id), download=download)


def attendance(room_id: UUID) -> dict[UUID, Attendance]:
    """Who was in the room and when, by person; who never came is not in it. A visit that is still going on, or was
    lost, counts to its last heartbeat; nothing counts outside the time the room was open."""
    found = Room.objects.filter(id=room_id).first()
    if found is None:
        return {}
    stays: dict[UUID, list[tuple[datetime, datetime]]] = {}
    for visit in Visit.objects.filter(room_id=room_id).order_by("joined_at", "id"):
        begins, ends = max(visit.joined_at, found.opens_at), min(visit.left_at or visit.seen_at, found.shuts_at)
        if begins <= ends:
            stays.setdefault(visit.person_id, []).append((begins, ends))
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
