"""Attempts to pay, and money into the wallet."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from ninja import Router, Schema
from ninja.decorators import decorate_view
from pydantic import Field

from majlis.engines.billing import queries, services
from majlis.engines.billing.types import PaymentStatus, Started
from majlis.faces.api.auth import requires
from majlis.faces.api.idempotency import idempotent, key_of
from majlis.faces.api.shapes import MoneyOut
from majlis.kit.errors import Invalid
from majlis.kit.ids import new_id
from majlis.kit.money import Money
from majlis.kit.translated import said

PREFIX = "/payments"
router = Router(tags=["payments"])


class PaymentOut(Schema):
    """One attempt to pay."""

    id: UUID
    order_id: UUID | None
    gateway: str
    status: PaymentStatus
    amount: MoneyOut
    received: MoneyOut
    refunded: MoneyOut
    problem: str
    redirect_url: str | None
    instructions: dict[str, str] | None
    created_at: datetime

    @classmethod
    def of(cls, payment: Any) -> "PaymentOut":
        return cls(
            id=payment.id,
            order_id=payment.order_id,
            gateway=payment.gateway,
            status=payment.status,
            amount=MoneyOut.of(payment.money),
            received=MoneyOut.of(payment.received),
            refunded=MoneyOut.of(payment.received - payment.refundable),
            problem=said(payment.problem),
            redirect_url=payment.redirect_url or None,
            instructions=payment.steps,
            created_at=payment.created_at,
        )


class StartedOut(Schema):
    """A payment that was begun: visit `redirect_url`, or follow the `instructions` (label → value)."""

    payment_id: UUID
    redirect_url: str | None
    instructions: dict[str, str] | None

    @classmethod
    def of(cls, started: Started) -> "StartedOut":
        return cls(payment_id=started.payment_id, redirect_url=started.redirect_url, instructions=started.instructions)


class CoinsSeenOut(Schema):
    """Coins that came to the address, and how many of the blocks they need stand on them."""

    amount: MoneyOut
    txid: str
    status: str
    blocks: int
    needed: int
    value: MoneyOut | None


class CoinRequestOut(Schema):
    """What to send where, at which rate, until when; and what came."""

    network: str
    asset: str
    status: str
    address: str
    missing: MoneyOut
    worth: MoneyOut
    rate: str
    rate_source: str
    locked_until: datetime
    lock_over: bool
    uri: str
    seen: list[CoinsSeenOut]

    @classmethod
    def of(cls, coins: queries.CoinRequest) -> "CoinRequestOut":
        return cls(
            network=coins.network,
            asset=coins.asset,
            status=coins.status,
            address=coins.address,
            missing=MoneyOut.of(coins.missing),
            worth=MoneyOut.of(coins.worth),
            rate=coins.rate,
            rate_source=coins.rate_source,
            locked_until=coins.locked_until,
            lock_over=coins.lock_over,
            uri=coins.uri,
            seen=[
                CoinsSeenOut(
                    amount=MoneyOut.of(each.coins),
                    txid=each.txid,
                    status=each.status,
                    blocks=each.blocks,
                    needed=each.needed,
                    value=None if each.value is None else MoneyOut.of(each.value),
                )
                for each in coins.seen
            ],
        )


class GatewayOut(Schema):
    """A way to pay."""

    code: str
    name: str
    summary: str


class TopUpIn(Schema):
    """How much (minor units) to put into the wallet, and which way."""

    amount: int = Field(gt=0, le=10**15)
    currency: str = Field(min_length=3, max_length=5)
    gateway: str = Field(max_length=20)
    return_url: str = Field("", max_length=500)


class ReceiptIn(Schema):
    """The proof of a bank transfer: a file stored before with purpose `receipt`."""

    file_id: UUID | None = None
    note: str = Field("", max_length=300)


class ReceiptOut(Schema):
    """A receipt that waits for the check."""

    id: UUID
    status: str


def safe_return_url(request: HttpRequest, asked: str, otherwise: str) -> str:
    """`asked` if it leads to this server. Refuses `Invalid` for any other, so that a payment page never sends anybody
    to a stranger's."""
    if not asked:
        return otherwise
    hosts = {request.get_host(), settings.PUBLIC_URL.split("://")[-1]}
    if not asked.isprintable() or not url_has_allowed_host_and_scheme(asked, allowed_hosts=hosts):
        raise Invalid(errors={"return_url": _("This must be an address of this server.")})
    return asked


@router.get("/gateways", response=list[GatewayOut], auth=requires("money:read"))
def list_gateways(request: HttpRequest, amount: int, currency: str) -> list[GatewayOut]:
    """The ways you may pay so much."""
    if not 0 < amount <= 10**15 or not 3 <= len(currency) <= 5 or not currency.isalpha():
        raise Invalid(errors={"amount": _("Say how much, in which currency.")})
    offered = queries.gateways_for(Money(amount, currency), request.user)
    return [GatewayOut(code=each.code, name=str(each.name), summary=str(each.summary)) for each in offered]


class TopUpRangeOut(Schema):
    """How much can be put into a wallet at once."""

    least: MoneyOut
    most: MoneyOut


@router.get("/top-up/range", response=TopUpRangeOut, auth=requires("money:read"))
def show_top_up_range(request: HttpRequest, currency: str) -> TopUpRangeOut:
    """The least and the most that can be put into your wallet at once."""
    least, most = queries.top_up_range(currency)
    return TopUpRangeOut(least=MoneyOut.of(least), most=MoneyOut.of(most))


@router.post("/top-up", response=StartedOut, auth=requires("money:write"))
@decorate_view(idempotent)
def top_up(request: HttpRequest, wish: TopUpIn) -> StartedOut:
    """Begin to put money into your wallet."""
    least, _most = queries.top_up_range(wish.currency)
    started = services.top_up(
        person=request.user,
        amount=Money(wish.amount, least.unit),
        gateway=wish.gateway,
        return_url=safe_return_url(request, wish.return_url, "/wallet/top-up/return/"),
        key=key_of(request) or str(new_id()),
        actor=request.user,
    )
    return StartedOut.of(started)


@router.get("/{uuid:payment_id}", response=PaymentOut, auth=requires("money:read"))
def show_payment(request: HttpRequest, payment_id: UUID) -> PaymentOut:
    """One attempt to pay, of yours."""
    return PaymentOut.of(queries.payment(payment_id, request.user))


@router.post("/{uuid:payment_id}/refresh", response=PaymentOut, auth=requires("money:write"))
def refresh_payment(request: HttpRequest, payment_id: UUID) -> PaymentOut:
    """Have the gateway asked how it stands, for programs that wait for a buyer."""
    queries.payment(payment_id, request.user)
    services.refresh_payment(payment_id)
    return PaymentOut.of(queries.payment(payment_id, request.user))


@router.post("/{uuid:payment_id}/receipt", response=ReceiptOut, auth=requires("money:write"))
@decorate_view(idempotent)
def send_receipt(request: HttpRequest, payment_id: UUID, proof: ReceiptIn) -> ReceiptOut:
    """Say that the bank transfer was made, with its receipt."""
    sent = services.send_receipt(payment_id=payment_id, file_id=proof.file_id, note=proof.note, actor=request.user)
    return ReceiptOut(id=sent.id, status=sent.status)


@router.get("/{uuid:payment_id}/coins", response=CoinRequestOut, auth=requires("money:read"))
def show_coins(request: HttpRequest, payment_id: UUID) -> CoinRequestOut:
    """Of a payment in coins: what to send where, and what came."""
    return CoinRequestOut.of(queries.coins_of(queries.payment(payment_id, request.user)))


@router.post("/{uuid:payment_id}/coins/rate", response=CoinRequestOut, auth=requires("money:write"))
@decorate_view(idempotent)
def lock_rate_again(request: HttpRequest, payment_id: UUID) -> CoinRequestOut:
    """The rate of a payment in coins is over: lock the present one for what is missing."""
    services.lock_rate_again(payment_id=payment_id, actor=request.user)
    return CoinRequestOut.of(queries.coins_of(queries.payment(payment_id, request.user)))
