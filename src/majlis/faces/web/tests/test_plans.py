"""The pages of plans and of a member's own subscription."""

import pytest
from django.urls import reverse

from majlis.engines.billing import queries, services
from majlis.kit import testing
from majlis.kit.money import Money

pytestmark = pytest.mark.django_db


@pytest.fixture
def plans():
    def make(slug, amount, **more):
        plan = services.save_plan(
            actor=None, slug=slug, name={"en": slug.title(), "ar": "خطة"}, features=[{"en": "240 minutes"}], **more
        )
        for unit in ("USD", "EGP"):
            services.set_plan_price(actor=None, plan_id=plan.id, cycle="month", full=Money(amount, unit))
            services.set_plan_price(
                actor=None, plan_id=plan.id, cycle="year", full=Money(amount * 12, unit), discount_percent=20
            )
        services.set_plan_benefits(actor=None, plan_id=plan.id, benefits=[{"unit": "minute", "amount": 240}])
        return services.open_plan(actor=None, plan_id=plan.id)

    return make("basic", 10_000), make("plus", 30_000, highlighted=True, trial_days=7)


@pytest.fixture
def member(client, db):
    person = testing.person(country="XX")
    client.force_login(person)
    return person


def monthly(plan):
    return plan.prices.get(cycle="month", unit="USD")


def press(client, response, outcome="pay"):
    """Pay at the sandbox's page that the checkout sends to."""
    chosen = client.post(response.url + "pay/", {"gateway": "sandbox", "keep": "on"})
    return client.post(chosen.url, {"outcome": outcome, "amount": ""})


class TestPlans:
    def test_anybody_sees_what_they_cost_and_can_switch_the_cycle(self, client, plans):
        page = client.get(reverse("plans"))
        assert page.status_code == 200
        assert "Plus" in page.content.decode()
        assert "7 days free" in page.content.decode()
        assert "−20 %" in client.get(reverse("plans") + "?cycle=year").content.decode()

    def test_without_plans_it_says_so(self, client, db):
        assert "No plans at the moment" in client.get(reverse("plans")).content.decode()


class TestMembership:
    def test_from_the_plan_to_its_allowance_and_out_again(self, client, member, plans):
        basic, plus = plans
        address = reverse("subscribe", kwargs={"price_id": monthly(basic).id})
        assert client.get(address).status_code == 200
        response = client.post(address, {"key": "k", "trial": "0"})
        assert "Keep this way to pay" in client.get(response.url).content.decode()
        press(client, response)
        page = client.get(reverse("membership")).content.decode()
        assert "240 minutes" in page
        assert "Test •••• 4242" in page
        (taken,) = queries.subscriptions_of(member)
        assert taken.status == "active"
        change = reverse("membership_change", kwargs={"subscription_id": taken.id, "price_id": monthly(plus).id})
        shown = client.get(change)
        assert "To pay now" in shown.content.decode()
        assert client.get(change + "?when=later").status_code == 200
        assert "checkout" in client.post(change, {"shown": "99999"}).url
        lines = reverse("allowance_lines", kwargs={"unit": "minute"})
        assert "Granted" in client.get(lines).content.decode()
        cancel = reverse("membership_cancel", kwargs={"subscription_id": taken.id})
        assert "goes back to your wallet" in client.get(cancel).content.decode()
        client.post(cancel, {"when": "later"})
        assert "Keep it after all" in client.get(reverse("membership")).content.decode()
        client.post(reverse("membership_keep", kwargs={"subscription_id": taken.id}))
        client.post(reverse("membership_pause", kwargs={"subscription_id": taken.id}), {"days": "14"})
        assert "Paused until" in client.get(reverse("membership")).content.decode()
        client.post(reverse("membership_resume", kwargs={"subscription_id": taken.id}))
        client.post(cancel, {"when": "now", "reason": "Moving"})
        assert queries.subscription(taken.id, member).status == "ended"
        assert client.get(reverse("membership")).status_code == 200

    def test_a_trial_begins_without_the_checkout(self, client, member, plans):
        address = reverse("subscribe", kwargs={"price_id": monthly(plans[1]).id})
        assert "Start 7 days for free" in client.get(address).content.decode()
        assert client.post(address, {"key": "k", "trial": "1"}).url == reverse("membership")

    def test_another_member_gets_404(self, client, member, plans):
        other = testing.person(country="XX")
        taken = services.subscribe(person=other, price_id=monthly(plans[1]).id, key="k", actor=other)
        for name in ("membership_cancel", "membership_keep", "membership_pause", "membership_resume"):
            address = reverse(name, kwargs={"subscription_id": taken.id})
            assert client.post(address, {"when": "now", "days": "7"}).status_code == 404, name
        change = reverse("membership_change", kwargs={"subscription_id": taken.id, "price_id": monthly(plans[0]).id})
        assert client.get(change).status_code == 404
