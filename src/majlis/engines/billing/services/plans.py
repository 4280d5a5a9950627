"""Plans: written by staff, priced, and opened to members."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.models import Plan, PlanPrice, Subscription
from majlis.engines.billing.plan_types import Cycle
from majlis.engines.billing.services.plan_benefits import locked_plan, record_change, set_plan_benefits
from majlis.engines.billing.subscription_policies import DunningPolicy
from majlis.kit import clock
from majlis.kit.errors import Invalid, NotFound, Refusal
from majlis.kit.money import Money

MOST = 10**15
"""No price is higher, in minor units."""


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
    only_new: bool = False,
    now: datetime | None = None,
) -> Plan:
    """Write a plan (a draft, until `open_plan`), or (unless `only_new`) change what is given of the one with this slug.
    Texts are by language. Who has the plan already reads the new words and keeps price and trial. Refuses `Invalid`."""
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
    if not new and only_new:
        raise Invalid(errors={"slug": _("There is a plan of this short name already.")})
    if not new and any(getattr(plan, field) != value for field, value in changes.items()):
        if "family" in changes and changes["family"] != plan.family and _is_taken(plan):
            raise Invalid(errors={"family": _("Somebody has this plan: its family stays.")})
        Plan.objects.filter(id=plan.id).update(**changes, changed_by=actor, changed_at=now)
        plan.refresh_from_db()
    record_change(plan, "saved", actor, {field: str(value)[:100] for field, value in changes.items()})
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
    plan = locked_plan(plan_id)
    errors: dict[str, Any] = {}
    if full.amount < 0:
        errors["amount"] = _("A price cannot be negative.")
    if full.amount > MOST:
        errors["amount"] = _("That is too much.")
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
    record_change(
        plan, "priced", actor, {"cycle": cycle, "amount": full.amount, "unit": full.unit, "off": discount_percent}
    )
    return price


@transaction.atomic
def end_plan_price(*, actor: Any, price_id: UUID, now: datetime | None = None) -> None:
    """Offer this cycle no more; who has it keeps it. NotFound."""
    price = PlanPrice.objects.select_related("plan").filter(id=price_id).first()
    if price is None:
        raise NotFound()
    PlanPrice.objects.filter(id=price_id, ended_at__isnull=True).update(ended_at=now or clock.now())
    record_change(price.plan, "price_ended", actor, {"cycle": price.cycle, "unit": price.unit})


@transaction.atomic
def open_plan(*, actor: Any, plan_id: UUID, now: datetime | None = None) -> Plan:
    """Sell it. Refuses `PlanIncomplete`."""
    plan = locked_plan(plan_id)
    if not plan.name or not plan.prices.filter(ended_at__isnull=True).exists():
        raise PlanIncomplete()
    return _switch(plan, True, actor, now)


@transaction.atomic
def close_plan(*, actor: Any, plan_id: UUID, now: datetime | None = None) -> Plan:
    """Sell it no more; who has it keeps it, and it renews."""
    return _switch(locked_plan(plan_id), False, actor, now)


def _switch(plan: Plan, active: bool, actor: Any, now: datetime | None) -> Plan:
    if plan.active != active:
        Plan.objects.filter(id=plan.id).update(active=active, changed_by=actor, changed_at=now or clock.now())
        plan.active = active
        record_change(plan, "opened" if active else "closed", actor, {})
    return plan


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
