"""What calls announces."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True)
class RoomEntered:
    """Somebody came into a room."""

    room_id: UUID
    person_id: UUID
    at: datetime


@dataclass(frozen=True)
class RoomLeft:
    """Somebody left a room, or their connection was lost."""

    room_id: UUID
    person_id: UUID
    at: datetime


@dataclass(frozen=True)
class RecordingReady:
    """A recording can be played by the room's members."""

    recording_id: UUID
    room_id: UUID
    kind: str
    subject_id: UUID
