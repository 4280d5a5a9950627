"""Calendars: one's own, what it is connected with, and the free times of experts."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from ninja import Router
from ninja.decorators import decorate_view

from majlis.engines.experts import queries as experts
from majlis.engines.scheduling import queries, services
from majlis.faces.api.auth import count_request, identify, requires
from majlis.faces.api.calendar_shapes import (
    CalendarOut,
    CalendarSettings,
    CalendarSettingsIn,
    ExternalIn,
    ExternalOut,
    FeedOut,
    Moment,
    SlotOut,
    SlotsOut,
)
from majlis.faces.api.idempotency import idempotent
from majlis.kit.errors import Invalid

PREFIX = ""
router = Router(tags=["calendar"])
READ, WRITE = requires("lessons:read"), requires("lessons:write")
LONGEST = timedelta(days=92)


@router.get("/experts/{expert_id}/slots", response=SlotsOut, auth=None)
def list_expert_slots(
    request: HttpRequest, expert_id: UUID, starts_at: Moment, ends_at: Moment, minutes: int = 60
) -> SlotsOut:
    """When an expert can be booked for `minutes`, beginning in `[starts_at, ends_at)` (92 days at most). Signed in:
    only times at which you are free too."""
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


def _feed(feed: Any) -> dict[str, Any]:
    if feed is None:
        return {"address": None}
    return {"address": settings.PUBLIC_URL + reverse("calendar_feed", args=[queries.feed_token(feed)])}
