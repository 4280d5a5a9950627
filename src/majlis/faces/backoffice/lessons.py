"""The office's view of lessons: what was booked, what happened, and the cases that wait for a decision."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from majlis.faces.backoffice.figures import Figure
from majlis.faces.backoffice.site import ReadOnlyAdmin, ReadOnlyRows, ReasonForm, office, service_action
from majlis.faces.backoffice.telling import in_lines, sentence, when
from majlis.kernel.accounts.types import Role
from majlis.kernel.catalogue import queries as catalogue
from majlis.kit import clock
from majlis.kit.money import Money
from majlis.kit.translated import in_language
from majlis.products.lessons import queries, services
from majlis.products.lessons.models import Dispute, Lesson, StatusChange, WaitlistEntry
from majlis.products.lessons.types import DisputeState, LessonStatus

WATCHERS = (Role.SUPPORT, Role.COORDINATOR, Role.MODERATOR, Role.FINANCE, Role.ADMIN, Role.OWNER)
DECIDERS = (Role.SUPPORT, Role.MODERATOR, Role.FINANCE, Role.ADMIN, Role.OWNER)


class DecisionForm(forms.Form):
    """How a case is decided."""

    student_percent = forms.IntegerField(
        label=_("Back to the student, in percent of the price"), min_value=0, max_value=100
    )
    decision = forms.CharField(
        label=_("Reasons"),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=2000,
        help_text=_("Both sides read this."),
    )


class StepsInline(ReadOnlyRows):
    """Every step of a lesson's life."""

    model = StatusChange
    verbose_name_plural = _("History")
    fields = readonly_fields = ("created_at", "from_status", "to_status", "by", "why")
    ordering = ("created_at", "id")

    why = sentence("reason")


@admin.register(Lesson, site=office)
class LessonPage(ReadOnlyAdmin):
    """Lessons."""

    view_roles = WATCHERS
    list_display = ("starts_at", "teacher", "student", "subject", "status", "price", "release_at", "settled_at")
    list_filter = ("status", "mode", "trial", ("starts_at", admin.DateFieldListFilter))
    search_fields = ("=id", "teacher__name", "student__name", "teacher__email", "student__email")
    list_select_related = ("teacher", "student", "subject")
    date_hierarchy = "starts_at"
    ordering = ("-starts_at",)
    inlines = (StepsInline,)
    fields = (
        *("student", "teacher", "subject", "level_name", "series", "starts_at", "ends_at", "trial", "status"),
        *("mode", "place_kind", "place", "note", "price", "paid_with", "teachers_pay", "refunds"),
        *("reservation", "order", "purchase", "room_id"),
        *("completed_at", "release_at", "settled_at", "cancelled_by", "cancel_reason", "cancelled_at"),
    )
    readonly_fields = ("price", "teachers_pay", "level_name", "refunds")

    @admin.display(description=_("Level"))
    def level_name(self, lesson: Lesson) -> str:
        return in_language(catalogue.level(lesson.level).name) if lesson.level else "–"

    @admin.display(description=_("Terms of refunds"))
    def refunds(self, lesson: Lesson) -> str:
        return in_lines(lesson.terms.sentences())

    @admin.display(description=_("Price"))
    def price(self, lesson: Lesson) -> str:
        return lesson.price.display()

    @admin.display(description=_("Teacher's pay, where minutes paid"))
    def teachers_pay(self, lesson: Lesson) -> str:
        return lesson.earning.display() if lesson.earning_amount else "–"

    @service_action(
        _("Cancel for the house"),
        roles=DECIDERS,
        form=ReasonForm,
        shown=lambda lesson: lesson.status in (LessonStatus.PENDING_PAYMENT, LessonStatus.CONFIRMED),
        consequence=lambda lesson: _("The student gets everything back; both sides are told."),
        danger=True,
    )
    def cancel(self, request: HttpRequest, lesson: Lesson, data: dict[str, Any]) -> Any:
        services.cancel_lesson(actor=request.user, lesson_id=lesson.id, reason=data["reason"])
        return _("The lesson is cancelled.")


@admin.register(Dispute, site=office)
class DisputePage(ReadOnlyAdmin):
    """Cases: the evidence as it was when the case was opened, both sides' words, and the decision."""

    view_roles = WATCHERS
    list_display = ("created_at", "lesson", "opened_by", "reason", "state", "student_percent", "resolved_at")
    list_filter = ("state", "reason")
    list_select_related = ("lesson", "opened_by")
    ordering = ("state", "created_at")
    fields = readonly_fields = (
        "the_lesson",
        "opened_by",
        "reason",
        "words",
        "who_was_there",
        "steps",
        "both_sides",
        "state",
        "student_percent",
        "decision",
        "resolved_by",
        "resolved_at",
    )

    @admin.display(description=_("Lesson"))
    def the_lesson(self, dispute: Dispute) -> str:
        lesson = dispute.lesson
        return format_html(
            '<a href="{}">{} · {} → {}</a> · {}',
            reverse("admin:lessons_lesson_change", args=[lesson.pk]),
            when(lesson.starts_at),
            lesson.teacher.name,
            lesson.student.name,
            lesson.price.display(),
        )

    @admin.display(description=_("Who was there"))
    def who_was_there(self, dispute: Dispute) -> str:
        verdict = dispute.evidence.get("verdict", {})
        names = {str(p.id): p.name for p in (dispute.lesson.teacher, dispute.lesson.student)}
        rows = [
            (
                names.get(person_id, person_id),
                Money(seen["seconds"] // 60, "minute").display(),
                ", ".join(f"{a[11:19]}–{b[11:19]}" for a, b in seen["intervals"]) or "–",
            )
            for person_id, seen in verdict.get("people", {}).items()
        ]
        return format_html_join("", "<p><bdi>{}</bdi>: {} ({} UTC)</p>", rows) or str(verdict.get("basis", "–"))

    @admin.display(description=_("Steps"))
    def steps(self, dispute: Dispute) -> str:
        said = dict(LessonStatus.choices)
        rows = [
            (when(datetime.fromisoformat(s["at"])), said.get(s["from"], "–"), said.get(s["to"], s["to"]))
            for s in dispute.evidence.get("steps", [])
        ]
        return format_html_join("", "<p>{}: {} → {}</p>", rows)

    @admin.display(description=_("Statements"))
    def both_sides(self, dispute: Dispute) -> str:
        said = dispute.statements.select_related("author").order_by("created_at", "id")
        return format_html_join("", "<p><bdi>{}</bdi>: {}</p>", [(s.author.name, s.words) for s in said]) or "–"

    @service_action(
        _("Decide"),
        roles=DECIDERS,
        form=DecisionForm,
        shown=lambda dispute: dispute.state == DisputeState.OPEN,
        consequence=lambda dispute: (
            _(
                "The escrow of %(price)s is divided at once: the student's part goes to their wallet, the rest to the "
                "teacher, less our fee. This cannot be undone here."
            )
            % {"price": dispute.lesson.price.display()}
        ),
    )
    def decide(self, request: HttpRequest, dispute: Dispute, data: dict[str, Any]) -> Any:
        services.resolve_dispute(actor=request.user, dispute_id=dispute.id, **data)
        return _("Decided. Both sides are told.")


@admin.register(WaitlistEntry, site=office)
class WaitlistPage(ReadOnlyAdmin):
    """Who waits for whom."""

    view_roles = WATCHERS
    list_display = ("created_at", "student", "teacher", "subject", "minutes", "state", "offer_starts_at")
    list_filter = ("state",)
    list_select_related = ("student", "teacher", "subject")
    ordering = ("-created_at",)


@office.panel(order=10, roles=WATCHERS)
def lessons_today(request: HttpRequest) -> list[Figure]:
    """What an owner looks at in the morning."""
    now = clock.now()
    week = [now.date() - timedelta(days=n) for n in range(13, -1, -1)]
    booked = dict(
        Lesson.objects.filter(created_at__gte=now - timedelta(days=14))
        .exclude(status=LessonStatus.EXPIRED)
        .values_list("created_at__date")
        .annotate(count=Count("id"))
    )
    figures = Lesson.objects.aggregate(
        today=Count("id", filter=Q(starts_at__date=now.date(), status=LessonStatus.CONFIRMED)),
        missed=Count("id", filter=Q(status=LessonStatus.NO_SHOW, starts_at__gte=now - timedelta(days=7))),
    )
    waiting = queries.open_disputes().count()
    lessons = reverse("admin:lessons_lesson_changelist")
    cases = reverse("admin:lessons_dispute_changelist") + "?state__exact=open"
    return [
        Figure(_("Lessons today"), figures["today"], link=lessons),
        Figure(
            _("Booked in 14 days"),
            sum(booked.values()),
            link=lessons,
            points=tuple(booked.get(day, 0) for day in week),
        ),
        Figure(_("Missed in 7 days"), figures["missed"], link=f"{lessons}?status__exact=no_show"),
        Figure(_("Cases to decide"), waiting, link=cases, alarm=waiting > 0),
    ]
