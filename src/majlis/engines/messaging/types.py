"""The words of messaging."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

LONGEST_TEXT = 4000
MOST_FILES = 5
EDITABLE = timedelta(minutes=15)
"""How long its sender may change or take back a message."""
MAIL_AFTER = 10
"""Minutes a message may stand unread before its reader is mailed."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A file sent with a message, with links its reader may follow for an hour or two."""

    id: UUID
    name: str
    mime: str
    size: int
    url: str
    download_url: str
    picture_url: str
    """A thumbnail, 480 pixels wide, or `""` for what is no picture."""
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True)
class MessageView:
    """One message as a member of the conversation sees it."""

    id: UUID
    number: int
    """1, 2, 3 … in its conversation, without a gap: a reader who has 7 and gets 9 knows that 8 is missing."""
    sender_id: UUID
    mine: bool
    key: str
    """What its sender's page called it before it was stored; `""` for others'."""
    text: str
    hidden: bool
    """Taken back by its sender: text and files are empty."""
    edited: bool
    at: datetime
    seen: bool
    """Whether the other has read it (of one's own messages)."""
    changeable_until: datetime | None
    """Until when its sender may change it; None for others' and hidden ones."""
    papers: tuple[Paper, ...] = ()
    reply_to: "Quote | None" = None


@dataclass(frozen=True, slots=True)
class Quote:
    """The message another one answers, in short."""

    number: int
    mine: bool
    text: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive messages, oldest first."""

    items: list[MessageView]
    older: int | None
    """Ask `before` this number for what came earlier; None at the beginning."""
    newer: int | None
    """Ask `after` this number for what came later; None at the end."""


@dataclass(frozen=True, slots=True)
class ConversationView:
    """One conversation as one of its two people sees it."""

    id: UUID
    other: Any
    """The other person (a User)."""
    unread: int
    last: MessageView | None
    last_number: int
    read_to: int
    other_read_to: int
    """The last message the other has read."""
    muted: bool
    pinned: bool
    blocked: bool
    """Whether I have blocked them. That they have blocked me is not told; sending says so."""
    writable: bool
    """Whether a message can be sent now."""
    at: datetime
