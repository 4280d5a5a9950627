"""Invoices in coins: issued with a locked rate, locked anew, ended; and what staff does with coins nobody can price."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.coin_types import (
    COIN_INVOICE_MOVES,
    COIN_PAYMENT_MOVES,
    CoinInvoiceStatus,
    CoinPaymentStatus,
)
from majlis.engines.billing.gateways import chains
from majlis.engines.billing.gateways.base import Bill
from majlis.engines.billing.gateways.chains.networks import NETWORKS, Network
from majlis.engines.billing.models import CoinBlock, CoinCursor, CoinInvoice, CoinPayment, Payment
from majlis.engines.billing.policies import policies
from majlis.engines.billing.services.coin_rates import Rate, coin_rate
from majlis.engines.billing.services.orders import locked_order, remaining
from majlis.engines.billing.steps import move, remember
from majlis.engines.billing.types import OrderStatus
from majlis.kernel.accounts import queries as people
from majlis.kernel.accounts import services as accounts
from majlis.kernel.accounts.types import Role
from majlis.kernel.catalogue import queries as catalogue
from majlis.kit import clock, db
from majlis.kit.errors import Invalid, NotFound
from majlis.kit.money import Money

ON_THEIR_WAY = (CoinPaymentStatus.DETECTED, CoinPaymentStatus.CONFIRMED)
"""Coins that were seen and are not money yet."""


def issue_coin_invoice(bill: Bill, network: Network, *, now: datetime | None = None) -> CoinInvoice:
    """An address of its own for `bill`, and what is due there in coins at the rate of this moment, locked for a while.
    Asked again for the same payment it answers with the same invoice.

    Speaks with the node the first time a network is used. Refuses `NoCoinRate`; raises `GatewayUnreachable`.
    """
    now = now or clock.now()
    known = CoinInvoice.objects.filter(payment_id=bill.payment_id).first()
    if known is not None:
        return known
    begin_to_watch(network)
    with transaction.atomic():
        cursor = CoinCursor.objects.select_for_update().get(network=network.code)
        known = CoinInvoice.objects.filter(payment_id=bill.payment_id).first()
        if known is not None:
            return known
        rate = coin_rate(network.asset, bill.amount.unit, at=now)
        invoice = CoinInvoice.objects.create(
            payment_id=bill.payment_id,
            network=network.code,
            asset=network.asset,
            index=cursor.next_index,
            address=network.address(cursor.next_index),
            unit=bill.amount.unit,
            confirmations=confirmations_for(network, bill.amount),
            created_at=now,
            **_locked(rate, bill.amount, now),
        )
        CoinCursor.objects.filter(network=network.code).update(next_index=cursor.next_index + 1)
        remember(invoice, "", CoinInvoiceStatus.CREATED)
        expected = CoinPayment.objects.create(
            invoice=invoice, network=network.code, asset=network.asset, created_at=now
        )
        remember(expected, "", CoinPaymentStatus.CREATED)
        move(invoice, CoinInvoiceStatus.PENDING, COIN_INVOICE_MOVES)
        move(expected, CoinPaymentStatus.PENDING, COIN_PAYMENT_MOVES)
    return invoice


def _locked(rate: Rate, money: Money, now: datetime) -> dict[str, Any]:
    return {
        "amount": money.amount,
        "due_amount": rate.coins_for(money).amount,
        "rate": rate.price,
        "rate_source": rate.source,
        "rate_locked_until": now + timedelta(minutes=policies().coin_lock_minutes),
    }


def begin_to_watch(network: Network) -> None:
    """Note where the chain stands before its first address is given out: no block after that is left out."""
    db.refuse_transaction()
    if CoinCursor.objects.filter(network=network.code).exists():
        return
    chain = chains.chain(network)
    height = chain.tip()
    hash = chain.hash_at(height)
    with transaction.atomic():
        CoinBlock.objects.get_or_create(network=network.code, height=height, defaults={"hash": hash})
        CoinCursor.objects.get_or_create(network=network.code, defaults={"height": height, "hash": hash})


def confirmations_for(network: Network, money: Money) -> int:
    """How many blocks make a payment of this size final: by its value in US dollars, as the edition or the network
    says."""
    said = policies().coin_confirmations.get(network.code)
    bands = [(band or None, blocks) for band, blocks in said] if said else list(network.confirmations)
    try:
        cents = catalogue.convert(money, "USD").amount
    except catalogue.NoExchangeRate:
        return bands[-1][1]
    return next(blocks for up_to, blocks in bands if up_to is None or cents <= up_to)


@transaction.atomic
def lock_rate_again(*, payment_id: UUID, actor: Any, now: datetime | None = None) -> CoinInvoice:
    """The buyer's rate is over and they have not (fully) paid: what is still missing, at the rate of now, at the same
    address. While the old lock holds, or coins are on their way, it stays as it is. NotFound for another's payment;
    refuses `NoCoinRate`."""
    now = now or clock.now()
    payment = Payment.objects.visible_to(actor).filter(id=payment_id).first()
    if payment is None:
        raise NotFound()
    order = locked_order(payment.order_id) if payment.order_id else None
    invoice = CoinInvoice.objects.select_for_update().filter(payment_id=payment_id).first()
    if invoice is None:
        raise NotFound()
    open_still = order is None or order.status == OrderStatus.OPEN
    on_its_way = invoice.coin_payments.filter(status__in=ON_THEIR_WAY).exists()
    done = not open_still or invoice.status == CoinInvoiceStatus.PAID
    if done or on_its_way or invoice.rate_locked_until > now:
        return invoice
    missing = remaining(order) if order is not None else payment.money - payment.received
    if missing.amount <= 0:
        return invoice
    rate = coin_rate(invoice.asset, invoice.unit, at=now)
    columns = _locked(rate, missing, now) | {"lock": invoice.lock + 1}
    CoinInvoice.objects.filter(id=invoice.id).update(**columns)
    invoice.refresh_from_db()
    if invoice.status == CoinInvoiceStatus.EXPIRED:
        move(invoice, CoinInvoiceStatus.PENDING, COIN_INVOICE_MOVES, reason=_("A new rate was locked."))
        for expected in invoice.coin_payments.filter(txid__isnull=True, status=CoinPaymentStatus.EXPIRED):
            move(expected, CoinPaymentStatus.PENDING, COIN_PAYMENT_MOVES)
    return invoice


@transaction.atomic
def cancel_coin_invoice(ref: str) -> None:
    """The order ended or is paid otherwise: nothing more is asked for. The address is watched all the same."""
    invoice = CoinInvoice.objects.select_for_update().filter(payment__provider_ref=ref).first()
    if invoice is not None and COIN_INVOICE_MOVES.allows(invoice.status, CoinInvoiceStatus.CANCELED):
        move(invoice, CoinInvoiceStatus.CANCELED, COIN_INVOICE_MOVES)
        _nothing_expected(invoice)


def expire_coin_invoices(*, now: datetime | None = None, limit: int = 500) -> int:
    """End every invoice whose rate is over and to which nothing is on its way; how many."""
    now = now or clock.now()
    on_its_way = CoinPayment.objects.filter(status__in=ON_THEIR_WAY)
    due = CoinInvoice.objects.filter(status=CoinInvoiceStatus.PENDING, rate_locked_until__lte=now)
    done = 0
    for invoice_id in list(due.exclude(coin_payments__in=on_its_way).values_list("id", flat=True)[:limit]):
        with transaction.atomic():
            invoice = CoinInvoice.objects.select_for_update().get(id=invoice_id)
            if invoice.status == CoinInvoiceStatus.PENDING and invoice.rate_locked_until <= now:
                move(invoice, CoinInvoiceStatus.EXPIRED, COIN_INVOICE_MOVES)
                _nothing_expected(invoice)
                done += 1
    return done


def _nothing_expected(invoice: CoinInvoice) -> None:
    for expected in invoice.coin_payments.filter(txid__isnull=True, status=CoinPaymentStatus.PENDING):
        move(expected, CoinPaymentStatus.EXPIRED, COIN_PAYMENT_MOVES)


@transaction.atomic
def coins_sent_back(*, coin_payment_id: UUID, txid: str, reason: str, actor: Any) -> CoinPayment:
    """Staff sent coins back that could not be priced (no rate for that coin), with their own wallet: nothing is
    credited any more. A person of finance, an admin or an owner. NotFound; refuses `IllegalTransition` for coins that
    are in somebody's wallet already, `Invalid` without the transaction's id."""
    people.require_role(actor, Role.FINANCE, Role.ADMIN, Role.OWNER)
    if not txid.strip():
        raise Invalid(errors={"txid": _("Name the transaction in which the coins went back.")})
    coins = CoinPayment.objects.select_for_update().filter(id=coin_payment_id).first()
    if coins is None:
        raise NotFound()
    move(
        coins,
        CoinPaymentStatus.REFUNDED,
        COIN_PAYMENT_MOVES,
        actor=actor,
        reason=reason,
        returned_txid=txid.strip()[:70],
    )
    invoice = CoinInvoice.objects.select_for_update().get(id=coins.invoice_id)
    kept = invoice.coin_payments.seen().exclude(status__in=[CoinPaymentStatus.REFUNDED, CoinPaymentStatus.FAILED])
    if not kept.exists() and COIN_INVOICE_MOVES.allows(invoice.status, CoinInvoiceStatus.REFUNDED):
        move(invoice, CoinInvoiceStatus.REFUNDED, COIN_INVOICE_MOVES, actor=actor, reason=reason)
    accounts.record_act(
        actor=actor,
        action="billing.coins_sent_back",
        target=f"billing.coinpayment:{coins.id}",
        facts={"txid": txid},
        reason=reason,
    )
    return coins


def network_of(invoice: CoinInvoice) -> Network:
    """The network the invoice's address is on."""
    return NETWORKS[invoice.network]
