"""What billing knows."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from majlis.engines.billing import gateways, registry
from majlis.engines.billing.allowance_queries import (
    Allowance,
    allowance_left,
    allowance_statement,
    allowance_uses,
    allowances_of,
)
from majlis.engines.billing.coin_queries import CoinRequest, CoinsSeen, coin_request, coins_of
from majlis.engines.billing.gateways.provider import webhook_url
from majlis.engines.billing.models import (
    BillingDetails,
    GiftCode,
    Invoice,
    Order,
    OrderLine,
    Payment,
    StateChange,
    Withdrawal,
    WithdrawalMethod,
)
from majlis.engines.billing.payouts import batch, earned_since, preview_part, seller_receives, withdrawable
from majlis.engines.billing.plan_queries import (
    DunningPolicy,
    access_amount,
    benefit_words,
    billers,
    cycle_words,
    dunning_of_plan,
    dunning_policy,
    has_access,
    has_page_at,
    invites_of_plan,
    may_try,
    money_due,
    open_order_of,
    paid_for,
    periods_of,
    plan,
    plan_price,
    plans_for,
    return_offer,
    saved_methods_of,
    sold_at,
    subscription,
    subscription_of_order,
    subscription_policies,
    subscriptions_of,
)
from majlis.engines.billing.policies import policies
from majlis.engines.billing.printing import invoice_id_of, invoice_link, print_gift, print_invoice
from majlis.engines.billing.services.carts import cart_of, items_in_cart
from majlis.engines.billing.services.commissions import commission_for, turnover
from majlis.engines.billing.services.gift_codes import code_of, gift, gifts_of
from majlis.engines.billing.services.invoices import link_is_alive
from majlis.engines.billing.services.orders import covered, remaining
from majlis.engines.billing.services.payments import top_up_range
from majlis.engines.billing.services.pricing import country_of
from majlis.engines.billing.services.refunds import sources
from majlis.engines.billing.services.repricing import coupons_on
from majlis.engines.billing.services.sandbox import sandbox_session
from majlis.engines.billing.steps import steps_of
from majlis.engines.billing.types import Mode, Offered, OrderStatus
from majlis.kit import clock
from majlis.kit.errors import NotFound
from majlis.kit.money import Money
from majlis.kit.pages import Page, paginate

__all__ = [
    "Allowance",
    "CoinRequest",
    "CoinsSeen",
    "DunningPolicy",
    "access_amount",
    "allowance_left",
    "allowance_statement",
    "allowance_uses",
    "allowances_of",
    "batch",
    "benefit_words",
    "billers",
    "billing_details",
    "cart_of",
    "code_of",
    "coin_request",
    "coins_of",
    "commission_for",
    "coupons_on",
    "covered",
    "cycle_words",
    "described",
    "dunning_of_plan",
    "dunning_policy",
    "earned_since",
    "gateways_for",
    "gift",
    "gift_pdf",
    "gifts_of",
    "has_access",
    "has_page_at",
    "history",
    "invites_of_plan",
    "invoice",
    "invoice_link",
    "invoice_pdf",
    "invoices_about",
    "invoices_of",
    "items_in_cart",
    "kinds",
    "landing",
    "line",
    "lines_about",
    "lines_named",
    "link_is_alive",
    "may_try",
    "money_due",
    "offered_now",
    "open_order_of",
    "order",
    "orders_of",
    "paid_for",
    "payment",
    "payments_of",
    "periods_of",
    "plan",
    "plan_price",
    "plans_for",
    "policies",
    "preview_part",
    "providers",
    "remaining",
    "return_offer",
    "sandbox_session",
    "saved_methods_of",
    "scopes",
    "seller_receives",
    "shared_invoice",
    "sold_at",
    "subscription",
    "subscription_of_order",
    "subscription_policies",
    "subscriptions_of",
    "terms_of",
    "top_up_range",
    "turnover",
    "vat_lines",
    "way_of",
    "withdrawable",
    "withdrawal",
    "withdrawal_methods",
    "withdrawals_of",
]


def _orders() -> QuerySet[Order]:
    return Order.objects.select_related("buyer").prefetch_related("order_lines__seller")


def order(id: UUID | str, seen_by: Any) -> Order:
    """The buyer's order with its `lines`, each called as its product calls it (`name`); `seen_by=None` is the house
    itself. NotFound if it is another's."""
    rows = _orders() if seen_by is None else _orders().filter(id__in=Order.objects.visible_to(seen_by).values("id"))
    found = _one(rows, id)
    registry.entitle(found.order_lines.all())
    return found


def orders_of(person: Any, cursor: str | None = None, *, limit: int = 25) -> Page[Order]:
    """The person's orders, newest first."""
    page = paginate(_orders().filter(buyer=person).exclude(status=OrderStatus.DRAFT), cursor, limit)
    registry.entitle(each for order in page.items for each in order.order_lines.all())
    return page


def line(line_id: UUID) -> OrderLine:
    """A line with its `order`. NotFound."""
    return _one(OrderLine.objects.select_related("order__buyer", "seller"), line_id)


def lines_named(ids: list[UUID]) -> dict[UUID, OrderLine]:
    """These lines by id, each called as its product calls it (`name`): for a statement. Whose they are is not asked."""
    return {each.id: each for each in registry.entitle(OrderLine.objects.filter(id__in=ids))}


def lines_about(subject_id: UUID) -> list[OrderLine]:
    """Every line that was ordered for one product row, oldest first, each with its `order`."""
    return list(OrderLine.objects.filter(subject_id=subject_id).select_related("order").order_by("id"))


def landing(paid: Order) -> str:
    """Where the buyer goes on after payment: where the first line's product says, else the order's own page."""
    for each in paid.lines:
        path = registry.fulfiller(each.kind).landing(each)
        if path:
            return path
    return f"/orders/{paid.id}/"


def kinds() -> list[str]:
    """Every kind of thing that can be bought."""
    return registry.kinds()


def scopes() -> dict[str, Any]:
    """What an allowance may be for, beside anything: each with its label."""
    return registry.scopes()


def offered_now(kind: str, choice: dict[str, Any], person: Any) -> Offered:
    """A thing as its product offers it to the person now. Refuses what the product refuses; NotFound for a kind nobody
    sells."""
    return registry.fulfiller(kind).offer(choice, person, clock.now())


def described(paid: Order) -> list[tuple[OrderLine, str]]:
    """Each line with what its product says about it in the active language."""
    return [(each, registry.fulfiller(each.kind).describe(each)) for each in registry.entitle(paid.lines)]


def vat_lines(placed: Order) -> list[tuple[Decimal, bool, Money]]:
    """The VAT in an order, one entry per rate: the rate as a share (0.14), whether prices include it, the amount."""
    sums: dict[tuple[int, bool], int] = {}
    for each in placed.lines:
        if each.tax_amount:
            rate = (each.tax_basis_points, each.tax_included)
            sums[rate] = sums.get(rate, 0) + each.tax_amount
    return [
        (Decimal(points) / 10_000, included, Money(amount, placed.unit))
        for (points, included), amount in sorted(sums.items())
    ]


def payment(id: UUID | str, seen_by: Any) -> Payment:
    """The payer's payment with its `order`; `seen_by=None` is the house itself. NotFound if it is another's."""
    rows = Payment.objects.select_related("order", "payer")
    return _one(rows if seen_by is None else rows.visible_to(seen_by), id)


def payments_of(paid: Order) -> list[Payment]:
    """Every attempt to pay an order, newest first, with `charges` and `transfers`."""
    return list(Payment.objects.filter(order=paid).prefetch_related("charges", "transfers").order_by("-id"))


def gateways_for(money: Money, person: Any) -> list[Any]:
    """The gateways the person may pay `money` by, in the edition's order: each with `code`, `name`, `summary`."""
    return list(gateways.offered(money, country_of(person)))


def providers() -> list[tuple[str, str, Mode, list[Any]]]:
    """Each payment provider this edition lists: its code, the address for its webhooks if it sends any, whether its
    keys are set and move real money, and the ways to pay it offers. Never a key."""
    listed: dict[str, list[Any]] = {}
    for code in policies().gateways:
        if code in gateways.KNOWN:
            listed.setdefault(gateways.KNOWN[code].provider, []).append(gateways.KNOWN[code])
    return [
        (code, webhook_url(code) if code in settings.PAYMENTS else "", ways[0].mode(), ways)
        for code, ways in listed.items()
    ]


def missing_keys() -> dict[str, tuple[str, ...]]:
    """Each listed provider whose keys are set in part: its code, and the environment variables that are missing."""
    return {code: lacking for code, _address, _mode, ways in providers() if (lacking := gateways.lacking(ways[0]))}


def terms_of(line: OrderLine) -> list[str]:
    """The policy of a line in sentences."""
    product = registry.fulfiller(line.kind) if line.kind in registry.kinds() else registry.Fulfiller()
    return product.terms(line)


def way_of(payment: Payment) -> Any:
    """The gateway of a payment: `code`, `name`, `summary`."""
    return gateways.gateway(payment.gateway)


def refundable_to_source(line: OrderLine) -> Money:
    """How much of what is not refunded of a line could go back to where it was paid from."""
    parts = [part for _payment, part in sources(line, line.total - line.refunded)]
    return sum(parts, Money(0, line.unit))


def history(thing: Any) -> list[StateChange]:
    """How an order, line, payment, refund or withdrawal came to its state, first step first."""
    return steps_of(thing)


def invoice(id: UUID | str, seen_by: Any) -> Invoice:
    """An invoice of its buyer or seller; `seen_by=None` is the house itself (or whoever holds a signed link)."""
    rows = Invoice.objects.select_related("order", "corrects")
    return _one(rows if seen_by is None else rows.visible_to(seen_by), id)


def invoices_of(person: Any, cursor: str | None = None, *, limit: int = 25) -> Page[Invoice]:
    """The person's invoices and credit notes, as buyer or seller, newest first."""
    return paginate(Invoice.objects.visible_to(person).select_related("order", "corrects"), cursor, limit)


def invoices_about(bought: Order) -> list[Invoice]:
    """The invoices and credit notes of an order, oldest first."""
    return list(Invoice.objects.filter(order=bought).order_by("id"))


def invoice_pdf(invoice_id: UUID | str, language: str, seen_by: Any) -> bytes:
    """The invoice as PDF in `language`, for its buyer or seller. NotFound if it is another's."""
    return print_invoice(invoice(invoice_id, seen_by), language)


def gift_pdf(given: GiftCode, language: str) -> bytes:
    """A gift as a card to print, with its code."""
    return print_gift(given, code_of(given), language)


def billing_details(person: Any) -> BillingDetails | None:
    """Whom the person's invoices are made out to, where they said so."""
    return BillingDetails.objects.filter(person=person).first()


def shared_invoice(token: str) -> Invoice:
    """The invoice a signed link leads to. NotFound if we did not sign it."""
    return invoice(invoice_id_of(token) or "", None)


def withdrawal_methods(person: Any, unit: str | None = None) -> list[WithdrawalMethod]:
    """The ways this person can be paid out, in one currency or in all."""
    country = country_of(person)
    rows = WithdrawalMethod.objects.filter(enabled=True).order_by("position", "code")
    here = [method for method in rows if not method.countries or country in method.countries]
    return [method for method in here if unit is None or method.unit == unit]


def withdrawal(id: UUID | str, seen_by: Any) -> Withdrawal:
    """The person's withdrawal with its `method`; `seen_by=None` is the house. NotFound if it is another's."""
    rows = Withdrawal.objects.select_related("method", "person")
    return _one(rows if seen_by is None else rows.visible_to(seen_by), id)


def withdrawals_of(person: Any, cursor: str | None = None, *, limit: int = 25) -> Page[Withdrawal]:
    """The person's withdrawals, newest first."""
    return paginate(Withdrawal.objects.visible_to(person).select_related("method"), cursor, limit)


def _one(rows: QuerySet[Any], id: UUID | str) -> Any:
    try:
        found = rows.filter(id=UUID(str(id))).first()
    except ValueError:
        found = None
    if found is None:
        raise NotFound()
    return found
