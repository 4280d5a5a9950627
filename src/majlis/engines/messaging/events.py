"""What messaging announces."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True)
class ConversationOpened:
    """Somebody wrote to somebody for the first time."""

    conversation_id: UUID
    asked_by: UUID
    asked: UUID
    at: datetime


@dataclass(frozen=True)
class ConversationAnswered:
    """The one who was asked wrote back for the first time: `answered_at - asked_at` is how long it took."""

    conversation_id: UUID
    asked_by: UUID
    answered_by: UUID
    asked_at: datetime
    answered_at: datetime
