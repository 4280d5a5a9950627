"""Coming, staying and going: the evidence of who was there. Written by the server's clock alone; a browser can only
say that it is here now, as a member, while the room is open."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from majlis.engines.calls.events import RoomEntered, RoomLeft
from majlis.engines.calls.models import Room, RoomEvent, Visit
from majlis.engines.calls.types import BEAT_LOST_AFTER, EventKind
from majlis.kit import clock, events
from majlis.kit.errors import NotFound, Refusal


class NotNow(Refusal):
    """Before the room opens, or after it has shut."""

    code = "room_not_open"
    sentence = _("This room opens ten minutes before the agreed time and closes half an hour after its end.")


class RoomClosed(Refusal):
    """The meeting was called off."""

    code = "room_closed"
    sentence = _("This meeting was called off.")


@transaction.atomic
def enter_room(*, room_id: UUID, actor: Any, now: datetime | None = None) -> Visit:
    """Begin a visit. A second tab is a second visit; overlapping ones count once. Refuses `NotFound` to anybody who is
    no member, `RoomClosed`, `NotNow`."""
    now = now or clock.now()
    room = Room.objects.visible_to(actor).filter(id=room_id).first()
    if room is None:
        raise NotFound
    if room.closed_at is not None:
        raise RoomClosed
    if not room.opens_at <= now < room.shuts_at:
        raise NotNow
    visit = Visit.objects.create(room=room, person=actor, joined_at=now, seen_at=now)
    RoomEvent.objects.create(room=room, person=actor, visit=visit, kind=EventKind.JOINED, at=now)
    events.publish(RoomEntered(room.id, actor.id, now))
    return visit


def _locked(room_id: UUID, actor: Any, visit_id: UUID) -> Visit:
    mine = Visit.objects.select_for_update(of=("self",)).select_related("room")
    visit = mine.filter(id=visit_id, room_id=room_id, person=actor).first()
    if visit is None:
        raise NotFound
    return visit


@transaction.atomic
def beat(*, room_id: UUID, actor: Any, visit_id: UUID, now: datetime | None = None) -> bool:
    """The browser is still there. False when the visit is over (it was lost meanwhile, or the room has shut): the
    browser must enter again. Refuses `NotFound` for somebody else's visit."""
    now = now or clock.now()
    visit = _locked(room_id, actor, visit_id)
    if visit.left_at is not None or visit.room.closed_at is not None or now >= visit.room.shuts_at:
        return False
    if now - visit.seen_at > BEAT_LOST_AFTER:
        _end(visit, visit.seen_at, EventKind.LOST)
        return False
    visit.seen_at = now
    visit.save(update_fields=["seen_at"])
    return True


@transaction.atomic
def leave_room(*, room_id: UUID, actor: Any, visit_id: UUID, now: datetime | None = None) -> None:
    """End a visit. Leaving twice is leaving once. Refuses `NotFound` for somebody else's visit."""
    now = now or clock.now()
    visit = _locked(room_id, actor, visit_id)
    if visit.left_at is None:
        _end(visit, min(now, visit.room.shuts_at), EventKind.LEFT)


def _end(visit: Visit, at: datetime, kind: str) -> None:
    visit.left_at = max(at, visit.joined_at)
    visit.save(update_fields=["left_at"])
    RoomEvent.objects.create(room_id=visit.room_id, person_id=visit.person_id, visit=visit, kind=kind, at=visit.left_at)
    events.publish(RoomLeft(visit.room_id, visit.person_id, visit.left_at))


def end_lost_visits(*, now: datetime | None = None, limit: int = 500) -> int:
    """End the visits whose heartbeat has stopped, at their last beat; how many there were."""
    now = now or clock.now()
    gone = Visit.objects.filter(left_at__isnull=True, seen_at__lt=now - BEAT_LOST_AFTER)
    count = 0
    for visit_id in gone.values_list("id", flat=True)[:limit]:
        with transaction.atomic():
            visit = Visit.objects.select_for_update().get(id=visit_id)
            if visit.left_at is None and visit.seen_at < now - BEAT_LOST_AFTER:
                _end(visit, visit.seen_at, EventKind.LOST)
                count += 1
    return count
