"""Opening, moving and closing rooms: what products ask for."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from majlis.engines.calls.models import Room, RoomMember
from majlis.kit import clock
from majlis.kit.errors import NotFound


@transaction.atomic
def open_room(*, kind: str, subject_id: UUID, people: Sequence[UUID], starts_at: datetime, ends_at: datetime) -> UUID:
    """A room for `people` around `[starts_at, ends_at)`; its id. Asked again for the same subject, the same room."""
    room, made = Room.objects.get_or_create(
        kind=kind, subject_id=subject_id, defaults={"starts_at": starts_at, "ends_at": ends_at}
    )
    if made:
        RoomMember.objects.bulk_create([RoomMember(room=room, person_id=p) for p in dict.fromkeys(people)])
    return room.id


@transaction.atomic
def move_room(*, room_id: UUID, starts_at: datetime, ends_at: datetime) -> None:
    """The agreed time has changed. Refuses `NotFound`."""
    if not Room.objects.filter(id=room_id).update(starts_at=starts_at, ends_at=ends_at):
        raise NotFound


@transaction.atomic
def close_room(*, room_id: UUID, now: datetime | None = None) -> None:
    """The meeting was called off: nobody can enter any more. Closing twice is closing once."""
    Room.objects.filter(id=room_id, closed_at__isnull=True).update(closed_at=now or clock.now())
