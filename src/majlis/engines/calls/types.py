"""The words of calls."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

OPENS_BEFORE = timedelta(minutes=10)
"""How long before its beginning a room can be entered."""
CLOSES_AFTER = timedelta(minutes=30)
"""How long after its end it can still be entered."""
BEAT_LOST_AFTER = timedelta(seconds=45)
"""A visit whose heartbeat is older than this is over; it counts to its last beat."""


class EventKind(models.TextChoices):
    JOINED = "joined", _("Joined")
    LEFT = "left", _("Left")
    # The heartbeat stopped: the connection or the browser is gone.
    LOST = "lost", _("Connection lost")


@dataclass(frozen=True, slots=True)
class Attendance:
    """When one person was in a room, between its beginning and its end. Times are aware UTC."""

    first_join: datetime
    last_leave: datetime
    seconds: int
    """In the room between the agreed beginning and end; overlapping visits (two tabs) count once."""
    intervals: tuple[tuple[datetime, datetime], ...]
    """The visits, merged, in order, also what lies before the beginning and after the end."""
