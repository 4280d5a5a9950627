"""Coins: their rates, what was asked for, what came, and how far each chain was read."""

from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing import services
from majlis.engines.billing.models import CoinCursor, CoinInvoice, CoinPayment, CoinRate
from majlis.faces.backoffice.billing import LOOKERS, MONEY
from majlis.faces.backoffice.site import ReadOnlyAdmin, ReadOnlyRows, ReasonForm, link_to, office, service_action
from majlis.faces.backoffice.telling import told
from majlis.kit.edition import edition
from majlis.kit.money import COINS, Money


class CoinRateForm(forms.Form):
    """What one coin costs now."""

    asset = forms.ChoiceField(label=_("Coin"), choices=[(code, code) for code in sorted(COINS)])
    unit = forms.ChoiceField(label=_("Currency"))
    price = forms.DecimalField(
        label=_("One coin costs"), min_value=Decimal("0.000000000001"), max_digits=38, decimal_places=12
    )
    source = forms.CharField(label=_("Who says so"), max_length=100)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        units = sorted({"USD", *edition().currencies} - set(COINS))
        self.fields["unit"].choices = [(unit, unit) for unit in units]  # type: ignore[attr-defined]


@admin.register(CoinRate, site=office)
class CoinRatePage(ReadOnlyAdmin):
    """Rates are added and never changed; the newest counts."""

    view_roles = LOOKERS
    names = (_("Coin rate"), _("Coin rates"))
    labels: ClassVar = {"asset": _("Coin"), "price": _("One coin costs"), "source": _("Who says so"), "at": _("On")}
    list_display = ("asset", "price", "unit", "source", "at")
    list_filter = ("asset", "unit")
    ordering = ("-at",)

    @service_action(
        _("Record a coin rate"),
        roles=MONEY,
        form=CoinRateForm,
        on_list=True,
        consequence=lambda row: _(
            "New requests are made at this rate; those made before keep theirs until it is over."
        ),
    )
    def record_coin_rate(self, request: HttpRequest, row: None, data: dict[str, Any]) -> None:
        services.record_coin_rates(
            prices={(data["asset"], data["unit"]): data["price"]}, source=data["source"], actor=request.user
        )


class CoinsShown:
    """The columns of what came that are amounts."""

    @admin.display(description=_("Coins"))
    def coins(self, row: CoinPayment) -> str:
        return row.coins.display() if row.coins else "–"

    @admin.display(description=_("Counted"))
    def worth(self, row: CoinPayment) -> str:
        return "–" if row.value is None else Money(row.value, row.invoice.unit).display()


class CoinPayments(CoinsShown, ReadOnlyRows):
    """What came."""

    model = CoinPayment
    fields = readonly_fields = ("status", "coins", "txid", "height", "worth", "settled_at")
    show_change_link = True
    ordering = ("id",)


@admin.register(CoinInvoice, site=office)
class CoinInvoicePage(ReadOnlyAdmin):
    """Addresses that wait for coins, or did."""

    view_roles = LOOKERS
    names = (_("Coin request"), _("Coin requests"))
    list_display = ("created_at", "payer", "network", "due_text", "worth", "status", "rate_locked_until")
    list_filter = ("network", "status")
    search_fields = ("address", "payment__payer__email", "payment__order__number", "=id")
    ordering = ("-id",)
    list_select_related = ("payment__payer",)
    inlines = (CoinPayments,)
    fields = readonly_fields = (
        "payer",
        "network",
        "address",
        "status",
        "due_text",
        "worth",
        "rate",
        "rate_source",
        "rate_locked_until",
        "lock",
        "confirmations",
        "steps",
    )

    @admin.display(description=_("Buyer"))
    def payer(self, invoice: CoinInvoice) -> Any:
        return link_to(invoice.payment.payer)

    @admin.display(description=_("Coins"))
    def due_text(self, invoice: CoinInvoice) -> str:
        return invoice.due.display()

    @admin.display(description=_("Amount"))
    def worth(self, invoice: CoinInvoice) -> str:
        return invoice.money.display()

    @admin.display(description=_("History"))
    def steps(self, invoice: CoinInvoice) -> str:
        return told(invoice)


class SentBackForm(ReasonForm):
    """The transaction in which the coins went back, and why."""

    txid = forms.CharField(label=_("Transaction"), max_length=70)
    field_order = ("txid", "reason")


@admin.register(CoinPayment, site=office)
class CoinPaymentPage(CoinsShown, ReadOnlyAdmin):
    """Coins that came. Those nobody can price wait here for a rate, or are sent back."""

    view_roles = LOOKERS
    names = (_("Coin payment"), _("Coin payments"))
    list_display = ("created_at", "network", "status", "coins", "worth", "txid", "height")
    list_filter = ("network", "status", "asset")
    search_fields = ("txid", "invoice__address", "=id")
    ordering = ("-id",)
    list_select_related = ("invoice",)
    fields = readonly_fields = (
        "invoice",
        "status",
        "coins",
        "txid",
        "position",
        "seen_at",
        "height",
        "worth",
        "rate",
        "rate_source",
        "settled_at",
        "returned_txid",
        "steps",
    )

    @admin.display(description=_("History"))
    def steps(self, row: CoinPayment) -> str:
        return told(row)

    @service_action(
        _("Sent back"),
        roles=MONEY,
        form=SentBackForm,
        danger=True,
        shown=lambda row: row.status == "confirmed",
        consequence=lambda row: _(
            "The coins count for nothing here any more: you sent them back from your own wallet."
        ),
    )
    def sent_back(self, request: HttpRequest, row: CoinPayment, data: dict[str, Any]) -> None:
        services.coins_sent_back(coin_payment_id=row.id, txid=data["txid"], reason=data["reason"], actor=request.user)


@admin.register(CoinCursor, site=office)
class ChainPage(ReadOnlyAdmin):
    """How far each chain was read, and when it was looked at last."""

    view_roles = LOOKERS
    names = (_("Chain"), _("Chains"))
    list_display = ("network", "height", "looked_at", "next_index")
    ordering = ("network",)
