"""The room a call takes place in, before, during and after it."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from majlis.engines.calls import queries, services
from majlis.engines.calls.types import Recorded
from majlis.faces.web.environment import url_or_none
from majlis.kit import clock


@login_required
@never_cache
@require_GET
def room(request: HttpRequest, room_id: UUID) -> HttpResponse:
    """Too early: when it opens. Open: a look at camera and microphone, then the call. Over: how long who was there, and
    the recordings."""
    found = queries.room(room_id, seen_by=request.user)
    now = clock.now()
    member: Any = request.user
    others = [person for person in queries.members(room_id) if person.id != member.id]
    thing = url_or_none("lesson", lesson_id=found.subject_id) if found.kind == "lesson" else None
    if found.closed_at:
        state = "closed"
    elif now < found.opens_at:
        state = "early"
    else:
        state = "open" if now < found.shuts_at else "over"
    recordings = queries.recordings(room_id, seen_by=member)
    context = {
        "room": found,
        "state": state,
        "others": others,
        "thing": thing or url_or_none("dashboard") or "/",
        "at": now,
        "here": [p.name for p in queries.present(room_id) if p.person_id != member.id],
        "recordings": recordings,
        "players": {r.id: queries.recording_url(r.id, seen_by=member) for r in recordings if _ready(r)},
        "seen": queries.attendance(room_id),
        "height": settings.CALLS_VIDEO_HEIGHT,
    }
    return render(request, "calls/room.html" if state == "open" else "calls/around.html", context)


@login_required
@require_POST
def withdraw(request: HttpRequest, recording_id: UUID) -> HttpResponse:
    """Take one's agreement to a recording back; it is deleted for everybody."""
    recording = services.withdraw_consent(recording_id=recording_id, actor=request.user)
    messages.success(request, _("The recording is deleted."))
    return redirect("room", room_id=recording.room_id)


def _ready(recording: Any) -> bool:
    return bool(recording.status == Recorded.PROCESSED)
