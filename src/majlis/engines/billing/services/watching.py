"""What is done when nobody sends word: attempts looked at again, covered orders paid, refunds sent."""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F

from majlis.engines.billing import gateways
from majlis.engines.billing.gateways.base import GatewayUnreachable
from majlis.engines.billing.models import Order, Payment
from majlis.engines.billing.services.orders import pay_if_covered, remaining
from majlis.engines.billing.services.payments import refresh_payment
from majlis.engines.billing.steps import move
from majlis.engines.billing.types import LIVE_PAYMENTS, PAYMENT_MOVES, OrderStatus, PaymentStatus
from majlis.kit import clock, db

log = logging.getLogger(__name__)


def poll_payments(*, now: datetime | None = None, limit: int = 200) -> int:
    """Look at every attempt that is due to be looked at; how many. One that cannot be read is looked at later."""
    db.refuse_transaction()
    now = now or clock.now()
    due = Payment.objects.filter(look_at__lte=now).order_by("look_at").values_list("id", flat=True)[:limit]
    done = 0
    for payment_id in list(due):
        try:
            if refresh_payment(payment_id, now=now).provider_ref is None:
                _give_up_unstarted(payment_id, now)
        except Exception as fault:
            # A gateway that is away, or one product's fault: the others are looked at all the same.
            if isinstance(fault, GatewayUnreachable):
                log.warning("The gateway of payment %s does not answer.", payment_id)
            else:
                log.exception("Payment %s could not be worked on.", payment_id)
            Payment.objects.filter(id=payment_id).update(look_at=now + timedelta(minutes=10), looks=F("looks") + 1)
        done += 1
    return done


@transaction.atomic
def _give_up_unstarted(payment_id: UUID, now: datetime) -> None:
    """An attempt the gateway never heard of (we crashed in between) brings no money."""
    payment = Payment.objects.select_for_update().get(id=payment_id)
    if payment.status == PaymentStatus.CREATED:
        move(payment, PaymentStatus.EXPIRED, PAYMENT_MOVES, look_at=None)


def stop_payment(payment_id: UUID) -> None:
    """Ask the gateway to take no more money for an attempt whose order ended or that was replaced. Money that comes all
    the same is found by the next looks and goes to the wallet."""
    db.refuse_transaction()
    payment = Payment.objects.get(id=payment_id)
    if payment.provider_ref is not None:
        gateways.gateway(payment.gateway).stop(payment.provider_ref)
    with transaction.atomic():
        payment = Payment.objects.select_for_update().get(id=payment_id)
        if payment.status in LIVE_PAYMENTS:
            move(payment, PaymentStatus.CANCELLED, PAYMENT_MOVES)


def pay_covered_orders(*, now: datetime | None = None, limit: int = 200) -> int:
    """Pay open orders that have what they need and were not paid (a crash in between); how many."""
    now = now or clock.now()
    done = 0
    waiting = Order.objects.filter(status=OrderStatus.OPEN, payments__hold_amount__gt=0).distinct()
    for order in list(waiting.order_by("id")[:limit]):
        try:
            done += remaining(order).amount <= 0 and pay_if_covered(order.id, now=now)
        except Exception:
            log.exception("Order %s is covered and could not be paid.", order.id)
    return done
