"""Notices, and how you want to be told."""

from datetime import datetime, time
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import AfterValidator, Field

from majlis.faces.api.auth import requires
from majlis.kernel.notices import queries, services

PREFIX = "/notices"
router = Router(tags=["notices"])
READ, WRITE = requires("messages:read"), requires("messages:write")
Pace = Literal["now", "daily", "never"]


WallTime = Annotated[time, AfterValidator(lambda value: value.replace(tzinfo=None))]
"""A time on the reader's wall; an offset that is sent along means nothing there."""


class NoticeOut(Schema):
    """Something you were told, in your language; `count` when several about the same thing stand as one."""

    id: UUID
    kind: str
    category: str
    title: str
    body: str
    action: str
    link: str
    at: datetime
    read: bool
    count: int


class NoticesOut(Schema):
    """A page of notices, newest first."""

    items: list[NoticeOut]
    next: str | None


class UnreadOut(Schema):
    """How many you have not read."""

    unread: int


class WishOut(Schema):
    """What you get of a category."""

    about: str
    in_app: bool
    email: Pace


class WishIn(Schema):
    """`about` is a category, or `kind:` and the code of one kind."""

    about: str = Field(max_length=60)
    in_app: bool
    email: Pace


class Rhythm(Schema):
    """When you may be mailed, on your own wall."""

    quiet_from: WallTime | None
    quiet_until: WallTime | None
    digest_hour: Annotated[int, Field(ge=0, le=23)] = 8


@router.get("", response=NoticesOut, auth=READ)
def list_notices(request: HttpRequest, cursor: str | None = None) -> Any:
    """Yours, newest first."""
    return queries.notices_of(request.user, cursor)


@router.get("/unread", response=UnreadOut, auth=READ)
def count_unread(request: HttpRequest) -> Any:
    """How many are new."""
    return {"unread": queries.unread_count(request.user)}


@router.post("/read", response=UnreadOut, auth=WRITE)
def read_all(request: HttpRequest) -> Any:
    """You have seen everything."""
    services.mark_all_read(actor=request.user)
    return {"unread": queries.unread_count(request.user)}


@router.post("/{uuid:notice_id}/read", response=UnreadOut, auth=WRITE)
def read_notice(request: HttpRequest, notice_id: UUID) -> Any:
    """You have seen this one, and those grouped with it."""
    services.mark_read(actor=request.user, notice_id=notice_id)
    return {"unread": queries.unread_count(request.user)}


@router.get("/wishes", response=list[WishOut], auth=READ)
def list_wishes(request: HttpRequest) -> Any:
    """What you get, category by category."""
    return [
        {"about": wish.category.value, "in_app": wish.in_app, "email": wish.email}
        for wish in queries.wishes_of(request.user)
    ]


@router.put("/wishes", response={204: None}, auth=WRITE)
def set_wish(request: HttpRequest, wish: WishIn) -> Any:
    """Choose for one category or kind."""
    services.set_wish(actor=request.user, about=wish.about, in_app=wish.in_app, email=wish.email)
    return Status(204, None)


@router.get("/rhythm", response=Rhythm, auth=READ)
def show_rhythm(request: HttpRequest) -> Any:
    """Your quiet hours and the hour of your digest."""
    return queries.rhythm_of(request.user)


@router.put("/rhythm", response=Rhythm, auth=WRITE)
def set_rhythm(request: HttpRequest, rhythm: Rhythm) -> Any:
    """Choose them; both ends or neither."""
    return services.set_rhythm(actor=request.user, **rhythm.dict())
