"""Calendars: one's own hours and busy time, and the free times of experts."""

from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from ninja import Field, Router, Schema
from ninja.decorators import decorate_view
from pydantic import AfterValidator, AwareDatetime

from majlis.engines.experts import queries as experts
from majlis.engines.scheduling import queries, services
from majlis.engines.scheduling.types import Frequency, Hours, Misfit
from majlis.faces.api.auth import count_request, identify, requires
from majlis.faces.api.idempotency import idempotent
from majlis.kit.errors import Invalid

PREFIX = ""
router = Router(tags=["calendar"])
READ, WRITE = requires("lessons:read"), requires("lessons:write")
LONGEST = timedelta(days=92)


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


@router.get("/experts/{expert_id}/slots", response=SlotsOut, auth=None)
def list_expert_slots(
    request: HttpRequest, expert_id: UUID, starts_at: Moment, ends_at: Moment, minutes: int = 60
) -> SlotsOut:
    """When an expert can be booked for `minutes`, beginning in `[starts_at, ends_at)` (92 days at most). Signed in: only
    times at which you are free too."""
    person = identify(request)
    count_request(request, f"slots:{person.pk}" if person else "slots:visitors", limit=6000)
    _check_window(starts_at, ends_at)
    if not 5 <= minutes <= 480:
        raise Invalid(errors={"minutes": _("Choose 5 minutes to 8 hours.")})
    profile = experts.expert(expert_id, seen_by=person)
    offered = queries.calendar_settings(profile.person_id)
    asker = person.pk if person and person.pk != profile.person_id else None
    who = [profile.person_id]
    slots = queries.free_slots(who, starts_at=starts_at, ends_at=ends_at, minutes=minutes, for_person=asker)
    next_free = queries.first_free(who, minutes, for_person=asker)[profile.person_id]
    return SlotsOut(
        expert_id=profile.person_id,
        zone=offered.zone,
        minutes=minutes,
        durations=list(offered.durations),
        items=[SlotOut(**slot._asdict()) for slot in slots[profile.person_id]],
        next_free=SlotOut(**next_free._asdict()) if next_free else None,
    )


@router.get("/calendar", response=CalendarOut, auth=READ)
def show_calendar(request: HttpRequest, starts_at: Moment, ends_at: Moment) -> Any:
    """Your busy time and open hours in `[starts_at, ends_at)` (92 days at most)."""
    _check_window(starts_at, ends_at)
    me = _me(request)
    return {
        "zone": queries.calendar_settings(me).zone,
        "busy": queries.agenda(me, starts_at, ends_at),
        "openings": [slot._asdict() for slot in queries.openings(me, starts_at, ends_at)],
    }


@router.get("/calendar/settings", response=CalendarSettings, auth=READ)
def show_settings(request: HttpRequest) -> Any:
    """How your calendar is offered."""
    return queries.calendar_settings(_me(request))


@router.patch("/calendar/settings", response=CalendarSettings, auth=WRITE)
def change_settings(request: HttpRequest, wanted: CalendarSettingsIn) -> Any:
    """Change some of it."""
    return services.change_calendar(person_id=_me(request), actor=request.user, **wanted.dict(exclude_unset=True))


@router.get("/calendar/weekly-hours", response=WeeklyHoursOut, auth=READ)
def show_weekly_hours(request: HttpRequest) -> Any:
    """Your weekly timetable."""
    return _timetable(_me(request))


@router.put("/calendar/weekly-hours", response=WeeklyHoursOut, auth=WRITE)
def replace_weekly_hours(request: HttpRequest, wanted: WeeklyHoursIn) -> Any:
    """Replace it. The answer names what no longer fits."""
    displaced = _replacing(request, wanted)(cancel_displaced=wanted.cancel_displaced)
    return _timetable(_me(request), displaced)


@router.post("/calendar/weekly-hours/preview", response=DisplacedOut, auth=WRITE)
def preview_weekly_hours(request: HttpRequest, wanted: WeeklyHoursIn) -> Any:
    """What replacing it would leave outside the hours. Changes nothing."""
    return {"displaced": services.preview(_replacing(request, wanted), person_id=_me(request))}


@router.get("/calendar/rules", response=list[RuleOut], auth=READ)
def list_rules(request: HttpRequest) -> Any:
    """Your repeating hours, the weekly timetable's first."""
    me = _me(request)
    return queries.rules(me, of_timetable=True) + queries.rules(me)


@router.post("/calendar/rules", response=RuleOut, auth=WRITE)
@decorate_view(idempotent)
def add_rule(request: HttpRequest, wanted: RuleIn) -> Any:
    """Add hours that repeat in their own way. Refuses what overlaps your other hours."""
    return services.save_rule(person_id=_me(request), actor=request.user, **wanted.dict())


@router.put("/calendar/rules/{rule_id}", response=RuleOut, auth=WRITE)
def change_rule(request: HttpRequest, rule_id: UUID, wanted: RuleIn) -> Any:
    """Change one."""
    return services.save_rule(person_id=_me(request), actor=request.user, rule_id=rule_id, **wanted.dict())


@router.delete("/calendar/rules/{rule_id}", response=DisplacedOut, auth=WRITE)
def delete_rule(request: HttpRequest, rule_id: UUID, cancel_displaced: bool = False) -> Any:
    """Take one away; what no longer fits."""
    return {
        "displaced": services.delete_rule(
            person_id=_me(request), rule_id=rule_id, cancel_displaced=cancel_displaced, actor=request.user
        )
    }


@router.get("/calendar/openings", response=list[SpanOut], auth=READ)
def list_openings(request: HttpRequest) -> Any:
    """Your one-off openings ahead."""
    return [_span(row, row.title) for row in queries.one_off_openings(_me(request))]


@router.post("/calendar/openings", response=SpanOut, auth=WRITE)
@decorate_view(idempotent)
def add_opening(request: HttpRequest, wanted: SpanIn) -> Any:
    """Open a time once."""
    made = services.add_opening(
        person_id=_me(request),
        starts_at=wanted.starts_at,
        ends_at=wanted.ends_at,
        title=wanted.text,
        actor=request.user,
    )
    return {"id": made.id, "starts_at": wanted.starts_at, "ends_at": wanted.ends_at, "text": made.title}


@router.delete("/calendar/openings/{opening_id}", response=DisplacedOut, auth=WRITE)
def remove_opening(request: HttpRequest, opening_id: UUID, cancel_displaced: bool = False) -> Any:
    """Take one away; what no longer fits."""
    return {
        "displaced": services.remove_opening(
            person_id=_me(request), opening_id=opening_id, cancel_displaced=cancel_displaced, actor=request.user
        )
    }


@router.get("/calendar/time-off", response=list[SpanOut], auth=READ)
def list_time_off(request: HttpRequest) -> Any:
    """Your time off ahead."""
    return [_span(row, row.reason) for row in queries.time_off(_me(request))]


@router.post("/calendar/time-off", response=DisplacedOut, auth=WRITE)
@decorate_view(idempotent)
def add_time_off(request: HttpRequest, wanted: SpanIn) -> Any:
    """Close a time; what is booked in it."""
    return {"displaced": _closing(request, wanted)(cancel_displaced=wanted.cancel_displaced)}


@router.post("/calendar/time-off/preview", response=DisplacedOut, auth=WRITE)
def preview_time_off(request: HttpRequest, wanted: SpanIn) -> Any:
    """What is booked in it. Changes nothing."""
    return {"displaced": services.preview(_closing(request, wanted), person_id=_me(request))}


@router.delete("/calendar/time-off/{time_off_id}", response={204: None}, auth=WRITE)
def remove_time_off(request: HttpRequest, time_off_id: UUID) -> tuple[int, None]:
    """Open the time again."""
    services.remove_time_off(person_id=_me(request), time_off_id=time_off_id, actor=request.user)
    return 204, None


@router.get("/calendar/external", response=list[ExternalOut], auth=READ)
def list_external(request: HttpRequest) -> Any:
    """Your calendars elsewhere."""
    return queries.external_calendars(_me(request))


@router.post("/calendar/external", response=ExternalOut, auth=WRITE)
@decorate_view(idempotent)
def add_external(request: HttpRequest, wanted: ExternalIn) -> Any:
    """Read an ICS address as busy time."""
    return services.add_external_calendar(
        person_id=_me(request), address=wanted.address, title=wanted.title, actor=request.user
    )


@router.delete("/calendar/external/{calendar_id}", response={204: None}, auth=WRITE)
def remove_external(request: HttpRequest, calendar_id: UUID) -> tuple[int, None]:
    """Stop reading one."""
    services.remove_external_calendar(person_id=_me(request), calendar_id=calendar_id, actor=request.user)
    return 204, None


@router.get("/calendar/feed", response=FeedOut, auth=READ)
def show_feed(request: HttpRequest) -> Any:
    """The secret address of your feed."""
    return _feed(queries.open_feed_of(_me(request)))


@router.post("/calendar/feed", response=FeedOut, auth=WRITE)
def open_feed(request: HttpRequest) -> Any:
    """Make one, or show the one there is."""
    return _feed(services.open_feed(person_id=_me(request), actor=request.user))


@router.delete("/calendar/feed", response=FeedOut, auth=WRITE)
def revoke_feed(request: HttpRequest) -> Any:
    """End it."""
    services.revoke_feed(person_id=_me(request), actor=request.user)
    return _feed(None)


def _me(request: HttpRequest) -> UUID:
    person: Any = request.user
    return person.pk


def _check_window(starts_at: datetime, ends_at: datetime) -> None:
    if not starts_at < ends_at <= starts_at + LONGEST:
        raise Invalid(
            errors={"ends_at": _("The end must come after the beginning, within %(days)s days.") % {"days": 92}}
        )


def _replacing(request: HttpRequest, wanted: WeeklyHoursIn) -> Any:
    hours = [Hours(each.weekday, each.begins.hour * 60 + each.begins.minute, each.minutes) for each in wanted.hours]
    return partial(services.set_weekly_hours, person_id=_me(request), hours=hours, zone=wanted.zone, actor=request.user)


def _closing(request: HttpRequest, wanted: SpanIn) -> Any:
    return partial(
        services.add_time_off,
        person_id=_me(request),
        starts_at=wanted.starts_at,
        ends_at=wanted.ends_at,
        reason=wanted.text,
        actor=request.user,
    )


def _timetable(person_id: UUID, displaced: list[Misfit] | None = None) -> dict[str, Any]:
    return {
        "zone": queries.calendar_settings(person_id).zone,
        "hours": [
            {"weekday": h.weekday, "begins": time(*divmod(h.begins, 60)), "minutes": h.minutes}
            for h in queries.timetable(person_id)
        ],
        "displaced": displaced or [],
    }


def _span(row: Any, text: str) -> dict[str, Any]:
    return {"id": row.id, "starts_at": row.during.lower, "ends_at": row.during.upper, "text": text}


def _feed(feed: Any) -> dict[str, Any]:
    if feed is None:
        return {"address": None}
    return {"address": settings.PUBLIC_URL + reverse("calendar_feed", args=[queries.feed_token(feed)])}
