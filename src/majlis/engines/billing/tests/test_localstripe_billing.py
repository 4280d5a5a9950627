"""Subscriptions once more against `localstripe`: it speaks the API of before 2025, with plans instead of prices, and
knows nothing of Checkout, the portal or `invoice_payments`. What runs there is brought over, followed and cancelled."""

import pytest

from majlis.engines.billing import gateways, services
from majlis.engines.billing.models import Charge, Order, PlanPrice
from majlis.engines.billing.tests.factories import wallet
from majlis.engines.billing.tests.mirrored import customer_of, nothing_is_wrong, states
from majlis.engines.billing.tests.plans import fresh, left, plan, price
from majlis.engines.billing.tests.test_localstripe import _keys, client, posted, stripe_url, waited_for

pytestmark = pytest.mark.django_db
__all__ = ["_keys", "posted", "stripe_url"]


@pytest.fixture
def theirs(stripe_url):
    return client(stripe_url)


@pytest.fixture
def linked(theirs):
    """Our monthly price, and what localstripe calls it."""
    ours = price(plan(benefits=[{"unit": "minute", "amount": 240}]))
    words = {"amount": 10_000, "currency": "usd", "interval": "month", "product": {"name": "Basic"}}
    there = theirs.plans.create(words).id
    PlanPrice.objects.filter(id=ours.id).update(provider="stripe", provider_ref=there, sold_there=True)
    ours.refresh_from_db()
    return ours


@pytest.fixture
def begin(theirs, linked):
    """Somebody subscribes there with this card."""

    def begin(number="4242424242424242"):
        customer = theirs.customers.create({"email": "salma@example.org"}).id
        card = {"number": number, "exp_month": 12, "exp_year": 2040, "cvc": "123"}
        method = theirs.payment_methods.create({"type": "card", "card": card}).id
        theirs.payment_methods.attach(method, {"customer": customer})
        theirs.customers.update(customer, {"invoice_settings": {"default_payment_method": method}})
        items = [{"plan": linked.provider_ref}]
        return theirs.subscriptions.create({"customer": customer, "items": items})

    return begin


@pytest.fixture
def member(buyer, begin):
    (it,) = services.bring_over(provider="stripe", ref=begin().id, person=buyer, actor=None)
    return it


class TestSubscriptionsAtLocalstripe:
    def test_one_that_runs_there_is_brought_over_with_its_money(self, member, buyer, theirs):
        assert states(member) == ("active", "full")
        charge = Charge.objects.get()
        assert (charge.amount, charge.ref[:3], Order.objects.get().status) == (10_000, "pi_", "paid")
        assert (left(buyer), wallet(buyer)) == (240, 0)
        there = theirs.subscriptions.retrieve(member.provider_ref)
        assert customer_of(buyer) == there.customer
        assert int(member.ends_at.timestamp()) == there.current_period_end
        assert nothing_is_wrong()

    def test_one_whose_card_declines_was_never_begun(self, begin, buyer):
        with pytest.raises(services.OverThere):
            services.bring_over(provider="stripe", ref=begin("4000000000000341").id, person=buyer, actor=None)

    def test_a_cancellation_of_ours_is_theirs_and_is_taken_back(self, member, buyer, theirs):
        services.cancel_subscription(subscription_id=member.id, actor=buyer)
        assert theirs.subscriptions.retrieve(member.provider_ref).cancel_at_period_end is True
        assert states(member) == ("canceled", "full")
        services.keep_subscription(subscription_id=member.id, actor=buyer)
        assert states(member) == ("active", "full")

    def test_its_signed_word_that_it_ended_ends_it_here(self, member, posted, theirs):
        theirs.subscriptions.cancel(member.provider_ref)
        delivery = waited_for(posted, "customer.subscription.deleted", member.provider_ref)
        event = services.process_webhook(
            services.receive_webhook(gateway="stripe", headers=delivery.headers, body=delivery.body)
        )
        assert (event.status, event.provider_ref, states(member)) == ("done", member.provider_ref, ("ended", "none"))
        assert nothing_is_wrong()

    def test_its_signed_word_about_an_invoice_names_the_subscription(self, posted, begin, buyer):
        there = begin()
        delivery = waited_for(posted, "invoice.payment_succeeded", there.id)
        event_id = services.receive_webhook(gateway="stripe", headers=delivery.headers, body=delivery.body)
        assert services.process_webhook(event_id).status == "unknown"
        (it,) = services.bring_over(provider="stripe", ref=there.id, person=buyer, actor=None)
        assert services.retry_unknown_webhooks() == 1
        assert (fresh(it).status, Charge.objects.count()) == ("active", 1)

    def test_what_it_does_not_know_is_unknown(self, linked):
        with pytest.raises(services.UnknownThere):
            gateways.biller("stripe").read_subscription("sub_nothing")
