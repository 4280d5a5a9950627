"""Many hands on one subscription: taken once, renewed once, ended once. Many subscriptions by several hands."""

import threading
from datetime import timedelta

import pytest

from majlis.engines.billing import queries, services
from majlis.engines.billing.models import (
    AllowanceGrant,
    Charge,
    GatewayCustomer,
    Invoice,
    SavedMethod,
    Subscription,
    SubscriptionPeriod,
)
from majlis.engines.billing.services import dunning
from majlis.engines.billing.tests.factories import give, wallet
from majlis.engines.billing.tests.plans import DAY, MINUTES, card_declines, findings, fresh, join, plan, price
from majlis.kit import testing

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
MANY, MINUTE = 32, timedelta(minutes=1)


@pytest.fixture
def buyer(transactional_db):
    return testing.person("Salma Hassan", country="XX")


class TestRaces:
    def test_32_clicks_subscribe_once(self, buyer):
        basic = plan(trial_days=7)
        answers = testing.at_once(
            [
                lambda key=key: services.subscribe(person=buyer, price_id=price(basic).id, key=f"k{key}", actor=buyer)
                for key in range(MANY)
            ]
        )
        assert sum(isinstance(answer, Subscription) for answer in answers) == 1
        assert {type(a) for a in answers if isinstance(a, Exception)} == {services.AlreadySubscribed}
        assert Subscription.objects.count() == 1

    def test_32_accounts_of_one_person_have_one_trial(self):
        basic = plan(trial_days=7)
        people = [testing.person(email=f"salma+{number}@example.com") for number in range(MANY)]
        answers = testing.at_once(
            [
                lambda who=who: services.subscribe(person=who, price_id=price(basic).id, key="k", actor=who)
                for who in people
            ]
        )
        assert sum(getattr(answer, "status", "") == "trialing" for answer in answers) == 1
        assert {type(a) for a in answers if isinstance(a, Exception)} <= {services.TrialUsed}

    def test_32_workers_renew_each_period_once(self):
        basic = plan(benefits=[MINUTES])
        members = [testing.person(country="XX") for _each in range(6)]
        taken = [join(member, basic) for member in members]
        for member in members[:3]:  # the others are charged by card
            give(member, 10_000)
        due = max(each.ends_at for each in taken)
        answers = testing.at_once([lambda: services.renew_subscriptions(now=due)] * MANY)
        assert not [answer for answer in answers if isinstance(answer, Exception)]
        assert [fresh(each).number for each in taken] == [2] * 6
        assert [fresh(each).status for each in taken] == ["active"] * 6
        assert (SubscriptionPeriod.objects.count(), Invoice.objects.count()) == (12, 12)
        assert [wallet(member) for member in members] == [0] * 6
        assert AllowanceGrant.objects.values("key").distinct().count() == AllowanceGrant.objects.count()
        assert findings() == []

    def test_cards_are_charged_side_by_side(self, double):
        """Two answers of the provider are waited for at once: one after the other none would come."""
        basic = plan(benefits=[MINUTES])
        members = [testing.person(country="XX") for _each in range(2)]
        taken = [join(member, basic) for member in members]
        for number, member in enumerate(members):
            GatewayCustomer.objects.create(person=member, provider="stripe", ref=f"cus_{number}")
            SavedMethod.objects.create(person=member, gateway="stripe", ref=f"pm_{number}", label="Visa")
        all_here, answer = threading.Barrier(len(members)), double.answer

        def together(asked):
            if asked.method == "POST":
                all_here.wait(timeout=60)
            return answer(asked)

        double.answer = together
        due = max(each.ends_at for each in taken)
        assert services.renew_subscriptions(now=due, hands=2) == 2
        assert [fresh(each).status for each in taken] == ["active"] * 2
        assert Charge.objects.filter(gateway="stripe", amount=10_000).count() == 2
        assert findings() == []

    def test_a_card_that_declines_and_a_fault_are_nobody_elses(self, monkeypatch):
        basic = plan(benefits=[MINUTES])
        members = [testing.person(country="XX") for _each in range(6)]
        taken = [join(member, basic) for member in members]
        card_declines(members[0])
        unlucky, charge = members[1], dunning.charge_saved

        def sometimes(*, method, **more):
            if method.person_id == unlucky.id:
                raise RuntimeError("The ground shakes.")
            return charge(method=method, **more)

        monkeypatch.setattr(dunning, "charge_saved", sometimes)
        due = max(each.ends_at for each in taken)
        assert services.renew_subscriptions(now=due, hands=4) == 6
        assert [fresh(each).status for each in taken] == ["past_due", "past_due", *["active"] * 4]
        monkeypatch.undo()
        services.renew_subscriptions(now=due + 15 * MINUTE, hands=4)
        assert [fresh(each).status for each in taken] == ["past_due", *["active"] * 5]
        assert Invoice.objects.count() == 6 + 5
        assert findings() == []

    def test_paying_cancelling_and_dunning_at_once_is_one_of_them(self, buyer):
        taken = join(buyer, plan())
        card_declines(buyer)
        services.renew_subscriptions(now=taken.ends_at)
        order = services.open_order(fresh(taken))
        give(buyer, 10_000)
        last = taken.ends_at + 28 * DAY
        testing.at_once(
            [lambda: services.pay_from_wallet(order_id=order.id, actor=buyer)] * 10
            + [lambda: services.dun(taken.id, now=last)] * 11
            + [lambda: services.cancel_subscription(subscription_id=taken.id, actor=buyer)] * 11
        )
        paid = queries.order(order.id, buyer).status == "paid"
        assert (fresh(taken).status, wallet(buyer)) in (
            [("active", 0), ("canceled", 0)] if paid else [("ended", 10_000)]
        )
        assert findings() == []
