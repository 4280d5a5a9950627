"""Rooms and what happened in them: what disputes are decided by."""

from typing import Any

from django.contrib import admin
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from majlis.engines.calls import queries
from majlis.engines.calls.models import Recording, Room
from majlis.faces.backoffice.site import BOSSES, ReadOnlyAdmin, link_to, office
from majlis.faces.backoffice.telling import time_exact, when
from majlis.kernel.accounts.types import Role
from majlis.kit import locale

WITNESSES = (Role.SUPPORT, Role.COORDINATOR, Role.MODERATOR, *BOSSES)


@admin.register(Room, site=office)
class RoomPage(ReadOnlyAdmin):
    """Every room, who was in it and when."""

    view_roles = WITNESSES
    list_display = ("starts_at", "kind", "who", "here_now", "gateway", "closed_at")
    list_filter = ("kind", "gateway")
    search_fields = ("=id", "=subject_id", "members__person__name", "=members__person__email")
    date_hierarchy = "starts_at"
    ordering = ("-starts_at",)
    fields = (
        *("kind", "subject_id", "starts_at", "ends_at", "opens_at", "shuts_at", "closed_at", "gateway"),
        *("who", "presence", "timeline"),
    )
    readonly_fields = ("opens_at", "shuts_at", "who", "presence", "timeline")

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).prefetch_related("members__person")

    @admin.display(description=_("Opens"))
    def opens_at(self, room: Room) -> str:
        return when(room.opens_at)

    @admin.display(description=_("Shuts"))
    def shuts_at(self, room: Room) -> str:
        return when(room.shuts_at)

    @admin.display(description=_("Members"))
    def who(self, room: Room) -> Any:
        return format_html_join(", ", "{}", ((link_to(member.person),) for member in room.members.all()))

    @admin.display(description=_("In the room"))
    def here_now(self, room: Room) -> int:
        return len(queries.present(room.pk))

    @admin.display(description=_("Attendance"))
    def presence(self, room: Room) -> Any:
        """Minutes within the agreed time, with every stay."""
        seen = queries.attendance(room.pk)
        rows = []
        for member in room.members.all():
            stay = seen.get(member.person_id)
            spans = "; ".join(f"{time_exact(a)}–{time_exact(b)}" for a, b in stay.intervals) if stay else "–"
            rows.append((member.person, locale.number(round(stay.seconds / 60) if stay else 0), _("min"), spans))
        return format_html_join("", "<div>{}: {} {} ({})</div>", rows)

    @admin.display(description=_("What happened"))
    def timeline(self, room: Room) -> Any:
        rows = (
            (when(event.at, exact=True), event.get_kind_display(), event.person or _("The house"))
            for event in queries.timeline(room.pk)
        )
        return format_html_join("", "<div>{} · {} · {}</div>", rows)


@admin.register(Recording, site=office)
class RecordingPage(ReadOnlyAdmin):
    """How recordings fare. Nobody of the office can play them: they belong to those who agreed."""

    view_roles = WITNESSES
    list_display = ("created_at", "room_link", "person", "status", "seconds", "size", "processing_ms", "failure")
    list_filter = ("status",)
    search_fields = ("=id", "=room__id")
    list_select_related = ("room", "person")
    ordering = ("-id",)
    readonly_fields = ("room_link", "answers")
    fields = (
        *("room_link", "person", "status", "created_at", "started_at", "stopped_at"),
        *("seconds", "size", "processing_ms", "failure", "answers"),
    )

    @admin.display(description=_("Room"))
    def room_link(self, recording: Recording) -> Any:
        return link_to(recording.room)

    @admin.display(description=_("Agreement"))
    def answers(self, recording: Recording) -> Any:
        rows = recording.consents.select_related("person").order_by("id")
        return format_html_join(
            "", "<div>{}: {} {}</div>", ((row.person, row.agreed_at or "–", row.refused_at or "") for row in rows)
        )
