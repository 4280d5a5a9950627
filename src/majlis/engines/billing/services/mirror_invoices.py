"""Invoices of a provider that runs subscriptions: each paid one becomes a period, an order and a charge of ours, by the
services that a renewal of our own goes through.

What it took is what the period cost: discounts, balances and proration are the provider's arithmetic. Only what its
whole period is listed at must be the price our plan has; a stranger amount goes where strange amounts go: the order is
placed at our price, and what is too much or too little is in the wallet, or missing, for all to see.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing import gateways
from majlis.engines.billing.gateways.subscribing import InvoiceSeen
from majlis.engines.billing.models import Order, Payment, PlanPrice, Subscription, SubscriptionPeriod
from majlis.engines.billing.plan_types import (
    PERIOD_MOVES,
    PeriodKind,
    PeriodStatus,
    Proration,
    SubscriptionStatus,
)
from majlis.engines.billing.proration import time_left, worth
from majlis.engines.billing.services.benefits import give_benefits, remind_of_end
from majlis.engines.billing.services.changing import apply_change
from majlis.engines.billing.services.ending import current_period, paid_for
from majlis.engines.billing.services.orders import remaining
from majlis.engines.billing.services.payments import refresh_payment
from majlis.engines.billing.services.pricing import quote
from majlis.engines.billing.services.subscriptions import (
    SubscriptionOver,
    columns_of_paid,
    finish_periods,
    line_of,
    locked_subscription,
    open_period,
    order_period,
    put,
)
from majlis.engines.billing.services.transfers import send_receipt
from majlis.engines.billing.steps import move, remember
from majlis.engines.billing.types import LIVE_PAYMENTS, LineDraft, OrderStatus, PaymentStatus
from majlis.kit.ids import new_id
from majlis.kit.money import Money
from majlis.kit.state import promised

S = SubscriptionStatus
BANK = "manual"
"""Where money is looked for that no provider took."""
TRIES, MOMENT = 8, timedelta(microseconds=1)


def take_invoice(subscription_id: UUID, invoice: InvoiceSeen, charges: list[str], *, now: datetime) -> None:
    """Bring our books to what an invoice says; `charges` are the attempts that paid it. Taking it again changes
    nothing. Reads the charges at the provider: must not run inside a transaction."""
    order_id = write_down(subscription_id, invoice, now=now)
    if invoice.state != "paid":
        return
    if invoice.paid and not charges:
        _look_for_it(subscription_id, order_id, invoice, now)
    for ref in charges:
        payment = _payment(subscription_id, order_id, ref, invoice, now)
        refresh_payment(payment.id, now=now)


@transaction.atomic
def write_down(subscription_id: UUID, invoice: InvoiceSeen, *, now: datetime) -> UUID | None:
    """The period an invoice is for, and when it is paid its order, which the charges will pay; the order's id. None
    where its money can only go to the wallet: the subscription is over, or it is not in our plan's currency."""
    subscription = locked_subscription(subscription_id)
    period = SubscriptionPeriod.objects.filter(subscription=subscription, provider_ref=invoice.ref).first()
    if period is None and (subscription.status == S.ENDED or invoice.paid.unit != subscription.price.unit):
        return None
    if invoice.state == "void":
        if period is not None and period.status == PeriodStatus.OPEN and period.order_id is None:
            move(period, PeriodStatus.VOID, PERIOD_MOVES)
        return None
    if period is None:
        period = _open(subscription, invoice, now)
    if invoice.state == "paid" and period.order_id is None and period.status == PeriodStatus.OPEN:
        _bill(subscription, period, invoice, now)
    return period.order_id


def _open(subscription: Subscription, invoice: InvoiceSeen, now: datetime) -> SubscriptionPeriod:
    price, current = price_of(subscription, invoice), current_period(subscription)
    if current is None or current.kind == PeriodKind.TRIAL:
        before = subscription.periods.filter(status__in=[PeriodStatus.PAID, PeriodStatus.OVER])
        kind = PeriodKind.RENEWAL if before.exclude(kind=PeriodKind.TRIAL).exists() else PeriodKind.FIRST
    elif invoice.changes and current.starts_at <= invoice.starts_at < current.ends_at:
        kind = PeriodKind.CHANGE
    else:
        kind = PeriodKind.RENEWAL
    last = subscription.periods.order_by("-number").first()
    starts = max(invoice.starts_at, last.starts_at + MOMENT) if last is not None else invoice.starts_at
    ends = max(invoice.ends_at, starts + MOMENT)
    return open_period(subscription, kind, price, Money(0, price.unit), starts, ends, now=now, provider_ref=invoice.ref)


def price_of(subscription: Subscription, invoice: InvoiceSeen) -> PlanPrice:
    """The price of ours that an invoice bills; one we do not know is taken for the one they have."""
    rows = PlanPrice.objects.filter(provider=subscription.billed_by, provider_ref=invoice.price_ref)
    return rows.select_related("plan").filter(unit=subscription.price.unit).first() or subscription.price


def is_strange(subscription: Subscription, invoice: InvoiceSeen) -> bool:
    """Whether an invoice lists another amount than our plan costs, or a price we do not know."""
    price = price_of(subscription, invoice)
    known = price.provider_ref == invoice.price_ref
    return not known or (invoice.listed is not None and invoice.listed != price.price)


def _bill(subscription: Subscription, period: SubscriptionPeriod, invoice: InvoiceSeen, now: datetime) -> None:
    line = line_of(subscription, period, Money(0, period.unit))
    strange = is_strange(subscription, invoice) and bool(invoice.paid)
    cost = period.price.price if strange else list_price(subscription, line, invoice.paid)
    credit = Money(0, period.unit)
    if period.kind == PeriodKind.CHANGE:
        credit = _credit(subscription, invoice)
        period.terms = {
            "mode": Proration.INVOICE,
            "from": subscription.number,
            "at": period.starts_at.isoformat(),
            "credit": credit.amount,
            "owed": 0,
            "fresh": period.ends_at != subscription.ends_at,
        }
    period.amount = (cost + credit).amount
    SubscriptionPeriod.objects.filter(id=period.id).update(amount=period.amount, terms=period.terms)
    if period.kind == PeriodKind.CHANGE and not cost:
        apply_change(period, now)
        return
    ends = max(period.ends_at, now + timedelta(days=1))
    order = order_period(subscription, period, cost, expires_at=ends, actor=None, now=now)
    period.order = order


def _credit(subscription: Subscription, invoice: InvoiceSeen) -> Money:
    """What of the period that is cut short pays for the new one: what the provider credits, never more than is held."""
    held = paid_for(promised(current_period(subscription)))
    return min(invoice.credit, held)


def list_price(subscription: Subscription, line: LineDraft, paid: Money) -> Money:
    """The list price of which `paid` is the total, by our VAT and fees."""
    asked = paid
    for _try in range(TRIES):
        off = quote(buyer=subscription.person, lines=[replace(line, amount=asked)]).total - paid
        if not off:
            break
        asked = Money(max(0, asked.amount - off.amount), paid.unit)
    return asked


def _payment(subscription_id: UUID, order_id: UUID | None, ref: str, invoice: InvoiceSeen, now: datetime) -> Payment:
    """The attempt of ours that stands for a charge of the provider's, made once: of its order as long as that needs
    money, else to the wallet."""
    with transaction.atomic():
        subscription = locked_subscription(subscription_id)
        known = Payment.objects.filter(gateway=subscription.billed_by, provider_ref=ref).first()
        if known is not None:
            return known
        order, asked = _asked_for(order_id, invoice)
        payment = Payment.objects.create(
            payer=subscription.person,
            order=order,
            gateway=subscription.billed_by,
            key=f"invoice:{ref}",
            status=PaymentStatus.PENDING,
            unit=asked.unit,
            amount=asked.amount,
            provider_ref=ref,
            look_at=now,
            created_at=now,
        )
        remember(payment, "", PaymentStatus.PENDING, reason=invoice.ref)
        return payment


def _asked_for(order_id: UUID | None, invoice: InvoiceSeen) -> tuple[Order | None, Money]:
    order = Order.objects.filter(id=order_id).first() if order_id else None
    asked = remaining(order) if order is not None and order.status == OrderStatus.OPEN else invoice.paid
    return order, asked if asked.amount > 0 else invoice.paid


@transaction.atomic
def _look_for_it(subscription_id: UUID, order_id: UUID | None, invoice: InvoiceSeen, now: datetime) -> None:
    """An invoice was marked as paid at the provider, which took nothing for it: the money came another way. Staff looks
    for it in the bank account, as for any transfer, and what is found there pays the order. Asked for once."""
    subscription = Subscription.objects.select_related("person").get(id=subscription_id)
    order, asked = _asked_for(order_id, invoice)
    if order is not None and order.payments.filter(gateway=BANK, status__in=LIVE_PAYMENTS).exists():
        return
    payment_id = new_id()
    payment, new = Payment.objects.get_or_create(
        payer=subscription.person,
        key=f"outside:{invoice.ref}",
        defaults={
            "id": payment_id,
            "order": order,
            "gateway": BANK,
            "status": PaymentStatus.PENDING,
            "unit": asked.unit,
            "amount": asked.amount,
            "provider_ref": f"bank_{payment_id}",
            "created_at": now,
        },
    )
    if new:
        remember(payment, "", PaymentStatus.PENDING, reason=invoice.ref)
        said = _now("Marked as paid outside %(provider)s: %(invoice)s.")
        there = {"provider": gateways.gateway(subscription.billed_by).name, "invoice": invoice.ref}
        send_receipt(payment_id=payment.id, file_id=None, note=said % there, actor=subscription.person, now=now)


def begin_mirrored(subscription: Subscription, period: SubscriptionPeriod, now: datetime) -> None:
    """A first period or renewal that was paid at the provider begins, when the provider says. The caller holds the
    subscription's lock. Refuses `SubscriptionOver`, which sends the money to the wallet."""
    if period.status != PeriodStatus.OPEN or subscription.status == S.ENDED:
        raise SubscriptionOver()
    move(period, PeriodStatus.PAID, PERIOD_MOVES)
    if period.number < subscription.number:  # paid after the invoice that followed it: it is earned already
        finish_periods(subscription, before=subscription.number, now=now)
        return
    before = SubscriptionPeriod.objects.filter(subscription=subscription, number=subscription.number)
    before.filter(ends_at__gt=period.starts_at, starts_at__lt=period.starts_at).update(ends_at=period.starts_at)
    finish_periods(subscription, before=period.number, now=now)
    subscription.plan, subscription.price = period.plan, period.price
    columns = {**columns_of_paid(period), "act_at": None, "anchor_at": period.starts_at, "cycles": 1}
    put(subscription, S.ACTIVE, reason=PeriodKind(period.kind).label, **columns)
    give_benefits(subscription, period, now=now)
    remind_of_end(subscription)


def change_without_invoice(subscription: Subscription, price: PlanPrice, ends_at: datetime, *, now: datetime) -> None:
    """The provider changed the plan and has billed nothing for it yet (its next invoice will): what was paid and not
    used so far buys the new plan's time. The caller holds the subscription's lock."""
    current = current_period(subscription)
    runs = current is not None and current.starts_at < now < min(current.ends_at, ends_at)
    if current is None or current.kind == PeriodKind.TRIAL or not runs:
        subscription.plan, subscription.price = price.plan, price
        Subscription.objects.filter(id=subscription.id).update(plan=price.plan, price=price)
        remember(subscription, subscription.status, subscription.status, reason=_("Change of plan."))
        return
    credit = worth(paid_for(current), time_left(current.starts_at, current.ends_at, now))
    period = open_period(
        subscription,
        PeriodKind.CHANGE,
        price,
        credit,
        now,
        ends_at,
        now=now,
        terms={
            "mode": Proration.INVOICE,
            "from": subscription.number,
            "at": now.isoformat(),
            "credit": credit.amount,
            "owed": 0,
            "fresh": ends_at != subscription.ends_at,
        },
    )
    apply_change(period, now)
