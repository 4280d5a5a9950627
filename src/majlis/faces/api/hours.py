"""Hours: the weekly timetable, rules, one-off openings, time off."""

from datetime import time
from functools import partial
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router
from ninja.decorators import decorate_view

from majlis.engines.scheduling import queries, services
from majlis.engines.scheduling.types import Hours, Misfit
from majlis.faces.api.auth import requires
from majlis.faces.api.calendar_shapes import (
    DisplacedOut,
    RuleIn,
    RuleOut,
    SpanIn,
    SpanOut,
    WeeklyHoursIn,
    WeeklyHoursOut,
)
from majlis.faces.api.idempotency import idempotent

PREFIX = "/calendar"
router = Router(tags=["calendar"])
READ, WRITE = requires("lessons:read"), requires("lessons:write")


@router.get("/weekly-hours", response=WeeklyHoursOut, auth=READ)
def show_weekly_hours(request: HttpRequest) -> Any:
    """Your weekly timetable."""
    return _timetable(_me(request))


@router.put("/weekly-hours", response=WeeklyHoursOut, auth=WRITE)
def replace_weekly_hours(request: HttpRequest, wanted: WeeklyHoursIn) -> Any:
    """Replace it. The answer names what no longer fits."""
    displaced = _replacing(request, wanted)(cancel_displaced=wanted.cancel_displaced)
    return _timetable(_me(request), displaced)


@router.post("/weekly-hours/preview", response=DisplacedOut, auth=WRITE)
def preview_weekly_hours(request: HttpRequest, wanted: WeeklyHoursIn) -> Any:
    """What replacing it would leave outside the hours. Changes nothing."""
    return {"displaced": services.preview(_replacing(request, wanted), person_id=_me(request))}


@router.get("/rules", response=list[RuleOut], auth=READ)
def list_rules(request: HttpRequest) -> Any:
    """Your repeating hours, the weekly timetable's first."""
    me = _me(request)
    return queries.rules(me, of_timetable=True) + queries.rules(me)


@router.post("/rules", response=RuleOut, auth=WRITE)
@decorate_view(idempotent)
def add_rule(request: HttpRequest, wanted: RuleIn) -> Any:
    """Add hours that repeat in their own way. Refuses what overlaps your other hours."""
    return services.save_rule(person_id=_me(request), actor=request.user, **wanted.dict())


@router.put("/rules/{rule_id}", response=RuleOut, auth=WRITE)
def change_rule(request: HttpRequest, rule_id: UUID, wanted: RuleIn) -> Any:
    """Change one."""
    return services.save_rule(person_id=_me(request), actor=request.user, rule_id=rule_id, **wanted.dict())


@router.delete("/rules/{rule_id}", response=DisplacedOut, auth=WRITE)
def delete_rule(request: HttpRequest, rule_id: UUID, cancel_displaced: bool = False) -> Any:
    """Take one away; what no longer fits."""
    return {
        "displaced": services.delete_rule(
            person_id=_me(request), rule_id=rule_id, cancel_displaced=cancel_displaced, actor=request.user
        )
    }


@router.get("/openings", response=list[SpanOut], auth=READ)
def list_openings(request: HttpRequest) -> Any:
    """Your one-off openings ahead."""
    return [_span(row, row.title) for row in queries.one_off_openings(_me(request))]


@router.post("/openings", response=SpanOut, auth=WRITE)
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


@router.delete("/openings/{opening_id}", response=DisplacedOut, auth=WRITE)
def remove_opening(request: HttpRequest, opening_id: UUID, cancel_displaced: bool = False) -> Any:
    """Take one away; what no longer fits."""
    return {
        "displaced": services.remove_opening(
            person_id=_me(request), opening_id=opening_id, cancel_displaced=cancel_displaced, actor=request.user
        )
    }


@router.get("/time-off", response=list[SpanOut], auth=READ)
def list_time_off(request: HttpRequest) -> Any:
    """Your time off ahead."""
    return [_span(row, row.reason) for row in queries.time_off(_me(request))]


@router.post("/time-off", response=DisplacedOut, auth=WRITE)
@decorate_view(idempotent)
def add_time_off(request: HttpRequest, wanted: SpanIn) -> Any:
    """Close a time; what is booked in it."""
    return {"displaced": _closing(request, wanted)(cancel_displaced=wanted.cancel_displaced)}


@router.post("/time-off/preview", response=DisplacedOut, auth=WRITE)
def preview_time_off(request: HttpRequest, wanted: SpanIn) -> Any:
    """What is booked in it. Changes nothing."""
    return {"displaced": services.preview(_closing(request, wanted), person_id=_me(request))}


@router.delete("/time-off/{time_off_id}", response={204: None}, auth=WRITE)
def remove_time_off(request: HttpRequest, time_off_id: UUID) -> tuple[int, None]:
    """Open the time again."""
    services.remove_time_off(person_id=_me(request), time_off_id=time_off_id, actor=request.user)
    return 204, None


def _me(request: HttpRequest) -> UUID:
    person: Any = request.user
    return person.pk


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
