"""People, their roles and standing, invitations, the audit trail."""

from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from majlis.faces.backoffice.figures import Figure
from majlis.faces.backoffice.site import BOSSES, ReadOnlyAdmin, ReasonForm, link_to, office, service_action
from majlis.faces.backoffice.telling import in_lines, when
from majlis.kernel.accounts import services
from majlis.kernel.accounts.models import AuditEntry, Invitation, StatusChange, User
from majlis.kernel.accounts.types import Role, UserStatus
from majlis.kit import clock, locale

JUDGES = (Role.SUPPORT, Role.MODERATOR, *BOSSES)
GRANTABLE = [choice for choice in Role.choices if choice[0] != Role.MEMBER]


class SuspendForm(ReasonForm):
    """How long, and why."""

    days = forms.TypedChoiceField(
        label=_("For how long"),
        coerce=int,
        choices=[(1, _("One day")), (7, _("One week")), (30, _("30 days")), (0, _("Until restored"))],
    )
    field_order = ("days", "reason")


class RoleForm(ReasonForm):
    """Which role, and why."""

    role = forms.ChoiceField(label=_("Role"), choices=GRANTABLE)
    field_order = ("role", "reason")


class EnrolForm(forms.Form):
    """Somebody new."""

    name = forms.CharField(label=_("Name"), max_length=150)
    email = forms.EmailField(label=_("E-mail address"))
    roles = forms.MultipleChoiceField(
        label=_("Roles"), choices=GRANTABLE, required=False, widget=forms.CheckboxSelectMultiple
    )


class InviteForm(forms.Form):
    """Whom, and to what."""

    email = forms.EmailField(label=_("E-mail address"))
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)
    language = forms.ChoiceField(label=_("Language of the e-mail"), choices=lambda: office.languages())
    note = forms.CharField(
        label=_("A sentence of yours"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )


@admin.register(User, site=office)
class PersonPage(ReadOnlyAdmin):
    """Everybody."""

    view_roles = (Role.SUPPORT, Role.MODERATOR, Role.FINANCE, Role.COORDINATOR, *BOSSES)
    names = (_("Person"), _("People"))
    labels: ClassVar = {
        "name": _("Name"),
        "email": _("E-mail address"),
        "phone": _("Phone number"),
        "status": _("Status"),
        "suspended_until": _("Suspended until"),
        "gender": _("Gender"),
        "birth_date": _("Date of birth"),
        "language": _("Language"),
        "zone": _("Time zone"),
        "currency": _("Currency"),
        "country": _("Country"),
        "city": _("City"),
        "created_at": _("Since"),
        "last_login": _("Last sign-in"),
        "terms_accepted_at": _("Terms accepted"),
        "is_staff": _("Works in the office"),
    }
    list_display = ("name", "email", "phone", "role_names", "status", "created_at", "last_login")
    list_filter = ("status", "is_staff", "role_grants__role", "language", "country")
    search_fields = ("name", "email", "phone", "=id")
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("name", "email", "phone", "role_names", "status", "suspended_until")}),
        (_("About"), {"fields": ("gender", "birth_date", "language", "zone", "currency", "country", "city")}),
        (_("Account"), {"fields": ("id", "created_at", "last_login", "terms_accepted_at", "history")}),
    )
    readonly_fields = ("id", "created_at", "role_names", "suspended_until", "terms_accepted_at", "history")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("role_grants")

    @admin.display(description=_("Roles"))
    def role_names(self, person: User) -> str:
        return ", ".join(str(grant.get_role_display()) for grant in person.role_grants.all()) or "–"

    @admin.display(description=_("Standing so far"))
    def history(self, person: User) -> str:
        moves = StatusChange.objects.filter(person=person).order_by("-id")[:20]
        return in_lines(f"{when(m.created_at)} · {m.get_after_display()} · {locale.isolated(m.reason)}" for m in moves)

    @service_action(
        _("Suspend"),
        roles=JUDGES,
        form=SuspendForm,
        danger=True,
        shown=lambda person: person.status == UserStatus.ACTIVE,
        consequence=lambda person: _("They are signed out everywhere at once and cannot sign in until then."),
    )
    def suspend(self, request: HttpRequest, person: User, data: dict[str, Any]) -> None:
        until = clock.now() + timedelta(days=data["days"]) if data["days"] else None
        services.suspend_person(actor=_staff(request), person=person, reason=data["reason"], until=until)

    @service_action(
        _("Block"),
        roles=JUDGES,
        form=ReasonForm,
        danger=True,
        shown=lambda person: person.status in {UserStatus.ACTIVE, UserStatus.SUSPENDED},
        consequence=lambda person: _("They are signed out everywhere at once and cannot sign in again."),
    )
    def block(self, request: HttpRequest, person: User, data: dict[str, Any]) -> None:
        services.block_person(actor=_staff(request), person=person, reason=data["reason"])

    @service_action(
        _("Restore"),
        roles=JUDGES,
        form=ReasonForm,
        shown=lambda person: person.status in {UserStatus.SUSPENDED, UserStatus.BLOCKED},
        consequence=lambda person: _("They can sign in again."),
    )
    def restore(self, request: HttpRequest, person: User, data: dict[str, Any]) -> None:
        services.restore_person(actor=_staff(request), person=person, reason=data["reason"])

    @service_action(_("Give a role"), form=RoleForm, shown=lambda person: person.is_active)
    def give_role(self, request: HttpRequest, person: User, data: dict[str, Any]) -> None:
        services.grant_role(actor=_staff(request), person=person, role=data["role"], reason=data["reason"])

    @service_action(_("Take a role"), form=RoleForm, danger=True, shown=lambda person: bool(person.roles))
    def take_role(self, request: HttpRequest, person: User, data: dict[str, Any]) -> None:
        services.revoke_role(actor=_staff(request), person=person, role=data["role"], reason=data["reason"])

    @service_action(
        _("Delete the account"),
        form=ReasonForm,
        danger=True,
        shown=lambda person: person.status != UserStatus.ANONYMISED,
        consequence=lambda person: _(
            "Name, addresses, sign-in and personal content are deleted at once and cannot be brought back. "
            "Invoices and bookings stay without the name."
        ),
    )
    def delete_account(self, request: HttpRequest, person: User, data: dict[str, Any]) -> None:
        services.anonymise_person(actor=_staff(request), person=person, reason=data["reason"])

    @service_action(_("Enrol somebody"), form=EnrolForm, on_list=True)
    def enrol(self, request: HttpRequest, row: None, data: dict[str, Any]) -> str:
        person = services.enrol_person(actor=_staff(request), **data)
        return str(_("%(name)s can now set a password with “Forgot your password?”.") % {"name": person.name})


@admin.register(Invitation, site=office)
class InvitationPage(ReadOnlyAdmin):
    """Roles offered by e-mail."""

    names = (_("Invitation"), _("Invitations"))
    labels: ClassVar = {
        "email": _("E-mail address"),
        "role": _("Role"),
        "created_at": _("Since"),
        "expires_at": _("Good until"),
        "accepted_at": _("Accepted"),
        "revoked_at": _("Revoked"),
        "note": _("A sentence of yours"),
    }
    list_display = ("email", "role", "inviter", "created_at", "expires_at", "accepted_at", "revoked_at")
    list_filter = ("role",)
    search_fields = ("email",)
    ordering = ("-id",)
    fields = ("email", "role", "inviter", "note", "created_at", "expires_at", "accepted_at", "revoked_at")
    readonly_fields = ("created_at", "inviter")
    list_select_related = ("invited_by",)

    @admin.display(description=_("By"))
    def inviter(self, invitation: Invitation) -> Any:
        return link_to(invitation.invited_by)

    @service_action(_("Invite somebody"), form=InviteForm, on_list=True)
    def invite(self, request: HttpRequest, row: None, data: dict[str, Any]) -> str:
        services.invite_person(actor=_staff(request), **data)
        return str(_("The invitation is on its way to %(email)s.") % {"email": data["email"]})

    @service_action(
        _("Revoke the invitation"),
        danger=True,
        shown=lambda invitation: invitation.accepted_at is None and invitation.revoked_at is None,
        consequence=lambda invitation: _("The link in the e-mail stops working."),
    )
    def revoke(self, request: HttpRequest, invitation: Invitation, data: dict[str, Any]) -> None:
        services.revoke_invitation(actor=_staff(request), invitation_id=invitation.id)


@admin.register(AuditEntry, site=office)
class AuditPage(ReadOnlyAdmin):
    """The audit trail, for those who answer for the house."""

    names = (_("Act"), _("Audit trail"))
    labels: ClassVar = {
        "created_at": _("When"),
        "action": _("What"),
        "target": _("On what"),
        "facts": _("Facts"),
        "reason": _("Why"),
        "request": _("Request"),
    }
    list_display = ("created_at", "actor_link", "action", "target", "reason")
    list_filter = ("action",)
    search_fields = ("action", "target", "reason", "=request")
    date_hierarchy = "created_at"
    ordering = ("-id",)
    list_select_related = ("actor",)
    fields = ("created_at", "actor_link", "action", "target", "facts", "reason", "request")
    readonly_fields = ("created_at", "actor_link")

    @admin.display(description=_("By"))
    def actor_link(self, entry: AuditEntry) -> Any:
        return link_to(entry.actor) if entry.actor else _("The house")


def _staff(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


@office.panel(order=12, roles=JUDGES)
def newcomers(request: HttpRequest) -> list[Figure]:
    """Who joined, day by day."""
    today = clock.now().date()
    days = [today - timedelta(days=back) for back in reversed(range(14))]
    joined = User.objects.filter(created_at__date__gte=days[0]).values_list("created_at__date")
    counts = dict(joined.annotate(count=Count("id")))
    return [
        Figure(
            _("New members in 14 days"),
            sum(counts.values()),
            reverse(f"{office.name}:accounts_user_changelist"),
            points=tuple(counts.get(day, 0) for day in days),
        )
    ]
