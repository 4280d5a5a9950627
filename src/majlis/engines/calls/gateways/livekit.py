"""LiveKit: its own server or LiveKit Cloud. Tickets are its access tokens, shown in a LiveKit Meet page of one's own;
messages carry a JWT whose `sha256` is that of the body."""

import base64
import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlencode
from uuid import UUID

import jwt
from django.conf import settings
from django.utils.crypto import constant_time_compare

from majlis.engines.calls.gateways.base import BadSignature, Guest, Heard
from majlis.engines.calls.types import Ticket

WORDS = {"participant_joined": "joined", "participant_left": "left", "room_finished": "finished"}
DRIFT = 60
"""Seconds by which LiveKit's clock and ours may differ."""


class LiveKit:
    """See above."""

    code = "livekit"

    def ticket(self, guest: Guest, *, now: datetime) -> Ticket:
        """An access token for this room and person, and the page that uses it."""
        claims = {
            "iss": settings.CALLS_LIVEKIT_KEY,
            "sub": str(guest.person_id),
            "name": guest.name,
            "nbf": int(guest.opens_at.timestamp()),
            "exp": int(guest.shuts_at.timestamp()),
            "video": {
                "room": str(guest.room_id),
                "roomJoin": True,
                "roomAdmin": guest.hosts,
                "canPublish": True,
                "canSubscribe": True,
                "canPublishData": True,
            },
        }
        token = jwt.encode(claims, settings.CALLS_LIVEKIT_SECRET, algorithm="HS256")
        asked = urlencode({"liveKitUrl": settings.CALLS_LIVEKIT_URL, "token": token})
        address = f"{settings.CALLS_LIVEKIT_MEET}/custom?{asked}"
        return Ticket(self.code, guest.shuts_at, embed_url=address, token=token)

    def hear(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> list[Heard]:
        """`Authorization: <JWT>` signed with our secret, whose `sha256` is the base64 SHA-256 of the body."""
        token = headers.get("Authorization", "").removeprefix("Bearer ")
        if not settings.CALLS_LIVEKIT_SECRET:
            raise BadSignature
        try:
            # Its times are compared with our clock below, which a sandbox may have moved.
            claims = jwt.decode(
                token,
                settings.CALLS_LIVEKIT_SECRET,
                algorithms=["HS256"],
                issuer=settings.CALLS_LIVEKIT_KEY,
                options={"require": ["exp", "iss"], "verify_exp": False, "verify_nbf": False, "verify_iat": False},
            )
        except jwt.InvalidTokenError:
            raise BadSignature from None
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        if not constant_time_compare(digest, str(claims.get("sha256", ""))):
            raise BadSignature
        moment = now.timestamp()
        if moment > float(claims["exp"]) + DRIFT or moment < float(claims.get("nbf", moment)) - DRIFT:
            raise BadSignature
        return _read(body)


def _read(body: bytes) -> list[Heard]:
    try:
        said = json.loads(body)
        what = WORDS.get(said.get("event", ""))
        if what is None:
            return []
        room_id = UUID(said["room"]["name"])
        person_id = UUID(said["participant"]["identity"]) if what != "finished" else None
        return [Heard(what, room_id, person_id, datetime.fromtimestamp(int(said["createdAt"]), UTC))]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []  # a room or a guest that is not ours
