"""Plans and members for tests of subscriptions."""

from datetime import timedelta
from typing import Any

from majlis.engines.billing import queries, services
from majlis.engines.billing.models import AllowanceGrant, Plan, PlanPrice, Subscription
from majlis.engines.billing.tests.factories import pay, press, usd
from majlis.kernel.notices import queries as notices
from majlis.kit import audit, clock
from majlis.kit.ids import new_id

DAY, WEEK = timedelta(days=1), timedelta(days=7)
MINUTES = {"unit": "minute", "amount": 60, "per": "week"}


def plan(slug: str = "basic", amount: int = 10_000, *, benefits: Any = (), prices: Any = (), **more: Any) -> Plan:
    """An open plan for 100 dollars a month."""
    made = services.save_plan(actor=None, slug=slug, name={"en": slug.title(), "ar": "خطة"}, **more)
    services.set_plan_price(actor=None, plan_id=made.id, cycle="month", full=usd(amount))
    for cycle, full, off in prices:
        services.set_plan_price(actor=None, plan_id=made.id, cycle=cycle, full=usd(full), discount_percent=off)
    services.set_plan_benefits(actor=None, plan_id=made.id, benefits=benefits)
    return services.open_plan(actor=None, plan_id=made.id)


def price(of: Plan, cycle: str = "month") -> PlanPrice:
    return of.prices.get(cycle=cycle, ended_at__isnull=True)


def join(person: Any, of: Plan, cycle: str = "month", *, paid: bool = True, **more: Any) -> Subscription:
    """The person subscribes and pays at the sandbox's page."""
    taken = services.subscribe(person=person, price_id=price(of, cycle).id, key=str(new_id()), actor=person, **more)
    if paid and (order := services.open_order(taken)) is not None:
        pay(order, keep=True)
    return fresh(taken)


def fresh(subscription: Subscription) -> Subscription:
    return queries.subscription(subscription.id, None)


def renew(at: Any) -> int:
    return services.renew_subscriptions(now=at)


def left(person: Any, **more: Any) -> int:
    return queries.allowance_left(person.id, "minute", **more).amount


def told(person: Any) -> list[str]:
    return [notice.kind for notice in reversed(notices.notices_of(person, None).items)]


def live_until(at: Any, *, since: Any = None, step: timedelta = DAY) -> None:
    """Let the house's jobs do their work day by day from `since` (now) until `at`."""
    from majlis.kernel.notices import services as reminders

    now = since or clock.now()
    while now < at:
        now = min(now + step, at)
        with clock.travel(now):
            services.renew_subscriptions(now=now)
            services.expire_orders(now=now)
            services.expire_allowances(now)
            reminders.tell_due_reminders(now=now)


def card_declines(person: Any, declines: bool = True) -> None:
    (method,) = queries.saved_methods_of(person)
    services.set_sandbox_card(method_id=method.id, declines=declines, actor=person)


def findings() -> list[str]:
    return [finding for outcome in audit.run("billing") for finding in outcome.findings]


def grants(person: Any) -> list[AllowanceGrant]:
    return list(AllowanceGrant.objects.filter(person=person).order_by("id"))


__all__ = ["AllowanceGrant", "pay", "press"]
