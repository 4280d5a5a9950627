"""Calls that somebody else carries, and the way into those of our own."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from majlis.engines.calls import gateways
from majlis.engines.calls.gateways.base import Guest
from majlis.engines.calls.models import Room, RoomMember
from majlis.engines.calls.services.visits import begin_provided, end_provided, open_for
from majlis.engines.calls.types import Ticket
from majlis.kit import clock

DRIFT = timedelta(minutes=2)
"""How far a provider's clock may be ahead of ours."""


def ticket_for(*, room_id: UUID, actor: Any, now: datetime | None = None) -> Ticket:
    """What this member's browser needs to take part; it ends with the room. Refuses like entering does."""
    now = now or clock.now()
    room = open_for(actor, room_id, now)
    first = RoomMember.objects.filter(room=room).order_by("id").values_list("person_id", flat=True).first()
    guest = Guest(
        room_id=room.id,
        opens_at=room.opens_at,
        shuts_at=room.shuts_at,
        person_id=actor.id,
        name=actor.name,
        language=actor.language,
        hosts=actor.id == first,
    )
    return gateways.gateway(room.gateway).ticket(guest, now=now)


def hear_provider(*, code: str, headers: Mapping[str, str], body: bytes, now: datetime | None = None) -> int:
    """Take a provider's message: who came and went becomes evidence, if the room is that provider's and the person its
    member. Told twice, it counts once. How many things in it concerned us. Refuses `BadSignature`, and `NotFound` for
    a provider nobody knows."""
    now = now or clock.now()
    said = gateways.gateway(code).hear(headers, body, now=now)
    count = 0
    for heard in said:
        room = Room.objects.filter(id=heard.room_id, gateway=code).first()
        # What is signed may still be late or early; it must lie within the room's time, and not ahead of ours.
        if room is None or not room.opens_at <= heard.at <= min(room.shuts_at, now + DRIFT):
            continue
        if heard.what == "joined" and heard.person_id and room.members.filter(person_id=heard.person_id).exists():
            begin_provided(room, heard.person_id, heard.at)
            count += 1
        elif heard.what in {"left", "finished"}:
            end_provided(room, heard.person_id if heard.what == "left" else None, heard.at)
            count += 1
    return count
