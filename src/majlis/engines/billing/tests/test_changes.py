"""Changes of plan: shown first, paid in four ways and a fifth that cannot be gamed."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from majlis.engines.billing import queries, services
from majlis.engines.billing.models import Invoice, OrderLine
from majlis.engines.billing.tests.factories import give, house, pay, usd, wallet
from majlis.engines.billing.tests.plans import DAY, findings, fresh, join, left, live_until, plan, price, renew
from majlis.kernel.ledger.types import Purpose
from majlis.kit import clock, testing
from majlis.kit.state import IllegalTransition

pytestmark = pytest.mark.django_db
NOW = testing.SOME_MONDAY
APRIL = NOW + 31 * DAY
HALF = NOW + (APRIL - NOW) / 2
MONTHLY = {"unit": "minute", "amount": 240}


@pytest.fixture(autouse=True)
def _monday():
    with clock.travel(NOW):
        yield


def change(person, subscription, to, cycle="month", *, at=HALF, **more):
    with clock.travel(at):
        return services.change_plan(subscription_id=subscription.id, price_id=price(to, cycle).id, actor=person, **more)


def preview(subscription, to, cycle="month", mode="", at=HALF):
    return services.preview_change(subscription=fresh(subscription), price_id=price(to, cycle).id, mode=mode, now=at)


class TestPayTheDifferenceNow:
    def test_an_upgrade_waits_for_its_payment_and_keeps_the_period(self, buyer):
        taken, plus = join(buyer, plan()), plan("plus", 30_000)
        shown = preview(taken, plus)
        assert (shown.mode, shown.credit, shown.charge, shown.due_now) == (
            "invoice",
            usd(5_000),
            usd(15_000),
            usd(10_000),
        )
        change(buyer, taken, plus, shown_due=shown.due_now)
        assert fresh(taken).plan.slug == "basic"
        with clock.travel(HALF):
            pay(services.open_order(fresh(taken)))
        now = fresh(taken)
        assert (now.plan.slug, now.starts_at, now.ends_at, wallet(buyer)) == ("plus", HALF, APRIL, 0)
        assert (house(Purpose.FEES), house(Purpose.ESCROW)) == (5_000, 15_000)
        assert findings() == []

    def test_a_downgrade_takes_effect_at_once_and_the_rest_is_in_the_wallet(self, buyer):
        taken, small = join(buyer, plan()), plan("small", 4_000)
        assert preview(taken, small).to_wallet == usd(3_000)
        change(buyer, taken, small)
        assert (fresh(taken).plan.slug, wallet(buyer), house(Purpose.ESCROW)) == ("small", 3_000, 2_000)
        assert findings() == []

    def test_a_second_change_in_the_same_period_credits_what_was_paid_for_it(self, buyer):
        """Twice in one period is where others charge too much."""
        taken = join(buyer, plan())
        plus, small = plan("plus", 30_000), plan("small", 4_000)
        change(buyer, taken, plus)
        with clock.travel(HALF):
            pay(services.open_order(fresh(taken)))
        three_quarters = NOW + (APRIL - NOW) * 3 / 4
        assert preview(taken, small, at=three_quarters).credit == usd(7_500)
        change(buyer, taken, small, at=three_quarters)
        assert (fresh(taken).plan.slug, wallet(buyer)) == ("small", 6_500)
        assert findings() == []

    def test_another_cycle_begins_a_new_period(self, buyer):
        basic = plan(prices=[("year", 120_000, 20)])
        taken = join(buyer, basic)
        shown = preview(taken, basic, "year")
        assert (shown.due_now, shown.ends_at.date().isoformat()) == (usd(91_000), "2027-03-17")
        change(buyer, taken, basic, "year")
        with clock.travel(HALF):
            pay(services.open_order(fresh(taken)))
        assert fresh(taken).ends_at == shown.ends_at
        assert findings() == []

    def test_unpaid_it_does_not_take_place(self, buyer):
        taken = join(buyer, plan())
        change(buyer, taken, plan("plus", 30_000))
        services.expire_orders(now=HALF + DAY)
        assert (fresh(taken).plan.slug, fresh(taken).status) == ("basic", "active")
        renew(APRIL)
        assert fresh(taken).number == 3
        assert findings() == []

    def test_more_than_was_shown_is_refused(self, buyer):
        taken, plus = join(buyer, plan()), plan("plus", 30_000)
        with pytest.raises(services.ChangeTermsChanged):
            change(buyer, taken, plus, shown_due=usd(9_000))


class TestOtherWays:
    def test_on_the_next_invoice(self, buyer):
        taken, plus = join(buyer, plan()), plan("plus", 30_000)
        assert preview(taken, plus, mode="prorate").next_invoice == usd(10_000)
        change(buyer, taken, plus, mode="prorate")
        assert (fresh(taken).plan.slug, fresh(taken).owed) == ("plus", usd(10_000))
        give(buyer, 40_000)
        renew(APRIL)
        assert (fresh(taken).owed, fresh(taken).status, wallet(buyer)) == (usd(0), "active", 0)
        assert findings() == []

    def test_with_the_next_period(self, buyer):
        taken, plus = join(buyer, plan()), plan("plus", 30_000)
        change(buyer, taken, plus, mode="next_period")
        assert (fresh(taken).plan.slug, fresh(taken).renewal) == ("basic", usd(30_000))
        give(buyer, 30_000)
        renew(APRIL)
        assert (fresh(taken).plan.slug, fresh(taken).next_price, wallet(buyer)) == ("plus", None, 0)
        assert findings() == []

    def test_what_was_to_come_can_be_taken_back(self, buyer):
        basic = plan()
        taken = join(buyer, basic)
        change(buyer, taken, plan("plus", 30_000), mode="next_period")
        change(buyer, taken, basic)
        assert fresh(taken).next_price is None

    def test_a_new_period_at_its_full_price(self, buyer):
        taken, plus = join(buyer, plan()), plan("plus", 30_000)
        assert preview(taken, plus, mode="reset").due_now == usd(30_000)
        change(buyer, taken, plus, mode="reset")
        with clock.travel(HALF):
            pay(services.open_order(fresh(taken)))
        assert (fresh(taken).starts_at, house(Purpose.FEES), house(Purpose.ESCROW)) == (HALF, 10_000, 30_000)
        assert findings() == []


class TestByConsumption:
    def test_is_the_way_where_the_plan_gives_an_allowance(self, buyer):
        taken, plus = join(buyer, plan(benefits=[MONTHLY])), plan("plus", 30_000, benefits=[MONTHLY])
        shown = preview(taken, plus)
        assert (shown.mode, shown.credit, shown.due_now) == ("consumption", usd(5_000), usd(25_000))

    def test_who_used_everything_up_gets_no_credit(self, buyer):
        """Otherwise: use plan A up, change on the last day for cents, have plan B's whole allowance."""
        taken, plus = join(buyer, plan(benefits=[MONTHLY])), plan("plus", 30_000, benefits=[MONTHLY])
        services.use_allowance(person_id=buyer.id, unit="minute", amount=240, key="u", subject="test:1")
        assert preview(taken, plus).due_now == usd(30_000)

    def test_what_is_used_between_the_preview_and_the_payment_stops_it(self, buyer):
        taken, plus = join(buyer, plan(benefits=[MONTHLY])), plan("plus", 30_000, benefits=[MONTHLY])
        change(buyer, taken, plus)
        with clock.travel(HALF):
            services.use_allowance(person_id=buyer.id, unit="minute", amount=200, key="u", subject="test:1")
            pay(services.open_order(fresh(taken)))
        assert (fresh(taken).plan.slug, wallet(buyer)) == ("basic", 25_000)
        assert findings() == []

    def test_the_old_allowance_goes_and_the_new_one_comes(self, buyer):
        taken = join(buyer, plan(benefits=[MONTHLY]))
        plus = plan("plus", 30_000, benefits=[{"unit": "minute", "amount": 600}])
        change(buyer, taken, plus)
        with clock.travel(HALF):
            pay(services.open_order(fresh(taken)))
            assert left(buyer) == 600
        assert findings() == []


class TestRefusals:
    def test_the_same_plan_another_family_and_what_does_not_run(self, buyer):
        basic = plan(trial_days=7)
        taken = join(buyer, basic)
        with pytest.raises(services.SamePlan):
            preview(taken, basic)
        with pytest.raises(services.OtherKindOfPlan):
            preview(taken, plan("vpn", family="vpn"))
        with pytest.raises(IllegalTransition):
            preview(taken, plan("plus"), mode="invoice")
        assert preview(taken, plan("max")).mode == "next_period"


class TestEveryChange(TestCase):
    """Whatever changes at whatever time, in whichever way: every cent is accounted for, nobody gets back more than they
    paid, and a member never ends with more than they put in."""

    @settings(max_examples=8, deadline=None)
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["small", "plus", "max"]),
                st.sampled_from(["invoice", "prorate", "next_period", "reset", "consumption"]),
                st.integers(1, 700),
                st.integers(0, 200),
            ),
            max_size=3,
        )
    )
    def test_adds_up(self, changes):
        with clock.travel(NOW):
            person = testing.person(country="EG")
            amounts = {"basic": 9_999, "small": 3_333, "plus": 30_001, "max": 77_777}
            plans = {slug: plan(slug, amount, benefits=[MONTHLY]) for slug, amount in amounts.items()}
            taken = join(person, plans["basic"])
            paid = services.open_order(taken) is None and 9_999
            now = NOW
            for number, (slug, mode, hours, used) in enumerate(changes):
                now += timedelta(hours=hours)
                live_until(now, step=5 * DAY)
                with clock.travel(now):
                    if used and left(person) >= used:
                        services.use_allowance(
                            person_id=person.id, unit="minute", amount=used, key=f"u{number}", subject="test:1"
                        )
                    try:
                        change(person, taken, plans[slug], at=now, mode=mode)
                    except services.SamePlan:
                        continue
                    waiting = services.open_order(fresh(taken))
                    if waiting is not None:
                        pay(waiting)
            lines = OrderLine.objects.filter(order__buyer=person)
            assert all(line.to_buyer <= line.total_amount for line in lines)
            assert findings() == []
            assert paid
            assert wallet(person) <= sum(line.to_buyer for line in lines)
            assert Invoice.objects.filter(buyer=person).exists()
            assert queries.subscription(taken.id, person).status == "active"
