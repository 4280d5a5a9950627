"""What a person buys. Orders are placed where the thing is sold (by booking a lesson); here they are read and paid."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema
from ninja.decorators import decorate_view
from pydantic import Field

from majlis.engines.billing import queries, services
from majlis.engines.billing.types import LineStatus, OrderStatus
from majlis.faces.api.auth import requires
from majlis.faces.api.idempotency import idempotent
from majlis.faces.api.payments import PaymentOut, StartedOut, safe_return_url
from majlis.faces.api.shapes import MoneyOut
from majlis.kit.money import Money
from majlis.kit.translated import said

PREFIX = "/orders"
router = Router(tags=["orders"])


class OrderLineOut(Schema):
    """One thing in an order, and where its money is."""

    id: UUID
    kind: str
    subject_id: UUID
    title: str
    about: str
    """What it is and when, in the reader's language."""
    status: LineStatus
    price: MoneyOut
    net: MoneyOut
    tax: MoneyOut
    fee: MoneyOut
    total: MoneyOut
    refunded: MoneyOut
    policy: list[str]
    """The refund policy in sentences."""
    releases_at: datetime | None


class VatOut(Schema):
    """The VAT of one rate."""

    percent: float
    included: bool
    amount: MoneyOut


class CouponOffOut(Schema):
    """A coupon and what it takes off."""

    code: str
    amount: MoneyOut


class OrderOut(Schema):
    """An order. `remaining` is what is still to be paid."""

    id: UUID
    number: str
    status: OrderStatus
    net: MoneyOut
    tax: MoneyOut
    fee: MoneyOut
    total: MoneyOut
    remaining: MoneyOut
    vat: list[VatOut]
    coupons: list[CouponOffOut]
    lines: list[OrderLineOut]
    created_at: datetime
    expires_at: datetime | None
    paid_at: datetime | None
    void_reason: str

    @classmethod
    def of(cls, order: Any) -> "OrderOut":
        open_now = order.status == OrderStatus.OPEN
        return cls(
            id=order.id,
            number=order.number,
            status=order.status,
            net=MoneyOut.of(order.net),
            tax=MoneyOut.of(order.tax),
            fee=MoneyOut.of(order.fee),
            total=MoneyOut.of(order.total),
            remaining=MoneyOut.of(queries.remaining(order) if open_now else order.total * 0),
            vat=[
                VatOut(percent=float(rate * 100), included=included, amount=MoneyOut.of(tax))
                for rate, included, tax in queries.vat_lines(order)
            ],
            coupons=[
                CouponOffOut(code=use.coupon.code, amount=MoneyOut.of(use.money)) for use in queries.coupons_on(order)
            ],
            lines=[_line(line, about) for line, about in queries.described(order)],
            created_at=order.created_at,
            expires_at=order.expires_at,
            paid_at=order.paid_at,
            void_reason=said(order.void_reason),
        )


def _line(line: Any, about: str) -> OrderLineOut:
    return OrderLineOut(
        id=line.id,
        kind=line.kind,
        subject_id=line.subject_id,
        title=line.name,
        about=about,
        status=line.status,
        price=MoneyOut.of(line.amount),
        net=MoneyOut.of(line.net),
        tax=MoneyOut.of(line.tax),
        fee=MoneyOut.of(line.fee),
        total=MoneyOut.of(line.total),
        refunded=MoneyOut.of(line.refunded),
        policy=list(line.policy.get("words", [])),
        releases_at=line.releases_at,
    )


class OrdersOut(Schema):
    """A page of orders, newest first."""

    items: list[OrderOut]
    next: str | None


class PayIn(Schema):
    """How to pay. `from_wallet` minor units are taken from the wallet first (all of it, if that is less)."""

    gateway: str = Field(max_length=20)
    from_wallet: int = Field(0, ge=0, le=10**15)
    keep: bool = False
    """Keep this way to pay for what renews, such as a subscription; without effect on other orders."""
    return_url: str = Field("", max_length=500)
    """Where the gateway sends the buyer back to: a path, or an address of this server."""


@router.get("", response=OrdersOut, auth=requires("money:read"))
def list_orders(request: HttpRequest, cursor: str | None = None, limit: int = Query(25, ge=1, le=100)) -> OrdersOut:
    """Your orders, newest first."""
    page = queries.orders_of(request.user, cursor, limit=limit)
    return OrdersOut(items=[OrderOut.of(order) for order in page.items], next=page.next)


@router.get("/{uuid:order_id}", response=OrderOut, auth=requires("money:read"))
def show_order(request: HttpRequest, order_id: UUID) -> OrderOut:
    """One of your orders."""
    return OrderOut.of(queries.order(order_id, request.user))


@router.get("/{uuid:order_id}/payments", response=list[PaymentOut], auth=requires("money:read"))
def list_payments(request: HttpRequest, order_id: UUID) -> list[PaymentOut]:
    """Every attempt to pay an order of yours, newest first."""
    order = queries.order(order_id, request.user)
    return [PaymentOut.of(payment) for payment in queries.payments_of(order)]


@router.post("/{uuid:order_id}/pay", response=StartedOut, auth=requires("money:write"))
@decorate_view(idempotent)
def pay_order(request: HttpRequest, order_id: UUID, wish: PayIn) -> StartedOut:
    """Begin to pay an order through a gateway: send the buyer to `redirect_url`, or show the `instructions`."""
    order = queries.order(order_id, request.user)
    started = services.start_payment(
        order_id=order.id,
        gateway=wish.gateway,
        actor=request.user,
        return_url=safe_return_url(request, wish.return_url, f"/checkout/{order.id}/return/"),
        from_wallet=Money(wish.from_wallet, order.unit),
        keep=wish.keep and any(line.policy.get("renews") for line in order.lines),
    )
    return StartedOut.of(started)


class CouponsIn(Schema):
    """Coupon codes; none: without."""

    codes: list[str] = Field(max_length=5)


@router.put("/{uuid:order_id}/coupons", response=OrderOut, auth=requires("money:write"))
def put_coupons(request: HttpRequest, order_id: UUID, wish: CouponsIn) -> OrderOut:
    """Price an open order of yours anew with exactly these coupons; a code that begins with `coupon_` says why
    one does not hold. An order that costs nothing then is paid at once."""
    services.set_coupons(order_id=order_id, codes=wish.codes, actor=request.user)
    return OrderOut.of(queries.order(order_id, request.user))


@router.post("/{uuid:order_id}/pay-from-wallet", response=OrderOut, auth=requires("money:write"))
@decorate_view(idempotent)
def pay_order_from_wallet(request: HttpRequest, order_id: UUID) -> OrderOut:
    """Pay the whole rest of an order from your wallet."""
    services.pay_from_wallet(order_id=order_id, actor=request.user)
    return OrderOut.of(queries.order(order_id, request.user))


@router.post("/{uuid:order_id}/cancel", response=OrderOut, auth=requires("money:write"))
@decorate_view(idempotent)
def cancel_order(request: HttpRequest, order_id: UUID) -> OrderOut:
    """Give up an order that is not paid."""
    services.cancel_order(order_id=order_id, actor=request.user)
    return OrderOut.of(queries.order(order_id, request.user))
