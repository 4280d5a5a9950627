"""Plans: their words, what they cost and give, and who is invited."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing import queries, services
from majlis.engines.billing.models import Plan, PlanBenefit, PlanInvite, PlanPrice, Subscription
from majlis.engines.billing.types import Cycle, SubscriptionStatus
from majlis.faces.backoffice.billing import LOOKERS, MONEY, read_amount
from majlis.faces.backoffice.billing_benefits import (
    AccessForm,
    AllowanceForm,
    BenefitColumns,
    allowance_in,
    begins,
    opens,
)
from majlis.faces.backoffice.languages import LanguagesField, SentencesField
from majlis.faces.backoffice.site import ReadOnlyAdmin, ReadOnlyRows, office, service_action
from majlis.faces.backoffice.telling import dunning_words
from majlis.kit.edition import edition
from majlis.kit.translated import in_language

S = SubscriptionStatus


class ChangePlanForm(forms.Form):
    """A plan's words, in the languages of the house, and how it is sold."""

    name = LanguagesField(label=_("Name"))
    summary = LanguagesField(label=_("In short"), required=False)
    features = SentencesField(
        label=_("Description"),
        required=False,
        help_text=_("A sentence per line, the same line in each language. Empty: what it gives is told by itself."),
    )
    family = forms.SlugField(
        label=_("Family"),
        max_length=40,
        initial="membership",
        help_text=_("A member has one plan of a family at a time, and one trial."),
    )
    trial_days = forms.IntegerField(label=_("Days of trial"), min_value=0, max_value=365, initial=0)
    position = forms.IntegerField(label=_("Place in lists"), min_value=0, max_value=999, required=False)
    highlighted = forms.BooleanField(label=_("Recommended"), required=False)
    for_invites_only = forms.BooleanField(label=_("For invited people only"), required=False)


class PlanForm(ChangePlanForm):
    """A new plan."""

    slug = forms.SlugField(
        label=_("Short name in addresses"), max_length=60, help_text=_("Small letters, figures and hyphens: gold-2.")
    )
    field_order = ("slug",)


class PriceForm(forms.Form):
    """What a cycle costs from now on."""

    cycle = forms.ChoiceField(label=_("Cycle"), choices=Cycle.choices)
    days = forms.IntegerField(label=_("Days"), required=False, min_value=1, max_value=3650)
    currency = forms.ChoiceField(label=_("Currency"))
    amount = forms.CharField(label=_("Price"), max_length=20)
    discount_percent = forms.IntegerField(label=_("Discount in percent"), min_value=0, max_value=100, initial=0)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["currency"].choices = [(each, each) for each in edition().currencies]  # type: ignore[attr-defined]


class InviteForm(forms.Form):
    """To whom."""

    email = forms.EmailField(label=_("E-mail"))
    language = forms.ChoiceField(label=_("Language"), choices=[(c, c) for c in ("en", "ar", "fa", "id")])


class Prices(ReadOnlyRows):
    """What it costs and cost."""

    model = PlanPrice
    fields = readonly_fields = (
        *("cycle", "days", "asked", "discount_percent", "created_at", "ended_at", "provider_ref", "sold_there"),
    )
    ordering = ("ended_at", "unit", "full_amount")
    show_change_link = True

    @admin.display(description=_("Price"))
    def asked(self, price: PlanPrice) -> str:
        return price.price.display()


class Benefits(BenefitColumns, ReadOnlyRows):
    """What it gives."""

    model = PlanBenefit
    fields = readonly_fields = ("kind", "gives", "carries", "only_for")
    ordering = ("kind", "id")
    show_change_link = True


class Invites(ReadOnlyRows):
    """Who was invited."""

    model = PlanInvite
    fk_name = "plan"
    fields = readonly_fields = ("email", "created_at", "expires_at", "accepted_at", "revoked_at")


@admin.register(Plan, site=office)
class PlanPage(ReadOnlyAdmin):
    """What can be subscribed to."""

    view_roles = LOOKERS
    list_display = ("slug", "called", "family", "active", "for_invites_only", "trial_days", "members")
    list_filter = ("active", "family", "for_invites_only")
    search_fields = ("slug", "family")
    ordering = ("family", "position")
    inlines = (Prices, Benefits, Invites)
    fields = (
        *("slug", "called", "in_short", "says", "family", "active", "for_invites_only", "highlighted", "position"),
        *("trial_days", "steps", "changed_at"),
    )
    readonly_fields = ("called", "in_short", "says", "members", "steps")
    labels: ClassVar = {"highlighted": _("Recommended")}

    @admin.display(description=_("Name"))
    def called(self, plan: Plan) -> str:
        return plan.title

    @admin.display(description=_("Members"))
    def members(self, plan: Plan) -> int:
        return Subscription.objects.filter(plan=plan).exclude(status__in=[S.ENDED, S.INCOMPLETE]).count()

    @admin.display(description=_("In short"))
    def in_short(self, plan: Plan) -> str:
        return in_language(plan.summary) or "–"

    @admin.display(description=_("Description"))
    def says(self, plan: Plan) -> str:
        return "\n".join(plan.feature_words) or "–"

    @admin.display(description=_("Dunning"))
    def steps(self, plan: Plan) -> str:
        return dunning_words(queries.dunning_of_plan(plan))

    @service_action(_("New plan"), roles=MONEY, form=PlanForm, on_list=True)
    def new(self, request: HttpRequest, row: None, data: dict[str, Any]) -> str:
        services.save_plan(actor=request.user, only_new=True, **data)
        return gettext("The plan is a draft. Give it a price, then open it.")

    @service_action(
        _("Change the words and the trial"),
        roles=MONEY,
        form=ChangePlanForm,
        initial=lambda plan: {name: getattr(plan, name) for name in ChangePlanForm.base_fields},
        consequence=lambda plan: _("Who has the plan reads the new words, and keeps their price and their trial."),
    )
    def change(self, request: HttpRequest, plan: Plan, data: dict[str, Any]) -> None:
        services.save_plan(actor=request.user, slug=plan.slug, **data)

    @service_action(_("Add an allowance"), roles=MONEY, form=AllowanceForm, consequence=begins)
    def allowance(self, request: HttpRequest, plan: Plan, data: dict[str, Any]) -> None:
        services.add_plan_benefit(actor=request.user, plan_id=plan.id, benefit=allowance_in(data))

    @service_action(_("Add an access"), roles=MONEY, form=AccessForm, consequence=opens)
    def access(self, request: HttpRequest, plan: Plan, data: dict[str, Any]) -> None:
        services.add_plan_benefit(actor=request.user, plan_id=plan.id, benefit=data)

    @service_action(
        _("Set a price"),
        roles=MONEY,
        form=PriceForm,
        consequence=lambda plan: _("For those who subscribe from now on; who has the plan keeps their price."),
    )
    def price(self, request: HttpRequest, plan: Plan, data: dict[str, Any]) -> None:
        services.set_plan_price(
            actor=request.user,
            plan_id=plan.id,
            cycle=data["cycle"],
            days=data["days"],
            full=read_amount(data["amount"], data["currency"]),
            discount_percent=data["discount_percent"],
        )

    @service_action(_("Open for subscription"), roles=MONEY, shown=lambda plan: not plan.active)
    def open(self, request: HttpRequest, plan: Plan, data: dict[str, Any]) -> None:
        services.open_plan(actor=request.user, plan_id=plan.id)

    @service_action(
        _("Sell no more"),
        roles=MONEY,
        danger=True,
        shown=lambda plan: plan.active,
        consequence=lambda plan: _("Nobody can subscribe any more; who has it keeps it, and it renews."),
    )
    def close(self, request: HttpRequest, plan: Plan, data: dict[str, Any]) -> None:
        services.close_plan(actor=request.user, plan_id=plan.id)

    @service_action(_("Invite by e-mail"), roles=LOOKERS, form=InviteForm)
    def invite(self, request: HttpRequest, plan: Plan, data: dict[str, Any]) -> None:
        services.invite_to_plan(actor=request.user, plan_id=plan.id, email=data["email"], language=data["language"])
