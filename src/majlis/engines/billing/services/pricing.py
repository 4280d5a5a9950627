"""What things cost: VAT, the buyer's fee, the house's commission."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.models import CommissionRule
from majlis.engines.billing.policies import policies
from majlis.engines.billing.splitting import split
from majlis.engines.billing.types import Commission, LineDraft, Quote, QuotedLine
from majlis.kernel.accounts import services as accounts
from majlis.kit import clock
from majlis.kit.edition import edition
from majlis.kit.errors import Invalid, Refusal
from majlis.kit.money import Money


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


class RuleEnded(Refusal):
    """The commission rule is over already."""

    code = "rule_ended"
    sentence = _("This rule has ended already.")


def quote(*, buyer: Any, lines: Sequence[LineDraft], now: datetime | None = None) -> Quote:
    """What `place_order` would charge `buyer` for these lines now, to the last cent, with the commission it would keep.

    Writes nothing. Refuses `EmptyOrder`, `MixedCurrencies`.
    """
    now = now or clock.now()
    if not lines:
        raise EmptyOrder()
    unit = lines[0].amount.unit
    if any(line.amount.unit != unit for line in lines):
        raise MixedCurrencies()
    if any(line.amount.amount < 0 for line in lines):
        raise Invalid(errors={"amount": _("A price cannot be negative.")})
    country = country_of(buyer)
    quoted = tuple(_quote_line(line, country, now) for line in lines)
    nothing = Money(0, unit)
    return Quote(
        lines=quoted,
        net=sum((line.net for line in quoted), nothing),
        tax=sum((line.tax for line in quoted), nothing),
        fee=sum((line.fee for line in quoted), nothing),
        total=sum((line.total for line in quoted), nothing),
    )


def country_of(buyer: Any) -> str:
    """Whose VAT a buyer pays: their country's, else the edition's."""
    return getattr(buyer, "country", "") or edition().country


def _quote_line(draft: LineDraft, country: str, now: datetime) -> QuotedLine:
    rules = policies()
    price = draft.amount
    rate = rules.vat_of(country, draft.kind)
    if rules.prices_include_vat:
        net = price.prorate(10_000, 10_000 + rate)
        tax = price - net
    else:
        net, tax = price, price.share(rate)
    fee = price.share(rules.buyer_fee_basis_points)
    commission = commission_for(kind=draft.kind, seller_id=draft.seller_id, unit=price.unit, now=now)
    whole = split(
        price=price,
        net=net,
        tax=tax,
        fee=fee,
        commission=commission,
        buyer=Money(0, price.unit),
        seller=price,
        house=draft.seller_id is None,
    )
    return QuotedLine(
        draft=draft,
        net=net,
        tax=tax,
        fee=fee,
        total=net + tax + fee,
        tax_basis_points=rate,
        tax_included=rules.prices_include_vat,
        commission=commission,
        seller_receives=whole.seller,
    )


def commission_for(*, kind: str, seller_id: UUID | None, unit: str, now: datetime | None = None) -> Commission:
    """What the house keeps of a sale of this kind by this seller in this currency: the most particular rule in force,
    the newest of equals, else the edition's default."""
    now = now or clock.now()
    if seller_id is None:
        return Commission(0, 0)
    rules = (
        CommissionRule.objects.filter(starts_at__lte=now)
        .filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now))
        .filter(Q(kind="") | Q(kind=kind), Q(seller__isnull=True) | Q(seller_id=seller_id), Q(unit="") | Q(unit=unit))
    )
    best = max(
        rules, key=lambda r: (r.seller_id is not None, r.kind != "", r.unit != "", r.starts_at, r.id), default=None
    )
    if best is None:
        fixed = policies().commission_fixed if unit == edition().currency else 0
        return Commission(policies().commission_basis_points, fixed)
    return Commission(best.basis_points, best.fixed, best.id)


@transaction.atomic
def add_commission_rule(
    *,
    actor: Any,
    basis_points: int,
    fixed: Money | None = None,
    kind: str = "",
    seller: Any = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    note: str = "",
) -> CommissionRule:
    """A rule for orders placed from `starts_at` (now by default) on; orders placed before keep theirs.

    Refuses `Invalid` when the numbers make no sense.
    """
    starts_at = starts_at or clock.now()
    errors: dict[str, Any] = {}
    if not 0 <= basis_points <= 10_000:
        errors["basis_points"] = _("A share lies between 0 and 100 %%.")
    if fixed is not None and fixed.amount < 0:
        errors["fixed"] = _("This cannot be negative.")
    if ends_at is not None and ends_at <= starts_at:
        errors["ends_at"] = _("It must end after it starts.")
    if errors:
        raise Invalid(errors=errors)
    rule = CommissionRule.objects.create(
        kind=kind,
        seller=seller,
        unit=fixed.unit if fixed else "",
        basis_points=basis_points,
        fixed=fixed.amount if fixed else 0,
        starts_at=starts_at,
        ends_at=ends_at,
        note=note,
    )
    accounts.record_act(
        actor=actor,
        action="billing.commission_rule_added",
        target=f"billing.commissionrule:{rule.id}",
        facts={"basis_points": basis_points, "fixed": rule.fixed, "unit": rule.unit, "kind": kind},
        reason=note,
    )
    return rule


@transaction.atomic
def end_commission_rule(*, actor: Any, rule_id: UUID, now: datetime | None = None) -> CommissionRule:
    """End a rule now; orders made under it keep it. Refuses `RuleEnded`."""
    now = now or clock.now()
    rule = CommissionRule.objects.select_for_update().get(id=rule_id)
    if rule.ends_at is not None and rule.ends_at <= now:
        raise RuleEnded()
    # One that was to start later never holds: its time is the shortest there is.
    rule.ends_at = max(now, rule.starts_at + timedelta(microseconds=1))
    CommissionRule.objects.filter(id=rule_id).update(ends_at=rule.ends_at)
    accounts.record_act(actor=actor, action="billing.commission_rule_ended", target=f"billing.commissionrule:{rule_id}")
    return rule
