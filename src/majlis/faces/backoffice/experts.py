"""Verification: profiles that were handed in, their documents side by side, and what was decided."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from majlis.engines.experts import queries, services
from majlis.engines.experts.models import Document, ExpertProfile, ExpertSubject, StatusChange
from majlis.engines.experts.types import DocumentStatus, ExpertStatus
from majlis.faces.backoffice.site import (
    Figure,
    ReadOnlyAdmin,
    ReadOnlyRows,
    ReasonForm,
    link_to,
    office,
    service_action,
)
from majlis.faces.backoffice.telling import when
from majlis.kernel.accounts.types import Role
from majlis.kernel.files import queries as files
from majlis.kit import clock, locale
from majlis.kit.errors import NotFound
from majlis.kit.money import Money

REVIEWERS = services.REVIEWERS
WATCHERS = (*REVIEWERS, Role.SUPPORT, Role.MODERATOR)


class NoteForm(forms.Form):
    """A word for the file, if there is one."""

    note = forms.CharField(label=_("Note"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))


class RejectForm(forms.Form):
    """What must be mended; its owner reads it."""

    reasons = forms.CharField(
        label=_("Reasons"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("The person reads this, and hands the profile in again when it is mended."),
    )


class SubjectsInline(ReadOnlyRows):
    """What is taught."""

    model = ExpertSubject
    verbose_name_plural = _("Subjects")
    fields = readonly_fields = ("subject", "level", "hourly_rate", "description", "active")


class HistoryInline(ReadOnlyRows):
    """Every move of the profile."""

    model = StatusChange
    verbose_name_plural = _("History")
    fields = readonly_fields = ("created_at", "source", "target", "actor", "reason")
    ordering = ("created_at", "id")


@admin.register(ExpertProfile, site=office)
class ExpertPage(ReadOnlyAdmin):
    """Profiles. Those that wait are first."""

    view_roles = WATCHERS
    list_display = ("name", "status", "submitted_at", "headline", "price", "rating_count", "completed_lessons")
    list_filter = ("status", "currency", "subjects__subject__category")
    search_fields = ("person__name", "person__email", "slug", "headline")
    list_select_related = ("person",)
    ordering = ("-submitted_at", "-id")
    inlines = (SubjectsInline, HistoryInline)
    fieldsets = (
        (None, {"fields": ("name", "page", "status", "status_note", "lacking", "waiting")}),
        (_("Documents"), {"fields": ("papers",)}),
        (_("What people read"), {"fields": ("portrait", "headline", "bio", "about", "education", "tags", "links")}),
        (
            _("Terms"),
            {"fields": ("price", "trial", "modes", "city", "zone", "experience_years", "spoken")},
        ),
        (_("Figures"), {"fields": ("stars", "rating_count", "completed_lessons", "answered")}),
    )
    readonly_fields = (
        "name",
        "page",
        "lacking",
        "waiting",
        "papers",
        "portrait",
        "price",
        "trial",
        "spoken",
        "stars",
        "answered",
    )

    @admin.display(description=_("Stars"))
    def stars(self, row: ExpertProfile) -> str:
        return locale.number(row.rating) if row.rating is not None else "–"

    @admin.display(description=_("Messages answered"))
    def answered(self, row: ExpertProfile) -> str:
        return locale.percent(Decimal(row.response_rate) / 100) if row.response_rate is not None else "–"

    @admin.display(description=_("Person"), ordering="person__name")
    def name(self, row: ExpertProfile) -> Any:
        return link_to(row.person)

    @admin.display(description=_("Profile"))
    def page(self, row: ExpertProfile) -> Any:
        if not row.is_listed:
            return row.slug
        return format_html('<a href="{}">{}</a>', reverse("expert", args=[row.slug]), row.slug)

    @admin.display(description=_("Price of an hour"), ordering="hourly_rate")
    def price(self, row: ExpertProfile) -> str:
        return row.rate.display() if row.rate else "–"

    @admin.display(description=_("Trial lesson"))
    def trial(self, row: ExpertProfile) -> str:
        if row.trial_price is None:
            return "–"
        return f"{Money(row.trial_price, row.currency).display()} · {row.trial_minutes}′"

    @admin.display(description=_("Still missing"))
    def lacking(self, row: ExpertProfile) -> str:
        return "\n".join(item.sentence for item in queries.missing(row)) or "–"

    @admin.display(description=_("Waits since"))
    def waiting(self, row: ExpertProfile) -> str:
        if row.status != ExpertStatus.SUBMITTED or row.submitted_at is None:
            return "–"
        days = (clock.now() - row.submitted_at).days
        age = ngettext("%(count)s day", "%(count)s days", days) % {"count": locale.number(days)}
        return f"{when(row.submitted_at)} ({age})"

    @admin.display(description=_("Speaks"))
    def spoken(self, row: ExpertProfile) -> str:
        return ", ".join(f"{s.code} ({s.get_fluency_display()})" for s in row.languages.order_by("code")) or "–"

    @admin.display(description=_("Picture and video"))
    def portrait(self, row: ExpertProfile) -> Any:
        picture, video = files.picture_url(row.person, 240), file_address(row.video_id)
        return format_html(
            "{}{}",
            format_html('<img class="office-paper" src="{}" alt="" height="180"> ', picture) if picture else "–",
            format_html('<video class="office-paper" src="{}" controls preload="metadata" height="180"></video>', video)
            if video
            else "",
        )

    @admin.display(description=_("Documents"))
    def papers(self, row: ExpertProfile) -> Any:
        """All documents beside each other: pictures at once, anything else behind a link."""
        papers = list(row.documents.order_by("-id"))
        if not papers:
            return "–"
        return format_html_join(
            " ",
            '<figure class="office-paper"><figcaption>{} · {}</figcaption>{}</figure>',
            (
                (link_to(paper, paper.get_kind_display()), paper.get_status_display(), paper_look(paper))
                for paper in papers
            ),
        )

    @service_action(
        _("Verify"),
        roles=REVIEWERS,
        form=NoteForm,
        shown=lambda row: row.status == ExpertStatus.SUBMITTED,
        consequence=lambda row: _("The profile is listed at once; its waiting documents count as approved."),
    )
    def verify(self, request: HttpRequest, row: ExpertProfile, data: dict[str, Any]) -> None:
        services.verify_profile(actor=request.user, expert_id=row.person_id, note=data["note"])

    @service_action(
        _("Send back"),
        roles=REVIEWERS,
        form=RejectForm,
        shown=lambda row: row.status == ExpertStatus.SUBMITTED,
        consequence=lambda row: _("The person reads your reasons and can hand it in again."),
    )
    def send_back(self, request: HttpRequest, row: ExpertProfile, data: dict[str, Any]) -> None:
        services.reject_profile(actor=request.user, expert_id=row.person_id, reasons=data["reasons"])

    @service_action(
        _("Take off the list"),
        roles=REVIEWERS,
        form=ReasonForm,
        danger=True,
        shown=lambda row: row.status == ExpertStatus.ACTIVE,
        consequence=lambda row: _("Nobody finds or books them. Lessons that are booked stay."),
    )
    def take_off(self, request: HttpRequest, row: ExpertProfile, data: dict[str, Any]) -> None:
        services.deactivate(actor=request.user, expert_id=row.person_id, reason=data["reason"])

    @service_action(_("Put back on the list"), roles=REVIEWERS, shown=lambda row: row.status == ExpertStatus.INACTIVE)
    def put_back(self, request: HttpRequest, row: ExpertProfile, data: dict[str, Any]) -> None:
        services.reactivate(actor=request.user, expert_id=row.person_id)

    @service_action(
        _("Ban"),
        roles=REVIEWERS,
        form=ReasonForm,
        danger=True,
        shown=lambda row: row.status != ExpertStatus.BANNED,
        consequence=lambda row: _("The profile is closed for good, also to its owner."),
    )
    def ban(self, request: HttpRequest, row: ExpertProfile, data: dict[str, Any]) -> None:
        services.ban(actor=request.user, expert_id=row.person_id, reason=data["reason"])

    @service_action(
        _("Lift the ban"), roles=REVIEWERS, form=ReasonForm, shown=lambda row: row.status == ExpertStatus.BANNED
    )
    def lift_ban(self, request: HttpRequest, row: ExpertProfile, data: dict[str, Any]) -> None:
        services.lift_ban(actor=request.user, expert_id=row.person_id, reason=data["reason"])


@admin.register(Document, site=office)
class DocumentPage(ReadOnlyAdmin):
    """Documents that prove something."""

    view_roles = REVIEWERS
    list_display = ("created_at", "owner", "kind", "status", "reviewer", "reviewed_at")
    list_filter = ("status", "kind")
    search_fields = ("expert__person__name",)
    list_select_related = ("expert__person", "reviewer")
    ordering = ("-id",)
    fields = ("owner", "kind", "status", "look", "note", "reviewer", "reviewed_at", "created_at")
    readonly_fields = ("owner", "look", "created_at")

    @admin.display(description=_("Of"))
    def owner(self, row: Document) -> Any:
        return link_to(row.expert, row.expert.person.name)

    @admin.display(description=_("Document"))
    def look(self, row: Document) -> Any:
        return paper_look(row)

    @service_action(
        _("Approve"), roles=REVIEWERS, form=NoteForm, shown=lambda row: row.status == DocumentStatus.PENDING
    )
    def approve(self, request: HttpRequest, row: Document, data: dict[str, Any]) -> None:
        services.review_document(actor=request.user, document_id=row.pk, approve=True, note=data["note"])

    @service_action(
        _("Reject"),
        roles=REVIEWERS,
        form=ReasonForm,
        danger=True,
        shown=lambda row: row.status == DocumentStatus.PENDING,
        consequence=lambda row: _("The person is told why and can hand in a better one."),
    )
    def reject(self, request: HttpRequest, row: Document, data: dict[str, Any]) -> None:
        services.review_document(actor=request.user, document_id=row.pk, approve=False, note=data["reason"])


@office.panel(order=20, roles=WATCHERS)
def waiting_profiles(request: HttpRequest) -> Iterable[Figure]:
    """How many profiles wait, and for how long the oldest."""
    waiting = ExpertProfile.objects.filter(status=ExpertStatus.SUBMITTED)
    oldest = waiting.order_by("submitted_at").values_list("submitted_at", flat=True).first()
    days = (clock.now() - oldest).days if oldest else 0
    link = reverse("admin:experts_expertprofile_changelist") + "?status__exact=submitted"
    note = _("the oldest for %(days)d days") % {"days": days} if oldest else ""
    yield Figure(_("Profiles to verify"), waiting.count(), link, note, alarm=days >= 3)


def paper_look(paper: Document) -> Any:
    """A picture of the document, or a link to it."""
    address = file_address(paper.file_id)
    if not address:
        return "–"
    if files.file(paper.file_id).mime.startswith("image/"):
        small = files.file_url(paper.file_id, variant="480")
        return format_html('<a href="{}"><img src="{}" alt="" height="220"></a>', address, small)
    return format_html('<a href="{}">{}</a>', address, _("Open the document"))


def file_address(file_id: Any) -> str:
    """A signed address for an hour, or `""` for none."""
    try:
        return files.file_url(file_id) if file_id else ""
    except NotFound:
        return ""
