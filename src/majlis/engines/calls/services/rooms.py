"""Opening, moving and closing rooms: what products ask for."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from majlis.engines.calls.models import Room, RoomEvent, RoomMember, Visit
from majlis.engines.calls.services.telling import tell
from majlis.engines.calls.types import EventKind
from majlis.kit import clock
from majlis.kit.errors import NotFound


@transaction.atomic
def open_room(*, kind: str, subject_id: UUID, people: Sequence[UUID], starts_at: datetime, ends_at: datetime) -> UUID:
    """A room for `people` around `[starts_at, ends_at)`; its id. Asked again for the same subject, the same room. The
    first of them hosts (may send others out, where the provider knows that). How long before and after it is open is
    the edition's `policies.calls`, who carries it the installation's choice; both are kept with the room."""
    room, made = Room.objects.get_or_create(
        kind=kind,
        subject_id=subject_id,
        defaults={"starts_at": starts_at, "ends_at": ends_at, "gateway": settings.CALLS_GATEWAY},
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
    """The meeting was called off: nobody can enter any more, and who is inside is told. Twice is once."""
    now = now or clock.now()
    if not Room.objects.filter(id=room_id, closed_at__isnull=True).update(closed_at=now):
        return
    RoomEvent.objects.create(room_id=room_id, kind=EventKind.CLOSED, at=now)
    if Visit.objects.filter(room_id=room_id, left_at__isnull=True).exists():
        tell(room_id, "closed", {})
