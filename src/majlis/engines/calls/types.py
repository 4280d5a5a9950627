"""The words of calls."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from majlis.kit.edition import edition
from majlis.kit.state import Transitions

BEAT_EVERY = timedelta(seconds=15)
"""How often a browser says that it is still there."""
BEAT_LOST_AFTER = timedelta(seconds=45)
"""A visit whose heartbeat is older than this is over; it counts to its last beat."""
CHUNK_LIMIT = 4 * 2**20
"""Bytes of one piece of a recording at most."""
RECORDING_LIMIT = 2048 * 2**20
"""Bytes of a whole recording at most."""
SILENT_AFTER = timedelta(minutes=2)
"""A recording of which no piece has come for so long is over: its browser is gone."""


def opens_minutes_before() -> int:
    """`policies.calls.opens_minutes_before` of the edition: how long before its beginning a room can be entered."""
    return int(edition().policies.get("calls", {}).get("opens_minutes_before", 10))


def shuts_minutes_after() -> int:
    """`policies.calls.shuts_minutes_after` of the edition: how long after its end it can still be entered."""
    return int(edition().policies.get("calls", {}).get("shuts_minutes_after", 30))


class EventKind(models.TextChoices):
    JOINED = "joined", _("Joined")
    LEFT = "left", _("Left")
    # The heartbeat stopped: the connection or the browser is gone.
    LOST = "lost", _("Connection lost")
    # The same person came in from another tab or device, which took over.
    MOVED = "moved", _("Went on elsewhere")
    ASKED_TO_RECORD = "asked", _("Asked to record")
    AGREED = "agreed", _("Agreed to be recorded")
    DECLINED = "declined", _("Declined to be recorded")
    RECORDING_STARTED = "recording", _("Recording started")
    RECORDING_STOPPED = "recorded", _("Recording stopped")
    # The agreement was taken back: what had been recorded is gone.
    WITHDREW = "withdrew", _("Took the agreement to record back")
    CLOSED = "closed", _("Room closed")


class Source(models.TextChoices):
    """Who says that somebody was there."""

    # Our own call page, by its heartbeat.
    PAGE = "page", _("Call page")
    # The call's provider, by a signed message.
    PROVIDER = "provider", _("Call provider")


class Recorded(models.TextChoices):
    """Where a recording stands."""

    # Asked for; not everybody has agreed yet.
    IDLE = "idle", _("Waiting for agreement")
    RECORDING = "recording", _("Recording")
    # Complete in pieces; a job puts them together.
    RECORDED = "recorded", _("Recorded")
    PROCESSING = "processing", _("Being prepared")
    PROCESSED = "processed", _("Ready")
    FAILED = "failed", _("Failed")
    # Somebody declined, or took their agreement back: nothing of it is left.
    WITHDRAWN = "withdrawn", _("Withdrawn")


RECORDING_MOVES = Transitions(
    {
        Recorded.IDLE: [Recorded.RECORDING, Recorded.WITHDRAWN],
        Recorded.RECORDING: [Recorded.RECORDED, Recorded.WITHDRAWN],
        Recorded.RECORDED: [Recorded.PROCESSING, Recorded.WITHDRAWN],
        Recorded.PROCESSING: [Recorded.PROCESSED, Recorded.FAILED, Recorded.RECORDED, Recorded.WITHDRAWN],
        Recorded.FAILED: [Recorded.PROCESSING, Recorded.WITHDRAWN],
        Recorded.PROCESSED: [Recorded.WITHDRAWN],
    }
)


@dataclass(frozen=True, slots=True)
class Attendance:
    """When one person was in a room, between its opening and its shutting. Times are aware UTC."""

    first_join: datetime
    last_leave: datetime
    seconds: int
    """In the room between the agreed beginning and end; overlapping visits (two tabs) count once."""
    intervals: tuple[tuple[datetime, datetime], ...]
    """The visits, merged, in order, also what lies before the beginning and after the end."""


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody who is in the room now."""

    visit_id: UUID
    person_id: UUID
    name: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Ticket:
    """What one person's browser needs to take part in one call."""

    gateway: str
    expires_at: datetime
    ice_servers: tuple[dict[str, object], ...] = ()
    """For a call of our own, as `RTCPeerConnection` wants them."""
    embed_url: str = ""
    """For a provider's call: the page to show, with the token in it."""
    token: str = ""
