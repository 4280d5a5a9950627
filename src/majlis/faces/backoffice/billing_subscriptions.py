"""Who subscribes to what: periods, dunning, allowances."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing import queries, services
from majlis.engines.billing.models import AllowanceGrant, Subscription, SubscriptionPeriod
from majlis.engines.billing.types import SubscriptionStatus
from majlis.faces.backoffice.billing import LOOKERS, MONEY
from majlis.faces.backoffice.billing_benefits import UNITS, read_counted, scope_called
from majlis.faces.backoffice.billing_prices import billers
from majlis.faces.backoffice.site import ReadOnlyAdmin, ReadOnlyRows, ReasonForm, link_to, office, service_action
from majlis.faces.backoffice.telling import dunning_words, told
from majlis.kernel.accounts import queries as accounts
from majlis.kit.errors import Invalid
from majlis.kit.ids import new_id
from majlis.kit.money import Money

S = SubscriptionStatus


class GrantForm(ReasonForm):
    """How much, of what."""

    unit = forms.ChoiceField(label=_("Unit"), choices=UNITS)
    amount = forms.CharField(label=_("How much"), max_length=20)
    field_order = ("unit", "amount", "reason")


class BringForm(forms.Form):
    """Which one, and whose."""

    provider = forms.ChoiceField(label=_("Provider"))
    ref = forms.CharField(
        label=_("Subscription or customer"), max_length=255, help_text=_("Such as sub_1Q… or cus_Q….")
    )
    email = forms.EmailField(
        label=_("Member's e-mail"), required=False, help_text=_("Empty: whoever is known here as that customer.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["provider"].choices = billers()  # type: ignore[attr-defined]


class Periods(ReadOnlyRows):
    """What was paid for."""

    model = SubscriptionPeriod
    verbose_name_plural = _("Periods and payments")
    labels: ClassVar = {
        "number": _("Number"),
        "kind": _("Kind"),
        "status": _("State"),
        "starts_at": _("From"),
        "ends_at": _("Until"),
        "provider_ref": _("Its name there"),
    }
    fields = readonly_fields = (
        *("number", "kind", "status", "cost", "starts_at", "ends_at", "order_link", "provider_ref"),
    )
    ordering = ("-number",)

    @admin.display(description=_("Price"))
    def cost(self, period: SubscriptionPeriod) -> str:
        return period.cost.display()

    @admin.display(description=_("Order"))
    def order_link(self, period: SubscriptionPeriod) -> Any:
        return link_to(period.order)


@admin.register(Subscription, site=office)
class SubscriptionPage(ReadOnlyAdmin):
    """Who subscribes to what, and how it stands."""

    view_roles = LOOKERS
    list_display = ("person_link", "plan", "status", "entitlement", "ends_at", "act_at")
    list_filter = ("status", "entitlement", "family", "plan", "billed_by")
    search_fields = ("person__email", "person__name", "=id", "=provider_ref")
    ordering = ("-id",)
    list_select_related = ("person", "plan")
    inlines = (Periods,)
    fields = (
        "person_link",
        "plan",
        "status",
        "entitlement",
        "starts_at",
        "ends_at",
        "act_at",
        "past_due_since",
        "dunned_day",
        "canceled_at",
        "cancel_reason",
        "ended_at",
        "return_until",
        "billed_by",
        "provider_ref",
        "seen_at",
        "look_at",
        "resumes_at",
        "dunning",
        "steps",
    )
    readonly_fields = ("person_link", "dunning", "steps")
    labels: ClassVar = {
        "plan": _("Plan"),
        "status": _("State"),
        "entitlement": _("Gives"),
        "starts_at": _("From"),
        "ends_at": _("Until"),
        "act_at": _("Next act of ours"),
        "past_due_since": _("Due since"),
        "dunned_day": _("Day of dunning"),
        "canceled_at": _("Cancelled"),
        "cancel_reason": _("Reason"),
        "ended_at": _("Ended"),
        "return_until": _("May come back until"),
        "billed_by": _("Charged by"),
        "provider_ref": _("Its name there"),
        "seen_at": _("Read there"),
        "look_at": _("Read there again"),
        "resumes_at": _("No payments until"),
    }

    @admin.display(description=_("Person"))
    def person_link(self, subscription: Subscription) -> Any:
        return link_to(subscription.person)

    @admin.display(description=_("Dunning"))
    def dunning(self, subscription: Subscription) -> str:
        if subscription.billed_by:
            return gettext("By the rules set there.")
        return dunning_words(queries.dunning_policy(subscription))

    @admin.display(description=_("History"))
    def steps(self, subscription: Subscription) -> str:
        return told(subscription)

    @service_action(
        _("Cancel at the period's end"),
        roles=LOOKERS,
        form=ReasonForm,
        shown=lambda it: it.status in (S.ACTIVE, S.TRIALING),
    )
    def cancel(self, request: HttpRequest, it: Subscription, data: dict[str, Any]) -> None:
        services.cancel_subscription(subscription_id=it.id, actor=request.user, reason=data["reason"], by_staff=True)

    @service_action(
        _("End now"),
        roles=MONEY,
        form=ReasonForm,
        danger=True,
        shown=lambda it: it.status not in (S.ENDED,),
        consequence=lambda it: (
            _("%(amount)s goes back into the wallet.")
            % {"amount": services.preview_cancel(it, at_once=True).back.display()}
        ),
    )
    def end(self, request: HttpRequest, it: Subscription, data: dict[str, Any]) -> None:
        services.cancel_subscription(
            subscription_id=it.id, actor=request.user, at_once=True, reason=data["reason"], by_staff=True
        )

    @service_action(
        _("Read it there again"),
        roles=LOOKERS,
        shown=lambda it: bool(it.billed_by and it.provider_ref) and it.status != S.ENDED,
        consequence=lambda it: _("What was paid there and is not in our books is taken."),
    )
    def look(self, request: HttpRequest, it: Subscription, data: dict[str, Any]) -> None:
        services.mirror_subscription(it.id)

    @service_action(
        _("Bring over from a provider"),
        roles=MONEY,
        form=BringForm,
        on_list=True,
        consequence=lambda row: _(
            "The provider goes on renewing and charging it; here it becomes a membership. What was paid for the period "
            "that runs is taken into our books."
        ),
    )
    def bring(self, request: HttpRequest, row: None, data: dict[str, Any]) -> str:
        person = None
        if data["email"]:
            person = accounts.person_by_email(data["email"])
            if person is None:
                raise Invalid(errors={"email": _("No member has this address confirmed.")})
        brought = services.bring_over(
            provider=data["provider"], ref=data["ref"].strip(), person=person, actor=request.user
        )
        return gettext("Brought over: %(count)s.") % {"count": len(brought)}

    @service_action(_("Give an allowance"), roles=LOOKERS, form=GrantForm, shown=lambda it: it.status != S.ENDED)
    def give(self, request: HttpRequest, it: Subscription, data: dict[str, Any]) -> None:
        services.grant_allowance(
            person_id=it.person_id,
            unit=data["unit"],
            amount=read_counted(data["amount"], data["unit"]),
            key=f"staff:{new_id()}",
            subject=it.subject,
            memo=data["reason"],
            valid_until=it.ends_at,
            actor=request.user,
        )


def _counted(name: str, label: Any) -> Any:
    """A column of an allowance with its unit."""

    @admin.display(description=label, ordering=name)
    def column(page: Any, grant: AllowanceGrant) -> str:
        return Money(getattr(grant, name), grant.unit).display()

    return column


@admin.register(AllowanceGrant, site=office)
class AllowancePage(ReadOnlyAdmin):
    """What people were given to use, and what became of it."""

    view_roles = LOOKERS
    list_display = ("person_link", "memo", "given", "taken", "left", "valid_from", "valid_until")
    list_filter = ("unit",)
    search_fields = ("person__email", "person__name", "subject", "=id")
    ordering = ("-id",)
    list_select_related = ("person",)
    fields = (
        *("person_link", "memo", "only_for", "given", "taken", "lapsed", "over", "back", "left"),
        *("valid_from", "valid_until", "kept_until", "subject"),
    )
    readonly_fields = ("person_link", "only_for", "given", "taken", "lapsed", "over", "back", "left")

    @admin.display(description=_("Person"))
    def person_link(self, grant: AllowanceGrant) -> Any:
        return link_to(grant.person)

    @admin.display(description=_("Left"))
    def left(self, grant: AllowanceGrant) -> str:
        return Money(grant.left, grant.unit).display()

    @admin.display(description=_("Only for"))
    def only_for(self, grant: AllowanceGrant) -> str:
        return scope_called(grant.scope)

    given = _counted("amount", _("Amount"))
    taken = _counted("used", _("Used"))
    lapsed = _counted("expired", _("Lapsed"))
    over = _counted("carried", _("Rolled over"))
    back = _counted("withdrawn", _("Taken back"))
