"""Reviews, conversations, mail. A conversation is read in the office for a stated reason only, and for half an hour."""

from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _

from majlis.engines.messaging import services as messaging
from majlis.engines.messaging.models import Conversation, Message
from majlis.engines.reviews import services as reviews
from majlis.engines.reviews.models import Review
from majlis.engines.reviews.types import HidingReason, ReviewState
from majlis.faces.backoffice.figures import Figure
from majlis.faces.backoffice.site import BOSSES, ReadOnlyAdmin, ReasonForm, link_to, office, service_action
from majlis.faces.backoffice.telling import when
from majlis.kernel.accounts.models import AuditEntry
from majlis.kernel.accounts.types import Role
from majlis.kernel.files import queries as files
from majlis.kernel.notices.models import Mail
from majlis.kernel.notices.types import MailState
from majlis.kit import clock

JUDGES = (Role.SUPPORT, Role.MODERATOR, *BOSSES)
READABLE = timedelta(minutes=30)
"""How long a conversation stays open to the one who stated a reason."""


class HideForm(forms.Form):
    """Why a review is taken down."""

    reason = forms.ChoiceField(label=_("Reason"), choices=HidingReason.choices, help_text=_("Its author is told."))
    note = forms.CharField(
        label=_("For the record"), required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )


@admin.register(Review, site=office)
class ReviewPage(ReadOnlyAdmin):
    """What people say about each other."""

    view_roles = JUDGES
    names = (_("Review"), _("Reviews"))
    labels: ClassVar = {
        "rating": _("Stars"),
        "text": _("Text"),
        "state": _("State"),
        "hidden_for": _("Taken down for"),
        "reply_text": _("Answer"),
        "created_at": _("Written"),
        "edited_at": _("Changed"),
    }
    list_display = ("created_at", "by", "of", "rating", "start_of_text", "state")
    list_filter = ("state", "rating", "hidden_for")
    search_fields = ("text", "author__name", "about__name", "=id")
    ordering = ("-id",)
    list_select_related = ("author", "about")
    fields = ("by", "of", "rating", "text", "reply_text", "state", "hidden_for", "created_at", "edited_at", "before")
    readonly_fields = ("by", "of", "before", "created_at")

    @admin.display(description=_("Author"), ordering="author__name")
    def by(self, review: Review) -> Any:
        return link_to(review.author)

    @admin.display(description=_("About"), ordering="about__name")
    def of(self, review: Review) -> Any:
        return link_to(review.about)

    @admin.display(description=_("Text"))
    def start_of_text(self, review: Review) -> str:
        return review.text[:80] or "–"

    @admin.display(description=_("Before"))
    def before(self, review: Review) -> Any:
        rows = [
            (when(change.created_at), change.what, change.rating, change.text, change.reason)
            for change in review.changes.order_by("id")
        ]
        return format_html_join("", "<p>{} · {} · {}★ {} {}</p>", rows) or "–"

    @service_action(
        _("Take down"),
        roles=JUDGES,
        form=HideForm,
        danger=True,
        shown=lambda review: review.state == ReviewState.SHOWN,
        consequence=lambda review: _("Nobody but its author sees it, it no longer counts, and the author is told why."),
    )
    def hide(self, request: HttpRequest, review: Review, data: dict[str, Any]) -> None:
        reviews.hide_review(actor=request.user, review_id=review.pk, reason=data["reason"], note=data["note"])

    @service_action(
        _("Show again"),
        roles=JUDGES,
        form=ReasonForm,
        shown=lambda review: review.state == ReviewState.HIDDEN,
        consequence=lambda review: _("Everyone reads it again, and it counts."),
    )
    def show(self, request: HttpRequest, review: Review, data: dict[str, Any]) -> None:
        reviews.show_review(actor=request.user, review_id=review.pk, note=data["reason"])


@admin.register(Conversation, site=office)
class ConversationPage(ReadOnlyAdmin):
    """Who writes with whom. What they write is closed until somebody says why it must be read."""

    view_roles = JUDGES
    names = (_("Conversation"), _("Conversations"))
    labels: ClassVar = {
        "last_number": _("Messages"),
        "asked_at": _("First message"),
        "answered_at": _("First answer"),
        "created_at": _("Opened"),
    }
    list_display = ("created_at", "first", "second", "last_number", "asked_at", "answered_at")
    search_fields = ("one__name", "two__name", "=id")
    ordering = ("-id",)
    list_select_related = ("one", "two")
    readonly_fields = ("first", "second", "created_at", "transcript")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        plain = ("first", "second", "last_number", "created_at", "asked_at", "answered_at")
        return (*plain, "transcript") if obj is not None and self._may_read_now(request, obj) else plain

    @staticmethod
    def _may_read_now(request: HttpRequest, conversation: Conversation) -> bool:
        return AuditEntry.objects.filter(
            actor_id=request.user.pk,
            action="messaging.read",
            target=f"messaging.conversation:{conversation.pk}",
            created_at__gte=clock.now() - READABLE,
        ).exists()

    @admin.display(description=_("One"))
    def first(self, conversation: Conversation) -> Any:
        return link_to(conversation.one)

    @admin.display(description=_("Two"))
    def second(self, conversation: Conversation) -> Any:
        return link_to(conversation.two)

    @admin.display(description=_("What they wrote"))
    def transcript(self, conversation: Conversation) -> Any:
        rows = Message.objects.filter(conversation=conversation).select_related("sender")
        rows = rows.prefetch_related("earlier", "attachments__file").order_by("-number")[:500]
        return format_html_join("", "{}", ((self._line(message),) for message in reversed(rows)))

    @staticmethod
    def _line(message: Message) -> Any:
        papers = format_html_join(
            " ", '<a href="{}">{}</a>', ((files.file_url(a.file), a.file.name) for a in message.attachments.all())
        )
        earlier = format_html_join("", "<br><s>{}</s>", ((change.text,) for change in message.earlier.all()))
        return format_html(
            '<p dir="auto"><b><bdi>{}</bdi></b> <small>{}</small>{}<br>{} {}{}</p>',
            message.sender.name,
            when(message.created_at),
            format_html(" <em>{}</em>", _("taken back")) if message.hidden_at else "",
            message.text,
            papers,
            earlier,
        )

    @service_action(
        _("Read the conversation"),
        roles=JUDGES,
        form=ReasonForm,
        consequence=lambda conversation: _(
            "Your reading and its reason are kept for good. It stays open to you for 30 minutes."
        ),
    )
    def read(self, request: HttpRequest, conversation: Conversation, data: dict[str, Any]) -> None:
        messaging.read_for_a_reason(actor=request.user, conversation_id=conversation.pk, reason=data["reason"], limit=1)


@admin.register(Mail, site=office)
class MailPage(ReadOnlyAdmin):
    """Mails on their way, sent, and refused by the world."""

    view_roles = JUDGES
    names = (_("Mail"), _("Mails"))
    labels: ClassVar = {
        "state": _("State"),
        "pace": _("Pace"),
        "due_at": _("Due"),
        "sent_at": _("Sent"),
        "tries": _("Tries"),
        "answer": _("What the mail server said"),
        "created_at": _("Written"),
    }
    list_display = ("created_at", "to", "kind", "state", "tries", "due_at", "sent_at", "answer")
    list_filter = ("state", "pace", "notice__category")
    search_fields = ("person__name", "person__email", "answer")
    ordering = ("-id",)
    list_select_related = ("person", "notice")
    fields = ("to", "kind", "state", "pace", "tries", "due_at", "sent_at", "answer", "created_at")
    readonly_fields = ("to", "kind", "created_at")

    @admin.display(description=_("To"))
    def to(self, mail: Mail) -> Any:
        return link_to(mail.person)

    @admin.display(description=_("Notice"))
    def kind(self, mail: Mail) -> str:
        return mail.notice.kind


@office.panel(order=70, roles=JUDGES)
def mail_trouble(request: HttpRequest) -> list[Figure]:
    """Mails the world refused within a week."""
    since = clock.now() - timedelta(days=7)
    refused = Mail.objects.filter(state=MailState.FAILED, created_at__gte=since).count()
    link = "/office/notices/mail/?state__exact=failed"
    return [Figure(_("Mails refused this week"), refused, link, alarm=refused > 20)]
