"""The words of scheduling."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import models
from django.utils.translation import gettext_lazy as _

from majlis.kit.state import Transitions


class Frequency(models.TextChoices):
    """How a rule repeats."""

    # Every `interval` days, on the weekdays and the day of the month it names, if it names any.
    DAILY = "daily", _("Daily")
    # On its weekdays in every `interval`th week, weeks running from Monday.
    WEEKLY = "weekly", _("Weekly")
    # In every `interval`th month, on its day of the month, its weekdays, or days that are both.
    MONTHLY = "monthly", _("Monthly")


class ReservationStatus(models.TextChoices):
    """Where a reservation stands."""

    # Kept for somebody until `held_until`: others cannot have it meanwhile.
    HELD = "held", _("Held")
    # Taken for good.
    CONFIRMED = "confirmed", _("Confirmed")
    # Given back by whoever reserved it.
    FREED = "freed", _("Freed")
    # A hold that ran out before it was confirmed.
    LAPSED = "lapsed", _("Lapsed")


LIVE = (ReservationStatus.HELD, ReservationStatus.CONFIRMED)
"""The states in which a reservation takes time."""

RESERVATION_MOVES = Transitions(
    {
        "held": ["confirmed", "freed", "lapsed"],
        "confirmed": ["freed"],
        # Paid a moment too late, and nobody took the time meanwhile.
        "lapsed": ["confirmed", "freed"],
    }
)


class Health(models.TextChoices):
    """How reading an external calendar goes."""

    # Not read yet.
    WAITING = "waiting", _("Waiting for the first reading")
    # The last reading worked.
    WELL = "well", _("Up to date")
    # The last reading failed; what the one before it found still counts, and we try again.
    FAILING = "failing", _("Could not be read")
    # It failed for a week: no longer tried until its owner asks.
    GIVEN_UP = "given_up", _("Stopped after failing for a week")


class Slot(NamedTuple):
    """A bookable time, half-open: `[starts_at, ends_at)`, aware UTC."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Busy:
    """Something in a person's calendar. Times are aware UTC and without buffers."""

    starts_at: datetime
    ends_at: datetime
    source: str
    """`reservation`, `time_off` or `external`."""
    title: str
    kind: str = ""
    """A reservation's kind as its maker named it (`lesson`…)."""
    subject_id: UUID | None = None
    """What a reservation is for: the lesson's id, with kind `lesson`."""
    reservation_id: UUID | None = None
    status: str = ""
    """`held` or `confirmed`, for a reservation."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How somebody's calendar is offered."""

    zone: str
    """IANA name: their hours are on this wall."""
    buffer_before: int
    """Minutes kept free before each of their reservations."""
    buffer_after: int
    """Minutes kept free after."""
    minimum_notice: int
    """Minutes between booking and beginning, at least."""
    horizon_days: int
    """How many days ahead, after today, can be booked."""
    slot_grid: int
    """Times offered begin at multiples of this many minutes on their wall."""
    durations: tuple[int, ...]
    """Minutes that can be booked, ascending."""
    day_limit: int | None
    """At most so many reservations begin on one of their days; None: no limit."""


DEFAULTS = Settings("UTC", 0, 0, 120, 60, 30, (30, 60, 90), None)
"""The calendar of somebody who has not said, apart from the zone, which is their account's."""


GRIDS = (5, 10, 15, 20, 30, 60)
"""The steps, in minutes, at which slots may begin."""


def instant(wall: datetime, zone: str) -> datetime:
    """The UTC instant at which the wall in `zone` (IANA name) shows `wall` (naive). A time that a clock change skips
    shifts forward; one that happens twice means the first."""
    return wall.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Hours:
    """One stretch of a weekly timetable: on ISO weekday `weekday` (Monday is 1), from `begins` minutes after local
    midnight, `minutes` long (it may run past midnight)."""

    weekday: int
    begins: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Misfit:
    """A live reservation that its teacher's hours no longer cover."""

    reservation_id: UUID
    kind: str
    subject_id: UUID
    title: str
    starts_at: datetime
    ends_at: datetime
    people: tuple[UUID, ...]
