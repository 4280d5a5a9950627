"""Calendars: reservations, busy time, hours, and calendars elsewhere. Read only: what moves a booking is the product
that made it."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from majlis.engines.scheduling.models import (
    BusyTime,
    CalendarSettings,
    ExternalCalendar,
    Reservation,
    ReservationChange,
    Rule,
    TimeOff,
)
from majlis.engines.scheduling.types import ReservationStatus
from majlis.faces.backoffice.site import BOSSES, ReadOnlyAdmin, ReadOnlyRows, office
from majlis.faces.backoffice.telling import span
from majlis.kernel.accounts.types import Role

READERS = (Role.SUPPORT, Role.COORDINATOR, *BOSSES)


class SharesLines(ReadOnlyRows):
    model = BusyTime
    verbose_name_plural = _("People")
    fields = readonly_fields = ("person", "taken", "blocks", "held_until")

    taken = span("during")


class HistoryLines(ReadOnlyRows):
    model = ReservationChange
    verbose_name_plural = _("History")
    fields = readonly_fields = ("at", "before", "after", "starts_at", "ends_at", "actor", "reason", "version")
    ordering = ("id",)

    @admin.display(description=_("State before"))
    def before(self, step: ReservationChange) -> str:
        return str(dict(ReservationStatus.choices).get(step.source, step.source or "–"))

    @admin.display(description=_("State after"))
    def after(self, step: ReservationChange) -> str:
        return str(dict(ReservationStatus.choices).get(step.target, step.target))


@admin.register(Reservation, site=office)
class ReservationPage(ReadOnlyAdmin):
    """Time taken for something."""

    view_roles = READERS
    list_display = ("starts_at", "ends_at", "kind", "title", "status", "held_until", "hours_of")
    list_filter = ("status", "kind")
    list_select_related = ("hours_of",)
    search_fields = ("=id", "=subject_id", "title", "shares__person__name")
    date_hierarchy = "starts_at"
    ordering = ("-starts_at",)
    inlines = (SharesLines, HistoryLines)


@admin.register(BusyTime, site=office)
class BusyTimePage(ReadOnlyAdmin):
    """One person's share of a reservation, buffers included."""

    view_roles = READERS
    list_display = fields = ("person", "taken", "blocks", "held_until", "reservation")
    readonly_fields = ("taken",)
    list_filter = ("blocks",)
    list_select_related = ("person", "reservation")
    search_fields = ("person__name", "=person__id", "=reservation__id")
    ordering = ("-id",)

    taken = span("during")


@admin.register(Rule, site=office)
class RulePage(ReadOnlyAdmin):
    """Hours that come again."""

    view_roles = READERS
    list_display = ("person", "title", "frequency", "weekdays", "begins", "minutes", "zone", "activated", "deleted_at")
    list_filter = ("frequency", "activated", ("deleted_at", admin.EmptyFieldListFilter))
    list_select_related = ("person",)
    search_fields = ("person__name", "=person__id", "title")
    ordering = ("-id",)


@admin.register(TimeOff, site=office)
class TimeOffPage(ReadOnlyAdmin):
    """When somebody's hours do not count."""

    view_roles = READERS
    list_display = fields = ("person", "away", "reason")
    readonly_fields = ("away",)
    list_select_related = ("person",)
    search_fields = ("person__name", "=person__id")
    ordering = ("-id",)

    away = span("during")


@admin.register(CalendarSettings, site=office)
class CalendarSettingsPage(ReadOnlyAdmin):
    """How calendars are offered."""

    view_roles = READERS
    list_display = ("person", "zone", "minimum_notice", "horizon_days", "slot_grid", "day_limit")
    list_select_related = ("person",)
    search_fields = ("person__name", "=person__id")
    ordering = ("-changed_at",)


@admin.register(ExternalCalendar, site=office)
class ExternalCalendarPage(ReadOnlyAdmin):
    """Calendars elsewhere and how reading them goes. Their addresses are secrets of their owners and not shown."""

    view_roles = READERS
    list_display = ("person", "title", "health", "failure", "succeeded_at", "next_check_at")
    list_filter = ("health",)
    list_select_related = ("person",)
    search_fields = ("person__name", "=person__id")
    exclude = ("address", "etag", "last_modified")
    ordering = ("-id",)
