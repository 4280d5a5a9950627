"""A membership that Stripe runs, on the pages."""

import pytest
from django.urls import reverse

from majlis.engines.billing import queries, services
from majlis.engines.billing.models import Subscription
from majlis.engines.billing.tests.mirrored import join_there, running_stripe, sold_at_stripe, tell
from majlis.kit import clock, testing

pytestmark = pytest.mark.django_db


@pytest.fixture
def double(settings):
    yield from running_stripe(settings)


@pytest.fixture
def price(double):
    return sold_at_stripe(double)


@pytest.fixture
def member(client, db):
    person = testing.person(country="XX")
    client.force_login(person)
    return person


def shown(client):
    return client.get(reverse("membership")).content.decode()


class TestSubscribeAtStripe:
    def test_from_the_plan_to_stripes_page_and_back(self, client, double, member, price):
        address = reverse("subscribe", kwargs={"price_id": price.id})
        assert "charged by Stripe" in client.get(address).content.decode()
        between = client.post(address, {"key": "k", "trial": "0"})
        row = Subscription.objects.get()
        assert between.url == reverse("membership_continue", kwargs={"subscription_id": row.id})
        page = client.get(between.url).content.decode()
        assert double.sessions[row.provider_ref]["url"].partition("?")[0] in page
        assert "Go on to the payment" in shown(client)
        double.complete(row.provider_ref)
        assert client.get(reverse("membership_returned")).url == reverse("membership")
        assert "Charged by" in shown(client)
        assert queries.subscription(row.id, member).status == "active"

    def test_a_page_that_is_over_leads_to_the_membership(self, client, double, member, price):
        services.start_subscription(person=member, price_id=price.id, key="k", actor=member)
        row = Subscription.objects.get()
        double.sessions[row.provider_ref]["status"] = "expired"
        address = reverse("membership_continue", kwargs={"subscription_id": row.id})
        assert client.get(address).url == reverse("membership")
        assert "No membership yet" in shown(client)

    def test_anothers_page_is_not_there(self, client, double, member, price):
        other = testing.person(country="XX")
        taken = services.start_subscription(person=other, price_id=price.id, key="k", actor=other)
        address = reverse("membership_continue", kwargs={"subscription_id": taken.subscription_id})
        assert client.get(address).status_code == 404


class TestManageAtStripe:
    def test_leads_who_has_something_there_to_their_page(self, client, double, member, price):
        join_there(double, member, price)
        assert "Manage at Stripe" in shown(client)
        answer = client.get(reverse("membership_manage"))
        assert (answer.status_code, answer.url.startswith(double.url)) == (302, True)

    def test_is_not_offered_to_others(self, client, double, member, price):
        assert "Manage at Stripe" not in shown(client)
        assert client.get(reverse("membership_manage")).status_code == 404


class TestMembershipThere:
    def test_changes_pauses_and_cancels_there(self, client, double, member, price):
        plus = sold_at_stripe(double, "plus", 30_000)
        it = join_there(double, member, price)
        change = reverse("membership_change", kwargs={"subscription_id": it.id, "price_id": plus.id})
        page = client.get(change).content.decode()
        assert "Stripe takes it at once" in page
        assert "for nothing now" not in page
        assert client.post(change, {"shown": "30000"}).url == reverse("membership")
        assert double.subscriptions[it.provider_ref]["items"]["data"][0]["price"]["id"] == plus.provider_ref
        client.post(reverse("membership_pause", kwargs={"subscription_id": it.id}), {"days": "14"})
        assert "No payments until" in shown(client)
        client.post(reverse("membership_resume", kwargs={"subscription_id": it.id}))
        assert "No payments until" not in shown(client)
        client.post(reverse("membership_cancel", kwargs={"subscription_id": it.id}), {"when": "later"})
        assert double.subscriptions[it.provider_ref]["cancel_at_period_end"] is True
        assert "Keep it after all" in shown(client)
        client.post(reverse("membership_keep", kwargs={"subscription_id": it.id}))
        assert queries.subscription(it.id, member).status == "active"

    def test_a_payment_that_failed_leads_to_stripes_page(self, client, double, member, price):
        it = join_there(double, member, price)
        double.declines = True
        with clock.travel(it.ends_at):
            tell(double, "invoice.payment_failed", double.renew(it.provider_ref))
            page = shown(client)
        assert "Stripe tries again" in page
        assert reverse("membership_manage") in page

    def test_a_card_that_declines_a_change_says_so(self, client, double, member, price):
        plus = sold_at_stripe(double, "plus", 30_000)
        it = join_there(double, member, price)
        double.declines = True
        change = reverse("membership_change", kwargs={"subscription_id": it.id, "price_id": plus.id})
        answer = client.post(change, {"shown": "30000"})
        assert (answer.status_code, "declined" in answer.content.decode()) == (402, True)
