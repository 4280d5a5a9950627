"""Members whose subscriptions run at Stripe, for tests."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from majlis.engines.billing import queries, services
from majlis.engines.billing.models import GatewayCustomer, PlanPrice, Subscription, WebhookEvent
from majlis.engines.billing.tests.plans import fresh, plan
from majlis.engines.billing.tests.plans import price as price_of
from majlis.engines.billing.tests.providers.stripe import StripeDouble
from majlis.kit import audit, clock
from majlis.kit.ids import new_id

MONTH = timedelta(days=30)
MINUTES = [{"unit": "minute", "amount": 240}]


def running_stripe(settings: Any) -> Iterator[StripeDouble]:
    """For a fixture to yield from: Stripe, whose keys the house was given."""
    running = StripeDouble()
    settings.PAYMENTS = {"stripe": running.settings()}
    yield running
    running.close()


def sold_at_stripe(double: StripeDouble, slug: str = "basic", amount: int = 10_000, **more: Any) -> PlanPrice:
    """The monthly price of a plan that new members take at Stripe."""
    made = price_of(plan(slug, amount, benefits=more.pop("benefits", MINUTES), **more))
    return services.sell_at_provider(actor=None, price_id=made.id, provider="stripe")


def join_there(double: StripeDouble, person: Any, of: PlanPrice, **more: Any) -> Subscription:
    """The person goes to Stripe's page, gives a card, and Stripe's word of it arrives."""
    taken = services.start_subscription(person=person, price_id=of.id, key=str(new_id()), actor=person, **more)
    row = Subscription.objects.get(id=taken.subscription_id)
    ref = double.complete(row.provider_ref)
    tell(double, "customer.subscription.created", ref)
    return fresh(row)


def hear(double: StripeDouble, delivery: Any) -> WebhookEvent:
    """As the web server and the worker hand it over."""
    event_id = services.receive_webhook(gateway="stripe", headers=delivery.headers, body=delivery.body)
    return services.process_webhook(event_id, now=clock.now())


def tell(double: StripeDouble, kind: str, thing: str) -> WebhookEvent:
    """Stripe sends word of a thing as it stands now."""
    return hear(double, double.word(kind, thing))


def renewed(double: StripeDouble, it: Subscription, kind: str = "invoice.paid") -> str:
    """Its next period begins at Stripe, whose word arrives."""
    invoice = double.renew(it.provider_ref)
    tell(double, kind, invoice)
    return invoice


def customer_of(person: Any) -> str:
    return GatewayCustomer.objects.get(person=person, provider="stripe").ref


def states(it: Subscription) -> tuple[str, str]:
    row = queries.subscription(it.id, None)
    return row.status, row.entitlement


def nothing_is_wrong() -> bool:
    return [finding for outcome in audit.run("billing") for finding in outcome.findings] == []
