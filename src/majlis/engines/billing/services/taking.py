"""What happens with money that arrives, whenever, however much and however often it does."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from majlis.engines.billing.events import PaymentFailed
from majlis.engines.billing.gateways.base import ChargeSeen, Reading
from majlis.engines.billing.models import Charge, Order, Payment, SavedMethod
from majlis.engines.billing.services import books
from majlis.engines.billing.services.disputes import note_dispute
from majlis.engines.billing.services.orders import locked_order, remaining
from majlis.engines.billing.steps import move
from majlis.engines.billing.types import LIVE_PAYMENTS, PAYMENT_MOVES, OrderStatus, PaymentStatus
from majlis.kernel.notices import services as notices
from majlis.kit import clock, events
from majlis.kit.money import Money
from majlis.kit.translated import source_text


@transaction.atomic
def take_reading(payment_id: UUID, reading: Reading, *, now: datetime | None = None) -> UUID | None:
    """Write down what a gateway said about an attempt: every charge not seen before goes to the payer's wallet, and is
    set aside there for the order as far as the order still needs it. The state moves forward only.

    Returns the open order that may be covered now, to be paid in a transaction of its own: a fault while fulfilling
    must not forget the money.
    """
    now = now or clock.now()
    order_id = Payment.objects.values_list("order_id", flat=True).get(id=payment_id)
    order = locked_order(order_id) if order_id else None
    payment = Payment.objects.select_for_update(of=("self",)).select_related("payer", "order").get(id=payment_id)
    for seen in reading.charges:
        if seen.money.amount > 0:
            _take(payment, order, seen, now)
    if reading.kept is not None and payment.keep:
        SavedMethod.objects.get_or_create(
            gateway=payment.gateway,
            ref=reading.kept.ref,
            defaults={"person_id": payment.payer_id, "label": reading.kept.label[:60], "created_at": now},
        )
    for contested in reading.disputes:
        note_dispute(payment, contested, now)
    _move(payment, reading)
    _look_again(payment, now)
    return order.id if order is not None and order.status == OrderStatus.OPEN else None


def _take(payment: Payment, order: Order | None, seen: ChargeSeen, now: datetime) -> None:
    if Charge.objects.filter(gateway=payment.gateway, ref=seen.ref).exists():
        return
    kept = _needed(payment, order, seen.money)
    charge = Charge.objects.create(
        payment=payment,
        gateway=payment.gateway,
        ref=seen.ref,
        unit=seen.money.unit,
        amount=seen.money.amount,
        landed="wallet" if not kept else "order" if kept == seen.money else "both",
        created_at=now,
    )
    books.book_charge(payment, charge, now)
    if seen.money.unit == payment.unit:
        Payment.objects.filter(id=payment.id).update(received_amount=F("received_amount") + seen.money.amount)
        payment.received_amount += seen.money.amount
    if kept:
        _set_aside(payment, kept, charge)
    _tell(payment, order, charge, kept)


def _needed(payment: Payment, order: Order | None, money: Money) -> Money:
    """How much of `money` the payment's order still needs. Nothing, if it ended or is priced in another currency."""
    if order is None or order.status != OrderStatus.OPEN or money.unit != order.unit:
        return Money(0, money.unit)
    return Money(max(0, min(money.amount, remaining(order).amount)), money.unit)


def _set_aside(payment: Payment, money: Money, charge: Charge) -> None:
    """Grow the hold that keeps the payment's money for its order."""
    if payment.hold_id:
        books.let_go(payment.hold_id)
        money = money + Money(payment.hold_amount, payment.unit)
    hold = books.keep(
        payment.payer_id,
        money,
        key=f"charge:{charge.gateway}:{charge.ref}",
        subject=f"billing.order:{payment.order_id}",
    )
    Payment.objects.filter(id=payment.id).update(hold_id=hold, hold_amount=money.amount)
    payment.hold_id, payment.hold_amount = hold, money.amount


def _move(payment: Payment, reading: Reading) -> None:
    target = PaymentStatus.SUCCEEDED if reading.charges else reading.status
    if target == payment.status or not PAYMENT_MOVES.allows(payment.status, target):
        return  # an old word that came late
    was_live = payment.status in LIVE_PAYMENTS
    move(payment, target, PAYMENT_MOVES, reason=reading.problem, problem=source_text(reading.problem)[:300])
    if target == PaymentStatus.FAILED and was_live:
        events.publish(PaymentFailed(payment.id))
        if payment.order and payment.order.status == OrderStatus.OPEN:
            notices.notify(
                person_id=payment.payer_id,
                kind="payment_needs_you" if reading.asks_payer else "payment_failed",
                facts={"number": payment.order.number, "amount": payment.money},
                link=f"/checkout/{payment.order_id}/",
                key=f"payment:{payment.id}:failed",
            )


def _look_again(payment: Payment, now: datetime) -> None:
    """Ask later again, ever more rarely, as long as money may come; also after a success, since a buyer who paid twice
    may have done so a moment later."""
    from majlis.engines.billing.services.payments import WATCHED_FOR

    wait = timedelta(minutes=min(2**payment.looks, 360))
    at = now + wait if now - payment.created_at < WATCHED_FOR else None
    Payment.objects.filter(id=payment.id).update(look_at=at, looks=min(payment.looks + 1, 100))
    if at is None and payment.status in LIVE_PAYMENTS:
        move(payment, PaymentStatus.EXPIRED, PAYMENT_MOVES)


def _tell(payment: Payment, order: Order | None, charge: Charge, kept: Money) -> None:
    """Tell the payer where their money is, whenever it is not simply where they meant it to go."""
    facts: dict[str, Any] = {"amount": charge.money}
    link, spare = "/wallet/", charge.money - kept
    if order is None:
        kind = "topped_up"
    elif order.status == OrderStatus.VOID:
        kind = "paid_too_late"
    elif order.status == OrderStatus.PAID:
        kind = "paid_twice"
    elif spare:
        kind = "paid_too_much"
        facts["spare"] = spare
    elif remaining(order).amount > 0:
        kind, link = "paid_in_part", f"/checkout/{order.id}/"
        facts["missing"] = remaining(order)
    else:
        return
    if order is not None:
        facts["number"] = order.number
    notices.notify(
        person_id=payment.payer_id, kind=kind, facts=facts, link=link, key=f"charge:{charge.gateway}:{charge.ref}"
    )
