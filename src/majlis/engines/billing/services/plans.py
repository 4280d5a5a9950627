"""Plans: written by staff, priced, and opened to members."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.models import Plan, PlanBenefit, PlanPrice, Subscription
from majlis.engines.billing.plan_types import BenefitKind, Cycle, Per
from majlis.engines.billing.subscription_policies import DunningPolicy
from majlis.kernel.accounts import services as accounts
from majlis.kit import clock
from majlis.kit.errors import Invalid, NotFound, Refusal
from majlis.kit.money import COUNTED, Money


class PlanIncomplete(Refusal):
    """A plan without a name or a price cannot be sold."""

    code = "plan_incomplete"
    sentence = _("Give the plan a name and at least one price first.")
    status = 422


@transaction.atomic
def save_plan(
    *,
    actor: Any,
    slug: str,
    name: Mapping[str, str] | None = None,
    summary: Mapping[str, str] | None = None,
    features: Sequence[Mapping[str, str]] | None = None,
    family: str | None = None,
    trial_days: int | None = None,
    for_invites_only: bool | None = None,
    highlighted: bool | None = None,
    position: int | None = None,
    dunning: Mapping[str, Any] | None = None,
    now: datetime | None = None,
) -> Plan:
    """Write a plan (a draft, until `open_plan`), or change what is given of the one with this slug. Texts are by
    language. Who has the plan already reads the new words and keeps price and trial. Refuses `Invalid`."""
    now = now or clock.now()
    if dunning:
        try:
            DunningPolicy.from_facts(dict(dunning)).steps()
        except (TypeError, ValueError):
            raise Invalid(errors={"dunning": _("These days make no sense.")}) from None
    given = {
        "name": dict(name) if name is not None else None,
        "summary": dict(summary) if summary is not None else None,
        "features": [dict(each) for each in features] if features is not None else None,
        "family": family,
        "trial_days": trial_days,
        "for_invites_only": for_invites_only,
        "highlighted": highlighted,
        "position": position,
        "dunning": dict(dunning) if dunning is not None else None,
    }
    changes = {field: value for field, value in given.items() if value is not None}
    plan, new = Plan.objects.select_for_update().get_or_create(
        slug=slug, defaults={**changes, "created_by": actor, "changed_by": actor, "changed_at": now, "created_at": now}
    )
    if not new and any(getattr(plan, field) != value for field, value in changes.items()):
        if "family" in changes and changes["family"] != plan.family and _is_taken(plan):
            raise Invalid(errors={"family": _("Somebody has this plan: its family stays.")})
        Plan.objects.filter(id=plan.id).update(**changes, changed_by=actor, changed_at=now)
        plan.refresh_from_db()
    _record(plan, "saved", actor, {field: str(value)[:100] for field, value in changes.items()})
    return plan


def _is_taken(plan: Plan) -> bool:
    return Subscription.objects.filter(plan=plan).exists()


@transaction.atomic
def set_plan_price(
    *,
    actor: Any,
    plan_id: UUID,
    cycle: str,
    full: Money,
    discount_percent: int = 0,
    days: int | None = None,
    now: datetime | None = None,
) -> PlanPrice:
    """What one cycle costs from now on; who subscribed before keeps their price. The same price again changes nothing.
    Refuses `Invalid`."""
    now = now or clock.now()
    plan = _locked(plan_id)
    errors: dict[str, Any] = {}
    if full.amount < 0:
        errors["full"] = _("A price cannot be negative.")
    if not 0 <= discount_percent <= 100:
        errors["discount_percent"] = _("A share lies between 0 and 100 %%.")
    if (cycle == Cycle.DAYS) != bool(days) or cycle not in Cycle.values:
        errors["days"] = _("Say how many days, for a cycle by days and no other.")
    if errors:
        raise Invalid(errors=errors)
    current = plan.prices.filter(cycle=cycle, days=days, unit=full.unit, ended_at__isnull=True).first()
    if current is not None:
        if (current.full_amount, current.discount_percent) == (full.amount, discount_percent):
            return current
        PlanPrice.objects.filter(id=current.id).update(ended_at=now)
    price = PlanPrice.objects.create(
        plan=plan,
        cycle=cycle,
        days=days,
        unit=full.unit,
        full_amount=full.amount,
        discount_percent=discount_percent,
        created_at=now,
    )
    _record(plan, "priced", actor, {"cycle": cycle, "amount": full.amount, "unit": full.unit, "off": discount_percent})
    return price


@transaction.atomic
def end_plan_price(*, actor: Any, price_id: UUID, now: datetime | None = None) -> None:
    """Offer this cycle no more; who has it keeps it. NotFound."""
    price = PlanPrice.objects.select_related("plan").filter(id=price_id).first()
    if price is None:
        raise NotFound()
    PlanPrice.objects.filter(id=price_id, ended_at__isnull=True).update(ended_at=now or clock.now())
    _record(price.plan, "price_ended", actor, {"cycle": price.cycle, "unit": price.unit})


@transaction.atomic
def set_plan_benefits(*, actor: Any, plan_id: UUID, benefits: Iterable[Mapping[str, Any]]) -> list[PlanBenefit]:
    """What the plan gives from each member's next period on (access: at once), instead of what it gave. Each one is
    `{"unit", "amount", "per", "carry_limit", "scope"}` or `{"access", "ref", "amount"}`. Refuses `Invalid`."""
    plan = _locked(plan_id)
    rows = [_benefit(plan, each) for each in benefits]
    plan.benefits.all().delete()
    PlanBenefit.objects.bulk_create(rows)
    _record(plan, "benefits_set", actor, {"benefits": [str(row) for row in rows]})
    return rows


def _benefit(plan: Plan, facts: Mapping[str, Any]) -> PlanBenefit:
    amount = int(facts.get("amount", 0))
    if facts.get("access"):
        return PlanBenefit(
            plan=plan,
            kind=BenefitKind.ACCESS,
            access=str(facts["access"]),
            ref=str(facts.get("ref", "*")),
            amount=amount,
        )
    per, carry = str(facts.get("per", Per.PERIOD)), int(facts.get("carry_limit", 0))
    if facts.get("unit") not in COUNTED or amount <= 0 or per not in Per.values:
        raise Invalid(errors={"amount": _("An allowance is a positive number of a counted unit.")})
    if not 0 <= carry <= amount or (carry and per == Per.WEEK):
        raise Invalid(errors={"carry_limit": _("At most what a period gives can roll over; a week's is for its week.")})
    return PlanBenefit(
        plan=plan,
        kind=BenefitKind.ALLOWANCE,
        unit=facts["unit"],
        amount=amount,
        per=per,
        carry_limit=carry,
        scope=str(facts.get("scope", "")),
    )


@transaction.atomic
def open_plan(*, actor: Any, plan_id: UUID, now: datetime | None = None) -> Plan:
    """Sell it. Refuses `PlanIncomplete`."""
    plan = _locked(plan_id)
    if not plan.name or not plan.prices.filter(ended_at__isnull=True).exists():
        raise PlanIncomplete()
    return _switch(plan, True, actor, now)


@transaction.atomic
def close_plan(*, actor: Any, plan_id: UUID, now: datetime | None = None) -> Plan:
    """Sell it no more; who has it keeps it, and it renews."""
    return _switch(_locked(plan_id), False, actor, now)


def _switch(plan: Plan, active: bool, actor: Any, now: datetime | None) -> Plan:
    if plan.active != active:
        Plan.objects.filter(id=plan.id).update(active=active, changed_by=actor, changed_at=now or clock.now())
        plan.active = active
        _record(plan, "opened" if active else "closed", actor, {})
    return plan


def _locked(plan_id: UUID) -> Plan:
    plan = Plan.objects.select_for_update().filter(id=plan_id).first()
    if plan is None:
        raise NotFound()
    return plan


def _record(plan: Plan, what: str, actor: Any, facts: dict[str, Any]) -> None:
    accounts.record_act(actor=actor, action=f"billing.plan_{what}", target=f"billing.plan:{plan.id}", facts=facts)


@transaction.atomic
def load_plans(tables: Iterable[Mapping[str, Any]], *, now: datetime | None = None) -> int:
    """Add the plans an edition describes, open for subscription; how many were new. One whose slug is there stays as
    staff left it. A table names `slug name summary features family trial_days invites_only highlighted`, `prices`
    (`cycle days unit amount off`, minor units) and `benefits` as `set_plan_benefits` takes them."""
    new = 0
    for position, table in enumerate(tables):
        if Plan.objects.filter(slug=table["slug"]).exists():
            continue
        plan = save_plan(
            actor=None,
            slug=table["slug"],
            name=table["name"],
            summary=table.get("summary", {}),
            features=table.get("features", []),
            family=table.get("family", "membership"),
            trial_days=table.get("trial_days", 0),
            for_invites_only=table.get("invites_only", False),
            highlighted=table.get("highlighted", False),
            position=position,
            now=now,
        )
        for price in table["prices"]:
            set_plan_price(
                actor=None,
                plan_id=plan.id,
                cycle=price["cycle"],
                days=price.get("days"),
                full=Money(price["amount"], price["unit"]),
                discount_percent=price.get("off", 0),
                now=now,
            )
        set_plan_benefits(actor=None, plan_id=plan.id, benefits=table.get("benefits", []))
        open_plan(actor=None, plan_id=plan.id, now=now)
        new += 1
    return new
