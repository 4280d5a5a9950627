"""What billing knows about coins (told through `queries`)."""

from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any
from uuid import UUID

import segno

from majlis.engines.billing.coin_types import CoinInvoiceStatus, CoinPaymentStatus
from majlis.engines.billing.gateways.chains.networks import NETWORKS, plain
from majlis.engines.billing.models import CoinCursor, CoinInvoice, CoinPayment
from majlis.kit import clock
from majlis.kit.errors import NotFound
from majlis.kit.money import Money, exponent


@dataclass(frozen=True, slots=True)
class CoinsSeen:
    """Coins that came to the address."""

    coins: Money
    txid: str
    status: CoinPaymentStatus
    blocks: int
    """How many blocks stand on it, its own included, at most `needed`."""
    needed: int
    value: Money | None
    """What it counted, once settled."""


@dataclass(frozen=True, slots=True)
class CoinRequest:
    """What a buyer needs to pay in coins, and how it stands."""

    payment_id: UUID
    network: str
    """As wallets call it: `Tron (TRC20)`."""
    asset: str
    status: CoinInvoiceStatus
    address: str
    missing: Money
    """What is still to be sent, in coins at the locked rate; zero when enough is on its way."""
    worth: Money
    """What the lock was made for, in the order's currency."""
    rate: str
    """One coin in the order's currency, as locked."""
    rate_source: str
    locked_until: datetime
    lock_over: bool
    """The rate does not hold any more, and nothing (more) was sent: a new one may be locked."""
    uri: str
    """What a wallet opens with address and amount filled in."""
    seen: tuple[CoinsSeen, ...]

    @property
    def amount(self) -> str:
        """`missing` as a wallet takes it: `0.0015`."""
        return plain(self.missing.decimal)

    @property
    def qr(self) -> str:
        """`uri` as a QR code: an SVG without inline styles."""
        picture = BytesIO()
        segno.make(self.uri, error="m").save(
            picture, kind="svg", scale=5, border=2, xmldecl=False, light="#fff", svgclass=None
        )
        return picture.getvalue().decode()


def coin_request(payment: Any) -> CoinRequest | None:
    """What is asked for, and what came, of a payment in coins; None for any other payment."""
    invoice = CoinInvoice.objects.filter(payment_id=payment.id).first()
    if invoice is None:
        return None
    height = CoinCursor.objects.filter(network=invoice.network).values_list("height", flat=True).first() or 0
    rows = list(invoice.coin_payments.seen().order_by("id"))
    under_way = [row for row in rows if row.status in (CoinPaymentStatus.DETECTED, CoinPaymentStatus.CONFIRMED)]
    counted = (*under_way, *(row for row in rows if row.status == CoinPaymentStatus.SETTLED))
    sent = sum(int(row.coin_amount or 0) for row in counted if row.lock == invoice.lock)
    missing = Money(max(0, int(invoice.due_amount) - sent), invoice.asset)
    network = NETWORKS[invoice.network]
    waits = invoice.status in (CoinInvoiceStatus.PENDING, CoinInvoiceStatus.EXPIRED)
    return CoinRequest(
        payment_id=payment.id,
        network=network.title,
        asset=invoice.asset,
        status=CoinInvoiceStatus(invoice.status),
        address=invoice.address,
        missing=missing,
        worth=invoice.money,
        rate=Money(int(invoice.rate.scaleb(exponent(invoice.unit))), invoice.unit).display(),
        rate_source=invoice.rate_source,
        locked_until=invoice.rate_locked_until,
        lock_over=waits and bool(missing) and not under_way and invoice.rate_locked_until <= clock.now(),
        uri=network.uri(invoice.address, missing or invoice.due),
        seen=tuple(_seen(row, invoice, height) for row in rows),
    )


def _seen(row: CoinPayment, invoice: CoinInvoice, height: int) -> CoinsSeen:
    blocks = 0 if row.height is None else max(0, height - row.height + 1)
    return CoinsSeen(
        coins=Money(int(row.coin_amount or 0), row.asset),
        txid=row.txid or "",
        status=CoinPaymentStatus(row.status),
        blocks=min(blocks, invoice.confirmations),
        needed=invoice.confirmations,
        value=None if row.value is None else Money(row.value, invoice.unit),
    )


def coins_of(payment: Any) -> CoinRequest:
    """As `coin_request`; NotFound for a payment that is not in coins."""
    found = coin_request(payment)
    if found is None:
        raise NotFound()
    return found
