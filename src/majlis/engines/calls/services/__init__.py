"""What calls does."""

from majlis.engines.calls.services.rooms import close_room, move_room, open_room
from majlis.engines.calls.services.visits import (
    NotNow,
    RoomClosed,
    beat,
    end_lost_visits,
    enter_room,
    leave_room,
)

__all__ = [
    "NotNow",
    "RoomClosed",
    "beat",
    "close_room",
    "end_lost_visits",
    "enter_room",
    "leave_room",
    "move_room",
    "open_room",
]
