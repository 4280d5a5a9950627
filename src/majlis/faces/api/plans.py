"""What can be subscribed to."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema

from majlis.engines.billing import queries
from majlis.engines.billing.types import BenefitKind, Cycle, Per
from majlis.faces.api.shapes import MoneyOut
from majlis.kit.translated import in_language

PREFIX = "/plans"
router = Router(tags=["plans"])


class PriceOut(Schema):
    """What one cycle costs; `full` before the discount for choosing it. `days` of a cycle by days."""

    id: UUID
    cycle: Cycle
    days: int | None
    price: MoneyOut
    full: MoneyOut
    discount_percent: int

    @classmethod
    def of(cls, price: Any) -> "PriceOut":
        return cls(
            id=price.id,
            cycle=price.cycle,
            days=price.days,
            price=MoneyOut.of(price.price),
            full=MoneyOut.of(price.full),
            discount_percent=price.discount_percent,
        )


class BenefitOut(Schema):
    """One thing a plan gives: `amount` of a `unit` per week or period, or access to `ref` (`*`: every)."""

    kind: BenefitKind
    unit: str
    amount: int
    per: Per
    access: str
    ref: str

    @classmethod
    def of(cls, benefit: Any) -> "BenefitOut":
        return cls(
            kind=benefit.kind,
            unit=benefit.unit,
            amount=benefit.amount,
            per=benefit.per,
            access=benefit.access,
            ref=benefit.ref,
        )


class PlanOut(Schema):
    """A plan, in the reader's language."""

    slug: str
    family: str
    name: str
    summary: str
    features: list[str]
    trial_days: int
    prices: list[PriceOut]
    benefits: list[BenefitOut]

    @classmethod
    def of(cls, plan: Any) -> "PlanOut":
        return cls(
            slug=plan.slug,
            family=plan.family,
            name=plan.title,
            summary=in_language(plan.summary),
            features=plan.feature_words,
            trial_days=plan.trial_days,
            prices=[PriceOut.of(price) for price in plan.offered],
            benefits=[BenefitOut.of(benefit) for benefit in plan.benefits.all()],
        )


@router.get("", response=list[PlanOut])
def list_plans(request: HttpRequest, currency: str = "") -> list[PlanOut]:
    """The plans you may subscribe to, with their prices (of one currency, if one is named)."""
    return [PlanOut.of(plan) for plan in queries.plans_for(request.user, unit=currency[:5])]
