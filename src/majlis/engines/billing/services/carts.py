"""The cart: several kinds of things, one order."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing import registry
from majlis.engines.billing.models import Cart, CartItem, Order
from majlis.engines.billing.policies import policies
from majlis.engines.billing.services.coupons import CouponRefused, normal_code
from majlis.engines.billing.services.orders import place_order
from majlis.engines.billing.services.pricing import quote
from majlis.engines.billing.types import LineDraft, Offered, OrderStatus, Quote
from majlis.kernel.accounts import services as accounts
from majlis.kit import clock
from majlis.kit.errors import Invalid, NotFound, Refusal

MOST_ITEMS = 30


class CartFull(Refusal):
    """A cart holds only so much."""

    code = "cart_full"
    sentence = _("Your cart is full. Please order what is in it first.")


class CartEmpty(Refusal):
    """There is nothing to order."""

    code = "cart_empty"
    sentence = _("Your cart is empty.")


class CartItemGone(Refusal):
    """Something in the cart cannot be had any more: `title` what, `why` the product's own sentence."""

    code = "cart_item_gone"
    sentence = _("“%(title)s” cannot be ordered: %(why)s")


@dataclass(frozen=True, slots=True)
class CartRow:
    """One thing in a cart: `offered` as it is now, or `refusal`, why it cannot be had."""

    item: CartItem
    offered: Offered | None
    refusal: Refusal | None


@dataclass(frozen=True, slots=True)
class CartGroup:
    """What is ordered together: the things of one currency, and what they cost."""

    unit: str
    rows: tuple[CartRow, ...]
    quote: Quote | None
    """None when nothing of it can be had."""
    coupon_refusal: Refusal | None
    """Why the coupons do not hold; the quote is without them then."""


@dataclass(frozen=True, slots=True)
class CartView:
    """A cart as its owner sees it."""

    version: int
    coupons: tuple[str, ...]
    groups: tuple[CartGroup, ...]
    gone: tuple[CartRow, ...]
    """What cannot be had any more."""

    @property
    def count(self) -> int:
        """How many things are in it."""
        return sum(len(group.rows) for group in self.groups) + len(self.gone)


def cart_of(person: Any, *, now: datetime | None = None) -> CartView:
    """The person's cart, everything in it asked for anew: prices and availability of this moment."""
    now = now or clock.now()
    cart = Cart.objects.filter(person=person).first()
    if cart is None:
        return CartView(0, (), (), ())
    rows = [_row(item, person, now) for item in waiting(cart)]
    groups: dict[str, list[CartRow]] = {}
    for row in rows:
        if row.offered is not None:
            groups.setdefault(row.offered.amount.unit, []).append(row)
    return CartView(
        version=cart.version,
        coupons=tuple(cart.coupons),
        groups=tuple(_group(unit, inside, person, cart.coupons, now) for unit, inside in sorted(groups.items())),
        gone=tuple(row for row in rows if row.offered is None),
    )


def waiting(cart: Cart) -> list[CartItem]:
    """What is in the cart: not ordered, or ordered in vain."""
    rows = CartItem.objects.filter(Q(order__isnull=True) | Q(order__status=OrderStatus.VOID), cart=cart)
    return list(rows.order_by("id"))


def items_in_cart(person: Any) -> int:
    """How many things are in the person's cart."""
    waits = Q(order__isnull=True) | Q(order__status=OrderStatus.VOID)
    return CartItem.objects.filter(waits, cart__person=person).count()


def _row(item: CartItem, person: Any, now: datetime) -> CartRow:
    try:
        with transaction.atomic():
            return CartRow(item, registry.fulfiller(item.kind).offer(item.choice, person, now), None)
    except Refusal as refusal:
        return CartRow(item, None, refusal)


def _group(unit: str, rows: list[CartRow], person: Any, codes: Sequence[str], now: datetime) -> CartGroup:
    drafts = [
        LineDraft(
            kind=row.item.kind,
            subject_id=row.item.id,
            title=row.offered.title,
            amount=row.offered.amount,
            seller_id=row.offered.seller_id,
            traits=row.offered.traits,
        )
        for row in rows
        if row.offered is not None
    ]
    try:
        return CartGroup(unit, tuple(rows), quote(buyer=person, lines=drafts, coupons=codes, now=now), None)
    except CouponRefused as refusal:
        return CartGroup(unit, tuple(rows), quote(buyer=person, lines=drafts, now=now), refusal)


def _locked(person: Any) -> Cart:
    Cart.objects.bulk_create([Cart(person=person)], ignore_conflicts=True)
    return Cart.objects.select_for_update().get(person=person)


def _changed(cart: Cart) -> None:
    Cart.objects.filter(id=cart.id).update(version=F("version") + 1)


@transaction.atomic
def add_to_cart(*, person: Any, kind: str, choice: dict[str, Any], now: datetime | None = None) -> CartItem:
    """Put a thing into the person's cart; twice the same is once. It is not held for them before they order.

    Refuses `CartFull`, NotFound for a kind nobody sells, and whatever its product refuses.
    """
    now = now or clock.now()
    if len(json.dumps(choice)) > 4_000:
        raise Invalid(errors={"choice": _("This is too long.")})
    offered = registry.fulfiller(kind).offer(choice, person, now)
    cart = _locked(person)
    print_ = hashlib.sha256(f"{kind}:{json.dumps(choice, sort_keys=True)}".encode()).hexdigest()
    known = CartItem.objects.filter(cart=cart, fingerprint=print_).select_related("order").first()
    if known is not None:
        return known
    if CartItem.objects.filter(cart=cart).count() >= MOST_ITEMS:
        raise CartFull()
    item = CartItem.objects.create(
        cart=cart, kind=kind, choice=choice, title=offered.title[:300], fingerprint=print_, created_at=now
    )
    _changed(cart)
    return item


@transaction.atomic
def remove_from_cart(*, person: Any, item_id: UUID) -> None:
    """Take a thing out of the cart; NotFound if it is not in it (any more)."""
    cart = _locked(person)
    if item_id not in {item.id for item in waiting(cart)}:
        raise NotFound()
    CartItem.objects.filter(id=item_id).delete()
    _changed(cart)


def set_cart_coupons(*, person: Any, codes: Sequence[str], now: datetime | None = None) -> None:
    """Keep these coupon codes with the cart; the last one is tried at once. Throttled against guessing (`TooMany`).
    Refuses with the `CouponRefused` that says why, when it holds for nothing in the cart."""
    if codes:
        accounts.throttle(scope="billing.coupon", key=str(person.id), limit=20, seconds=600)
    _set_cart_coupons(person, [normal_code(code) for code in codes], now or clock.now())


@transaction.atomic
def _set_cart_coupons(person: Any, codes: list[str], now: datetime) -> None:
    cart = _locked(person)
    Cart.objects.filter(id=cart.id).update(coupons=list(dict.fromkeys(codes))[:5])
    _changed(cart)
    if not codes:
        return
    groups = cart_of(person, now=now).groups
    refusals = [group.coupon_refusal for group in groups]
    if not groups:
        raise CartEmpty()
    if all(refusals):
        raise refusals[0]  # type: ignore[misc]


@transaction.atomic
def order_cart(*, person: Any, unit: str, version: int, actor: Any, now: datetime | None = None) -> Order:
    """One order of everything in the cart that is priced in `unit`, each thing kept for the buyer while the order is
    open. `version` is that of the cart they saw: ordered twice (in two tabs) it is one order.

    Refuses `CartItemGone` when something cannot be had any more (nothing is ordered then), `CartEmpty`, what coupons
    refuse, and what `place_order` refuses.
    """
    now = now or clock.now()
    cart = _locked(person)
    key = f"cart:{cart.id}:{version}:{unit}"
    known = Order.objects.filter(buyer=person, key=key).first()
    if known is not None and known.status != OrderStatus.VOID:
        return known
    rows = [row for row in (_row(item, person, now) for item in waiting(cart)) if _belongs(row, unit)]
    if not rows:
        last = Order.objects.filter(cart_items__cart=cart, status=OrderStatus.OPEN).order_by("-id").first()
        if last is not None:
            return last
        raise CartEmpty()
    until = now + timedelta(minutes=policies().order_minutes)
    lines = [_taken(row, person, key, until, now) for row in rows]
    group = _group(unit, rows, person, cart.coupons, now)
    order = place_order(
        buyer=person,
        lines=lines,
        key=key if known is None else f"{key}:{cart.version}:{now.timestamp()}",
        expires_at=until,
        actor=actor,
        coupons=() if group.coupon_refusal else cart.coupons,
        now=now,
    )
    CartItem.objects.filter(id__in=[row.item.id for row in rows]).update(order=order)
    if order.status == OrderStatus.PAID:
        CartItem.objects.filter(order=order).delete()
    Cart.objects.filter(id=cart.id).update(version=F("version") + 1, coupons=[])
    return order


def _belongs(row: CartRow, unit: str) -> bool:
    return row.offered is None or row.offered.amount.unit == unit


def _taken(row: CartRow, person: Any, key: str, until: datetime, now: datetime) -> LineDraft:
    if row.offered is None:
        raise CartItemGone(title=row.item.title, why=str(row.refusal))
    try:
        return registry.fulfiller(row.item.kind).take(row.item.choice, person, f"{key}:{row.item.id}", until, now)
    except Refusal as refusal:
        raise CartItemGone(title=row.offered.title, why=str(refusal)) from refusal
