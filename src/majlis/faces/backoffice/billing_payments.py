"""Money coming in: payments, webhooks, refunds, transfers to confirm."""

from datetime import date, timedelta
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing import queries, services
from majlis.engines.billing.models import Charge, Payment, Refund, Transfer, WebhookEvent
from majlis.engines.billing.types import LIVE_PAYMENTS, OrderStatus, PaymentStatus, TransferStatus, WebhookStatus
from majlis.faces.backoffice.billing import LOOKERS, MONEY, AmountForm, read_amount
from majlis.faces.backoffice.figures import Figure
from majlis.faces.backoffice.site import ReadOnlyAdmin, ReasonForm, link_to, office, service_action
from majlis.faces.backoffice.telling import in_lines, sentence, told, when
from majlis.kernel.files import queries as files
from majlis.kit import clock
from majlis.kit.errors import NotFound
from majlis.kit.ids import new_id
from majlis.kit.money import Money


class FoundForm(forms.Form):
    """What the bank statement says."""

    amount = forms.CharField(label=_("Amount found"), max_length=20)
    bank_ref = forms.CharField(
        label=_("Bank reference"), max_length=100, help_text=_("Each incoming amount can be confirmed once.")
    )


@admin.register(Payment, site=office)
class PaymentPage(ReadOnlyAdmin):
    """Attempts to pay. The queue of failed ones: filter by status."""

    view_roles = LOOKERS
    list_display = ("created_at", "payer_link", "order_link", "way", "status", "asked", "arrived", "wrong")
    list_filter = ("status", "gateway", "unit")
    search_fields = ("payer__email", "order__number", "provider_ref", "=id")
    ordering = ("-id",)
    list_select_related = ("payer", "order")
    fields = (
        "payer_link",
        "order_link",
        "way",
        "provider_ref",
        "status",
        "asked",
        "arrived",
        "given_back",
        "charges_seen",
        "wrong",
        "look_at",
        "steps",
    )
    readonly_fields = (
        *("payer_link", "order_link", "way", "asked", "arrived", "given_back", "charges_seen"),
        *("wrong", "steps"),
    )

    wrong = sentence("problem")

    @admin.display(description=_("Payer"))
    def payer_link(self, payment: Payment) -> Any:
        return link_to(payment.payer)

    @admin.display(description=_("Order"))
    def order_link(self, payment: Payment) -> Any:
        return link_to(payment.order) if payment.order else _("Top-up")

    @admin.display(description=_("Way to pay"), ordering="gateway")
    def way(self, payment: Payment) -> str:
        try:
            return str(queries.way_of(payment).name)
        except NotFound:  # a provider the house does not work with any more
            return payment.gateway

    @admin.display(description=_("Asked for"), ordering="amount")
    def asked(self, payment: Payment) -> str:
        return payment.money.display()

    @admin.display(description=_("Arrived"), ordering="received_amount")
    def arrived(self, payment: Payment) -> str:
        return payment.received.display()

    @admin.display(description=_("Given back"))
    def given_back(self, payment: Payment) -> str:
        return (payment.received - payment.refundable).display()

    @admin.display(description=_("Charges"))
    def charges_seen(self, payment: Payment) -> str:
        rows = Charge.objects.filter(payment=payment).order_by("id")
        return in_lines(f"{when(c.created_at)} · {c.ref} · {c.money.display()}" for c in rows)

    @admin.display(description=_("History"))
    def steps(self, payment: Payment) -> str:
        return told(payment)

    @service_action(
        _("Ask the gateway"),
        roles=LOOKERS,
        shown=lambda payment: payment.provider_ref is not None,
        consequence=lambda payment: _("What arrived is taken; the order is paid if that covers it."),
    )
    def look(self, request: HttpRequest, payment: Payment, data: dict[str, Any]) -> str:
        fresh = services.refresh_payment(payment.id)
        return _now("It is: %(state)s.") % {"state": fresh.get_status_display()}

    @service_action(
        _("Send back to the source"),
        roles=MONEY,
        form=AmountForm,
        danger=True,
        shown=lambda payment: payment.refundable.amount > 0,
        consequence=lambda payment: (
            _("It leaves the payer's wallet and goes back to where it was paid from. At most %(most)s.")
            % {"most": payment.refundable.display()}
        ),
    )
    def send_back(self, request: HttpRequest, payment: Payment, data: dict[str, Any]) -> None:
        services.refund_payment(
            payment_id=payment.id,
            amount=read_amount(data["amount"], payment.unit),
            key=f"office:{new_id()}",
            reason=data["reason"],
            actor=request.user,
        )


@admin.register(WebhookEvent, site=office)
class WebhookPage(ReadOnlyAdmin):
    """What providers told us, byte for byte."""

    list_display = ("created_at", "gateway", "kind", "event_id", "status", "deliveries", "worked_on_at")
    list_filter = ("status", "gateway")
    search_fields = ("event_id", "provider_ref")
    ordering = ("-id",)
    view_roles = MONEY
    fields = ("gateway", "event_id", "provider_ref", "kind", "status", "deliveries", "problem", "headers", "raw")
    readonly_fields = ("raw",)

    @admin.display(description=_("Body"))
    def raw(self, event: WebhookEvent) -> str:
        return bytes(event.body).decode(errors="replace")

    @service_action(
        _("Run again"), roles=MONEY, consequence=lambda event: _("What was done already is not done twice.")
    )
    def run_again(self, request: HttpRequest, event: WebhookEvent, data: dict[str, Any]) -> str:
        fresh = services.rerun_webhook(event_id=event.id, actor=request.user)
        return _now("It is: %(state)s.") % {"state": fresh.get_status_display()}


@admin.register(Refund, site=office)
class RefundPage(ReadOnlyAdmin):
    """Money given back."""

    view_roles = LOOKERS
    list_display = ("created_at", "of", "amount_given", "status", "why", "asked_by", "wrong")
    list_filter = ("status", "unit")
    ordering = ("-id",)
    list_select_related = ("payment__order", "line__order", "asked_by")
    fields = ("of", "amount_given", "status", "why", "asked_by", "provider_ref", "wrong", "ended_at")
    readonly_fields = ("of", "amount_given", "why", "wrong")

    why, wrong = sentence("reason"), sentence("problem")

    @admin.display(description=_("Of"))
    def of(self, refund: Refund) -> Any:
        return link_to(refund.line or refund.payment)

    @admin.display(description=_("Amount"), ordering="amount")
    def amount_given(self, refund: Refund) -> str:
        return refund.money.display()


@admin.register(Transfer, site=office)
class TransferPage(ReadOnlyAdmin):
    """Bank transfers with their receipts: find the money in the account, then confirm it."""

    view_roles = MONEY
    list_display = ("created_at", "payer_link", "asked", "status", "note", "decided_by")
    list_filter = ("status",)
    search_fields = ("payment__payer__email", "payment__order__number", "bank_ref")
    ordering = ("-id",)
    list_select_related = ("payment__payer", "payment__order", "decided_by")
    fields = ("payer_link", "asked", "reference", "receipt", "note", "status", "bank_ref", "answer", "decided_by")
    readonly_fields = ("payer_link", "asked", "reference", "receipt")

    @admin.display(description=_("From"))
    def payer_link(self, transfer: Transfer) -> Any:
        return link_to(transfer.payment.payer)

    @admin.display(description=_("Asked for"))
    def asked(self, transfer: Transfer) -> str:
        return transfer.payment.money.display()

    @admin.display(description=_("Order"))
    def reference(self, transfer: Transfer) -> Any:
        return link_to(transfer.payment.order) if transfer.payment.order else _("Top-up")

    @admin.display(description=_("Receipt"))
    def receipt(self, transfer: Transfer) -> Any:
        if transfer.file_id is None:
            return "–"
        return format_html('<a href="{}">{}</a>', files.file_url(transfer.file_id), _now("See the receipt"))

    @service_action(
        _("Confirm"),
        roles=MONEY,
        form=FoundForm,
        shown=lambda transfer: transfer.status == TransferStatus.SUBMITTED,
        consequence=lambda transfer: _(
            "Say what the account shows, not what was asked for: the rest takes care of itself."
        ),
    )
    def confirm(self, request: HttpRequest, transfer: Transfer, data: dict[str, Any]) -> None:
        services.confirm_transfer(
            transfer_id=transfer.id,
            found=read_amount(data["amount"], transfer.payment.unit),
            bank_ref=data["bank_ref"],
            actor=request.user,
        )

    @service_action(
        _("Not found"),
        roles=MONEY,
        form=ReasonForm,
        danger=True,
        shown=lambda transfer: transfer.status == TransferStatus.SUBMITTED,
        consequence=lambda transfer: _("The buyer reads the reason and may send another receipt."),
    )
    def reject(self, request: HttpRequest, transfer: Transfer, data: dict[str, Any]) -> None:
        services.reject_transfer(transfer_id=transfer.id, reason=data["reason"], actor=request.user)


@office.panel(order=5, roles=MONEY)
def money_taken(request: HttpRequest) -> list[Figure]:
    """What was paid, day by day, in each currency that anything was paid in."""
    today = clock.now().date()
    days = [today - timedelta(days=back) for back in reversed(range(14))]
    sums: dict[str, dict[date, int]] = {}
    paid = Charge.objects.filter(created_at__date__gte=days[0]).values_list("unit", "created_at__date")
    for unit, day, amount in paid.annotate(sum=Sum("amount")):
        sums.setdefault(unit, {})[day] = amount
    return [
        Figure(
            _("Paid in 14 days"),
            Money(sum(of.values()), unit).display(),
            reverse(f"{office.name}:billing_payment_changelist") + "?status__exact=succeeded",
            points=tuple(of.get(day, 0) for day in days),
            write=partial(_written, unit),
        )
        for unit, of in sorted(sums.items())
    ]


def _written(unit: str, amount: int) -> str:
    return Money(amount, unit).display()


@office.panel(order=20, roles=MONEY)
def money_waiting(request: HttpRequest) -> list[Figure]:
    """What of the money wants a person."""
    transfers = Transfer.objects.filter(status=TransferStatus.SUBMITTED).count()
    failed = Payment.objects.filter(status=PaymentStatus.FAILED, order__status=OrderStatus.OPEN).count()
    events = WebhookEvent.objects.filter(status__in=[WebhookStatus.UNKNOWN, WebhookStatus.FAILED]).count()
    waiting = Payment.objects.filter(status__in=LIVE_PAYMENTS).count()
    page = f"{office.name}:billing_"
    return [
        Figure(
            _("Transfers to check"),
            transfers,
            reverse(f"{page}transfer_changelist") + "?status__exact=submitted",
            alarm=transfers > 0,
        ),
        Figure(
            _("Failed payments of open orders"), failed, reverse(f"{page}payment_changelist") + "?status__exact=failed"
        ),
        Figure(
            _("Webhooks nobody understood"),
            events,
            reverse(f"{page}webhookevent_changelist") + "?status__in=unknown,failed",
            alarm=events > 0,
        ),
        Figure(_("Payments under way"), waiting, reverse(f"{page}payment_changelist") + "?status__exact=pending"),
    ]
