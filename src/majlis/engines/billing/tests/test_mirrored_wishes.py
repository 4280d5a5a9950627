"""What members and staff wish of subscriptions at Stripe: asked there, and mirrored back."""

from datetime import timedelta

import pytest

from majlis.engines.billing import gateways, queries, services
from majlis.engines.billing.gateways.base import GatewayUnreachable
from majlis.engines.billing.models import Charge, PlanPrice, Subscription
from majlis.engines.billing.tests.factories import house, usd, wallet
from majlis.engines.billing.tests.mirrored import (
    MONTH,
    customer_of,
    hear,
    join_there,
    nothing_is_wrong,
    renewed,
    sold_at_stripe,
    states,
    tell,
)
from majlis.engines.billing.tests.plans import fresh, left, plan
from majlis.engines.billing.tests.plans import price as price_of
from majlis.kernel.ledger.types import Purpose
from majlis.kit import clock, testing
from majlis.kit.errors import Invalid, NotFound
from majlis.kit.jobs import run_due_jobs
from majlis.kit.state import IllegalTransition

pytestmark = pytest.mark.django_db


@pytest.fixture
def plus(double):
    return sold_at_stripe(double, "plus", 30_000, benefits=[{"unit": "minute", "amount": 720}])


def there(double, it):
    return double.subscriptions[fresh(it).provider_ref]


class TestSellAtProvider:
    def test_makes_the_price_there_once(self, double):
        monthly = price_of(plan())
        for _time in range(2):
            linked = services.sell_at_provider(actor=None, price_id=monthly.id, provider="stripe")
        (made,) = double.prices.values()
        assert (linked.provider_ref, linked.sold_there) == (made["id"], True)
        assert (made["unit_amount"], made["currency"], made["recurring"]["interval"]) == (10_000, "usd", "month")

    @pytest.mark.parametrize(
        ("cycle", "interval", "count"),
        [("month", "month", 1), ("quarter", "month", 3), ("half_year", "month", 6), ("year", "year", 1)],
    )
    def test_speaks_stripes_rhythms(self, double, cycle, interval, count):
        made = plan(prices=[(cycle, 50_000, 0)] if cycle != "month" else ())
        linked = services.sell_at_provider(actor=None, price_id=price_of(made, cycle).id, provider="stripe")
        rhythm = double.prices[linked.provider_ref]["recurring"]
        assert (rhythm["interval"], rhythm["interval_count"]) == (interval, count)

    def test_takes_one_that_is_there_already(self, double):
        ref = double.price(usd(10_000))
        linked = services.sell_at_provider(
            actor=None, price_id=price_of(plan()).id, provider="stripe", provider_ref=ref, sold_there=False
        )
        assert (linked.provider_ref, linked.sold_there) == (ref, False)

    @pytest.mark.parametrize(("amount", "interval"), [(9_999, "month"), (10_000, "year"), (10_000, "week")])
    def test_refuses_one_that_differs(self, double, amount, interval):
        ref = double.price(usd(amount), interval)
        with pytest.raises(services.PriceDiffers):
            services.sell_at_provider(actor=None, price_id=price_of(plan()).id, provider="stripe", provider_ref=ref)
        assert PlanPrice.objects.get().provider_ref == ""

    def test_refuses_one_that_another_price_has_and_one_that_is_not_there(self, double, price):
        other = price_of(plan("other"))
        with pytest.raises(services.NameTaken):
            services.sell_at_provider(actor=None, price_id=other.id, provider="stripe", provider_ref=price.provider_ref)
        with pytest.raises(services.UnknownThere):
            services.sell_at_provider(actor=None, price_id=other.id, provider="stripe", provider_ref="price_none")

    def test_refuses_a_provider_that_runs_no_subscriptions(self, double):
        with pytest.raises(NotFound):
            services.sell_at_provider(actor=None, price_id=price_of(plan()).id, provider="paypal")

    def test_a_new_price_is_ours_until_it_is_linked_and_who_subscribed_keeps_theirs(self, double, buyer, member):
        services.set_plan_price(actor=None, plan_id=member.plan_id, cycle="month", full=usd(15_000))
        assert queries.sold_at(price_of(member.plan)) == ""
        with clock.travel(member.ends_at):
            renewed(double, member)
        assert (states(member), wallet(buyer)) == (("active", "full"), 0)


class TestCancelThere:
    def test_at_the_periods_end_and_kept_after_all(self, double, buyer, member):
        services.cancel_subscription(subscription_id=member.id, actor=buyer, reason="Moving")
        assert there(double, member)["cancel_at_period_end"] is True
        assert (fresh(member).status, fresh(member).cancel_reason) == ("canceled", "Moving")
        services.keep_subscription(subscription_id=member.id, actor=buyer)
        assert (there(double, member)["cancel_at_period_end"], states(member)) == (False, ("active", "full"))
        assert fresh(member).canceled_at is None

    def test_for_a_day_of_stripes_choosing_is_taken_back_too(self, double, buyer, member):
        there(double, member)["cancel_at"] = int((clock.now() + timedelta(days=9)).timestamp())
        tell(double, "customer.subscription.updated", member.provider_ref)
        assert fresh(member).status == "canceled"
        services.keep_subscription(subscription_id=member.id, actor=buyer)
        assert (there(double, member)["cancel_at"], fresh(member).status) == (None, "active")

    def test_at_once_with_what_was_not_used_in_the_wallet(self, double, buyer, member):
        with clock.travel(member.starts_at + MONTH / 2):
            services.cancel_subscription(subscription_id=member.id, actor=buyer, at_once=True)
        assert there(double, member)["status"] == "canceled"
        assert (states(member), wallet(buyer)) == (("ended", "none"), 5_000)
        assert house(Purpose.FEES) == 5_000
        assert nothing_is_wrong()

    def test_refuses_when_less_would_come_back_than_was_shown_before_stripe_hears_of_it(self, double, buyer, member):
        with clock.travel(member.starts_at + MONTH / 2), pytest.raises(services.LessComesBack):
            services.cancel_subscription(subscription_id=member.id, actor=buyer, at_once=True, shown_back=usd(9_000))
        assert (there(double, member)["status"], states(member)) == ("active", ("active", "full"))

    def test_twice_is_once_also_when_stripe_ended_it_first(self, double, buyer, member):
        double.end(member.provider_ref)
        services.cancel_subscription(subscription_id=member.id, actor=buyer, at_once=True)
        services.cancel_subscription(subscription_id=member.id, actor=buyer, at_once=True)
        assert states(member) == ("ended", "none")

    def test_before_the_first_payment_closes_the_page(self, double, buyer, price):
        services.start_subscription(person=buyer, price_id=price.id, key="k", actor=buyer)
        row = Subscription.objects.get()
        services.cancel_subscription(subscription_id=row.id, actor=buyer)
        run_due_jobs(["billing.end_at_provider"])
        assert (double.sessions[row.provider_ref]["status"], fresh(row).status) == ("expired", "ended")

    def test_while_stripe_is_away_nothing_changes_and_it_is_said(self, double, buyer, member):
        double.away = True
        for at_once in (False, True):
            with pytest.raises(GatewayUnreachable):
                services.cancel_subscription(subscription_id=member.id, actor=buyer, at_once=at_once)
        assert states(member) == ("active", "full")

    def test_by_staff_leaves_a_trace_and_of_another_is_not_found(self, double, buyer, member):
        staff = testing.person("Fatma Finance", roles=["finance"])
        with pytest.raises(NotFound):
            services.cancel_subscription(subscription_id=member.id, actor=staff)
        services.cancel_subscription(subscription_id=member.id, actor=staff, by_staff=True, reason="Asked by phone.")
        assert fresh(member).status == "canceled"

    def test_at_stripes_own_page_is_mirrored(self, double, member):
        there(double, member)["cancel_at_period_end"] = True
        tell(double, "customer.subscription.updated", member.provider_ref)
        assert states(member) == ("canceled", "full")
        with clock.travel(member.ends_at):
            double.end(member.provider_ref)
            tell(double, "customer.subscription.deleted", member.provider_ref)
        assert states(member) == ("ended", "none")
        assert nothing_is_wrong()


class TestPauseThere:
    def test_leaves_payments_out_and_what_is_paid_runs_on(self, double, buyer, member):
        services.pause_subscription(subscription_id=member.id, actor=buyer, until=clock.now() + timedelta(days=14))
        assert (states(member), left(buyer)) == (("active", "full"), 240)
        again = fresh(member).resumes_at
        assert timedelta(days=27) < again - member.ends_at < timedelta(days=31)
        with clock.travel(member.ends_at):
            double.renew(member.provider_ref)
            tell(double, "customer.subscription.updated", member.provider_ref)
        assert states(member) == ("paused", "none")
        assert (Charge.objects.count(), house(Purpose.ESCROW)) == (1, 0)
        there(double, member)["pause_collection"] = None
        with clock.travel(member.ends_at + MONTH):
            renewed(double, member)
        assert (states(member), Charge.objects.count()) == (("active", "full"), 2)
        assert nothing_is_wrong()

    def test_taken_back_before_it_matters_is_as_if_it_never_was(self, double, buyer, member):
        services.pause_subscription(subscription_id=member.id, actor=buyer, until=clock.now() + timedelta(days=14))
        services.resume_subscription(subscription_id=member.id, actor=buyer)
        assert (there(double, member)["pause_collection"], fresh(member).resumes_at) == (None, None)
        assert Charge.objects.count() == 1

    def test_ended_early_a_new_period_begins_and_is_paid_at_once(self, double, buyer, member):
        services.pause_subscription(subscription_id=member.id, actor=buyer, until=clock.now() + timedelta(days=14))
        begins = member.ends_at + timedelta(days=5)
        with clock.travel(member.ends_at):
            double.renew(member.provider_ref)
            tell(double, "customer.subscription.updated", member.provider_ref)
        with clock.travel(begins):
            double.today, double.declines = begins, True
            with pytest.raises(services.Declined):
                services.resume_subscription(subscription_id=member.id, actor=buyer)
            assert fresh(member).status == "paused"
            double.declines = False
            services.resume_subscription(subscription_id=member.id, actor=buyer)
        it = fresh(member)
        assert (it.status, it.starts_at.replace(microsecond=0)) == ("active", begins.replace(microsecond=0))
        assert nothing_is_wrong()

    def test_paused_by_stripe_for_want_of_a_card_and_resumed(self, double, buyer):
        it = join_there(double, buyer, sold_at_stripe(double, "plus", trial_days=15))
        with clock.travel(it.ends_at):
            there(double, it)["status"] = "paused"
            tell(double, "customer.subscription.paused", it.provider_ref)
            assert states(it) == ("paused", "none")
            double.today = it.ends_at + timedelta(days=2)
        with clock.travel(double.today):
            services.resume_subscription(subscription_id=it.id, actor=buyer)
        assert states(it) == ("active", "full")
        assert nothing_is_wrong()

    def test_a_new_period_that_stripe_began_early_cuts_the_old_one_short(self, double, buyer, member):
        begins = member.starts_at + timedelta(days=3)
        with clock.travel(begins):
            tell(double, "invoice.paid", double.renew(member.provider_ref, begins=begins))
        first, second = member.periods.order_by("number")
        assert (first.ends_at, second.status) == (second.starts_at, "paid")
        assert nothing_is_wrong()

    def test_refuses_too_long_a_pause_and_one_that_is_none(self, double, buyer, member):
        with pytest.raises(Invalid):
            services.pause_subscription(subscription_id=member.id, actor=buyer, until=clock.now() + timedelta(days=99))
        with pytest.raises(IllegalTransition):
            services.resume_subscription(subscription_id=member.id, actor=buyer)


class TestChangeThere:
    def test_shows_stripes_arithmetic_and_does_the_same(self, double, buyer, member, plus):
        with clock.travel(member.starts_at + MONTH / 2):
            seen = services.preview_change(subscription=fresh(member), price_id=plus.id)
            assert (seen.credit, seen.charge, seen.due_now) == (usd(5_000), usd(15_000), usd(10_000))
            services.change_plan(subscription_id=member.id, price_id=plus.id, actor=buyer, shown_due=seen.due_now)
            assert left(buyer) == 360
        it = fresh(member)
        assert (it.plan.slug, it.status, it.ends_at) == ("plus", "active", member.ends_at)
        assert sorted(Charge.objects.values_list("amount", flat=True)) == [10_000, 10_000]
        assert (house(Purpose.ESCROW), house(Purpose.FEES), wallet(buyer)) == (15_000, 5_000, 0)
        assert [(each.kind, each.status) for each in it.periods.order_by("number")] == [
            ("first", "over"),
            ("change", "paid"),
        ]
        assert nothing_is_wrong()

    def test_to_a_cheaper_plan_keeps_the_credit_there_for_the_next_invoice(self, double, buyer, price, plus):
        it = join_there(double, buyer, plus)
        with clock.travel(it.starts_at + MONTH / 2):
            seen = services.preview_change(subscription=it, price_id=price.id)
            assert seen.due_now == usd(0)
            services.change_plan(subscription_id=it.id, price_id=price.id, actor=buyer)
        it = fresh(it)
        assert (it.plan.slug, wallet(buyer), Charge.objects.count()) == ("basic", 0, 1)
        assert (house(Purpose.ESCROW), house(Purpose.FEES)) == (15_000, 15_000)
        assert nothing_is_wrong()

    def test_to_another_cycle_begins_a_new_period(self, double, buyer, member):
        services.set_plan_price(actor=None, plan_id=member.plan_id, cycle="year", full=usd(90_000))
        yearly = price_of(member.plan, "year")
        services.sell_at_provider(actor=None, price_id=yearly.id, provider="stripe")
        with clock.travel(member.starts_at + MONTH / 2):
            services.change_plan(subscription_id=member.id, price_id=yearly.id, actor=buyer)
        it = fresh(member)
        assert (it.price, it.ends_at - it.starts_at) == (yearly, timedelta(days=365))
        assert (house(Purpose.ESCROW), wallet(buyer)) == (90_000, 0)
        assert nothing_is_wrong()

    def test_a_card_that_declines_changes_nothing(self, double, buyer, member, plus):
        double.declines = True
        with pytest.raises(services.Declined):
            services.change_plan(subscription_id=member.id, price_id=plus.id, actor=buyer)
        assert (fresh(member).plan.slug, states(member)) == ("basic", ("active", "full"))

    def test_that_would_cost_more_than_was_shown_is_refused(self, double, buyer, member, plus):
        with pytest.raises(services.ChangeTermsChanged):
            services.change_plan(subscription_id=member.id, price_id=plus.id, actor=buyer, shown_due=usd(1_000))
        assert fresh(member).plan.slug == "basic"

    def test_made_at_stripe_and_billed_later_moves_what_was_not_used(self, double, buyer, member, plus):
        with clock.travel(member.starts_at + MONTH / 2):
            there(double, member)["items"]["data"][0]["price"] = double.prices[plus.provider_ref]
            tell(double, "customer.subscription.updated", member.provider_ref)
        it = fresh(member)
        assert (it.plan.slug, wallet(buyer), Charge.objects.count()) == ("plus", 0, 1)
        assert house(Purpose.ESCROW) == pytest.approx(5_000, abs=1)
        with clock.travel(member.ends_at):
            renewed(double, it)
        assert (states(it), wallet(buyer)) == (("active", "full"), 0)
        assert nothing_is_wrong()

    def test_refuses_a_plan_that_stripe_does_not_know_and_a_change_for_later(self, double, buyer, member, plus):
        ours = price_of(plan("ours", 20_000))
        for price_id, mode in ((ours.id, ""), (plus.id, "next_period")):
            with pytest.raises(services.OtherKindOfPlan):
                services.preview_change(subscription=member, price_id=price_id, mode=mode)
        with pytest.raises(services.SamePlan):
            services.preview_change(subscription=member, price_id=member.price_id)


class TestMemberPage:
    def test_is_opened_for_the_customer_and_leads_back(self, double, buyer, member):
        address = services.open_member_page(person=buyer, actor=buyer)
        assert address.startswith(f"{double.url}/page/portal")
        (asked,) = double.portals
        assert (asked["customer"], asked["return_url"].endswith("/membership/returned/")) == (customer_of(buyer), True)
        assert queries.has_page_at(buyer) == "stripe"

    def test_is_nobody_elses_and_not_there_for_strangers(self, double, buyer, member):
        stranger = testing.person()
        for person in (buyer, stranger):
            with pytest.raises(NotFound):
                services.open_member_page(person=person, actor=stranger)
        assert queries.has_page_at(stranger) == ""

    def test_that_is_not_set_up_there_says_so(self, double, buyer, member):
        double.portal = False
        with pytest.raises(services.NoMemberPage):
            services.open_member_page(person=buyer, actor=buyer)

    def test_coming_back_shows_what_was_done_there(self, double, buyer, member):
        there(double, member)["cancel_at_period_end"] = True
        services.return_from_provider(person=buyer)
        assert fresh(member).status == "canceled"


class TestNeverInsideATransaction:
    def test_is_anything_asked(self, double, buyer, member, plus):
        from django.db import transaction

        way, ref = gateways.biller("stripe"), member.provider_ref
        for ask in (
            lambda: way.read_subscription(ref),
            lambda: list(way.read_invoices(ref)),
            lambda: way.cancel(ref, at_once=True),
            lambda: way.preview_change(ref, plus.provider_ref, clock.now()),
            lambda: way.member_page("cus_x", "/", "en"),
            lambda: services.mirror_subscription(member.id),
        ):
            with pytest.raises(transaction.TransactionManagementError), transaction.atomic():
                ask()

    def test_a_message_that_is_too_old_is_refused(self, double, member):
        from majlis.engines.billing.gateways.base import BadSignature

        thing = double.subscriptions[member.provider_ref]
        late = double.signed("customer.subscription.updated", thing, at=clock.now().timestamp() - 600)
        with pytest.raises(BadSignature):
            hear(double, late)
