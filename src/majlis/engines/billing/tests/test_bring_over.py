"""Subscriptions that ran at Stripe before the house knew them, and those that end here first."""

from datetime import timedelta

import pytest

from majlis.engines.billing import personal, services
from majlis.engines.billing.models import Charge, GatewayCustomer, Subscription
from majlis.engines.billing.tests.factories import usd, wallet
from majlis.engines.billing.tests.mirrored import (
    MONTH,
    customer_of,
    nothing_is_wrong,
    renewed,
    states,
    tell,
)
from majlis.engines.billing.tests.plans import fresh, left, told
from majlis.kit import clock, testing
from majlis.kit.ids import new_id
from majlis.kit.jobs import run_due_jobs

pytestmark = pytest.mark.django_db


class TestBringOver:
    def test_takes_what_runs_and_not_what_was(self, double, buyer, price):
        services.sell_at_provider(actor=None, price_id=price.id, provider="stripe", sold_there=False)
        ref = double.subscribe("cus_old", price.provider_ref, begins=clock.now() - 2 * MONTH - timedelta(days=3))
        for _time in range(2):
            double.renew(ref)
        (it,) = services.bring_over(provider="stripe", ref=ref, person=buyer, actor=None)
        assert states(it) == ("active", "full")
        assert (Charge.objects.count(), customer_of(buyer), left(buyer)) == (1, "cus_old", 240)
        with clock.travel(it.ends_at):
            renewed(double, it)
        assert [each.status for each in it.periods.order_by("number")] == ["over", "paid"]
        assert nothing_is_wrong()

    def test_all_of_a_customer_who_is_known_here(self, double, buyer, price):
        GatewayCustomer.objects.create(person=buyer, provider="stripe", ref="cus_known")
        double.subscribe("cus_known", price.provider_ref)
        (it,) = services.bring_over(provider="stripe", ref="cus_known", actor=None)
        assert it.person_id == buyer.id
        assert services.bring_over(provider="stripe", ref=it.provider_ref, actor=None) == [it]

    def test_a_trial_is_brought_as_a_trial(self, double, buyer, price):
        ref = double.subscribe("cus_new", price.provider_ref, trial=15)
        (it,) = services.bring_over(provider="stripe", ref=ref, person=buyer, actor=None)
        assert (states(it), Charge.objects.count()) == (("trialing", "full"), 0)

    def test_refuses_what_nobody_is_known_by(self, double, price):
        ref = double.subscribe("cus_nobody", price.provider_ref)
        with pytest.raises(services.MemberUnknown):
            services.bring_over(provider="stripe", ref=ref, actor=None)

    def test_refuses_a_customer_who_is_somebody_else(self, double, buyer, price):
        GatewayCustomer.objects.create(person=testing.person(), provider="stripe", ref="cus_other")
        ref = double.subscribe("cus_other", price.provider_ref)
        with pytest.raises(services.NameTaken):
            services.bring_over(provider="stripe", ref=ref, person=buyer, actor=None)

    def test_refuses_a_price_no_plan_has_and_a_name_stripe_does_not_know(self, double, buyer, price):
        ref = double.subscribe("cus_new", double.price(usd(999)))
        for name in (ref, "sub_nothing"):
            with pytest.raises(services.UnknownThere):
                services.bring_over(provider="stripe", ref=name, person=buyer, actor=None)

    def test_refuses_one_that_ended(self, double, buyer, price):
        ref = double.subscribe("cus_new", price.provider_ref)
        double.end(ref)
        with pytest.raises(services.OverThere):
            services.bring_over(provider="stripe", ref=ref, person=buyer, actor=None)


class TestEndHere:
    def test_an_account_that_is_deleted_is_charged_no_more(self, double, buyer, member):
        from majlis.engines.billing.services.ending import end_all_of

        end_all_of(buyer.id)
        run_due_jobs(["billing.end_at_provider"])
        assert double.subscriptions[member.provider_ref]["status"] == "canceled"

    def test_what_is_paid_after_it_ended_here_is_ended_there_and_in_the_wallet(self, double, buyer, price):
        services.start_subscription(person=buyer, price_id=price.id, key=str(new_id()), actor=buyer)
        row = Subscription.objects.get()
        ref = double.complete(row.provider_ref)
        services.cancel_subscription(subscription_id=row.id, actor=buyer, at_once=True)
        run_due_jobs(["billing.end_at_provider"])
        assert double.subscriptions[ref]["status"] == "canceled"
        (invoice,) = double.invoices
        tell(double, "invoice.paid", invoice)
        assert (fresh(row).status, wallet(buyer)) == ("ended", 10_000)
        assert nothing_is_wrong()

    def test_nothing_is_promised_for_coming_back_that_stripe_would_not_give(self, double, buyer, member):
        services.cancel_subscription(subscription_id=member.id, actor=buyer, at_once=True)
        assert fresh(member).return_until is None
        assert "subscription_ended" in told(buyer)

    def test_ones_data_say_whom_stripe_knows(self, double, buyer, member):
        (known,) = personal.payments(buyer.id)["known_to_providers_as"]
        assert known["ref"] == customer_of(buyer)
        (row,) = personal.subscriptions(buyer.id)["subscriptions"]
        assert (row["billed_by"], row["provider_ref"]) == ("stripe", member.provider_ref)
