"""What plans give, benefit by benefit."""

from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing import queries, services
from majlis.engines.billing.models import Plan, PlanBenefit
from majlis.engines.billing.types import AccessKind, BenefitKind, Per
from majlis.faces.backoffice.billing import LOOKERS, MONEY
from majlis.faces.backoffice.site import ReadOnlyAdmin, link_to, office, service_action
from majlis.kernel.accounts import queries as people
from majlis.kit.errors import Invalid
from majlis.kit.money import Money, parse_amount

UNITS = (
    ("minute", _("Minutes")),
    ("session", _("Sessions")),
    ("message", _("Messages")),
    ("token", _("Tokens")),
    ("byte", _("Gigabytes")),
)
"""What is counted, as people say it."""
GIGA = 9


def begins(row: Any) -> Any:
    """When a change of allowances is felt."""
    return _("From each member's next period on; what was given for the one that runs stays.")


def opens(row: Any) -> Any:
    """When a change of accesses is felt."""
    return _("At once, for everybody who has the plan.")


class AllowanceForm(forms.Form):
    """So much of a counted unit."""

    unit = forms.ChoiceField(label=_("Unit"), choices=UNITS)
    amount = forms.CharField(label=_("How much"), max_length=20)
    per = forms.ChoiceField(label=_("How often"), choices=Per.choices)
    carry_limit = forms.CharField(
        label=_("Rolls over at most"),
        max_length=20,
        required=False,
        help_text=_("Of what a period leaves, into the next one. Empty: nothing."),
    )
    scope = forms.ChoiceField(label=_("Only for"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = {"": _("Anything"), **queries.scopes()}
        if kept := self.initial.get("scope"):
            known.setdefault(kept, kept)
        self.fields["scope"].choices = list(known.items())  # type: ignore[attr-defined]


class AccessForm(forms.Form):
    """Something that opens."""

    access = forms.ChoiceField(label=_("What"), choices=AccessKind.choices)
    ref = forms.CharField(
        label=_("Which one"), max_length=64, required=False, help_text=_("Its short name. Empty: every one.")
    )
    amount = forms.IntegerField(
        label=_("How many at a time"),
        min_value=0,
        max_value=1_000_000,
        required=False,
        help_text=_("Of devices, say. Empty: any number."),
    )


def allowance_in(data: dict[str, Any]) -> dict[str, Any]:
    """What was typed, as the services take it. `Invalid` at the field."""
    carried = data["carry_limit"].strip()
    return {
        **data,
        "amount": read_counted(data["amount"], data["unit"]),
        "carry_limit": read_counted(carried, data["unit"], "carry_limit") if carried else 0,
    }


def read_counted(text: str, unit: str, field: str = "amount") -> int:
    """So many of a counted unit: whole numbers, bytes in gigabytes. `Invalid` at the field."""
    try:
        return parse_amount(text, unit, places=GIGA if unit == "byte" else 0).amount
    except ValueError:
        raise Invalid(errors={field: _("Write a whole number; of gigabytes also parts, such as 1.5.")}) from None


def typed(amount: int, unit: str) -> str:
    """The other way round, for a form to begin with."""
    return f"{Money(amount, unit).decimal.scaleb(-GIGA if unit == 'byte' else 0).normalize():f}"


def scope_called(scope: str) -> str:
    """What something may be used for; one teacher's, where it is that."""
    if scope.startswith("teacher:"):
        teacher = UUID(scope.removeprefix("teacher:"))
        return next((person.name for person in people.people([teacher]).values()), scope)
    return str(queries.scopes().get(scope, scope) or _("Anything"))


def _as_typed(benefit: PlanBenefit) -> dict[str, Any]:
    return {
        "unit": benefit.unit,
        "amount": typed(benefit.amount, benefit.unit),
        "per": benefit.per,
        "carry_limit": typed(benefit.carry_limit, benefit.unit) if benefit.carry_limit else "",
        "scope": benefit.scope,
    }


class BenefitColumns:
    """What a benefit is, in words, as columns of a list or a page."""

    @admin.display(description=_("Gives"))
    def gives(self, benefit: PlanBenefit) -> str:
        return queries.benefit_words(benefit)

    @admin.display(description=_("Rolls over at most"))
    def carries(self, benefit: PlanBenefit) -> str:
        return Money(benefit.carry_limit, benefit.unit).display() if benefit.carry_limit else "–"

    @admin.display(description=_("Only for"))
    def only_for(self, benefit: PlanBenefit) -> str:
        return "–" if benefit.kind == BenefitKind.ACCESS else scope_called(benefit.scope)


@admin.register(PlanBenefit, site=office)
class BenefitPage(BenefitColumns, ReadOnlyAdmin):
    """One thing a plan gives."""

    view_roles = LOOKERS
    labels: ClassVar = {"plan": _("Plan")}
    list_display = ("plan", "kind", "gives", "carries", "only_for")
    list_filter = ("kind", "unit", "plan")
    search_fields = ("plan__slug", "ref")
    ordering = ("plan__position", "kind", "id")
    list_select_related = ("plan",)
    fields = readonly_fields = ("plan_link", "kind", "gives", "carries", "only_for")

    @admin.display(description=_("Plan"))
    def plan_link(self, benefit: PlanBenefit) -> Any:
        return link_to(benefit.plan)

    def page_of(self, row: Any) -> str:
        """Its plan's: a benefit that was taken away has no page any more."""
        return office._registry[Plan].page_of(row.plan) if row is not None else super().page_of(row)  # type: ignore

    @service_action(
        _("Change the allowance"),
        roles=MONEY,
        form=AllowanceForm,
        shown=lambda benefit: benefit.kind == BenefitKind.ALLOWANCE,
        initial=_as_typed,
        consequence=begins,
    )
    def change_allowance(self, request: HttpRequest, benefit: PlanBenefit, data: dict[str, Any]) -> None:
        services.change_plan_benefit(actor=request.user, benefit_id=benefit.id, benefit=allowance_in(data))

    @service_action(
        _("Change the access"),
        roles=MONEY,
        form=AccessForm,
        shown=lambda benefit: benefit.kind == BenefitKind.ACCESS,
        initial=lambda benefit: {
            "access": benefit.access,
            "ref": "" if benefit.ref == "*" else benefit.ref,
            "amount": benefit.amount or None,
        },
        consequence=opens,
    )
    def change_access(self, request: HttpRequest, benefit: PlanBenefit, data: dict[str, Any]) -> None:
        services.change_plan_benefit(actor=request.user, benefit_id=benefit.id, benefit=data)

    @service_action(
        _("Give it no more"),
        roles=MONEY,
        danger=True,
        consequence=lambda benefit: (
            _("What members were given for the period that runs stays; from the next one on it is not given.")
            if benefit.kind == BenefitKind.ALLOWANCE
            else _("It ends at once, for everybody who has the plan.")
        ),
    )
    def remove(self, request: HttpRequest, benefit: PlanBenefit, data: dict[str, Any]) -> None:
        services.remove_plan_benefit(actor=request.user, benefit_id=benefit.id)
