"""What can be subscribed to."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema

from majlis.engines.billing import queries, services
from majlis.engines.billing.types import BenefitKind, Cycle, Per
from majlis.faces.api.auth import identify, requires
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


class OfferOut(Schema):
    """What taking a plan at one of its prices costs you: `first` for the first period, then `price` for each. Days of
    the trial that is left to you; none: 0."""

    plan: PlanOut
    price: PriceOut
    first: MoneyOut
    trial_days: int


class PlanInviteOut(Schema):
    """An invitation to a plan."""

    plan: str
    name: str
    expires_at: datetime


@router.get("", response=list[PlanOut], auth=None)
def list_plans(request: HttpRequest, currency: str = "") -> list[PlanOut]:
    """The plans you may subscribe to, with their prices (of one currency, if one is named). Without signing in: those
    anybody may."""
    return [PlanOut.of(plan) for plan in queries.plans_for(identify(request), unit=currency[:5])]


@router.get("/prices/{uuid:price_id}", response=OfferOut, auth=requires("money:read"))
def show_offer(request: HttpRequest, price_id: UUID) -> OfferOut:
    """What a plan would cost you at one of its prices, with the trial and the discount for coming back you have."""
    price = queries.plan_price(price_id)
    plan = queries.plan(price.plan.slug, request.user)
    back = queries.return_offer(request.user, plan.family)
    off = price.price.share(queries.subscription_policies().return_percent * 100) if back else price.price * 0
    trial = plan.trial_days if queries.may_try(request.user, plan) else 0
    first = MoneyOut.of(price.price - off)
    return OfferOut(plan=PlanOut.of(plan), price=PriceOut.of(price), first=first, trial_days=trial)


@router.get("/invitations/{secret}", response=PlanInviteOut, auth=requires("money:read"))
def show_invitation(request: HttpRequest, secret: str) -> PlanInviteOut:
    """What you were invited to, by the secret at the end of the link."""
    invite = services.open_plan_invite(secret=secret)
    return PlanInviteOut(plan=invite.plan.slug, name=invite.plan.title, expires_at=invite.expires_at)


@router.post("/invitations/{secret}", response=PlanInviteOut, auth=requires("money:write"))
def accept_invitation(request: HttpRequest, secret: str) -> PlanInviteOut:
    """Accept it: the plan is open to you from now on."""
    shown = show_invitation(request, secret)
    services.accept_plan_invite(secret=secret, actor=request.user)
    return shown
