"""Payments: started at a gateway, watched, and taken when money arrives."""

import logging
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing import gateways
from majlis.engines.billing.gateways.base import Began, Bill, GatewayUnreachable, Keeper, KeysRefused
from majlis.engines.billing.models import Order, Payment, SavedMethod, Transfer
from majlis.engines.billing.policies import policies
from majlis.engines.billing.services import books
from majlis.engines.billing.services.customers import customer_ref, know_customer
from majlis.engines.billing.services.orders import (
    AlreadyPaid,
    OrderEnded,
    covered,
    locked_order,
    pay_if_covered,
    remaining,
    wait_for_money,
)
from majlis.engines.billing.services.pricing import country_of
from majlis.engines.billing.steps import move, remember
from majlis.engines.billing.types import (
    LIVE_PAYMENTS,
    PAYMENT_MOVES,
    OrderStatus,
    PaymentStatus,
    Started,
    TransferStatus,
)
from majlis.kernel.accounts import queries as people
from majlis.kernel.ledger import queries as ledger
from majlis.kit import clock, db
from majlis.kit.errors import Invalid, NotFound, Refusal
from majlis.kit.money import Money
from majlis.kit.translated import source_text

log = logging.getLogger(__name__)
WATCHED_FOR = timedelta(days=4)
"""How long after its start a payment is still looked at when nobody sends word."""


class GatewayNotOffered(Refusal):
    """This amount cannot be paid this way."""

    code = "gateway_not_offered"
    sentence = _("This way to pay is not available for this amount or country. Please choose another.")
    status = 422


class TopUpOutOfRange(Refusal):
    """Less or more than may be put into a wallet at once."""

    code = "top_up_out_of_range"
    sentence = _("Choose an amount between %(least)s and %(most)s.")
    status = 422


def start_payment(
    *,
    order_id: UUID,
    gateway: str,
    actor: Any,
    return_url: str,
    from_wallet: Money | None = None,
    keep: bool = False,
    now: datetime | None = None,
) -> Started:
    """Begin to pay what is missing of `actor`'s open order through `gateway`; `from_wallet` of it is set aside on their
    wallet first (all they have, if that is less). Sends the buyer back to `return_url`, with `payment=<id>` added.

    `keep`: they agree that this way to pay is kept for renewals, if the gateway can.

    Asked twice for the same amount it answers with the same attempt; an attempt for another amount is replaced. Speaks
    over the network: must not run inside a transaction. Refuses `AlreadyPaid`, `OrderEnded`, `GatewayNotOffered`,
    `GatewayUnreachable`, and NotFound for another's order.
    """
    db.refuse_transaction()
    now = now or clock.now()
    payment = prepare(order_id, gateway, actor, return_url, from_wallet, now, keep=keep)
    if payment is None:
        raise AlreadyPaid()
    return begin(payment, now)


@transaction.atomic
def prepare(
    order_id: UUID,
    code: str,
    actor: Any,
    return_url: str,
    from_wallet: Money | None,
    now: datetime,
    *,
    keep: bool = False,
    method: SavedMethod | None = None,
) -> Payment | None:
    """The attempt to be begun for what is missing of an order (by charging `method`, if one is given), or None when
    nothing is."""
    order = payable_order(order_id, actor, now)
    if from_wallet is not None:
        _set_wallet_part(order, from_wallet)
    missing = remaining(order)
    if missing.amount <= 0:
        pay_if_covered(order.id, now=now)
        return None
    if not gateways.is_offered(code, missing, order.country):
        raise GatewayNotOffered()
    under_review = Transfer.objects.filter(payment__order=order, status=TransferStatus.SUBMITTED)
    for other in Payment.objects.select_for_update().filter(order=order, status__in=LIVE_PAYMENTS):
        waits = under_review.filter(payment=other).exists()
        same = other.money == missing and other.method_id == (method.id if method else None)
        if other.gateway == code and (waits or same):
            return other
        if not waits:
            supersede(other)
    patience = gateways.gateway(code).patience
    if patience:
        wait_for_money(order, now + patience, now)
    attempts = Payment.objects.filter(order=order).count()
    return _new_payment(
        payer=order.buyer,
        order=order,
        code=code,
        key=f"order:{order.id}:{attempts}",
        amount=missing,
        return_url=return_url,
        expires_at=order.expires_at,
        now=now,
        keep=keep and isinstance(gateways.gateway(code), Keeper),
        method=method,
    )


def payable_order(order_id: UUID, actor: Any, now: datetime) -> Order:
    """`actor`'s order, locked, if it can be paid now. NotFound, `AlreadyPaid`, `OrderEnded`."""
    order = locked_order(order_id)
    if order.buyer_id != actor.id:
        raise NotFound()
    if order.status == OrderStatus.PAID:
        raise AlreadyPaid()
    if order.status != OrderStatus.OPEN or (order.expires_at and order.expires_at <= now):
        raise OrderEnded()
    people.may_buy(order.buyer)
    return order


def _set_wallet_part(order: Order, wanted: Money) -> None:
    """Set exactly this much aside on the wallet: not more than is missing, nor than there is."""
    if wanted.unit != order.unit or wanted.amount < 0:
        raise Invalid(errors={"from_wallet": _("Amounts must be positive and in the currency of the order.")})
    if order.wallet_hold_id:
        books.let_go(order.wallet_hold_id)
        order.wallet_hold_id, order.wallet_hold_amount = None, 0
        Order.objects.filter(id=order.id).update(wallet_hold_id=None, wallet_hold_amount=0)
    free = ledger.available(order.buyer_id, order.unit)
    part = Money(min(wanted.amount, remaining(order).amount, max(free.amount, 0)), order.unit)
    if part:
        hold_from_wallet(order, part)


def hold_from_wallet(order: Order, part: Money) -> None:
    """Set `part` of the buyer's wallet aside for the order. Refuses the ledger's `InsufficientFunds`."""
    from majlis.kit.ids import new_id

    hold = books.keep(order.buyer_id, part, key=f"order:{order.id}:{new_id()}", subject=f"billing.order:{order.id}")
    order.wallet_hold_id, order.wallet_hold_amount = hold, part.amount
    Order.objects.filter(id=order.id).update(wallet_hold_id=hold, wallet_hold_amount=part.amount)


def supersede(payment: Payment) -> None:
    """Another attempt takes its place: the gateway is asked to stop it."""
    from majlis.engines.billing.tasks import stop_payment

    move(payment, PaymentStatus.CANCELLED, PAYMENT_MOVES, reason=_("Another attempt took its place."))
    stop_payment.defer(payment_id=str(payment.id))


def _new_payment(
    *,
    payer: Any,
    order: Order | None,
    code: str,
    key: str,
    amount: Money,
    return_url: str,
    expires_at: datetime | None,
    now: datetime,
    keep: bool = False,
    method: SavedMethod | None = None,
) -> Payment:
    payment = Payment.objects.create(
        payer=payer,
        order=order,
        gateway=code,
        key=key,
        unit=amount.unit,
        amount=amount.amount,
        return_url=return_url,
        keep=keep,
        method=method,
        expires_at=expires_at,
        look_at=now + gateways.gateway(code).first_look,
        created_at=now,
    )
    remember(payment, "", PaymentStatus.CREATED, actor=payer)
    return payment


def bill_of(payment: Payment) -> Bill:
    """What a gateway is asked to collect: the same each time it is asked."""
    join = "&" if "?" in payment.return_url else "?"
    order, payer = payment.order, payment.payer
    return Bill(
        payment_id=payment.id,
        reference=order.number if order else str(payment.id)[-12:].upper(),
        amount=payment.money,
        description=str(_("Order %(number)s") % {"number": order.number} if order else _("Top-up")),
        payer_name=payer.name,
        payer_email=payer.email or "",
        language=payer.language,
        return_url=f"{payment.return_url}{join}payment={payment.id}",
        expires_at=payment.expires_at,
        keep=payment.keep,
        payer_id=payer.id,
        payer_phone=payer.phone or "",
        country=order.country if order else country_of(payer),
        customer_ref=customer_ref(payer.id, payment.gateway),
    )


def begin(payment: Payment, now: datetime) -> Started:
    """Ask the gateway, unless it answered already; no lock is held meanwhile."""
    if payment.provider_ref is None:
        bill = bill_of(payment)
        try:
            began = _ask(payment, bill)
        except (GatewayUnreachable, KeysRefused) as fault:
            payment.refresh_from_db()
            if payment.status != PaymentStatus.CREATED:  # another click was answered meanwhile
                return Started(payment.id, payment.redirect_url or None, payment.steps)
            with transaction.atomic():
                why = fault.words
                move(payment, PaymentStatus.FAILED, PAYMENT_MOVES, reason=why, problem=source_text(why)[:300])
            if isinstance(fault, KeysRefused):  # which is ours to mend, and no word for a buyer
                log.error("%s refuses our keys.", payment.gateway)
                raise GatewayUnreachable() from None
            raise
        with transaction.atomic():
            fresh = Payment.objects.select_for_update().get(id=payment.id)
            know_customer(payment.payer_id, payment.gateway, began.customer_ref, now)
            # Two clicks may both come here: the gateway gave both the same attempt, and the first wrote it down.
            if fresh.status == PaymentStatus.CREATED:
                move(
                    fresh,
                    PaymentStatus.PENDING,
                    PAYMENT_MOVES,
                    provider_ref=began.ref,
                    redirect_url=began.redirect_url or "",
                    expires_at=began.expires_at or fresh.expires_at,
                    instructions=list(began.instructions.items()) if began.instructions else None,
                )
        payment.refresh_from_db()
    return Started(payment.id, payment.redirect_url or None, payment.steps)


def _ask(payment: Payment, bill: Bill) -> Began:
    provider = gateways.gateway(payment.gateway)
    if payment.method is None:
        return provider.begin(bill)
    if not isinstance(provider, Keeper):
        raise GatewayUnreachable()
    return provider.charge_saved(bill, payment.method.ref)


@transaction.atomic
def pay_from_wallet(*, order_id: UUID, actor: Any, now: datetime | None = None) -> Order:
    """Pay what is missing of `actor`'s open order from their wallet; the paid order. Paying a paid order again changes
    nothing. Refuses `OrderEnded`, the ledger's `InsufficientFunds`, NotFound for another's order."""
    now = now or clock.now()
    try:
        order = payable_order(order_id, actor, now)
    except AlreadyPaid:
        return Order.objects.get(id=order_id)
    if order.wallet_hold_id:
        books.let_go(order.wallet_hold_id)
        order.wallet_hold_id, order.wallet_hold_amount = None, 0
        Order.objects.filter(id=order.id).update(wallet_hold_id=None, wallet_hold_amount=0)
    missing = remaining(order)
    if missing.amount > 0:
        hold_from_wallet(order, missing)
    live = list(Payment.objects.filter(order=order, status__in=LIVE_PAYMENTS))
    pay_if_covered(order.id, now=now)
    for payment in live:
        supersede(payment)
    return Order.objects.get(id=order.id)


def top_up(
    *, person: Any, amount: Money, gateway: str, return_url: str, key: str, actor: Any, now: datetime | None = None
) -> Started:
    """Begin to put `amount` into the person's wallet through `gateway`. The same `key` is the same attempt.

    Speaks over the network: must not run inside a transaction. Refuses `TopUpOutOfRange`, `GatewayNotOffered`,
    `GatewayUnreachable`, `GuardianNeeded`.
    """
    db.refuse_transaction()
    now = now or clock.now()
    return begin(_prepare_top_up(person, amount, gateway, return_url, key, now), now)


@transaction.atomic
def _prepare_top_up(person: Any, amount: Money, code: str, return_url: str, key: str, now: datetime) -> Payment:
    db.lock("billing.top_up", f"{person.id}:{key}")
    known = Payment.objects.filter(payer=person, key=f"top-up:{key}").first()
    if known:
        return known
    people.may_buy(person)
    least, most = top_up_range(amount.unit)
    if not least <= amount <= most:
        raise TopUpOutOfRange(least=least.display(), most=most.display())
    if not gateways.is_offered(code, amount, country_of(person)):
        raise GatewayNotOffered()
    return _new_payment(
        payer=person,
        order=None,
        code=code,
        key=f"top-up:{key}",
        amount=amount,
        return_url=return_url,
        expires_at=now + timedelta(days=policies().transfer_days),
        now=now,
    )


def top_up_range(unit: str) -> tuple[Money, Money]:
    """The least and the most that may be put into a wallet at once, in this currency. `Invalid` for one the edition
    does not know."""
    from majlis.kit.edition import edition
    from majlis.kit.money import exponent

    if unit not in edition().currencies:
        raise Invalid(errors={"currency": _("This currency is not offered here.")})
    one = 10 ** exponent(unit)
    least, most = policies().top_up.get(unit, [one, 10_000 * one])
    return Money(least, unit), Money(most, unit)


def refresh_payment(payment_id: UUID, *, now: datetime | None = None) -> Payment:
    """Ask the gateway how an attempt stands and act on it: take what arrived, pay the order if that covers it.

    Speaks over the network: must not run inside a transaction. Raises `GatewayUnreachable`; nothing is lost then.
    """
    from majlis.engines.billing.services.taking import take_reading

    db.refuse_transaction()
    now = now or clock.now()
    payment = Payment.objects.filter(id=payment_id).first()
    if payment is None:
        raise NotFound()
    if payment.provider_ref is None:
        return payment
    wanted = payment.status in LIVE_PAYMENTS
    reading = gateways.gateway(payment.gateway).read(payment.provider_ref, wanted=wanted)
    order_id = take_reading(payment.id, reading, now=now)
    if order_id is not None:
        pay_if_covered(order_id, now=now)
    payment.refresh_from_db()
    return payment


def is_covered(order: Order) -> bool:
    """Whether enough is set aside for an open order."""
    return covered(order) >= order.total
