"""Coupons: what they take off, and every reason why one does not."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing import registry
from majlis.engines.billing.models import Coupon, CouponDiscount, CouponUse, Order
from majlis.engines.billing.types import Bearer, LineDraft, OrderStatus
from majlis.kernel.accounts import services as accounts
from majlis.kit import clock
from majlis.kit.errors import Invalid, NotFound, Refusal
from majlis.kit.money import Money

CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{2,31}")


class CouponRefused(Refusal):
    """A coupon does not hold here. Each subclass says why; all have the fact `code`."""

    code = "coupon_refused"
    sentence = _("The coupon %(code)s does not hold here.")
    status = 422


class CouponUnknown(CouponRefused):
    """There is no such coupon, or it is switched off."""

    code = "coupon_unknown"
    sentence = _("We know no coupon %(code)s. Please look at it again.")


class CouponNotYet(CouponRefused):
    """Its time has not come."""

    code = "coupon_not_yet"
    sentence = _("The coupon %(code)s does not hold yet.")


class CouponExpired(CouponRefused):
    """Its time is over."""

    code = "coupon_expired"
    sentence = _("The coupon %(code)s has expired.")


class CouponUsedUp(CouponRefused):
    """It was used as often as it may be."""

    code = "coupon_used_up"
    sentence = _("The coupon %(code)s has been used as often as it may be.")


class CouponUsed(CouponRefused):
    """This person used it."""

    code = "coupon_used"
    sentence = _("You have used the coupon %(code)s already.")


class CouponNotForThis(CouponRefused):
    """Nothing in the order is what it holds for."""

    code = "coupon_not_for_this"
    sentence = _("The coupon %(code)s does not hold for what you are buying.")


class CouponMinimum(CouponRefused):
    """The order is too small for it."""

    code = "coupon_minimum"
    sentence = _("The coupon %(code)s holds from %(least)s on.")


class CouponFirstOnly(CouponRefused):
    """The person has bought before."""

    code = "coupon_first_only"
    sentence = _("The coupon %(code)s is for a first purchase.")


class CouponsDoNotStack(CouponRefused):
    """It cannot stand beside another."""

    code = "coupons_do_not_stack"
    sentence = _("The coupon %(code)s cannot be used together with another.")


@dataclass(frozen=True, slots=True)
class Discount:
    """What comes off one line's list price, by who bears it."""

    seller: Money
    house: Money


@dataclass(frozen=True, slots=True)
class Discounts:
    """What coupons take off an order: line by line, and coupon by coupon."""

    by_line: tuple[Discount, ...]
    by_coupon: tuple[tuple[Coupon, Money], ...]


def no_discount(lines: Sequence[LineDraft]) -> Discounts:
    """What no coupon takes off."""
    nothing = Money(0, lines[0].amount.unit)
    return Discounts(tuple(Discount(nothing, nothing) for _line in lines), ())


def normal_code(text: str) -> str:
    """A code as it is kept, whatever was typed: capitals, without spaces."""
    return "".join(text.upper().split())[:32]


def discounts_for(*, codes: Sequence[str], buyer: Any, lines: Sequence[LineDraft], now: datetime) -> Discounts:
    """What these codes take off these lines for this buyer, one after the other, each off what the ones before left.
    Writes nothing. Refuses with the `CouponRefused` that says why."""
    unit = lines[0].amount.unit
    nothing = Money(0, unit)
    off = [Discount(nothing, nothing) for _line in lines]
    taken = []
    coupons = [_found(code) for code in dict.fromkeys(normal_code(code) for code in codes)]
    for coupon in coupons:
        if len(coupons) > 1 and not coupon.stacks:
            raise CouponsDoNotStack(code=coupon.code)
        holds = _holds(coupon, buyer, lines, now)
        amounts = _amounts(coupon, holds, lines, off)
        for place, amount in amounts.items():
            before = off[place]
            if coupon.borne_by == Bearer.SELLER:
                off[place] = Discount(before.seller + amount, before.house)
            else:
                off[place] = Discount(before.seller, before.house + amount)
        taken.append((coupon, sum(amounts.values(), nothing)))
    return Discounts(tuple(off), tuple(taken))


def _found(code: str) -> Coupon:
    coupon = Coupon.objects.prefetch_related("discounts").filter(code=code, enabled=True).first()
    if coupon is None:
        raise CouponUnknown(code=code)
    return coupon


def _holds(coupon: Coupon, buyer: Any, lines: Sequence[LineDraft], now: datetime) -> dict[int, CouponDiscount]:
    """The lines the coupon holds for, each with its discount, after every rule."""
    code = coupon.code
    if now < coupon.starts_at:
        raise CouponNotYet(code=code)
    if coupon.expires_at is not None and now >= coupon.expires_at:
        raise CouponExpired(code=code)
    if coupon.total_uses is not None and coupon.uses >= coupon.total_uses:
        raise CouponUsedUp(code=code)
    used = CouponUse.objects.filter(coupon=coupon, person=buyer, once=True, returned_at__isnull=True)
    if coupon.once_per_person and used.exists():
        raise CouponUsed(code=code)
    if coupon.first_purchase and _has_bought(buyer):
        raise CouponFirstOnly(code=code)
    holds = {place: found for place, line in enumerate(lines) if (found := _discount_on(coupon, line)) is not None}
    if not holds:
        raise CouponNotForThis(code=code)
    if coupon.minimum is not None:
        worth = sum((lines[place].amount for place in holds), Money(0, lines[0].amount.unit))
        if worth.unit != coupon.minimum.unit or worth < coupon.minimum:
            raise CouponMinimum(code=code, least=coupon.minimum.display())
    return holds


def _has_bought(buyer: Any) -> bool:
    return Order.objects.filter(buyer=buyer, status=OrderStatus.PAID, total_amount__gt=0).exists()


def _discount_on(coupon: Coupon, line: LineDraft) -> CouponDiscount | None:
    """What the coupon takes off this line; None if it does not hold for it."""
    if line.kind in registry.vouchers():
        return None
    if coupon.kinds and line.kind not in coupon.kinds:
        return None
    if coupon.families and not {line.traits.get("family", ""), str(line.subject_id)} & set(coupon.families):
        return None
    if coupon.seller_id is not None and line.seller_id != coupon.seller_id:
        return None
    fits = [each for each in coupon.discounts.all() if each.unit in ("", line.amount.unit)]
    by_cycle = {each.cycle: each for each in fits}
    return by_cycle.get(line.traits.get("cycle", "")) or by_cycle.get("")


def _amounts(
    coupon: Coupon, holds: dict[int, CouponDiscount], lines: Sequence[LineDraft], off: list[Discount]
) -> dict[int, Money]:
    """What comes off each line. A fixed amount is spread over the lines of its discount by what each still costs."""
    left = {place: lines[place].amount - off[place].seller - off[place].house for place in holds}
    amounts = {place: left[place].share(found.basis_points) for place, found in holds.items() if found.basis_points}
    for found in {each.id: each for each in holds.values() if not each.basis_points}.values():
        places = [place for place, each in holds.items() if each.id == found.id]
        whole = sum((left[place] for place in places), Money(0, found.unit))
        pot = min(found.amount, whole.amount)
        gone, before = 0, 0
        for place in places:
            before += left[place].amount
            upto = Money(pot, found.unit).prorate(before, whole.amount).amount if whole else 0
            amounts[place], gone = Money(upto - gone, found.unit), upto
    return amounts


def take_coupons(order: Order, taken: Sequence[tuple[str, Money]], *, now: datetime) -> None:
    """Count the coupons (codes, and what each took off) of an order that was just priced, in its transaction. Refuses
    `CouponUsedUp` and `CouponUsed` when somebody was faster: the database decides."""
    off = dict(taken)
    for coupon in Coupon.objects.filter(code__in=off).order_by("id"):
        amount = off[coupon.code]
        free = Coupon.objects.filter(Q(total_uses__isnull=True) | Q(uses__lt=F("total_uses")), id=coupon.id)
        if not free.update(uses=F("uses") + 1):
            raise CouponUsedUp(code=coupon.code)
        try:
            with transaction.atomic():
                CouponUse.objects.create(
                    coupon=coupon,
                    order=order,
                    person=order.buyer,
                    once=coupon.once_per_person,
                    unit=amount.unit,
                    amount=amount.amount,
                    created_at=now,
                )
        except IntegrityError:
            raise CouponUsed(code=coupon.code) from None


def give_coupons_back(order: Order, *, now: datetime) -> None:
    """The order ended unpaid, or is priced anew: its coupons were not used."""
    uses = CouponUse.objects.select_for_update().filter(order=order, returned_at__isnull=True)
    for use in uses.order_by("coupon_id"):
        CouponUse.objects.filter(id=use.id).update(returned_at=now)
        Coupon.objects.filter(id=use.coupon_id).update(uses=F("uses") - 1)


@transaction.atomic
def add_coupon(
    *,
    actor: Any,
    code: str,
    discounts: Sequence[tuple[str, int | Money]],
    note: str = "",
    kinds: Sequence[str] = (),
    families: Sequence[str] = (),
    seller: Any = None,
    borne_by: str = Bearer.HOUSE,
    starts_at: datetime | None = None,
    expires_at: datetime | None = None,
    total_uses: int | None = None,
    once_per_person: bool = True,
    minimum: Money | None = None,
    first_purchase: bool = False,
    stacks: bool = False,
) -> Coupon:
    """A new coupon. `discounts`: per cycle (`""` for whatever has none of its own) basis points or an amount.

    Refuses `Invalid`: a code that is taken or no code, no discount, numbers that make no sense.
    """
    now = clock.now()
    code, starts_at = normal_code(code), starts_at or now
    errors: dict[str, Any] = {}
    if not CODE.fullmatch(code):
        errors["code"] = _("A code has 3 to 32 Latin letters, figures or hyphens.")
    elif Coupon.objects.filter(code=code).exists():
        errors["code"] = _("There is such a coupon already.")
    if not discounts or not all(_makes_sense(value) for _cycle, value in discounts):
        errors["percent"] = _("Say what it takes off: up to 100 %%, or an amount.")
    if expires_at is not None and expires_at <= starts_at:
        errors["expires_at"] = _("It must end after it starts.")
    if total_uses is not None and total_uses < 1:
        errors["total_uses"] = _("At least once.")
    if errors:
        raise Invalid(errors=errors)
    coupon = Coupon.objects.create(
        code=code,
        note=note,
        kinds=list(kinds),
        families=list(families),
        seller=seller,
        borne_by=borne_by,
        starts_at=starts_at,
        expires_at=expires_at,
        total_uses=total_uses,
        once_per_person=once_per_person,
        minimum_amount=minimum.amount if minimum else 0,
        minimum_unit=minimum.unit if minimum else "",
        first_purchase=first_purchase,
        stacks=stacks,
        created_by=actor,
        created_at=now,
    )
    for cycle, value in discounts:
        share = {"amount": value.amount, "unit": value.unit} if isinstance(value, Money) else {"basis_points": value}
        CouponDiscount.objects.create(coupon=coupon, cycle=cycle, created_at=now, **share)
    _record(coupon, "added", actor, note, discounts=[[cycle, str(value)] for cycle, value in discounts])
    return coupon


def _makes_sense(value: int | Money) -> bool:
    return value.amount > 0 if isinstance(value, Money) else 0 < value <= 10_000


@transaction.atomic
def change_coupon(
    *,
    actor: Any,
    coupon_id: UUID,
    reason: str,
    enabled: bool | None = None,
    expires_at: datetime | None = None,
    total_uses: int | None = None,
) -> Coupon:
    """Switch a coupon on or off, or set its end or how often it may be used in all; orders that took it keep it.
    Refuses `Invalid` when it was used more often already."""
    coupon = Coupon.objects.select_for_update().filter(id=coupon_id).first()
    if coupon is None:
        raise NotFound()
    if total_uses is not None and total_uses < coupon.uses:
        raise Invalid(errors={"total_uses": _("It was used more often already.")})
    if expires_at is not None and expires_at <= coupon.starts_at:
        raise Invalid(errors={"expires_at": _("It must end after it starts.")})
    given = {"enabled": enabled, "expires_at": expires_at, "total_uses": total_uses}
    changes = {name: value for name, value in given.items() if value is not None}
    Coupon.objects.filter(id=coupon_id).update(**changes, updated_at=clock.now(), updated_by=actor)
    coupon.refresh_from_db()
    _record(coupon, "changed", actor, reason, **{name: str(value) for name, value in changes.items()})
    return coupon


def _record(coupon: Coupon, what: str, actor: Any, reason: str, **facts: Any) -> None:
    accounts.record_act(
        actor=actor,
        action=f"billing.coupon_{what}",
        target=f"billing.coupon:{coupon.id}",
        facts={"code": coupon.code, **facts},
        reason=reason,
    )
