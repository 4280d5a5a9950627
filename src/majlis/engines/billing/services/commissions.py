"""What the house keeps of a sale."""

from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q, Sum
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.models import CommissionRule, OrderLine
from majlis.engines.billing.policies import policies
from majlis.engines.billing.types import Commission, LineStatus
from majlis.kernel.accounts import services as accounts
from majlis.kit import clock
from majlis.kit.edition import edition
from majlis.kit.errors import Invalid, NotFound, Refusal
from majlis.kit.money import Money


class RuleEnded(Refusal):
    """The commission rule is over already."""

    code = "rule_ended"
    sentence = _("This rule has ended already.")


def commission_for(
    *, kind: str, seller_id: UUID | None, unit: str, variant: str = "", now: datetime | None = None
) -> Commission:
    """What the house keeps of a sale of this kind and variant by this seller in this currency: of the rules in force
    the most particular one (a seller's before a variant's before a kind's before a currency's, then the highest
    turnover reached, then the newest), else the edition's default."""
    now = now or clock.now()
    if seller_id is None:
        return Commission(0, 0)
    rules = list(
        CommissionRule.objects.filter(starts_at__lte=now)
        .filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now))
        .filter(Q(kind="") | Q(kind=kind), Q(seller__isnull=True) | Q(seller_id=seller_id), Q(unit="") | Q(unit=unit))
        .filter(Q(variant="") | Q(variant=variant))
    )
    if any(rule.turnover_amount for rule in rules):
        reached = turnover(seller_id, unit, now=now).amount
        rules = [rule for rule in rules if rule.turnover_amount <= reached]
    best = max(
        rules,
        key=lambda r: (
            r.seller_id is not None,
            r.variant != "",
            r.kind != "",
            r.unit != "" and not r.turnover_amount,
            r.turnover_amount,
            r.starts_at,
            r.id,
        ),
        default=None,
    )
    if best is None:
        return _default(variant, unit)
    return Commission(best.basis_points, best.fixed, best.id)


def _default(variant: str, unit: str) -> Commission:
    rules = policies()
    if variant == "trial" and rules.trial_commission_basis_points is not None:
        return Commission(rules.trial_commission_basis_points, 0)
    return Commission(rules.commission_basis_points, rules.commission_fixed if unit == edition().currency else 0)


def turnover(seller_id: UUID, unit: str, *, now: datetime | None = None) -> Money:
    """What a seller sold since the beginning of this month on the house's wall, net and in one currency: what was paid
    and not refunded whole."""
    now = now or clock.now()
    first = now.astimezone(ZoneInfo(edition().zone)).date().replace(day=1)
    since = datetime.combine(first, time(), tzinfo=ZoneInfo(edition().zone))
    sold = OrderLine.objects.filter(
        seller_id=seller_id,
        unit=unit,
        status__in=[LineStatus.HELD, LineStatus.SETTLED],
        order__paid_at__gte=since,
        order__paid_at__lte=now,
    )
    return Money(sold.aggregate(sum=Sum("net_amount"))["sum"] or 0, unit)


@transaction.atomic
def add_commission_rule(
    *,
    actor: Any,
    basis_points: int,
    fixed: Money | None = None,
    kind: str = "",
    seller: Any = None,
    variant: str = "",
    turnover_from: Money | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    note: str = "",
) -> CommissionRule:
    """A rule for orders placed from `starts_at` (now by default) on; orders placed before keep theirs. `variant`
    (`trial`): only such lines; `turnover_from`: only sellers whose sales of the month have come so far.

    Refuses `Invalid` when the numbers make no sense.
    """
    starts_at = starts_at or clock.now()
    errors: dict[str, Any] = {}
    if not 0 <= basis_points <= 10_000:
        errors["basis_points"] = _("A share lies between 0 and 100 %%.")
    if fixed is not None and fixed.amount < 0:
        errors["fixed"] = _("This cannot be negative.")
    if turnover_from is not None and (turnover_from.amount < 0 or (fixed and fixed.unit != turnover_from.unit)):
        errors["turnover"] = _("A turnover is positive and in the currency of the fixed amount.")
    if ends_at is not None and ends_at <= starts_at:
        errors["ends_at"] = _("It must end after it starts.")
    if errors:
        raise Invalid(errors=errors)
    money = fixed or turnover_from
    rule = CommissionRule.objects.create(
        kind=kind,
        seller=seller,
        variant=variant,
        turnover_amount=turnover_from.amount if turnover_from else 0,
        unit=money.unit if money else "",
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
        facts={
            "basis_points": basis_points,
            "fixed": rule.fixed,
            "unit": rule.unit,
            "kind": kind,
            "variant": variant,
            "turnover": rule.turnover_amount,
        },
        reason=note,
    )
    return rule


@transaction.atomic
def end_commission_rule(*, actor: Any, rule_id: UUID, now: datetime | None = None) -> CommissionRule:
    """End a rule now; orders made under it keep it. Refuses `RuleEnded`."""
    now = now or clock.now()
    rule = CommissionRule.objects.select_for_update().filter(id=rule_id).first()
    if rule is None:
        raise NotFound()
    if rule.ends_at is not None and rule.ends_at <= now:
        raise RuleEnded()
    # One that was to start later never holds: its time is the shortest there is.
    rule.ends_at = max(now, rule.starts_at + timedelta(microseconds=1))
    CommissionRule.objects.filter(id=rule_id).update(ends_at=rule.ends_at)
    accounts.record_act(actor=actor, action="billing.commission_rule_ended", target=f"billing.commissionrule:{rule_id}")
    return rule
