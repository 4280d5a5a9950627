"""Jitsi Meet: a server of one's own with token authentication, or JaaS. Tickets are JWTs as Prosody's `mod_auth_token`
wants them; messages are signed as JaaS signs its webhooks (a Prosody module can sign the same way)."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlencode, urlsplit
from uuid import UUID

import jwt
from django.conf import settings
from django.utils.crypto import constant_time_compare

from majlis.engines.calls.gateways.base import BadSignature, Guest, Heard
from majlis.engines.calls.types import Ticket

PATIENCE = timedelta(minutes=5)
WORDS = {"PARTICIPANT_JOINED": "joined", "PARTICIPANT_LEFT": "left", "ROOM_DESTROYED": "finished"}


class Jitsi:
    """See above."""

    code = "jitsi"

    def ticket(self, guest: Guest, *, now: datetime) -> Ticket:
        """The room's address on the Jitsi server with a JWT for this room and person."""
        host = urlsplit(settings.CALLS_JITSI_URL).netloc
        claims = {
            "aud": "jitsi",
            "iss": settings.CALLS_JITSI_APP,
            "sub": host,
            "room": str(guest.room_id),
            "nbf": int(guest.opens_at.timestamp()),
            "exp": int(guest.shuts_at.timestamp()),
            "context": {
                "user": {
                    "id": str(guest.person_id),
                    "name": guest.name,
                    "moderator": guest.hosts,
                    "affiliation": "owner" if guest.hosts else "member",
                },
                "features": {"recording": False, "livestreaming": False, "transcription": False},
            },
        }
        token = jwt.encode(claims, settings.CALLS_JITSI_SECRET, algorithm="HS256")
        # What comes after the hash configures Jitsi's page: we have asked for camera and name already.
        look = urlencode({"config.prejoinConfig.enabled": "false", "config.defaultLanguage": f'"{guest.language}"'})
        address = f"{settings.CALLS_JITSI_URL}/{quote(str(guest.room_id))}?{urlencode({'jwt': token})}#{look}"
        return Ticket(self.code, guest.shuts_at, embed_url=address, token=token)

    def hear(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> list[Heard]:
        """`X-Jaas-Signature: t=<unix time>,v1=<base64 HMAC-SHA256 of "t.body">`."""
        parts = dict(part.partition("=")[::2] for part in headers.get("X-Jaas-Signature", "").split(","))
        sent = parts.get("t", "")
        digest = hmac.new(settings.CALLS_JITSI_WEBHOOK_SECRET.encode(), sent.encode() + b"." + body, hashlib.sha256)
        expected = base64.b64encode(digest.digest()).decode()
        if not settings.CALLS_JITSI_WEBHOOK_SECRET or not constant_time_compare(expected, parts.get("v1", "")):
            raise BadSignature
        if not sent.isdigit() or abs(now - datetime.fromtimestamp(int(sent), UTC)) > PATIENCE:
            raise BadSignature
        return _read(body)


def _read(body: bytes) -> list[Heard]:
    try:
        said = json.loads(body)
        what = WORDS.get(said.get("eventType", ""))
        if what is None:
            return []
        room_id = UUID(said["fqn"].rpartition("/")[2])
        person_id = UUID(said["data"]["id"]) if what != "finished" else None
        return [Heard(what, room_id, person_id, datetime.fromtimestamp(int(said["timestamp"]) / 1000, UTC))]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []  # a room or a guest that is not ours
