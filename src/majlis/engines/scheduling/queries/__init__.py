"""What scheduling knows."""

from majlis.engines.scheduling.queries.calendar import agenda, calendar_settings, reservation_of
from majlis.engines.scheduling.queries.free_days import free_bits, next_free
from majlis.engines.scheduling.queries.slots import first_free, free_slots, openings

__all__ = [
    "agenda",
    "calendar_settings",
    "first_free",
    "free_bits",
    "free_slots",
    "next_free",
    "openings",
    "reservation_of",
]
