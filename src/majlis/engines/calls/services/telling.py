"""What open call pages are told, over the event stream. Hints: a page that missed one learns the same from its next
heartbeat."""

from typing import Any
from uuid import UUID

from majlis.engines.calls.models import RoomMember
from majlis.kernel.notices import services as notices

KIND = "call"


def tell(room_id: UUID, what: str, facts: dict[str, Any]) -> None:
    """Tell every member's open pages: `{room, what, …facts}`."""
    people = list(RoomMember.objects.filter(room_id=room_id).values_list("person_id", flat=True))
    notices.signal(people=people, kind=KIND, payload={"room": str(room_id), "what": what, **facts})


def tell_one(person_id: UUID, room_id: UUID, what: str, facts: dict[str, Any]) -> None:
    """Tell one person's open pages."""
    notices.signal(people=[person_id], kind=KIND, payload={"room": str(room_id), "what": what, **facts})
