"""Whom invoices are made out to, and what is known of VAT numbers."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing import services
from majlis.engines.billing.models import BillingDetails
from majlis.faces.backoffice.billing import LOOKERS
from majlis.faces.backoffice.site import ReadOnlyAdmin, link_to, office, service_action


@admin.register(BillingDetails, site=office)
class BillingDetailsPage(ReadOnlyAdmin):
    """Buyers who said whom their invoices go to."""

    view_roles = LOOKERS
    labels: ClassVar = {
        "name": _("Name on the invoice"),
        "address": _("Address"),
        "country": _("Country"),
        "business": _("Business"),
        "tax_number": _("VAT number"),
        "tax_check": _("Checked"),
        "tax_checked_at": _("Checked on"),
        "tax_check_source": _("Register"),
        "tax_check_name": _("Whose it is there"),
        "tax_check_ref": _("Proof of the question"),
        "updated_at": _("Changed"),
    }
    list_display = ("person_link", "name", "country", "business", "tax_number", "tax_check", "tax_checked_at")
    list_filter = ("business", "tax_check", "country")
    search_fields = ("name", "tax_number", "person__email", "person__name", "=id")
    ordering = ("-updated_at",)
    list_select_related = ("person",)
    fields = (
        *("person_link", "name", "address", "country", "business", "tax_number", "tax_check", "tax_checked_at"),
        *("tax_check_source", "tax_check_name", "tax_check_ref", "updated_at"),
    )
    readonly_fields = ("person_link",)

    @admin.display(description=_("Person"))
    def person_link(self, details: BillingDetails) -> Any:
        return link_to(details.person)

    @service_action(
        _("Ask the register again"),
        roles=LOOKERS,
        shown=lambda details: bool(details.tax_number),
        consequence=lambda details: _("Until it answers, this buyer's invoices carry VAT."),
    )
    def ask_again(self, request: HttpRequest, details: BillingDetails, data: dict[str, Any]) -> None:
        services.check_tax_number_again(details_id=details.id, actor=request.user)
