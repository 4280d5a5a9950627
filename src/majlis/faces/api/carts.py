"""The cart, gifts and packages."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from ninja import Query, Router, Schema, Status
from ninja.decorators import decorate_view
from pydantic import Field

from majlis.engines.billing import queries, services
from majlis.engines.billing.types import GiftStatus
from majlis.faces.api.auth import requires
from majlis.faces.api.idempotency import idempotent
from majlis.faces.api.orders import CouponOffOut, CouponsIn, OrderOut
from majlis.faces.api.shapes import MoneyOut
from majlis.kit.errors import NotFound

PREFIX = "/cart"
router = Router(tags=["cart"])


class CartItemOut(Schema):
    """A thing in the cart at this moment; `refusal` says why it cannot be had any more, and then it has no price."""

    id: UUID
    kind: str
    title: str
    about: str
    amount: MoneyOut | None
    refusal: str

    @classmethod
    def of(cls, row: Any) -> "CartItemOut":
        offered = row.offered
        return cls(
            id=row.item.id,
            kind=row.item.kind,
            title=offered.title if offered else row.item.title,
            about=offered.words if offered else "",
            amount=MoneyOut.of(offered.amount) if offered else None,
            refusal=str(row.refusal) if row.refusal else "",
        )


class CartGroupOut(Schema):
    """What is ordered together: the things of one currency."""

    currency: str
    items: list[CartItemOut]
    coupons: list[CouponOffOut]
    coupon_refusal: str
    tax: MoneyOut
    total: MoneyOut


class CartOut(Schema):
    """Your cart. Order it by its `version`: the same version is ordered once."""

    version: int
    groups: list[CartGroupOut]
    gone: list[CartItemOut]

    @classmethod
    def of(cls, person: Any) -> "CartOut":
        cart = queries.cart_of(person)
        return cls(
            version=cart.version,
            groups=[
                CartGroupOut(
                    currency=group.unit,
                    items=[CartItemOut.of(row) for row in group.rows],
                    coupons=[CouponOffOut(code=code, amount=MoneyOut.of(off)) for code, off in group.quote.coupons],
                    coupon_refusal=str(group.coupon_refusal) if group.coupon_refusal else "",
                    tax=MoneyOut.of(group.quote.tax),
                    total=MoneyOut.of(group.quote.total),
                )
                for group in cart.groups
                if group.quote is not None
            ],
            gone=[CartItemOut.of(row) for row in cart.gone],
        )


class ThingIn(Schema):
    """A thing: its kind, and what its product needs to know (`{"package": "<id>"}`)."""

    kind: str = Field(max_length=32)
    choice: dict[str, Any]


class OrderCartIn(Schema):
    """Which version of the cart, and which of its currencies."""

    version: int = Field(ge=0, le=2**31 - 1)
    currency: str = Field(min_length=3, max_length=5)


@router.get("", response=CartOut, auth=requires("money:read"))
def show_cart(request: HttpRequest) -> CartOut:
    """Your cart at the prices of this moment."""
    return CartOut.of(request.user)


@router.post("/items", response={201: CartOut}, auth=requires("money:write"))
@decorate_view(idempotent)
def add_item(request: HttpRequest, thing: ThingIn) -> Status:
    """Put a thing into your cart; the same thing twice is once. It is not held before you order."""
    services.add_to_cart(person=request.user, kind=thing.kind, choice=thing.choice)
    return Status(201, CartOut.of(request.user))


@router.delete("/items/{uuid:item_id}", response=CartOut, auth=requires("money:write"))
def remove_item(request: HttpRequest, item_id: UUID) -> CartOut:
    """Take a thing out."""
    services.remove_from_cart(person=request.user, item_id=item_id)
    return CartOut.of(request.user)


@router.put("/coupons", response=CartOut, auth=requires("money:write"))
def put_coupons(request: HttpRequest, wish: CouponsIn) -> CartOut:
    """Use these coupons; refused with the reason when they hold for nothing in the cart."""
    services.set_cart_coupons(person=request.user, codes=wish.codes)
    return CartOut.of(request.user)


@router.post("/order", response={201: OrderOut}, auth=requires("money:write"))
@decorate_view(idempotent)
def order_cart(request: HttpRequest, wish: OrderCartIn) -> Status:
    """One order of everything in one currency; then pay it like any order."""
    placed = services.order_cart(person=request.user, unit=wish.currency, version=wish.version, actor=request.user)
    return Status(201, OrderOut.of(queries.order(placed.id, request.user)))


class GiftOut(Schema):
    """A gift. Its code is shown to its buyer while it can be redeemed."""

    id: UUID
    status: GiftStatus
    worth: MoneyOut
    title: str
    to_name: str
    from_name: str
    message: str
    code: str
    expires_at: datetime | None

    @classmethod
    def of(cls, gift: Any, person: Any) -> "GiftOut":
        shown = gift.buyer_id == person.pk and gift.status == GiftStatus.ACTIVE
        return cls(
            id=gift.id,
            status=gift.status,
            worth=MoneyOut.of(gift.money),
            title=gift.for_title,
            to_name=gift.to_name,
            from_name=gift.from_name,
            message=gift.message,
            code=queries.code_of(gift) if shown else "",
            expires_at=gift.expires_at,
        )


class CodeIn(Schema):
    """The code of a gift, however it is written."""

    code: str = Field(min_length=1, max_length=40)


@router.get("/gifts", response=list[GiftOut], auth=requires("money:read"))
def list_gifts(request: HttpRequest, limit: int = Query(25, ge=1, le=100)) -> list[GiftOut]:
    """The gifts you bought, newest first. Buy one by putting a `gift_code` into the cart."""
    return [GiftOut.of(gift, request.user) for gift in queries.gifts_of(request.user)[:limit]]


@router.post("/gifts/redeem", response=GiftOut, auth=requires("money:write"))
@decorate_view(idempotent)
def redeem_gift(request: HttpRequest, wish: CodeIn) -> GiftOut:
    """Put a gift into your wallet, once."""
    return GiftOut.of(services.redeem_gift(code=wish.code, person=request.user), request.user)


@router.get("/gifts/{uuid:gift_id}", response=GiftOut, auth=requires("money:read"))
def show_gift(request: HttpRequest, gift_id: UUID) -> GiftOut:
    """A gift you bought or redeemed."""
    return GiftOut.of(queries.gift(gift_id, request.user), request.user)


@router.get(
    "/gifts/{uuid:gift_id}/card",
    auth=requires("money:read"),
    openapi_extra={"responses": {200: {"description": "The PDF", "content": {"application/pdf": {}}}}},
)
def print_gift(request: HttpRequest, gift_id: UUID) -> HttpResponse:
    """The card to print of a gift you bought, as PDF, while it can be redeemed."""
    person: Any = request.user
    gift = queries.gift(gift_id, person)
    if gift.buyer_id != person.pk or gift.status != GiftStatus.ACTIVE:
        raise NotFound
    answer = HttpResponse(queries.gift_pdf(gift, get_language() or "en"), content_type="application/pdf")
    answer["Content-Disposition"] = 'attachment; filename="gift.pdf"'
    return answer
