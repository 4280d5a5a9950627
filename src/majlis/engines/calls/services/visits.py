"""Coming, staying and going: the evidence of who was there. Written by the server's clock alone; a browser can only
say that it is here now, as a member, while the room is open."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from majlis.engines.calls.events import RoomEntered, RoomLeft
from majlis.engines.calls.models import Room, RoomEvent, RoomMember, Visit
from majlis.engines.calls.services.telling import tell
from majlis.engines.calls.types import BEAT_LOST_AFTER, EventKind, Source
from majlis.kernel.notices import services as notices
from majlis.kit import clock, events
from majlis.kit.errors import NotFound, Refusal

QUALITIES = frozenset({"good", "fair", "poor"})


class NotNow(Refusal):
    """Before the room opens, or after it has shut. Facts: `before` and `after` in minutes."""

    code = "room_not_open"
    sentence = _(
        "This room opens %(before)s minutes before the agreed time and closes %(after)s minutes after its end."
    )


class RoomClosed(Refusal):
    """The meeting was called off."""

    code = "room_closed"
    sentence = _("This meeting was called off.")


def open_for(actor: Any, room_id: UUID, now: datetime) -> Room:
    """The room, if this person may be in it at this moment. Refuses `NotFound`, `RoomClosed`, `NotNow`."""
    room = Room.objects.visible_to(actor).filter(id=room_id).first()
    if room is None:
        raise NotFound
    if room.closed_at is not None:
        raise RoomClosed
    if not room.opens_at <= now < room.shuts_at:
        raise NotNow(before=room.opens_minutes_before, after=room.shuts_minutes_after)
    return room


@transaction.atomic
def enter_room(*, room_id: UUID, actor: Any, now: datetime | None = None) -> Visit:
    """Begin a visit. Whoever is in the room already from another tab or device goes on in this one: the other visit
    ends. Members who are not there are told that somebody waits, once. Refuses `NotFound` to anybody who is no member,
    `RoomClosed`, `NotNow`."""
    now = now or clock.now()
    room = open_for(actor, room_id, now)
    _queue_up(room.id, actor.id)
    for earlier in Visit.objects.filter(room=room, person=actor, source=Source.PAGE, left_at__isnull=True):
        _end(earlier, *_how_it_ended(earlier, EventKind.MOVED, now))
    return _begin(room, actor.id, Source.PAGE, now)


@transaction.atomic
def beat(*, room_id: UUID, actor: Any, visit_id: UUID, quality: str = "", now: datetime | None = None) -> bool:
    """The browser is still there. False when the visit is over (it was lost meanwhile, went on in another tab, or the
    room has shut): the browser must enter again. Refuses `NotFound` for somebody else's visit."""
    now = now or clock.now()
    visit = _locked(room_id, actor, visit_id)
    if visit.left_at is not None:
        return False
    if visit.room.closed_at is not None or now >= visit.room.shuts_at or now - visit.seen_at > BEAT_LOST_AFTER:
        _end(visit, *_how_it_ended(visit, EventKind.LEFT, now))
        return False
    visit.seen_at = max(visit.seen_at, now)
    visit.quality = quality if quality in QUALITIES else ""
    visit.save(update_fields=["seen_at", "quality"])
    return True


@transaction.atomic
def leave_room(*, room_id: UUID, actor: Any, visit_id: UUID, now: datetime | None = None) -> None:
    """End a visit. Leaving twice is leaving once. Whoever has been silent for too long left at the last heartbeat,
    whatever the browser says now. Refuses `NotFound` for somebody else's visit."""
    now = now or clock.now()
    visit = _locked(room_id, actor, visit_id)
    if visit.left_at is None:
        _end(visit, *_how_it_ended(visit, EventKind.LEFT, now))


@transaction.atomic
def witness_stay(*, room_id: UUID, person_id: UUID, joined_at: datetime, left_at: datetime) -> Visit:
    """A whole stay that somebody trusted saw (a call provider's log; the demonstration): never on a member's word.
    Clipped to the time the room was open. Refuses `NotFound` when the person is no member."""
    room = Room.objects.filter(id=room_id, members__person_id=person_id).first()
    if room is None:
        raise NotFound
    joined_at = max(joined_at, room.opens_at)
    left_at = max(joined_at, min(left_at, room.shuts_at))
    visit = Visit.objects.create(
        room=room,
        person_id=person_id,
        source=Source.PROVIDER,
        joined_at=joined_at,
        seen_at=left_at,
        left_at=left_at,
    )
    for kind, at in ((EventKind.JOINED, joined_at), (EventKind.LEFT, left_at)):
        RoomEvent.objects.create(room=room, person_id=person_id, visit=visit, kind=kind, at=at)
    return visit


def end_lost_visits(*, now: datetime | None = None, limit: int = 500) -> int:
    """End the visits whose heartbeat has stopped, at their last beat; how many there were. A provider's visit has no
    heartbeat: it ends by its message, at the latest when the room shuts."""
    now = now or clock.now()
    silent = Visit.objects.filter(left_at__isnull=True, seen_at__lt=now - BEAT_LOST_AFTER)
    count = 0
    for visit_id in silent.order_by("seen_at").values_list("id", flat=True)[:limit]:
        with transaction.atomic():
            found = Visit.objects.select_for_update(of=("self",), skip_locked=True).select_related("room")
            visit = found.filter(id=visit_id, left_at__isnull=True, seen_at__lt=now - BEAT_LOST_AFTER).first()
            if visit is None or (visit.source == Source.PROVIDER and now < visit.room.shuts_at):
                continue
            _end(visit, *_how_it_ended(visit, EventKind.LEFT, now))
            count += 1
    return count


# Steps shared with what providers tell ------------------------------------------------------------------------------


@transaction.atomic
def begin_provided(room: Room, person_id: UUID, at: datetime) -> None:
    """A provider saw somebody come. Said twice, it is one visit."""
    _queue_up(room.id, person_id)
    here = Visit.objects.filter(room=room, person_id=person_id, source=Source.PROVIDER)
    if not here.filter(left_at__isnull=True).exists() and not here.filter(joined_at=at).exists():
        _begin(room, person_id, Source.PROVIDER, at)


@transaction.atomic
def end_provided(room: Room, person_id: UUID | None, at: datetime) -> None:
    """A provider saw somebody go, or (None) the call end."""
    going = Visit.objects.select_for_update(of=("self",)).select_related("room")
    going = going.filter(room=room, source=Source.PROVIDER, left_at__isnull=True, joined_at__lte=at)
    for visit in going if person_id is None else going.filter(person_id=person_id):
        visit.seen_at = at
        _end(visit, min(at, room.shuts_at), EventKind.LEFT)


def _queue_up(room_id: UUID, person_id: UUID) -> None:
    """One arrival of a person at a time: their membership's row is the lock. Refuses `NotFound` if they are none."""
    mine = RoomMember.objects.select_for_update(no_key=True).filter(room_id=room_id, person_id=person_id)
    if mine.first() is None:
        raise NotFound


def _begin(room: Room, person_id: UUID, source: str, at: datetime) -> Visit:
    visit = Visit.objects.create(room=room, person_id=person_id, source=source, joined_at=at, seen_at=at)
    RoomEvent.objects.create(room=room, person_id=person_id, visit=visit, kind=EventKind.JOINED, at=at)
    events.publish(RoomEntered(room.id, person_id, at))
    tell(room.id, "entered", {"person": str(person_id), "visit": str(visit.id), "name": visit.person.name})
    _call_the_others(room, visit)
    return visit


def _call_the_others(room: Room, visit: Visit) -> None:
    """Somebody waits: say so to members who are not there, once per room and person who waits."""
    here = Visit.objects.filter(room=room, left_at__isnull=True).values_list("person_id", flat=True)
    for person_id in room.members.exclude(person_id__in=list(here)).values_list("person_id", flat=True):
        notices.notify(
            person_id=person_id,
            kind="call_waiting",
            facts={"name": visit.person.name},
            link=f"/calls/{room.id}/",
            key=f"calls:{room.id}:{room.starts_at:%Y%m%d%H%M}:{visit.person_id}:{person_id}",
        )


def _locked(room_id: UUID, actor: Any, visit_id: UUID) -> Visit:
    mine = Visit.objects.select_for_update(of=("self",)).select_related("room")
    visit = mine.filter(id=visit_id, room_id=room_id, person=actor, source=Source.PAGE).first()
    if visit is None:
        raise NotFound
    return visit


def _how_it_ended(visit: Visit, kind: str, now: datetime) -> tuple[datetime, str]:
    """When and how a visit that ends now has ended: if it has been silent for too long, at its last beat, lost."""
    if now - visit.seen_at > BEAT_LOST_AFTER:
        return visit.seen_at, EventKind.LOST
    return min(now, visit.room.shuts_at), kind


def _end(visit: Visit, at: datetime, kind: str) -> None:
    visit.left_at = max(at, visit.joined_at)
    visit.seen_at = max(visit.seen_at, visit.left_at)
    visit.save(update_fields=["left_at", "seen_at"])
    RoomEvent.objects.create(room_id=visit.room_id, person_id=visit.person_id, visit=visit, kind=kind, at=visit.left_at)
    events.publish(RoomLeft(visit.room_id, visit.person_id, visit.left_at))
    facts = {"person": str(visit.person_id), "visit": str(visit.id), "how": str(kind)}
    tell(visit.room_id, "left", facts)
