"""What things cost: VAT, the buyer's fee, what coupons take off."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from majlis.engines.billing import registry
from majlis.engines.billing.models import BillingDetails
from majlis.engines.billing.policies import policies
from majlis.engines.billing.services.commissions import commission_for
from majlis.engines.billing.splitting import split
from majlis.engines.billing.types import LineDraft, Quote, QuotedLine, TaxCheck
from majlis.kit import clock
from majlis.kit.edition import edition
from majlis.kit.errors import Invalid, Refusal
from majlis.kit.money import Money

if TYPE_CHECKING:
    from majlis.engines.billing.services.coupons import Discount, Discounts


class EmptyOrder(Refusal):
    """There is nothing to buy."""

    code = "empty_order"
    sentence = _("There is nothing to pay for here.")
    status = 422


class MixedCurrencies(Refusal):
    """The lines of an order are priced in different currencies."""

    code = "mixed_currencies"
    sentence = _("All parts of an order must have the same currency.")
    status = 422


def quote(*, buyer: Any, lines: Sequence[LineDraft], coupons: Sequence[str] = (), now: datetime | None = None) -> Quote:
    """What `place_order` would charge `buyer` for these lines with these coupon codes now, to the last cent, with the
    commission it would keep.

    Writes nothing. Refuses `EmptyOrder`, `MixedCurrencies`, and what a coupon refuses (`CouponRefused`).
    """
    from majlis.engines.billing.services.coupons import discounts_for

    now = now or clock.now()
    if not lines:
        raise EmptyOrder()
    unit = lines[0].amount.unit
    if any(line.amount.unit != unit for line in lines):
        raise MixedCurrencies()
    if any(line.amount.amount < 0 for line in lines):
        raise Invalid(errors={"amount": _("A price cannot be negative.")})
    country = country_of(buyer)
    reverse = reverse_charged(buyer, country)
    off = discounts_for(codes=coupons, buyer=buyer, lines=lines, now=now)
    return quote_in(country, lines, off, reverse=reverse, now=now)


def quote_in(country: str, lines: Sequence[LineDraft], off: "Discounts", *, reverse: bool, now: datetime) -> Quote:
    """What lines of one currency cost where it is known whose VAT they carry and what coupons take off."""
    quoted = tuple(
        _quote_line(line, country, reverse, discount, now) for line, discount in zip(lines, off.by_line, strict=True)
    )
    nothing = Money(0, lines[0].amount.unit)
    return Quote(
        lines=quoted,
        net=sum((line.net for line in quoted), nothing),
        tax=sum((line.tax for line in quoted), nothing),
        fee=sum((line.fee for line in quoted), nothing),
        total=sum((line.total for line in quoted), nothing),
        discount=sum((line.discount for line in quoted), nothing),
        coupons=tuple((coupon.code, amount) for coupon, amount in off.by_coupon),
        reverse_charge=reverse,
    )


def country_of(buyer: Any) -> str:
    """Whose VAT a buyer pays: the country their invoices are made out to, else their own, else the edition's."""
    return country_among(buyer, BillingDetails.objects.filter(person=buyer).first())


def country_among(buyer: Any, details: BillingDetails | None) -> str:
    """`country_of` where the buyer's details were read already."""
    return (details.country if details else "") or getattr(buyer, "country", "") or edition().country


def reverse_charged(buyer: Any, country: str) -> bool:
    """Whether the buyer accounts for the VAT: a business with a tax number in another country than the house's, where
    the edition's policy says that this is how it goes, and no register has yet to confirm it or does not know it."""
    return _reverses(country) and reverse_charged_among(BillingDetails.objects.filter(person=buyer).first(), country)


def reverse_charged_among(details: BillingDetails | None, country: str) -> bool:
    """`reverse_charged` where the buyer's details were read already."""
    if details is None or not _reverses(country):
        return False
    open_question = details.tax_check in (TaxCheck.ASKED, TaxCheck.UNKNOWN)
    return details.business and details.country == country and bool(details.tax_number) and not open_question


def _reverses(country: str) -> bool:
    return country != edition().country and bool({country, "*"} & set(policies().reverse_charge))


def net_and_tax(price: Money, rate: int, reverse: bool = False) -> tuple[Money, Money]:
    """The net and the VAT of a list price at `rate` basis points, whether the edition's prices include it or not. With
    `reverse` there is no VAT, and a price that includes it is freed of it."""
    if policies().prices_include_vat:
        net = price.prorate(10_000, 10_000 + rate)
        return net, Money(0, price.unit) if reverse else price - net
    return price, Money(0, price.unit) if reverse else price.share(rate)


def _quote_line(draft: LineDraft, country: str, reverse: bool, off: "Discount", now: datetime) -> QuotedLine:
    rules = policies()
    voucher = draft.kind in registry.vouchers()
    price = draft.amount
    charged = price - off.seller - off.house
    rate = 0 if voucher else rules.vat_of(country, draft.kind)
    net, tax = net_and_tax(charged, rate, reverse)
    nothing = Money(0, price.unit)
    subsidy = net_and_tax(price - off.seller, rate, reverse)[0] - net if draft.seller_id else nothing
    fee = nothing if voucher else charged.share(rules.buyer_fee_basis_points)
    commission = commission_for(
        kind=draft.kind,
        seller_id=draft.seller_id,
        unit=price.unit,
        variant=draft.traits.get("variant", ""),
        now=now,
    )
    whole = split(
        price=price,
        net=net,
        tax=tax,
        fee=fee,
        commission=commission,
        buyer=nothing,
        seller=price,
        house=draft.seller_id is None,
        subsidy=subsidy,
    )
    return QuotedLine(
        draft=draft,
        net=net,
        tax=tax,
        fee=fee,
        total=net + tax + fee,
        tax_basis_points=0 if reverse else rate,
        tax_included=rules.prices_include_vat,
        commission=commission,
        seller_receives=whole.seller,
        discount=off.seller + off.house,
        subsidy=subsidy,
    )
