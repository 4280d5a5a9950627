"""Prices that Stripe knows too, and subscriptions brought over, in the office."""

import pytest

from majlis.engines.billing.models import Subscription
from majlis.engines.billing.tests.factories import usd
from majlis.engines.billing.tests.mirrored import running_stripe, sold_at_stripe
from majlis.engines.billing.tests.plans import plan, price
from majlis.kit import testing

pytestmark = pytest.mark.django_db


@pytest.fixture
def double(settings):
    yield from running_stripe(settings)


@pytest.fixture
def finance(client):
    person = testing.person("Fatma Finance", roles=["finance"])
    client.force_login(person)
    return person


class TestPricesInTheOffice:
    def test_is_made_at_stripe_and_shown_with_its_name(self, client, finance, double):
        monthly = price(plan())
        address = f"/office/billing/planprice/{monthly.id}"
        assert "Sell it at a provider" in client.get(f"{address}/change/").content.decode()
        client.post(f"{address}/act/there/", {"provider": "stripe", "provider_ref": "", "sold_there": "on"})
        monthly.refresh_from_db()
        assert monthly.sold_there
        assert monthly.provider_ref in client.get(f"{address}/change/").content.decode()
        assert monthly.provider_ref in client.get("/office/billing/planprice/").content.decode()

    def test_a_price_that_differs_is_refused_with_both(self, client, finance, double):
        monthly = price(plan())
        there = double.price(usd(900))
        page = client.post(
            f"/office/billing/planprice/{monthly.id}/act/there/",
            {"provider": "stripe", "provider_ref": there, "sold_there": "on"},
            follow=True,
        ).content.decode()
        assert "There it is US$9 · Monthly, here US$100 · Monthly." in page

    def test_without_a_provider_there_is_no_button(self, client, finance, settings):
        settings.PAYMENTS = {}
        page = client.get(f"/office/billing/planprice/{price(plan()).id}/change/").content.decode()
        assert "Sell it at a provider" not in page


class TestBringOverInTheOffice:
    def test_by_name_and_members_address_then_read_again(self, client, finance, double):
        member = testing.person("Salma Hassan", country="XX")
        ref = double.subscribe("cus_old", sold_at_stripe(double).provider_ref)
        client.post(
            "/office/billing/subscription/act/bring/", {"provider": "stripe", "ref": ref, "email": member.email}
        )
        it = Subscription.objects.get()
        assert (it.person, it.status, it.billed_by) == (member, "active", "stripe")
        address = f"/office/billing/subscription/{it.id}"
        page = client.get(f"{address}/change/").content.decode()
        assert ref in page
        double.subscriptions[ref]["cancel_at_period_end"] = True
        client.post(f"{address}/act/look/")
        it.refresh_from_db()
        assert it.status == "canceled"

    def test_an_address_nobody_has_is_said_at_its_field(self, client, finance, double):
        answer = client.post(
            "/office/billing/subscription/act/bring/",
            {"provider": "stripe", "ref": "sub_1", "email": "nobody@example.org"},
        )
        assert (answer.status_code, Subscription.objects.count()) == (422, 0)
