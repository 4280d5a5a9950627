"""The ways to be paid out: what they ask for, their limits and fees."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing import services
from majlis.engines.billing.models import WithdrawalMethod
from majlis.faces.backoffice.billing import MONEY, read_amount
from majlis.faces.backoffice.site import ReadOnlyAdmin, ReasonForm, office, service_action
from majlis.faces.backoffice.telling import countries, in_lines
from majlis.kit.translated import in_language


class LimitsForm(ReasonForm):
    """The numbers of a method."""

    minimum = forms.CharField(label=_("Least"), max_length=20)
    maximum = forms.CharField(label=_("Most"), max_length=20)
    fee = forms.CharField(label=_("Fee"), max_length=20)
    field_order = ("minimum", "maximum", "fee", "reason")


def destination_words(method: WithdrawalMethod, destination: dict[str, str]) -> str:
    """Where money goes, a line per detail that the method asks for."""
    return in_lines(f"{in_language(field['label'])}: {destination.get(field['name'], '–')}" for field in method.fields)


@admin.register(WithdrawalMethod, site=office)
class MethodPage(ReadOnlyAdmin):
    """The ways to be paid out."""

    view_roles = MONEY
    list_display = ("code", "unit", "name_here", "where", "least", "most", "fee", "enabled")
    list_filter = ("enabled", "unit")
    ordering = ("position", "code")
    fields = ("code", "unit", "name_here", "help_here", "where", "least", "most", "fee", "asks", "enabled")
    readonly_fields = ("name_here", "help_here", "where", "least", "most", "fee", "asks")

    @admin.display(description=_("Name"))
    def name_here(self, method: WithdrawalMethod) -> str:
        return in_language(method.name)

    @admin.display(description=_("Explanation"))
    def help_here(self, method: WithdrawalMethod) -> str:
        return in_language(method.help) or "–"

    @admin.display(description=_("Countries"))
    def where(self, method: WithdrawalMethod) -> str:
        return countries(method.countries)

    @admin.display(description=_("What is asked for"))
    def asks(self, method: WithdrawalMethod) -> str:
        return in_lines(in_language(field["label"]) for field in method.fields)

    @admin.display(description=_("Least"))
    def least(self, method: WithdrawalMethod) -> str:
        return method.minimum.display()

    @admin.display(description=_("Most"))
    def most(self, method: WithdrawalMethod) -> str:
        return method.maximum.display()

    @admin.display(description=_("Fee"))
    def fee(self, method: WithdrawalMethod) -> str:
        return method.fee_of(method.minimum * 0).display()

    @service_action(
        _("Write the file for the bank"),
        roles=MONEY,
        shown=lambda method: method.enabled,
        consequence=lambda method: _(
            "Every approved withdrawal of this method that is in no file yet goes into a new one. You find it under "
            "payout batches."
        ),
    )
    def export(self, request: HttpRequest, method: WithdrawalMethod, data: dict[str, Any]) -> Any:
        batch = services.export_batch(method_id=method.id, actor=request.user)
        return _now("Batch %(number)s is ready: %(amount)s.") % {
            "number": batch.number,
            "amount": batch.money.display(),
        }

    @service_action(_("Switch off"), form=ReasonForm, shown=lambda method: method.enabled, danger=True)
    def switch_off(self, request: HttpRequest, method: WithdrawalMethod, data: dict[str, Any]) -> None:
        services.set_withdrawal_method(method_id=method.id, actor=request.user, reason=data["reason"], enabled=False)

    @service_action(_("Switch on"), form=ReasonForm, shown=lambda method: not method.enabled)
    def switch_on(self, request: HttpRequest, method: WithdrawalMethod, data: dict[str, Any]) -> None:
        services.set_withdrawal_method(method_id=method.id, actor=request.user, reason=data["reason"], enabled=True)

    @service_action(_("Set limits and fee"), form=LimitsForm)
    def set_limits(self, request: HttpRequest, method: WithdrawalMethod, data: dict[str, Any]) -> None:
        services.set_withdrawal_method(
            method_id=method.id,
            actor=request.user,
            reason=data["reason"],
            minimum=read_amount(data["minimum"], method.unit),
            maximum=read_amount(data["maximum"], method.unit),
            fee=read_amount(data["fee"], method.unit),
        )
