"""What messaging does."""

from majlis.engines.messaging.refusals import Blocked, NotReachable, TooLate
from majlis.engines.messaging.services.changing import delete_message, edit_message
from majlis.engines.messaging.services.inspecting import read_for_a_reason
from majlis.engines.messaging.services.opening import open_conversation
from majlis.engines.messaging.services.sending import send_message
from majlis.engines.messaging.services.standing import (
    block,
    mark_read,
    mute,
    pin,
    set_typing,
    tell_presence,
    unblock,
)

__all__ = [
    "Blocked",
    "NotReachable",
    "TooLate",
    "block",
    "delete_message",
    "edit_message",
    "mark_read",
    "mute",
    "open_conversation",
    "pin",
    "read_for_a_reason",
    "send_message",
    "set_typing",
    "tell_presence",
    "unblock",
]
