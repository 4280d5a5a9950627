"""Browser to browser (WebRTC), with our own signalling. The default: needs no server but, for people behind strict
firewalls, a TURN server (coturn with `use-auth-secret`)."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

from django.conf import settings

from majlis.engines.calls.gateways.base import BadSignature, Guest, Heard
from majlis.engines.calls.types import Ticket


class PeerToPeer:
    """See above."""

    code = "p2p"

    def ticket(self, guest: Guest, *, now: datetime) -> Ticket:
        """STUN and TURN servers, the latter with a password that ends with the room."""
        servers: list[dict[str, object]] = [{"urls": [url]} for url in settings.CALLS_STUN]
        if settings.CALLS_TURN and settings.CALLS_TURN_SECRET:
            username, password = turn_password(settings.CALLS_TURN_SECRET, guest.person_id, guest.shuts_at)
            servers.append({"urls": list(settings.CALLS_TURN), "username": username, "credential": password})
        return Ticket(self.code, guest.shuts_at, tuple(servers))

    def hear(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> list[Heard]:
        """Nobody sends messages about these calls."""
        raise BadSignature


def turn_password(secret: str, person_id: object, ends_at: datetime) -> tuple[str, str]:
    """A user name and password of coturn's time-limited kind: the name says until when, the password is its HMAC."""
    username = f"{int(ends_at.timestamp())}:{person_id}"
    # SHA-1 is what coturn's REST API specifies; as an HMAC key it is not weakened by collisions.
    digest = hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()
    return username, base64.b64encode(digest).decode()
