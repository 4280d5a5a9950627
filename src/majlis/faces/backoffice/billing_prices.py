"""Prices of plans that a payment provider knows too."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing import queries, services
from majlis.engines.billing.models import PlanPrice
from majlis.faces.backoffice.billing import LOOKERS, MONEY
from majlis.faces.backoffice.site import ReadOnlyAdmin, office, service_action


def billers() -> list[tuple[str, str]]:
    """The providers that can run subscriptions, to choose from."""
    return [(code, code.title()) for code in queries.billers()]


class ThereForm(forms.Form):
    """Its name there, and who subscribes there."""

    provider = forms.ChoiceField(label=_("Provider"))
    provider_ref = forms.CharField(
        label=_("Its name there"),
        required=False,
        max_length=255,
        help_text=_("Such as price_1Q…; empty: it is made there now."),
    )
    sold_there = forms.BooleanField(
        label=_("New members subscribe there"),
        required=False,
        initial=True,
        help_text=_("Otherwise only those who are brought over run there."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["provider"].choices = billers()  # type: ignore[attr-defined]


@admin.register(PlanPrice, site=office)
class PricePage(ReadOnlyAdmin):
    """What one cycle of a plan costs, and who else knows that price."""

    view_roles = LOOKERS
    labels: ClassVar = {
        "plan": _("Plan"),
        "cycle": _("Cycle"),
        "days": _("Days"),
        "discount_percent": _("Discount in percent"),
        "created_at": _("Since"),
        "ended_at": _("Ended"),
        "provider": _("Provider"),
        "provider_ref": _("Its name there"),
        "sold_there": _("Sold there"),
    }
    list_display = ("plan", "cycle", "asked", "provider", "provider_ref", "sold_there", "ended_at")
    list_filter = ("provider", "sold_there", "plan")
    search_fields = ("=provider_ref", "plan__slug")
    ordering = ("plan__position", "ended_at", "unit", "full_amount")
    list_select_related = ("plan",)
    fields = (
        *("plan", "cycle", "days", "asked", "discount_percent", "provider", "provider_ref", "sold_there"),
        *("created_at", "ended_at"),
    )
    readonly_fields = ("asked",)

    @admin.display(description=_("Price"))
    def asked(self, price: PlanPrice) -> str:
        return price.price.display()

    @service_action(
        _("Sell it at a provider"),
        roles=MONEY,
        form=ThereForm,
        shown=lambda price: price.ended_at is None and bool(queries.billers()),
        consequence=lambda price: _(
            "Amount, currency and cycle must be the same there. Who has the plan stays with whoever charges them now."
        ),
    )
    def there(self, request: HttpRequest, price: PlanPrice, data: dict[str, Any]) -> str:
        linked = services.sell_at_provider(actor=request.user, price_id=price.id, **data)
        return gettext("It is %(ref)s there.") % {"ref": linked.provider_ref}

    @service_action(
        _("Offer it no more"),
        roles=MONEY,
        danger=True,
        shown=lambda price: price.ended_at is None,
        consequence=lambda price: _("Nobody can take this price any more; who has it keeps it, and it renews."),
    )
    def end(self, request: HttpRequest, price: PlanPrice, data: dict[str, Any]) -> None:
        services.end_plan_price(actor=request.user, price_id=price.id)
