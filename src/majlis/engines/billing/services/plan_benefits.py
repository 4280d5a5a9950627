"""What plans give: so much of a counted unit, or access to something."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.models import Plan, PlanBenefit
from majlis.engines.billing.plan_types import BenefitKind, Per
from majlis.kernel.accounts import services as accounts
from majlis.kit.errors import Invalid, NotFound
from majlis.kit.money import COUNTED

MOST = 10**18
"""No allowance is larger: a thousand million gigabytes."""


@transaction.atomic
def set_plan_benefits(*, actor: Any, plan_id: UUID, benefits: Iterable[Mapping[str, Any]]) -> list[PlanBenefit]:
    """What the plan gives from each member's next period on (access: at once), instead of what it gave. Each one is
    `{"unit", "amount", "per", "carry_limit", "scope"}` or `{"access", "ref", "amount"}`. Refuses `Invalid`."""
    plan = locked_plan(plan_id)
    rows: list[PlanBenefit] = []
    for each in benefits:
        rows.append(_checked(_benefit(plan, each), rows))
    plan.benefits.all().delete()
    PlanBenefit.objects.bulk_create(rows)
    record_change(plan, "benefits_set", actor, {"benefits": [_facts(row) for row in rows]})
    return rows


@transaction.atomic
def add_plan_benefit(*, actor: Any, plan_id: UUID, benefit: Mapping[str, Any]) -> PlanBenefit:
    """One more thing the plan gives, told as `set_plan_benefits` takes it and beginning when that does. Refuses
    `Invalid` (also for what it gives already)."""
    plan = locked_plan(plan_id)
    row = _checked(_benefit(plan, benefit), plan.benefits.all())
    row.save(force_insert=True)
    record_change(plan, "benefit_added", actor, _facts(row))
    return row


@transaction.atomic
def change_plan_benefit(*, actor: Any, benefit_id: UUID, benefit: Mapping[str, Any]) -> PlanBenefit:
    """Give this instead, from each member's next period on (access: at once). What was given stays. Refuses `Invalid`;
    NotFound."""
    old = _locked_benefit(benefit_id)
    row = _checked(_benefit(old.plan, benefit), old.plan.benefits.exclude(id=old.id))
    row.id, row.created_at = old.id, old.created_at
    row.save(force_update=True)
    record_change(old.plan, "benefit_changed", actor, {"from": _facts(old), "to": _facts(row)})
    return row


@transaction.atomic
def remove_plan_benefit(*, actor: Any, benefit_id: UUID) -> None:
    """Give it no more: members keep what their running period gave (access ends at once). NotFound."""
    row = _locked_benefit(benefit_id)
    PlanBenefit.objects.filter(id=benefit_id).delete()
    record_change(row.plan, "benefit_removed", actor, _facts(row))


def _locked_benefit(benefit_id: UUID) -> PlanBenefit:
    """The row under its plan's lock, which every change of what the plan gives holds."""
    plan_id = PlanBenefit.objects.filter(id=benefit_id).values_list("plan_id", flat=True).first()
    if plan_id is not None:
        locked_plan(plan_id)
    row = PlanBenefit.objects.select_related("plan").filter(id=benefit_id).first()
    if row is None:
        raise NotFound()
    return row


def _benefit(plan: Plan, facts: Mapping[str, Any]) -> PlanBenefit:
    amount = int(facts.get("amount") or 0)
    if facts.get("access"):
        if not 0 <= amount <= MOST:
            raise Invalid(errors={"amount": _("Say how many, or nothing for any number.")})
        return PlanBenefit(
            plan=plan,
            kind=BenefitKind.ACCESS,
            access=str(facts["access"]),
            ref=str(facts.get("ref") or "*"),
            amount=amount,
        )
    per, carry = str(facts.get("per", Per.PERIOD)), int(facts.get("carry_limit") or 0)
    if facts.get("unit") not in COUNTED or not 0 < amount <= MOST or per not in Per.values:
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


def _checked(row: PlanBenefit, others: Iterable[PlanBenefit]) -> PlanBenefit:
    """Two of the same would be added up, or the second would mean nothing."""
    same = ("kind", "unit", "per", "scope", "access", "ref")
    if any(all(getattr(row, name) == getattr(other, name) for name in same) for other in others):
        field = "access" if row.access else "unit"
        raise Invalid(errors={field: _("The plan gives this already: change that instead.")})
    return row


def _facts(row: PlanBenefit) -> dict[str, Any]:
    names = ("unit", "amount", "per", "carry_limit", "scope", "access", "ref")
    return {name: value for name in names if (value := getattr(row, name))}


def locked_plan(plan_id: UUID) -> Plan:
    """The plan, locked. NotFound."""
    plan = Plan.objects.select_for_update().filter(id=plan_id).first()
    if plan is None:
        raise NotFound()
    return plan


def record_change(plan: Plan, what: str, actor: Any, facts: dict[str, Any]) -> None:
    """Into the audit trail of the plan."""
    accounts.record_act(actor=actor, action=f"billing.plan_{what}", target=f"billing.plan:{plan.id}", facts=facts)
