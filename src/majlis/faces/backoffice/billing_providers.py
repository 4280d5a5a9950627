"""Payment providers: whether they are configured, how their days compare with our books, and what is contested."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing import queries, services
from majlis.engines.billing.models import DayCheck, Difference, Dispute
from majlis.engines.billing.types import DisputeStatus, Mode
from majlis.faces.backoffice.billing import LOOKERS, MONEY
from majlis.faces.backoffice.figures import Figure, Remark
from majlis.faces.backoffice.site import ReadOnlyAdmin, ReasonForm, link_to, office, service_action
from majlis.faces.backoffice.telling import told
from majlis.kit.money import Money


class DayForm(forms.Form):
    """Which day of which provider."""

    provider = forms.ChoiceField(label=_("Provider"))
    day = forms.DateField(label=_("Day (UTC)"), widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        ready = [code for code, _address, mode, _ways in queries.providers() if mode != Mode.NONE]
        self.fields["provider"].choices = [(code, code) for code in ready]  # type: ignore[attr-defined]


@admin.register(DayCheck, site=office)
class DayCheckPage(ReadOnlyAdmin):
    """What each provider says moved on a day, beside our books."""

    view_roles = LOOKERS
    labels: ClassVar = {"provider": _("Provider"), "day": _("Day (UTC)"), "movements": _("Movements")}
    list_display = ("day", "provider", "movements", "moved", "left", "complete", "checked_at")
    list_filter = ("provider",)
    ordering = ("-day", "provider")
    fields = ("day", "provider", "movements", "moved", "left", "complete", "checked_at")
    readonly_fields = ("moved", "left")

    @admin.display(description=_("By the provider's word"))
    def moved(self, check: DayCheck) -> str:
        lines = []
        for row in check.totals:
            parts = {
                gettext("taken"): row["taken"],
                gettext("given back"): row["given_back"],
                gettext("disputed"): row["disputed"],
                gettext("fees"): row["fees"],
            }
            told_parts = [f"{name} {Money(amount, row['unit']).display()}" for name, amount in parts.items() if amount]
            lines.append(" · ".join(told_parts))
        return "\n".join(filter(None, lines)) or "–"

    @admin.display(description=_("Open differences"))
    def left(self, check: DayCheck) -> int:
        return check.differences.open().count()

    @service_action(
        _("Compare a day"),
        roles=MONEY,
        form=DayForm,
        on_list=True,
        consequence=lambda row: _("The provider is asked. Money our books had not heard of is taken first."),
    )
    def compare(self, request: HttpRequest, row: None, data: dict[str, Any]) -> str:
        check = services.check_day(provider=data["provider"], day=data["day"], actor=request.user)
        return gettext("Open differences: %(count)s.") % {"count": check.differences.open().count()}


@admin.register(Difference, site=office)
class DifferencePage(ReadOnlyAdmin):
    """Movements that a provider and our books tell differently."""

    view_roles = LOOKERS
    labels: ClassVar = {"kind": _("Difference"), "movement": _("Movement"), "ref": _("Reference"), "note": _("Note")}
    list_display = ("day_check", "kind", "movement", "ref", "here", "there", "payment_link", "settled_at", "note")
    list_filter = (("settled_at", admin.EmptyFieldListFilter), "kind", "day_check__provider")
    search_fields = ("ref",)
    ordering = ("-id",)
    list_select_related = ("day_check", "payment__order", "payment__payer")
    fields = (*list_display[:7], "settled_at", "settled_by", "note")
    readonly_fields = ("here", "there", "payment_link")

    @admin.display(description=_("Ours"))
    def here(self, difference: Difference) -> str:
        return difference.shown(difference.ours)

    @admin.display(description=_("Theirs"))
    def there(self, difference: Difference) -> str:
        return difference.shown(difference.theirs)

    @admin.display(description=_("Payment"))
    def payment_link(self, difference: Difference) -> Any:
        return link_to(difference.payment) if difference.payment else "–"

    @service_action(
        _("It is explained"),
        roles=MONEY,
        form=ReasonForm,
        shown=lambda difference: difference.settled_at is None,
        consequence=lambda difference: _("It leaves the list. The books stay as they are."),
    )
    def explain(self, request: HttpRequest, difference: Difference, data: dict[str, Any]) -> None:
        services.settle_difference(difference_id=difference.id, note=data["reason"], actor=request.user)


@admin.register(Dispute, site=office)
class DisputePage(ReadOnlyAdmin):
    """Payments that buyers contest with their banks. Evidence is sent on the provider's page."""

    view_roles = LOOKERS
    labels: ClassVar = {"status": _("State"), "reason": _("Reason"), "answer_by": _("Answer by"), "ref": _("Reference")}
    list_display = ("created_at", "gateway", "about", "payment_link", "status", "reason", "answer_by")
    list_filter = ("status", "gateway")
    search_fields = ("ref",)
    ordering = ("-id",)
    list_select_related = ("payment__order", "payment__payer")
    fields = ("gateway", "ref", "about", "payment_link", "status", "reason", "answer_by", "ended_at", "steps")
    readonly_fields = ("about", "payment_link", "steps")

    @admin.display(description=_("Amount"), ordering="amount")
    def about(self, dispute: Dispute) -> str:
        return dispute.money.display()

    @admin.display(description=_("Payment"))
    def payment_link(self, dispute: Dispute) -> Any:
        return link_to(dispute.payment)

    @admin.display(description=_("History"))
    def steps(self, dispute: Dispute) -> str:
        return told(dispute)


@office.panel(order=21, roles=MONEY)
def money_elsewhere(request: HttpRequest) -> list[Figure]:
    """What of the providers' word wants a person."""
    differences = Difference.objects.open().count()
    disputes = Dispute.objects.filter(status=DisputeStatus.OPEN).count()
    page = f"{office.name}:billing_"
    return [
        Figure(
            _("Differences with providers"),
            differences,
            reverse(f"{page}difference_changelist") + "?settled_at__isempty=1",
            alarm=differences > 0,
        ),
        Figure(
            _("Contested payments"),
            disputes,
            reverse(f"{page}dispute_changelist") + "?status__exact=open",
            alarm=disputes > 0,
        ),
    ]


@office.panel(order=90, roles=MONEY)
def providers_configured(request: HttpRequest) -> list[Figure | Remark]:
    """Which payment providers are configured, and whose keys are set in part. What the keys are stands nowhere but in
    the environment."""
    lacking = queries.missing_keys()
    shown: list[Figure | Remark] = []
    silent: list[str] = []
    for code, address, mode, ways in queries.providers():
        names = [str(way.name) for way in ways]
        if code in lacking:
            note = gettext("Missing: %(keys)s") % {"keys": ", ".join(lacking[code])}
            shown.append(Figure(", ".join(names), Mode.NONE.label, note=note, alarm=True))
        elif mode:
            shown.append(Figure(", ".join(names), Mode(mode).label, note=address))
        else:
            silent += names
    if silent:
        shown.append(Remark(gettext("Not set up: %(names)s") % {"names": " · ".join(silent)}))
    return shown
