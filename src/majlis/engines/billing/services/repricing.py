"""An open order with other coupons than before."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.models import CouponUse, Order, OrderLine, Payment
from majlis.engines.billing.services.coupons import give_coupons_back, take_coupons
from majlis.engines.billing.services.orders import let_go_of_holds, pay_if_covered
from majlis.engines.billing.services.payments import payable_order, supersede
from majlis.engines.billing.services.pricing import quote
from majlis.engines.billing.types import LIVE_PAYMENTS, LineDraft
from majlis.kernel.accounts import services as accounts
from majlis.kit import clock
from majlis.kit.errors import Refusal


class MoneyHasArrived(Refusal):
    """A part of the order is paid, or a receipt for it is being checked."""

    code = "money_has_arrived"
    sentence = _("A part of this order is paid already, so its price stays as it is.")


def set_coupons(*, order_id: UUID, codes: Sequence[str], actor: Any, now: datetime | None = None) -> Order:
    """Price `actor`'s open order anew with exactly these coupons (none: without). Attempts to pay the old amount are
    stopped. An order that costs nothing then is paid at once.

    Throttled against guessing (`TooMany`). Refuses what `place_order` refuses about coupons, `AlreadyPaid`,
    `OrderEnded`, `MoneyHasArrived`, and NotFound for another's.
    """
    if codes:
        # Counted outside the transaction: a wrong code must count although everything else is undone.
        accounts.throttle(scope="billing.coupon", key=str(actor.id), limit=20, seconds=600)
    return _set_coupons(order_id, codes, actor, now or clock.now())


@transaction.atomic
def _set_coupons(order_id: UUID, codes: Sequence[str], actor: Any, now: datetime) -> Order:
    order = payable_order(order_id, actor, now)
    attempts = Payment.objects.select_for_update().filter(order=order)
    if any(each.received_amount or each.transfers.filter(status="submitted").exists() for each in attempts):
        raise MoneyHasArrived()
    for attempt in attempts.filter(status__in=LIVE_PAYMENTS):
        supersede(attempt)
    let_go_of_holds(order)
    give_coupons_back(order, now=now)
    drafts = [_draft_of(line) for line in order.lines]
    price = quote(buyer=order.buyer, lines=drafts, coupons=codes, now=now)
    for line, quoted in zip(order.lines, price.lines, strict=True):
        OrderLine.objects.filter(id=line.id).update(
            net_amount=quoted.net.amount,
            tax_amount=quoted.tax.amount,
            fee_amount=quoted.fee.amount,
            total_amount=quoted.total.amount,
            discount_amount=quoted.discount.amount,
            subsidy_amount=quoted.subsidy.amount,
        )
    Order.objects.filter(id=order.id).update(
        net_amount=price.net.amount,
        tax_amount=price.tax.amount,
        fee_amount=price.fee.amount,
        total_amount=price.total.amount,
    )
    take_coupons(order, price.coupons, now=now)
    if not price.total:
        pay_if_covered(order.id, now=now)
    return Order.objects.get(id=order.id)


def _draft_of(line: OrderLine) -> LineDraft:
    return LineDraft(
        kind=line.kind,
        subject_id=line.subject_id,
        title=line.title,
        amount=line.amount,
        seller_id=line.seller_id,
        held=line.held,
        policy=line.policy,
        releases_at=line.releases_at,
        traits=line.traits,
    )


def coupons_on(order: Order) -> list[CouponUse]:
    """The coupons of an order, each with its `coupon` and what it took off."""
    uses = CouponUse.objects.filter(order=order, returned_at__isnull=True)
    return list(uses.select_related("coupon").order_by("id"))
