"""What people in a room say to each other: browsers (signalling) and people (chat)."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from majlis.engines.calls.models import RoomMessage, Visit
from majlis.engines.calls.services.telling import tell, tell_one
from majlis.engines.calls.services.visits import open_for
from majlis.kernel.accounts import services as accounts
from majlis.kit import clock
from majlis.kit.errors import Invalid, NotFound, Refusal

SIGNAL_LIMIT = 64 * 1024
"""Characters of one signal: a session description with many candidates has about ten thousand."""


class PeerGone(Refusal):
    """The one it was for is not in the room any more."""

    code = "peer_gone"
    sentence = _("The other side has left the room.")


@transaction.atomic
def send_signal(
    *, room_id: UUID, actor: Any, visit_id: UUID, to_visit: UUID, body: dict[str, Any], now: datetime | None = None
) -> None:
    """Pass a browser's word (`{"description": …}` or `{"candidates": […]}`) to another one in the same room. Refuses
    `NotFound` when the sender is not in the room, `PeerGone` when the other is not, `Invalid` when it is no signal."""
    room = open_for(actor, room_id, now or clock.now())
    if set(body) - {"description", "candidates"} or not body or len(json.dumps(body)) > SIGNAL_LIMIT:
        raise Invalid(errors={"body": _("This is no signal of a call.")})
    here = Visit.objects.filter(room=room, left_at__isnull=True)
    if not here.filter(id=visit_id, person=actor).exists():
        raise NotFound
    peer = here.filter(id=to_visit).exclude(person=actor).first()
    if peer is None:
        raise PeerGone
    accounts.throttle(scope="calls.signal", key=str(actor.id), limit=1200, seconds=60)
    facts = {"from": str(visit_id), "to": str(to_visit), "person": str(actor.id), "body": body}
    tell_one(peer.person_id, room.id, "signal", facts)


@transaction.atomic
def say(*, room_id: UUID, actor: Any, text: str, key: UUID, now: datetime | None = None) -> RoomMessage:
    """Write a line of at most 1,000 characters into the room's chat. The same `key` again gives the same line. Refuses
    like entering does, and `Invalid` when there is nothing to say."""
    now = now or clock.now()
    room = open_for(actor, room_id, now)
    text = text.strip()[:1000]
    if not text:
        raise Invalid(errors={"text": _("Write something first.")})
    accounts.throttle(scope="calls.chat", key=str(actor.id), limit=60, seconds=60)
    line, made = RoomMessage.objects.get_or_create(
        room=room, person=actor, key=key, defaults={"text": text, "created_at": now}
    )
    if made:
        facts = {"id": str(line.id), "person": str(actor.id), "name": actor.name, "text": text, "at": now.isoformat()}
        tell(room.id, "said", facts)
    return line
