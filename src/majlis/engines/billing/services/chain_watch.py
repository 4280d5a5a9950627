"""Reading the chains: every block once and in order, what is new in it, what a rewritten chain took back, and what is
deep enough to be money.

The cursor moves by a guarded UPDATE in the transaction that notes its block, so two watchers never note one twice and a
crash leaves no block out.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import CharField, Exists, F, OuterRef, Sum, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.coin_types import (
    COIN_INVOICE_MOVES,
    COIN_PAYMENT_MOVES,
    CoinInvoiceStatus,
    CoinPaymentStatus,
)
from majlis.engines.billing.gateways import chains
from majlis.engines.billing.gateways.base import GatewayUnreachable
from majlis.engines.billing.gateways.chains.contract import Block, Chain, CoinMoved
from majlis.engines.billing.gateways.chains.networks import NETWORKS, Network
from majlis.engines.billing.models import Charge, CoinBlock, CoinCursor, CoinInvoice, CoinPayment
from majlis.engines.billing.services import books
from majlis.engines.billing.services.coin_rates import NoCoinRate, Rate, coin_rate
from majlis.engines.billing.services.orders import locked_order, wait_for_money
from majlis.engines.billing.services.payments import refresh_payment
from majlis.engines.billing.services.undoing import undo_charge
from majlis.engines.billing.steps import move, remember
from majlis.engines.billing.types import OrderStatus
from majlis.kernel.notices import services as notices
from majlis.kit import clock, db
from majlis.kit.money import Money
from majlis.kit.state import promised

log = logging.getLogger(__name__)

REMEMBERED_BLOCKS = 1000
"""How far back a rewritten chain is recognised."""
WAIT_PER_BLOCK = timedelta(minutes=20)
"""How long an order stays open for each block its coins still need: twice what the slowest chain usually takes."""


def watch_chain(network_code: str, *, now: datetime | None = None, limit: int = 500) -> int:
    """Read up to `limit` new blocks of a network, and what waits for one; how many coin payments moved on.

    Speaks with the node: must not run inside a transaction. Raises `GatewayUnreachable`; the next call goes on from
    where this one stopped.
    """
    db.refuse_transaction()
    now = now or clock.now()
    network = NETWORKS[network_code]
    if not CoinCursor.objects.filter(network=network.code).exists():
        return 0
    chain = chains.chain(network)
    tip = _read_on(network, chain, now, limit)
    moved = sum(_note_waiting(network, coins, now) for coins in chain.waiting())
    moved += _drop_the_gone(network, chain, now)
    moved += _settle_the_deep(network, tip, now)
    _bring_word(network, now)
    CoinCursor.objects.filter(network=network.code).update(looked_at=now)
    return moved


def watch_chains(*, now: datetime | None = None) -> int:
    """Look at every configured network; how many coin payments moved on. One whose node is away is looked at later."""
    done = 0
    for network in chains.configured():
        try:
            done += watch_chain(network.code, now=now)
        except GatewayUnreachable:
            log.warning("The %s node does not answer.", network.code)
        except Exception:
            log.exception("The %s chain could not be read.", network.code)
    return done


def _read_on(network: Network, chain: Chain, now: datetime, limit: int) -> int:
    """Note block after block; the height that was read up to."""
    tip = chain.tip()
    cursor = CoinCursor.objects.get(network=network.code)
    if tip < cursor.height and _hash_read(network, tip) == chain.hash_at(tip):
        return cursor.height  # the node is behind, not elsewhere
    cursor = _step_back(network, chain)
    last = min(tip, cursor.height + limit)
    while cursor.height < last:
        for block in chain.blocks(cursor.height + 1, min(last, cursor.height + chain.step)):
            if block.parent != cursor.hash:
                cursor = _step_back(network, chain)
                break
            if not _note_block(network, cursor, block, now):
                # Another watcher was faster.
                return CoinCursor.objects.get(network=network.code).height
            cursor.height, cursor.hash = block.height, block.hash
    return cursor.height


def _hash_read(network: Network, height: int) -> str | None:
    """The hash the block of this height had when we read it."""
    return CoinBlock.objects.filter(network=network.code, height=height).values_list("hash", flat=True).first()


def _step_back(network: Network, chain: Chain) -> CoinCursor:
    """Where the node's chain and what we read agree. What lay above is in no block any more."""
    cursor = CoinCursor.objects.get(network=network.code)
    if chain.hash_at(cursor.height) == cursor.hash:
        return cursor
    for height, hash in (
        CoinBlock.objects.filter(network=network.code, height__lt=cursor.height)
        .order_by("-height")
        .values_list("height", "hash")
    ):
        if chain.hash_at(height) == hash:
            _leave_blocks_above(network, cursor, height, hash)
            return CoinCursor.objects.get(network=network.code)
    raise RuntimeError(f"The {network.code} node is on another chain than the one we read.")


@transaction.atomic
def _leave_blocks_above(network: Network, cursor: CoinCursor, height: int, hash: str) -> None:
    moved = CoinCursor.objects.filter(network=network.code, height=cursor.height, hash=cursor.hash)
    if not moved.update(height=height, hash=hash):
        return
    log.warning("The %s chain was rewritten from block %s on.", network.code, height + 1)
    CoinBlock.objects.filter(network=network.code, height__gt=height).delete()
    for coins in CoinPayment.objects.select_for_update().filter(network=network.code, height__gt=height).order_by("id"):
        if coins.status == CoinPaymentStatus.CONFIRMED:
            move(
                coins,
                CoinPaymentStatus.DETECTED,
                COIN_PAYMENT_MOVES,
                reason=_("The chain was reorganised."),
                height=None,
            )
        else:
            CoinPayment.objects.filter(id=coins.id).update(height=None)


@transaction.atomic
def _note_block(network: Network, cursor: CoinCursor, block: Block, now: datetime) -> bool:
    """Whether it was us who noted it."""
    moved = CoinCursor.objects.filter(network=network.code, height=cursor.height, hash=cursor.hash)
    if not moved.update(height=block.height, hash=block.hash):
        return False
    CoinBlock.objects.update_or_create(network=network.code, height=block.height, defaults={"hash": block.hash})
    CoinBlock.objects.filter(network=network.code, height__lt=block.height - REMEMBERED_BLOCKS).delete()
    # In the sandbox the house's clock may be ahead of the chain's.
    mined_at = min(now, block.mined_at + clock.offset())
    for invoice, coins in _ours(network, block.moves):
        _note(invoice, coins, now, seen_at=mined_at, height=block.height)
    return True


def _ours(network: Network, moves: Iterable[CoinMoved]) -> list[tuple[CoinInvoice, CoinMoved]]:
    """The movements to addresses of ours, in the order in which orders are locked everywhere."""
    moves = list(moves)
    rows = CoinInvoice.objects.select_related("payment").filter(network=network.code)
    mine = {row.address: row for row in rows.filter(address__in={coins.address for coins in moves})}
    found = [(mine[coins.address], coins) for coins in moves if coins.address in mine]
    return sorted(found, key=lambda pair: str(pair[0].payment.order_id))


@transaction.atomic
def _note_waiting(network: Network, coins: CoinMoved, now: datetime) -> int:
    return sum(_note(invoice, each, now, seen_at=now, height=None) for invoice, each in _ours(network, [coins]))


def _note(invoice: CoinInvoice, coins: CoinMoved, now: datetime, *, seen_at: datetime, height: int | None) -> int:
    """Write down that coins came to an invoice: once, however often they are seen. 1 if that was news."""
    order = locked_order(invoice.payment.order_id) if invoice.payment.order_id else None
    invoice = CoinInvoice.objects.select_for_update().get(id=invoice.id)
    target = CoinPaymentStatus.DETECTED if height is None else CoinPaymentStatus.CONFIRMED
    named = CoinPayment.objects.filter(network=invoice.network, txid=coins.txid, position=coins.position)
    row = named.select_for_update().first()
    if row is not None:
        return _seen_again(row, target, height)
    in_time = coins.asset == invoice.asset and seen_at <= invoice.rate_locked_until
    columns: dict[str, Any] = {
        "asset": coins.asset,
        "txid": coins.txid,
        "position": coins.position,
        "coin_amount": coins.amount,
        "seen_at": seen_at,
        "height": height,
        "lock": invoice.lock if in_time else None,
    }
    row = invoice.coin_payments.select_for_update().filter(txid__isnull=True).first()
    if row is None:
        row = CoinPayment.objects.create(
            invoice=invoice, network=invoice.network, status=target, created_at=now, **columns
        )
        remember(row, "", target)
    else:
        move(row, target, COIN_PAYMENT_MOVES, **columns)
    if order is not None and order.status == OrderStatus.OPEN:
        wait_for_money(order, now + invoice.confirmations * WAIT_PER_BLOCK, now)
    _tell(invoice, row)
    return 1


def _seen_again(row: CoinPayment, target: CoinPaymentStatus, height: int | None) -> int:
    if height is not None and row.status in (CoinPaymentStatus.DETECTED, CoinPaymentStatus.FAILED):
        move(row, target, COIN_PAYMENT_MOVES, height=height)
        return 1
    if height is None and row.status == CoinPaymentStatus.FAILED:
        move(row, target, COIN_PAYMENT_MOVES, height=None)
        return 1
    if height is not None:
        CoinPayment.objects.filter(id=row.id).update(height=height)
    return 0


def _tell(invoice: CoinInvoice, row: CoinPayment) -> None:
    notices.notify(
        person_id=invoice.payment.payer_id,
        kind="coins_seen",
        facts={"coins": row.coins, "blocks": invoice.confirmations},
        link=f"/payments/{invoice.payment_id}/",
        key=f"coins:{row.id}:seen",
    )


def _drop_the_gone(network: Network, chain: Chain, now: datetime) -> int:
    """What is in no block and the node has no more was replaced, or its coins were spent otherwise."""
    loose = (
        CoinPayment.objects.seen()
        .filter(network=network.code, height__isnull=True)
        .filter(status__in=[CoinPaymentStatus.DETECTED, CoinPaymentStatus.SETTLED])
    )
    done = 0
    for row_id, txid in list(loose.values_list("id", "txid")):
        if not chain.knows(promised(txid)):
            done += _drop(row_id, now)
    return done


@transaction.atomic
def _drop(row_id: UUID, now: datetime) -> int:
    known = CoinPayment.objects.select_related("invoice__payment").get(id=row_id)
    if known.invoice.payment.order_id:
        locked_order(known.invoice.payment.order_id)
    invoice = CoinInvoice.objects.select_for_update().get(id=known.invoice_id)
    row = CoinPayment.objects.select_for_update(of=("self",)).select_related("invoice").get(id=row_id)
    if row.height is not None or row.status not in (CoinPaymentStatus.DETECTED, CoinPaymentStatus.SETTLED):
        return 0
    was_settled = row.status == CoinPaymentStatus.SETTLED
    move(row, CoinPaymentStatus.FAILED, COIN_PAYMENT_MOVES, reason=_("Replaced by another payment, or spent twice."))
    if was_settled:
        books.book_coins(row, back=True, now=now)
        undo_charge(gateway=row.network, ref=row.ref, reason=f"{row.network} {row.txid}", now=now)
        CoinPayment.objects.filter(id=row.id).update(undone=F("undone") + 1)
        if invoice.status == CoinInvoiceStatus.PAID and _counted(invoice) < invoice.payment.amount:
            move(invoice, CoinInvoiceStatus.PENDING, COIN_INVOICE_MOVES, reason=_("The payment was undone."))
    return 1


def _settle_the_deep(network: Network, tip: int, now: datetime) -> int:
    """Everything with as many blocks on it as its invoice asks for becomes money, at its rate."""
    deep = CoinPayment.objects.filter(
        network=network.code,
        status=CoinPaymentStatus.CONFIRMED,
        height__lte=tip + 1 - F("invoice__confirmations"),
    )
    done = 0
    for row_id, payment_id in list(deep.order_by("id").values_list("id", "invoice__payment_id")):
        if _settle(row_id, now):
            done += 1
            refresh_payment(payment_id, now=now)
    return done


@transaction.atomic
def _settle(row_id: UUID, now: datetime) -> bool:
    known = CoinPayment.objects.select_related("invoice__payment").get(id=row_id)
    if known.invoice.payment.order_id:
        locked_order(known.invoice.payment.order_id)
    invoice = CoinInvoice.objects.select_for_update(of=("self",)).select_related("payment").get(id=known.invoice_id)
    row = CoinPayment.objects.select_for_update(of=("self",)).select_related("invoice").get(id=row_id)
    if row.status != CoinPaymentStatus.CONFIRMED:
        return False
    try:
        worth, rate, source = _worth(invoice, row, now)
    except NoCoinRate:
        log.warning("Coins %s wait: nobody says what %s costs.", row.id, row.asset)
        return False
    columns: dict[str, Any] = {"value": worth.amount, "rate": rate, "rate_source": source, "settled_at": now}
    move(row, CoinPaymentStatus.SETTLED, COIN_PAYMENT_MOVES, **columns)
    books.book_coins(row, back=False, now=now)
    counted = _counted(invoice)
    if counted >= invoice.payment.amount and COIN_INVOICE_MOVES.allows(invoice.status, CoinInvoiceStatus.PAID):
        move(invoice, CoinInvoiceStatus.PAID, COIN_INVOICE_MOVES)
    return True


def _worth(invoice: CoinInvoice, row: CoinPayment, now: datetime) -> tuple[Money, object, str]:
    """What coins count: under a lock, their share of what it was made for, so that all due coins together are worth
    exactly that to the cent; otherwise the rate of the time they came."""
    coins = row.coins or Money(0, row.asset)
    if row.lock == invoice.lock:
        before = invoice.coin_payments.filter(status=CoinPaymentStatus.SETTLED, lock=row.lock)
        earlier = int(before.aggregate(sum=Sum("coin_amount"))["sum"] or 0)
        asked, due = invoice.amount, int(invoice.due_amount)
        share = (earlier + coins.amount) * asked // due - earlier * asked // due
        return Money(share, invoice.unit), invoice.rate, invoice.rate_source
    rate = _rate_at(row, invoice.unit, now)
    return rate.value_of(coins), rate.price, rate.source


def _rate_at(row: CoinPayment, unit: str, now: datetime) -> Rate:
    """The rate when the coins came; the present one if nobody wrote that one down."""
    try:
        return coin_rate(row.asset, unit, at=row.seen_at)
    except NoCoinRate:
        return coin_rate(row.asset, unit, at=now)


def _counted(invoice: CoinInvoice) -> int:
    settled = invoice.coin_payments.filter(status=CoinPaymentStatus.SETTLED)
    return int(settled.aggregate(sum=Sum("value"))["sum"] or 0)


def _bring_word(network: Network, now: datetime) -> None:
    """Charges that were settled and never taken (a crash between the two) are taken now."""
    taken = Charge.objects.filter(gateway=OuterRef("network"), ref=OuterRef("ref_here"))
    left = (
        CoinPayment.objects.filter(
            network=network.code, status=CoinPaymentStatus.SETTLED, value__gt=0, settled_at__gte=now - timedelta(days=7)
        )
        .annotate(
            ref_here=Concat("txid", Value(":"), Cast("position", CharField()), Value(":"), Cast("undone", CharField()))
        )
        .exclude(Exists(taken))
    )
    for payment_id in list(left.values_list("invoice__payment_id", flat=True).distinct()):
        refresh_payment(payment_id, now=now)
