"""Subscriptions that Stripe runs, over the API."""

import pytest

from majlis.engines.billing.models import Subscription
from majlis.engines.billing.tests.mirrored import running_stripe, sold_at_stripe, tell
from majlis.faces.api.tests.test_plans import post
from majlis.kit import testing

pytestmark = pytest.mark.django_db


@pytest.fixture
def double(settings):
    yield from running_stripe(settings)


@pytest.fixture
def member(client, db):
    person = testing.person(country="XX")
    client.force_login(person)
    return person


class TestSubscriptionsAtStripe:
    def test_from_the_address_to_pay_at_to_the_end(self, client, double, member):
        price = sold_at_stripe(double)
        taken = post(client, "/subscriptions", price_id=str(price.id)).json()
        row = Subscription.objects.get()
        assert taken["redirect_url"] == double.sessions[row.provider_ref]["url"]
        assert (taken["status"], taken["billed_by"], taken["order_id"]) == ("incomplete", "stripe", None)
        ref = double.complete(row.provider_ref)
        tell(double, "customer.subscription.created", ref)
        path = f"/subscriptions/{taken['id']}"
        assert client.get(f"/api/v1{path}").json()["status"] == "active"
        assert post(client, f"{path}/cancel").json()["status"] == "canceled"
        assert post(client, f"{path}/keep").json()["status"] == "active"
        assert post(client, f"{path}/cancel", at_once=True).json()["status"] == "ended"
        assert double.subscriptions[ref]["status"] == "canceled"

    def test_the_page_to_manage_them_is_ones_own(self, client, double, member):
        assert post(client, "/subscriptions/member-page").status_code == 404
        price = sold_at_stripe(double)
        post(client, "/subscriptions", price_id=str(price.id))
        assert post(client, "/subscriptions/member-page").json()["url"].startswith(double.url)

    def test_stripe_away_is_said_and_nothing_taken(self, client, double, member):
        price = sold_at_stripe(double)
        double.away = True
        answer = post(client, "/subscriptions", price_id=str(price.id))
        assert (answer.status_code, answer.json()["code"]) == (503, "gateway_unreachable")
