"""What scheduling knows."""

from majlis.engines.scheduling.queries.calendar import (
    agenda,
    calendar_settings,
    external_calendars,
    reservation_of,
)
from majlis.engines.scheduling.queries.feeds import feed_content, feed_of_token, feed_token, open_feed_of
from majlis.engines.scheduling.queries.free_days import free_bits, next_free
from majlis.engines.scheduling.queries.hours import (
    misfits,
    one_off_openings,
    rule,
    rules,
    time_off,
    timetable,
)
from majlis.engines.scheduling.queries.slots import first_free, free_slots, openings

__all__ = [
    "agenda",
    "calendar_settings",
    "external_calendars",
    "feed_content",
    "feed_of_token",
    "feed_token",
    "first_free",
    "free_bits",
    "free_slots",
    "misfits",
    "next_free",
    "one_off_openings",
    "open_feed_of",
    "openings",
    "reservation_of",
    "rule",
    "rules",
    "time_off",
    "timetable",
]
