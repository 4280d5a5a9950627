"""What billing knows about plans and subscriptions (told through `queries`)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet

from majlis.engines.billing import gateways
from majlis.engines.billing.models import (
    GatewayCustomer,
    Order,
    OrderLine,
    Plan,
    PlanBenefit,
    PlanInvite,
    PlanPrice,
    SavedMethod,
    Subscription,
    SubscriptionPeriod,
)
from majlis.engines.billing.plan_types import (
    RUNNING,
    BenefitKind,
    Entitlement,
    PeriodStatus,
    SubscriptionStatus,
)
from majlis.engines.billing.plan_words import benefit_words, cycle_words
from majlis.engines.billing.services.dunning import policy_of, policy_of_plan
from majlis.engines.billing.services.ending import paid_for
from majlis.engines.billing.services.subscriptions import offer_to_return, open_order
from majlis.engines.billing.services.trials import had_trial, identities
from majlis.engines.billing.subscription_policies import DunningPolicy, subscription_policies
from majlis.kit import clock
from majlis.kit.errors import NotFound
from majlis.kit.money import Money

__all__ = [
    "DunningPolicy",
    "access_amount",
    "benefit_words",
    "billers",
    "cycle_words",
    "dunning_of_plan",
    "dunning_policy",
    "has_access",
    "has_page_at",
    "invites_of_plan",
    "may_try",
    "money_due",
    "open_order_of",
    "paid_for",
    "periods_of",
    "plan",
    "plan_price",
    "plans_for",
    "return_offer",
    "saved_methods_of",
    "sold_at",
    "subscription",
    "subscription_of_order",
    "subscription_policies",
    "subscriptions_of",
]


def _plans(unit: str = "") -> QuerySet[Plan]:
    current = PlanPrice.objects.filter(ended_at__isnull=True).order_by("unit", "days", "full_amount", "id")
    prices = current.filter(unit=unit) if unit else current
    return Plan.objects.prefetch_related(
        Prefetch("prices", prices, to_attr="current_prices"),
        Prefetch("benefits", PlanBenefit.objects.order_by("kind", "id")),
    )


def plans_for(person: Any = None, *, unit: str = "") -> list[Plan]:
    """The plans the person (None: anybody) may subscribe to, in their order, each with its current prices in `offered`
    (of one currency, if one is named; without any there it is left out) and its `benefits`."""
    rows = _plans(unit).filter(id__in=Plan.objects.visible_to(person).values("id")).order_by("family", "position", "id")
    return [each for each in rows if each.offered]


def plan(slug: str, person: Any = None) -> Plan:
    """One of them, with prices of every currency. NotFound."""
    found = _plans().filter(id__in=Plan.objects.visible_to(person).values("id"), slug=slug).first()
    if found is None:
        raise NotFound()
    return found


def plan_price(price_id: UUID | str) -> PlanPrice:
    """A price with its plan, sold or not. NotFound."""
    try:
        found = PlanPrice.objects.select_related("plan").filter(id=UUID(str(price_id))).first()
    except ValueError:
        found = None
    if found is None:
        raise NotFound()
    return found


def may_try(person: Any, wanted: Plan) -> bool:
    """Whether the person still has the plan's trial before them."""
    return bool(wanted.trial_days) and bool(identities(person)) and not had_trial(person, wanted.family)


def return_offer(person: Any, family: str, *, now: datetime | None = None) -> Subscription | None:
    """The ended subscription whose offer to come back still holds, until its `return_until`."""
    return offer_to_return(person, family, now or clock.now())


def _subscriptions(of: Any = None) -> QuerySet[Subscription]:
    rows = Subscription.objects.all() if of is None else Subscription.objects.visible_to(of)
    return rows.select_related("person", "plan", "price__plan", "next_price__plan")


def subscription(id: UUID | str, seen_by: Any) -> Subscription:
    """The person's subscription; `seen_by=None` is the house itself. NotFound if it is another's."""
    try:
        found = _subscriptions(seen_by).filter(id=UUID(str(id))).first()
    except ValueError:
        found = None
    if found is None:
        raise NotFound()
    return found


def subscriptions_of(person: Any, *, ended: bool | None = None) -> list[Subscription]:
    """The person's subscriptions, newest first: all, those that ended, or those that did not."""
    rows = _subscriptions(person).order_by("-id")
    if ended is not None:
        rows = rows.filter(status=SubscriptionStatus.ENDED) if ended else rows.exclude(status=SubscriptionStatus.ENDED)
    return list(rows)


def open_order_of(of: Subscription) -> Order | None:
    """The order the member has to pay for it to go on (or change), if one waits."""
    return open_order(of)


def subscription_of_order(order: Order) -> Subscription | None:
    """The subscription an order pays for, if it pays for one."""
    line = OrderLine.objects.filter(order=order, kind="subscription").first()
    if line is None:
        return None
    period = SubscriptionPeriod.objects.filter(id=line.subject_id).values_list("subscription_id", flat=True).first()
    return _subscriptions().filter(id=period).first() if period else None


def periods_of(of: Subscription) -> list[SubscriptionPeriod]:
    """Its paid periods, newest first, each with `order`, `plan` and `price`."""
    rows = of.periods.filter(status__in=[PeriodStatus.PAID, PeriodStatus.OVER]).select_related("order", "plan", "price")
    return list(rows.order_by("-number"))


def dunning_policy(of: Subscription) -> DunningPolicy:
    """What is done, day by day, when its renewal is not paid."""
    return policy_of(of)


def dunning_of_plan(of: Plan) -> DunningPolicy:
    """What is done, day by day, when a renewal of the plan is not paid."""
    return policy_of_plan(of)


def saved_methods_of(person: Any) -> list[SavedMethod]:
    """The person's kept ways to pay, the one that is charged first."""
    return list(SavedMethod.objects.filter(person=person, removed_at__isnull=True).order_by("-id"))


def invites_of_plan(of: Plan) -> list[PlanInvite]:
    """Who was invited to a plan, newest first."""
    return list(PlanInvite.objects.filter(plan=of).select_related("accepted_by").order_by("-id"))


def _access(person: Any, kind: str, ref: str) -> QuerySet[PlanBenefit]:
    running = Subscription.objects.filter(person=person, status__in=RUNNING).exclude(entitlement=Entitlement.NONE)
    rows = PlanBenefit.objects.filter(plan__in=running.values("plan"), kind=BenefitKind.ACCESS, access=kind)
    return rows.filter(Q(ref=ref) | Q(ref="*")) if ref else rows


def has_access(person: Any, kind: str, ref: str = "") -> bool:
    """Whether one of the person's running subscriptions gives access to this course, model, server (`kind`, `ref`; no
    `ref`: to any). A late payment takes it away when the dunning policy suspends."""
    return _access(person, kind, ref).exists()


def access_amount(person: Any, kind: str) -> int | None:
    """How many (devices) the person's running subscriptions allow together; 0 for none, None for any number."""
    amounts = list(_access(person, kind, "").values_list("amount", flat=True))
    return None if amounts and 0 in amounts else sum(amounts)


def money_due(of: Subscription) -> Money:
    """What the next period will cost, with what is owed of changes."""
    return of.renewal + of.owed


def billers() -> list[str]:
    """The providers that can run subscriptions and whose keys are set."""
    return [way.code for way in gateways.billers()]


def sold_at(price: PlanPrice) -> str:
    """The provider where who takes this price subscribes (`stripe`); empty where they do so here."""
    there = {way.code for way in gateways.billers()}
    return price.provider if price.sold_there and price.provider in there else ""


def has_page_at(person: Any) -> str:
    """The provider that knows the person and has a page on which they manage what they have there; empty if none."""
    known = set(GatewayCustomer.objects.filter(person=person).values_list("provider", flat=True))
    return next((way.provider for way in gateways.billers() if way.provider in known), "")
