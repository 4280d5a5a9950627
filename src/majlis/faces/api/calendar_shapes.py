"""What the calendar's part of the API speaks in."""

from datetime import UTC, date, datetime, time
from typing import Annotated
from uuid import UUID

from ninja import Field, Schema
from pydantic import AfterValidator, AwareDatetime

from majlis.engines.scheduling.types import Frequency


def _reasonable(moment: datetime) -> datetime:
    if not 2000 <= moment.year < 2200:
        raise ValueError("The year must be from 2000 to 2199.")
    return moment.astimezone(UTC)


Moment = Annotated[AwareDatetime, AfterValidator(_reasonable)]


class SlotOut(Schema):
    """`[starts_at, ends_at)`."""

    starts_at: datetime
    ends_at: datetime


class SlotsOut(Schema):
    """Free times of an expert. Their times of day are on the wall of `zone`."""

    expert_id: UUID
    zone: str
    minutes: int
    durations: list[int]
    items: list[SlotOut]
    next_free: SlotOut | None


class BusyOut(Schema):
    """Something in a calendar: `source` is `reservation`, `time_off` or `external`."""

    starts_at: datetime
    ends_at: datetime
    source: str
    title: str
    kind: str
    subject_id: UUID | None
    reservation_id: UUID | None
    status: str


class CalendarOut(Schema):
    """What is in a calendar, and when it is open."""

    zone: str
    busy: list[BusyOut]
    openings: list[SlotOut]


class CalendarSettings(Schema):
    """How a calendar is offered. Buffers and notice in minutes; `day_limit` null: no limit."""

    zone: str
    buffer_before: int
    buffer_after: int
    minimum_notice: int
    horizon_days: int
    slot_grid: int
    durations: list[int]
    day_limit: int | None


class CalendarSettingsIn(Schema):
    """What to change; what is left out stays."""

    zone: str = ""
    buffer_before: int = 0
    buffer_after: int = 0
    minimum_notice: int = 0
    horizon_days: int = 60
    slot_grid: int = 30
    durations: list[int] = Field(default_factory=list, max_length=50)
    day_limit: int | None = None


class StretchShape(Schema):
    """Open on ISO weekday `weekday` (Monday is 1) from `begins` on, `minutes` long."""

    weekday: int = Field(ge=1, le=7)
    begins: time
    minutes: int = Field(ge=5, le=1440)


class WeeklyHoursIn(Schema):
    """The whole timetable. `cancel_displaced`: ask that what no longer fits be cancelled."""

    hours: list[StretchShape] = Field(max_length=100)
    zone: str = ""
    cancel_displaced: bool = False


class MisfitOut(Schema):
    """A booking that a change leaves outside the hours."""

    reservation_id: UUID
    kind: str
    subject_id: UUID
    title: str
    starts_at: datetime
    ends_at: datetime


class WeeklyHoursOut(Schema):
    """The timetable; after a change, what no longer fits."""

    zone: str
    hours: list[StretchShape]
    displaced: list[MisfitOut] = []


class DisplacedOut(Schema):
    """What a change would leave outside the hours."""

    displaced: list[MisfitOut]


class RuleIn(Schema):
    """Hours that repeat: on the wall of `zone` (by default the calendar's), from `begins`, `minutes` long."""

    title: str = Field("", max_length=120)
    frequency: Frequency = Frequency.WEEKLY
    interval: int = Field(1, ge=1, le=99)
    weekdays: list[int] = Field(default_factory=list, max_length=7)
    month_day: int | None = Field(None, ge=1, le=31)
    starts_on: date
    ends_on: date | None = None
    begins: time
    minutes: int = Field(ge=5, le=1440)
    zone: str = ""
    activated: bool = True


class RuleOut(Schema):
    """A rule. `of_timetable`: one that the weekly timetable made."""

    id: UUID
    title: str
    frequency: str
    interval: int
    weekdays: list[int]
    month_day: int | None
    starts_on: date
    ends_on: date | None
    begins: time
    minutes: int
    zone: str
    activated: bool
    of_timetable: bool


class SpanIn(Schema):
    """A time to open or close; `text` is its note or reason."""

    starts_at: Moment
    ends_at: Moment
    text: str = Field("", max_length=200)
    cancel_displaced: bool = False


class SpanOut(Schema):
    """A one-off opening or time off."""

    id: UUID
    starts_at: datetime
    ends_at: datetime
    text: str


class ExternalIn(Schema):
    """An ICS address to read."""

    address: str = Field(max_length=2000)
    title: str = Field("", max_length=120)


class ExternalOut(Schema):
    """A calendar elsewhere and how reading it goes: `waiting`, `well`, `failing`, `given_up`."""

    id: UUID
    title: str
    address: str
    health: str
    failure: str
    checked_at: datetime | None
    succeeded_at: datetime | None
    events: int


class FeedOut(Schema):
    """The secret address of the calendar's ICS feed; null: there is none."""

    address: str | None
