"""Orders, their lines in escrow, their invoices."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing import queries, services
from majlis.engines.billing.models import Invoice, Order, OrderLine
from majlis.engines.billing.types import LineStatus, OrderStatus, RefundTo
from majlis.faces.backoffice.site import (
    BOSSES,
    ReadOnlyAdmin,
    ReadOnlyRows,
    ReasonForm,
    link_to,
    office,
    service_action,
)
from majlis.faces.backoffice.telling import (
    commission_words,
    countries,
    in_lines,
    invoice_rows,
    party,
    sentence,
    share,
    told,
)
from majlis.kernel.accounts.types import Role
from majlis.kit.errors import Invalid
from majlis.kit.ids import new_id
from majlis.kit.money import Money, parse_amount

MONEY = (Role.FINANCE, *BOSSES)
LOOKERS = (Role.FINANCE, Role.SUPPORT, *BOSSES)


class AmountForm(ReasonForm):
    """How much, and why."""

    amount = forms.CharField(label=_("Amount"), max_length=20, help_text=_("Such as 12.50, in the row's currency."))
    field_order: tuple[str, ...] = ("amount", "reason")


class RefundForm(AmountForm):
    """How much, where to, and why."""

    to = forms.ChoiceField(
        label=_("Where to"),
        choices=RefundTo.choices,
        initial=RefundTo.WALLET,
        required=False,
        widget=forms.RadioSelect,
        help_text=_("What was paid from the wallet, or by a way that takes nothing back, stays in the wallet."),
    )
    field_order = ("amount", "to", "reason")


def read_amount(text: str, unit: str) -> Money:
    """What staff typed. `Invalid` at the field."""
    try:
        return parse_amount(text, unit)
    except ValueError:
        raise Invalid(errors={"amount": _("Write an amount, such as 12.50.")}) from None


class Lines(ReadOnlyRows):
    """What was bought."""

    model = OrderLine
    fields = ("title", "seller", "status", "total", "went")
    readonly_fields = fields
    show_change_link = True
    ordering = ("position",)

    @admin.display(description=_("Total"))
    def total(self, line: OrderLine) -> str:
        return line.total.display()

    @admin.display(description=_("Where it went"))
    def went(self, line: OrderLine) -> str:
        return where_it_went(line)


def where_it_went(line: OrderLine) -> str:
    """In words, once a line is settled."""
    if line.settled_at is None:
        return "–"
    parts = [
        (_now("buyer"), line.to_buyer),
        (_now("seller"), line.to_seller),
        (_now("house"), line.to_fees),
        (_now("VAT"), line.to_tax),
    ]
    return " · ".join(f"{who} {Money(amount, line.unit).display()}" for who, amount in parts if amount)


@admin.register(Order, site=office)
class OrderPage(ReadOnlyAdmin):
    """What people bought."""

    view_roles = LOOKERS
    list_display = ("number", "created_at", "buyer_link", "status", "total", "paid_at")
    list_filter = ("status", "unit", "country")
    search_fields = ("number", "buyer__email", "buyer__name", "=id")
    ordering = ("-id",)
    list_select_related = ("buyer",)
    inlines = (Lines,)
    fields = ("number", "buyer_link", "status", "total", "place", "expires_at", "paid_at", "why_void", "steps")
    readonly_fields = ("buyer_link", "total", "place", "why_void", "steps")

    why_void = sentence("void_reason")

    @admin.display(description=_("Buyer"))
    def buyer_link(self, order: Order) -> Any:
        return link_to(order.buyer)

    @admin.display(description=_("Total"), ordering="total_amount")
    def total(self, order: Order) -> str:
        return order.total.display()

    @admin.display(description=_("Country"))
    def place(self, order: Order) -> str:
        return countries([order.country] if order.country else [])

    @admin.display(description=_("History"))
    def steps(self, order: Order) -> str:
        return told(order)

    @service_action(
        _("Cancel the order"),
        roles=LOOKERS,
        form=ReasonForm,
        danger=True,
        shown=lambda order: order.status == OrderStatus.OPEN,
        consequence=lambda order: _("What is kept for it is given free. Money that still comes goes to the wallet."),
    )
    def void(self, request: HttpRequest, order: Order, data: dict[str, Any]) -> None:
        services.void_order(order_id=order.id, reason=data["reason"], actor=request.user)


@admin.register(OrderLine, site=office)
class LinePage(ReadOnlyAdmin):
    """Escrow, line by line."""

    view_roles = LOOKERS
    list_display = ("title", "order_link", "seller_link", "status", "total", "releases_at", "went")
    list_filter = ("status", "kind", "unit")
    search_fields = ("title", "order__number", "seller__email", "=id", "=subject_id")
    ordering = ("-id",)
    list_select_related = ("order", "seller")
    fields = (
        "title",
        "order_link",
        "seller_link",
        "status",
        "total",
        "went",
        "commission",
        "vat",
        "terms",
        "releases_at",
        "why_then",
        "settled_at",
        "why_so",
        "steps",
    )
    readonly_fields = (
        *("order_link", "seller_link", "total", "went", "commission", "vat", "terms"),
        *("why_then", "why_so", "steps"),
    )

    why_then, why_so = sentence("release_reason"), sentence("settle_reason")

    @admin.display(description=_("Order"))
    def order_link(self, line: OrderLine) -> Any:
        return link_to(line.order)

    @admin.display(description=_("Seller"))
    def seller_link(self, line: OrderLine) -> Any:
        return link_to(line.seller) if line.seller else _("The house")

    @admin.display(description=_("Total"), ordering="total_amount")
    def total(self, line: OrderLine) -> str:
        return line.total.display()

    @admin.display(description=_("Where it went"))
    def went(self, line: OrderLine) -> str:
        return where_it_went(line)

    @admin.display(description=_("Fee"))
    def commission(self, line: OrderLine) -> str:
        return commission_words(line)

    @admin.display(description=_("VAT"))
    def vat(self, line: OrderLine) -> str:
        return share(line.tax_basis_points)

    @admin.display(description=_("Terms of refunds"))
    def terms(self, line: OrderLine) -> str:
        return in_lines(queries.terms_of(line))

    @admin.display(description=_("History"))
    def steps(self, line: OrderLine) -> str:
        return told(line)

    @service_action(
        _("Refund"),
        roles=MONEY,
        form=RefundForm,
        danger=True,
        shown=lambda line: line.status in (LineStatus.HELD, LineStatus.SETTLED) and line.total != line.refunded,
        consequence=lambda line: (
            (
                _(
                    "Out of escrow to the buyer; the seller gets the rest now. At most %(most)s, of which %(source)s "
                    "can go back to where it was paid from."
                )
                if line.status == LineStatus.HELD
                else _(
                    "The seller keeps what they got: the house pays. At most %(most)s, of which %(source)s can go back "
                    "to where it was paid from."
                )
            )
            % {
                "most": (line.total - line.refunded).display(),
                "source": queries.refundable_to_source(line).display(),
            }
        ),
    )
    def refund(self, request: HttpRequest, line: OrderLine, data: dict[str, Any]) -> Any:
        amount = read_amount(data["amount"], line.unit)
        wanted = {
            "line_id": line.id,
            "amount": amount,
            "key": f"office:{new_id()}",
            "reason": data["reason"],
            "actor": request.user,
        }
        if data["to"] != RefundTo.SOURCE:
            services.refund_line(**wanted)
            return _now("%(amount)s is in the buyer's wallet.") % {"amount": amount.display()}
        sent = sum((refund.money for refund in services.refund_line_to_source(**wanted)), Money(0, line.unit))
        return _now("%(sent)s is on its way to where it was paid from, %(rest)s is in the buyer's wallet.") % {
            "sent": sent.display(),
            "rest": (amount - sent).display(),
        }

    @service_action(
        _("Take back from the seller"),
        roles=MONEY,
        form=AmountForm,
        danger=True,
        shown=lambda line: line.seller_id is not None and line.earned_still.amount > 0,
        consequence=lambda line: (
            _(
                "Out of the seller's wallet into the house, which paid the buyer. What the wallet does not have is "
                "owed and comes off what they earn next. At most %(most)s."
            )
            % {"most": line.earned_still.display()}
        ),
    )
    def claw_back(self, request: HttpRequest, line: OrderLine, data: dict[str, Any]) -> None:
        services.claw_back(
            line_id=line.id,
            amount=read_amount(data["amount"], line.unit),
            key=f"office:{new_id()}",
            reason=data["reason"],
            actor=request.user,
        )

    @service_action(
        _("Release to the seller"),
        roles=MONEY,
        form=ReasonForm,
        shown=lambda line: line.status == LineStatus.HELD and line.seller_id is not None,
        consequence=lambda line: (
            _("The seller gets %(amount)s now.") % {"amount": queries.seller_receives(line).display()}
        ),
    )
    def release(self, request: HttpRequest, line: OrderLine, data: dict[str, Any]) -> None:
        services.release_line(line_id=line.id, key=f"office:{new_id()}", actor=request.user)


@admin.register(Invoice, site=office)
class InvoicePage(ReadOnlyAdmin):
    """Invoices and credit notes, as issued."""

    view_roles = LOOKERS
    list_display = ("number", "kind", "issued_at", "buyer", "seller", "vat", "total_printed", "pdf")
    list_filter = ("kind", "year", "unit")
    search_fields = ("number", "order__number", "buyer__email")
    ordering = ("-id",)
    list_select_related = ("buyer", "seller", "order")
    fields = ("number", "kind", "issued_at", "order", "corrects", "printed_buyer", "printed_seller", "rows", "pdf")
    readonly_fields = ("printed_buyer", "printed_seller", "rows", "pdf")

    @admin.display(description=_("The buyer as printed"))
    def printed_buyer(self, invoice: Invoice) -> str:
        return party(invoice.buyer_facts)

    @admin.display(description=_("The seller as printed"))
    def printed_seller(self, invoice: Invoice) -> str:
        return party(invoice.seller_facts)

    @admin.display(description=_("Lines"))
    def rows(self, invoice: Invoice) -> str:
        return invoice_rows(invoice)

    @admin.display(description=_("VAT"))
    def vat(self, invoice: Invoice) -> str:
        return invoice.tax.display()

    @admin.display(description=_("Total"), ordering="total_amount")
    def total_printed(self, invoice: Invoice) -> str:
        return invoice.total.display()

    @admin.display(description=_("PDF"))
    def pdf(self, invoice: Invoice) -> Any:
        return format_html('<a href="{}">PDF</a>', queries.invoice_link(invoice))
