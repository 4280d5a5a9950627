"""Orders: placed, covered, ended."""

import logging
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing import registry
from majlis.engines.billing.events import OrderPaid, OrderVoided
from majlis.engines.billing.models import CartItem, Order, OrderLine, Payment
from majlis.engines.billing.services import books, invoices
from majlis.engines.billing.services.coupons import give_coupons_back, take_coupons
from majlis.engines.billing.services.pricing import country_of, quote
from majlis.engines.billing.services.settlement import release_line, settle_line
from majlis.engines.billing.steps import move, remember
from majlis.engines.billing.types import (
    LINE_MOVES,
    LIVE_PAYMENTS,
    ORDER_MOVES,
    LineDraft,
    LineStatus,
    OrderStatus,
    Quote,
)
from majlis.kernel.accounts import queries as people
from majlis.kernel.notices import services as notices
from majlis.kernel.notices.types import Word
from majlis.kit import clock, db, events
from majlis.kit.errors import NotFound, Refusal
from majlis.kit.money import Money
from majlis.kit.state import promised
from majlis.kit.translated import source_text

log = logging.getLogger(__name__)

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


class OwnOffer(Refusal):
    """Buyer and seller are the same person."""

    code = "own_offer"
    sentence = _("You cannot buy from yourself.")


class OrderKeyReused(Refusal):
    """The same key came with another purchase."""

    code = "idempotency_key_reused"
    sentence = _("This request was sent before with other contents.")
    status = 422


class OrderEnded(Refusal):
    """The order was cancelled or has expired."""

    code = "order_ended"
    sentence = _("This order has ended. What you paid for it, if anything, is in your wallet.")


class AlreadyPaid(Refusal):
    """The order is paid."""

    code = "already_paid"
    sentence = _("This order is paid already. Nothing more will be taken.")


@transaction.atomic
def place_order(
    *,
    buyer: Any,
    lines: Sequence[LineDraft],
    key: str,
    expires_at: datetime | None,
    actor: Any,
    coupons: Sequence[str] = (),
    now: datetime | None = None,
) -> Order:
    """An open order for `buyer` with exactly the amounts `quote` tells; it ends by itself at `expires_at` (UTC).
    `coupons` are codes, counted with it and given back if it ends unpaid.

    The same `key` of the same buyer returns the first order (other lines: `OrderKeyReused`). An order that costs
    nothing is paid at once. Refuses what `quote` refuses, `OwnOffer`, and `GuardianNeeded` for a minor without consent.
    """
    now = now or clock.now()
    db.lock("billing.order", f"{buyer.id}:{key}")
    known = Order.objects.filter(buyer=buyer, key=key).first()
    if known:
        if _shape_of_order(known) != _shape_of_drafts(lines):
            raise OrderKeyReused()
        return known
    if any(line.seller_id == buyer.id for line in lines):
        raise OwnOffer()
    for line in lines:
        registry.fulfiller(line.kind)
    people.may_buy(buyer)
    price = quote(buyer=buyer, lines=lines, coupons=coupons, now=now)
    order = order_as_quoted(price, buyer=buyer, key=key, country=country_of(buyer), expires_at=expires_at, now=now)
    order.save(force_insert=True)
    remember(order, "", OrderStatus.DRAFT, actor=actor)
    OrderLine.objects.bulk_create(lines_as_quoted(order, price, now))
    take_coupons(order, price.coupons, now=now)
    for written in order.lines:
        written.order = order
        registry.fulfiller(written.kind).placed(written, now)
    move(order, OrderStatus.OPEN, ORDER_MOVES, actor=actor)
    pay_if_covered(order.id, now=now)
    return Order.objects.get(id=order.id)


def order_as_quoted(
    price: Quote, *, buyer: Any, key: str, country: str, expires_at: datetime | None, now: datetime
) -> Order:
    """The order of a quote, a draft and not written yet."""
    return Order(
        number=new_number(),
        buyer=buyer,
        key=key,
        unit=price.total.unit,
        net_amount=price.net.amount,
        tax_amount=price.tax.amount,
        fee_amount=price.fee.amount,
        total_amount=price.total.amount,
        country=country,
        reverse_charge=price.reverse_charge,
        expires_at=expires_at,
        created_at=now,
    )


def lines_as_quoted(order: Order, price: Quote, now: datetime) -> list[OrderLine]:
    """The lines of a quote, not written yet."""
    return [
        OrderLine(
            order=order,
            position=position,
            kind=line.draft.kind,
            subject_id=line.draft.subject_id,
            title=line.draft.title,
            seller_id=line.draft.seller_id,
            held=line.draft.held,
            unit=line.total.unit,
            price_amount=line.draft.amount.amount,
            net_amount=line.net.amount,
            tax_amount=line.tax.amount,
            fee_amount=line.fee.amount,
            total_amount=line.total.amount,
            tax_basis_points=line.tax_basis_points,
            tax_included=line.tax_included,
            commission_basis_points=line.commission.basis_points,
            commission_fixed=line.commission.fixed,
            commission_rule_id=line.commission.rule_id,
            policy=line.draft.policy,
            discount_amount=line.discount.amount,
            subsidy_amount=line.subsidy.amount,
            traits=line.draft.traits,
            releases_at=line.draft.releases_at,
            created_at=now,
        )
        for position, line in enumerate(price.lines)
    ]


def _shape_of_drafts(lines: Sequence[LineDraft]) -> list[tuple[Any, ...]]:
    return [(line.kind, line.subject_id, line.amount.amount, line.amount.unit, line.seller_id) for line in lines]


def _shape_of_order(order: Order) -> list[tuple[Any, ...]]:
    return [(line.kind, line.subject_id, line.price_amount, line.unit, line.seller_id) for line in order.lines]


def new_number() -> str:
    """`K7Q2-9FXD`: for people to read out; no letter is mistaken for a digit, and no count is betrayed."""
    letters = "".join(secrets.choice(ALPHABET) for _each in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def locked_order(order_id: UUID) -> Order:
    """The order, its row locked to the end of the transaction. NotFound."""
    order = Order.objects.select_for_update(of=("self",)).select_related("buyer").filter(id=order_id).first()
    if order is None:
        raise NotFound()
    return order


def covered(order: Order) -> Money:
    """What is set aside for an open order: its part of the wallet and what arrived through gateways."""
    arrived = Payment.objects.filter(order=order).aggregate(sum=Sum("hold_amount"))["sum"] or 0
    return Money(order.wallet_hold_amount + arrived, order.unit)


def remaining(order: Order) -> Money:
    """What is still missing until an open order is covered."""
    return order.total - covered(order)


@transaction.atomic
def pay_if_covered(order_id: UUID, *, now: datetime | None = None) -> bool:
    """Pay an open order out of what is set aside for it, once that is enough, and fulfil its lines. Whether it is paid
    (now or already)."""
    now = now or clock.now()
    order = locked_order(order_id)
    if order.status == OrderStatus.PAID:
        return True
    if order.status != OrderStatus.OPEN or remaining(order).amount > 0:
        return False
    let_go_of_holds(order)
    books.book_order(order, now)
    move(order, OrderStatus.PAID, ORDER_MOVES, paid_at=now)
    for line in order.lines:
        line.order = order
        move(line, LineStatus.HELD, LINE_MOVES)
    invoices.issue_invoices(order, now=now)
    for line in order.lines:
        _fulfil(line, now)
    CartItem.objects.filter(order=order).delete()
    events.publish(OrderPaid(order.id))
    if order.total_amount:
        word = word_of_payment(order)
        notices.notify(person_id=word.person_id, kind="order_paid", facts=word.facts, link=word.link, key=word.key)
    return True


def word_of_payment(order: Order) -> Word:
    """What its buyer is told when it is paid (`order_paid`)."""
    return Word(
        order.buyer_id,
        {"number": order.number, "amount": order.total},
        f"/orders/{order.id}/",
        f"order:{order.id}:paid",
    )


def _fulfil(line: OrderLine, now: datetime) -> None:
    """Hand a paid line to its product. If the product refuses, the money goes back and the buyer is told why."""
    try:
        with transaction.atomic():
            registry.fulfiller(line.kind).fulfil(line, now)
    except Refusal as refusal:
        settle_line(
            line_id=line.id,
            buyer=line.amount,
            seller=Money(0, line.unit),
            key=f"line:{line.id}:unfulfilled",
            reason=refusal.words,
            now=now,
        )
        return
    if not line.held:
        release_line(line_id=line.id, key=f"line:{line.id}:at-once", now=now)


def let_go_of_holds(order: Order) -> None:
    """Free everything set aside for the order; the caller holds its lock."""
    if order.wallet_hold_id:
        books.let_go(order.wallet_hold_id)
        Order.objects.filter(id=order.id).update(wallet_hold_id=None, wallet_hold_amount=0)
        order.wallet_hold_id, order.wallet_hold_amount = None, 0
    for payment in Payment.objects.select_for_update().filter(order=order, hold_id__isnull=False).order_by("id"):
        books.let_go(promised(payment.hold_id))
        Payment.objects.filter(id=payment.id).update(hold_id=None, hold_amount=0)


@transaction.atomic
def void_order(*, order_id: UUID, reason: Any, actor: Any = None, now: datetime | None = None) -> Order:
    """End an unpaid order: what was set aside is free in the wallet again, its lines lapse. Ending it twice is ending
    it once. Refuses `AlreadyPaid`."""
    now = now or clock.now()
    order = locked_order(order_id)
    if order.status == OrderStatus.VOID:
        return order
    if order.status == OrderStatus.PAID:
        raise AlreadyPaid()
    let_go_of_holds(order)
    why = source_text(reason)[:300]
    move(order, OrderStatus.VOID, ORDER_MOVES, actor=actor, reason=why, voided_at=now, void_reason=why)
    for line in order.lines:
        line.order = order
        move(line, LineStatus.LAPSED, LINE_MOVES, actor=actor, reason=why)
        registry.fulfiller(line.kind).lapse(line, now)
    give_coupons_back(order, now=now)
    from majlis.engines.billing.tasks import stop_payment

    for payment in Payment.objects.filter(order=order, status__in=LIVE_PAYMENTS):
        stop_payment.defer(payment_id=str(payment.id))
    events.publish(OrderVoided(order.id, why))
    return order


def wait_for_money(order: Order, until: datetime, now: datetime) -> None:
    """Money for an open order is on its way, and the caller holds its lock: keep it open until then, as far as each
    product can keep what was ordered."""
    if order.expires_at is None:
        return
    for line in order.lines:
        line.order = order
        until = min(until, registry.fulfiller(line.kind).keep(line, until, now))
    order.expires_at = max(until, order.expires_at)
    Order.objects.filter(id=order.id).update(expires_at=order.expires_at)


def cancel_order(*, order_id: UUID, actor: Any, now: datetime | None = None) -> Order:
    """The buyer gives up an unpaid order of theirs. NotFound if it is another's; refuses `AlreadyPaid`."""
    if not Order.objects.visible_to(actor).filter(id=order_id).exists():
        raise NotFound()
    return void_order(order_id=order_id, reason=_("Cancelled by the buyer."), actor=actor, now=now)


def expire_orders(*, now: datetime | None = None, limit: int = 500) -> int:
    """End every open order whose time is over; how many. What is covered is paid instead."""
    now = now or clock.now()
    due = Order.objects.filter(status=OrderStatus.OPEN, expires_at__lte=now).order_by("expires_at")
    done = 0
    for order_id in list(due.values_list("id", flat=True)[:limit]):
        try:
            with transaction.atomic():
                if not pay_if_covered(order_id, now=now):
                    void_order(order_id=order_id, reason=_("Not paid in time."), now=now)
                    done += 1
        except Exception:
            # One product's fault must not keep the others' orders open; it is tried again with the next run.
            log.exception("Order %s could not be ended.", order_id)
    return done
