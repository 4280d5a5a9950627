"""What calls does."""

from majlis.engines.calls.services.providers import hear_provider, ticket_for
from majlis.engines.calls.services.recordings import (
    RecordingGoesOn,
    RecordingNotAgreed,
    RecordingTooLarge,
    add_chunk,
    answer_recording,
    ask_to_record,
    end_silent_recordings,
    process_recording,
    start_recording,
    stop_recording,
    withdraw_consent,
)
from majlis.engines.calls.services.rooms import close_room, move_room, open_room
from majlis.engines.calls.services.talking import PeerGone, say, send_signal
from majlis.engines.calls.services.visits import (
    NotNow,
    RoomClosed,
    beat,
    end_lost_visits,
    enter_room,
    leave_room,
    witness_stay,
)

__all__ = [
    "NotNow",
    "PeerGone",
    "RecordingGoesOn",
    "RecordingNotAgreed",
    "RecordingTooLarge",
    "RoomClosed",
    "add_chunk",
    "answer_recording",
    "ask_to_record",
    "beat",
    "close_room",
    "end_lost_visits",
    "end_silent_recordings",
    "enter_room",
    "hear_provider",
    "leave_room",
    "move_room",
    "open_room",
    "process_recording",
    "say",
    "send_signal",
    "start_recording",
    "stop_recording",
    "ticket_for",
    "withdraw_consent",
    "witness_stay",
]
