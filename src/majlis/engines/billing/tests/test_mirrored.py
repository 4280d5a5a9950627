"""Subscriptions that run by Stripe's clock: begun on its page, renewed and dunned by it, mirrored here."""

from datetime import timedelta

import pytest

from majlis.engines.billing import queries, services
from majlis.engines.billing.gateways.base import BadSignature, Delivery
from majlis.engines.billing.models import (
    Charge,
    Invoice,
    Order,
    Payment,
    Subscription,
    SubscriptionPeriod,
    WebhookEvent,
)
from majlis.engines.billing.policies import BillingPolicies
from majlis.engines.billing.tests.factories import give, house, usd, wallet
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
from majlis.engines.billing.tests.plans import fresh, left, renew, told
from majlis.kernel.ledger.types import Purpose
from majlis.kit import clock, testing
from majlis.kit.money import Money

pytestmark = pytest.mark.django_db


class TestBeginAtStripe:
    def test_leads_to_stripes_page_and_waits(self, double, buyer, price):
        taken = services.start_subscription(person=buyer, price_id=price.id, key="k", actor=buyer)
        row = Subscription.objects.get()
        assert taken.redirect_url == double.sessions[row.provider_ref]["url"]
        assert (row.status, row.billed_by, row.act_at) == ("incomplete", "stripe", None)
        assert not Order.objects.exists()

    def test_the_same_wish_again_leads_to_the_same_page(self, double, buyer, price):
        first = services.start_subscription(person=buyer, price_id=price.id, key="k", actor=buyer)
        again = services.start_subscription(person=buyer, price_id=price.id, key="other", actor=buyer)
        assert first == again
        assert len(double.sessions) == 1

    def test_paid_there_it_runs_here_with_order_charge_invoice_and_allowance(self, double, buyer, member):
        assert states(member) == ("active", "full")
        assert member.provider_ref in double.subscriptions
        assert customer_of(buyer) == double.subscriptions[member.provider_ref]["customer"]
        assert Order.objects.get().status == "paid"
        assert (Charge.objects.get().amount, Invoice.objects.count()) == (10_000, 1)
        assert (left(buyer), wallet(buyer)) == (240, 0)
        assert house(Purpose.ESCROW) == 10_000
        assert nothing_is_wrong()

    def test_a_trial_is_stripes_and_then_the_first_payment(self, double, buyer):
        offer = sold_at_stripe(double, "plus", trial_days=15)
        it = join_there(double, buyer, offer)
        assert states(it) == ("trialing", "full")
        assert left(buyer) == 120
        assert not queries.may_try(buyer, offer.plan)
        with clock.travel(it.ends_at):
            renewed(double, it)
        assert states(it) == ("active", "full")
        assert [each.kind for each in it.periods.order_by("number")] == ["trial", "first"]
        assert nothing_is_wrong()

    def test_who_had_a_trial_gets_none_there(self, double, buyer):
        offer = sold_at_stripe(double, "plus", trial_days=15)
        it = join_there(double, buyer, offer)
        services.cancel_subscription(subscription_id=it.id, actor=buyer, at_once=True)
        again = join_there(double, buyer, offer)
        assert again.status == "active"

    def test_a_page_nobody_used_ends_it_and_the_next_wish_has_a_new_page(self, double, buyer, price):
        services.start_subscription(person=buyer, price_id=price.id, key="k", actor=buyer)
        row = Subscription.objects.get()
        double.sessions[row.provider_ref]["status"] = "expired"
        services.start_subscription(person=buyer, price_id=price.id, key="k2", actor=buyer)
        assert fresh(row).status == "ended"
        assert Subscription.objects.exclude(id=row.id).get().provider_ref in double.sessions

    def test_a_price_that_is_not_sold_there_runs_by_our_clock(self, double, buyer, price):
        services.sell_at_provider(actor=None, price_id=price.id, provider="stripe", sold_there=False)
        taken = services.start_subscription(person=buyer, price_id=price.id, key="k", actor=buyer)
        assert taken.redirect_url == ""
        assert Subscription.objects.get().billed_by == ""

    def test_a_card_that_declines_on_the_page_leaves_it_incomplete(self, double, buyer, price):
        double.declines = True
        assert states(join_there(double, buyer, price)) == ("incomplete", "none")


class TestRenewAtStripe:
    def test_our_worker_charges_nothing(self, double, member):
        asked = len(double.asked)
        assert renew(member.ends_at + timedelta(days=3)) == 0
        assert len(double.asked) == asked

    def test_a_paid_invoice_is_a_period_order_charge_and_the_old_one_is_earned(self, double, buyer, member):
        with clock.travel(member.ends_at):
            renewed(double, member)
        periods = list(member.periods.order_by("number"))
        assert [(each.kind, each.status, each.amount) for each in periods] == [
            ("first", "over", 10_000),
            ("renewal", "paid", 10_000),
        ]
        assert (fresh(member).starts_at, fresh(member).ends_at) == (member.ends_at, member.ends_at + MONTH)
        assert (Charge.objects.count(), Invoice.objects.count()) == (2, 2)
        assert (house(Purpose.ESCROW), house(Purpose.FEES)) == (10_000, 10_000)
        with clock.travel(member.ends_at + timedelta(minutes=1)):
            assert left(buyer) == 240
        assert nothing_is_wrong()

    def test_a_failed_one_is_past_due_then_unpaid_then_paid(self, double, buyer, member):
        with clock.travel(member.ends_at):
            double.declines = True
            invoice = renewed(double, member, "invoice.payment_failed")
            assert states(member) == ("past_due", "full")
            assert "provider_payment_failed" in told(buyer)
            double.subscriptions[member.provider_ref]["status"] = "unpaid"
            tell(double, "customer.subscription.updated", member.provider_ref)
            assert states(member) == ("unpaid", "none")
            double.declines = False
            double.collect(invoice)
            tell(double, "invoice.paid", invoice)
        assert states(member) == ("active", "full")
        assert nothing_is_wrong()

    def test_what_stripe_gave_up_on_is_ended_and_earned(self, double, buyer, member):
        with clock.travel(member.ends_at):
            double.declines = True
            invoice = renewed(double, member)
            double.end(member.provider_ref)
            double.invoices[invoice]["status"] = "void"
            tell(double, "customer.subscription.deleted", member.provider_ref)
        assert states(member) == ("ended", "none")
        assert (house(Purpose.ESCROW), left(buyer)) == (0, 0)
        assert member.periods.get(provider_ref=invoice).status == "void"
        assert nothing_is_wrong()

    def test_an_invoice_paid_after_the_one_that_followed_it_is_earned_at_once(self, double, buyer, member):
        double.declines = True
        with clock.travel(member.ends_at):
            late = renewed(double, member)
        double.declines = False
        with clock.travel(member.ends_at + MONTH):
            renewed(double, member)
            double.collect(late)
            tell(double, "invoice.paid", late)
        assert [each.status for each in member.periods.order_by("number")] == ["over", "over", "paid"]
        assert (house(Purpose.ESCROW), house(Purpose.FEES), wallet(buyer)) == (10_000, 20_000, 0)
        assert nothing_is_wrong()

    def test_a_discount_of_stripes_makes_the_period_cheaper(self, double, buyer, member):
        with clock.travel(member.ends_at):
            double.declines = True
            invoice = renewed(double, member)
            double.declines = False
            double.invoices[invoice]["amount_due"] = 7_000
            double.collect(invoice)
            event = tell(double, "invoice.paid", invoice)
        assert (member.periods.get(provider_ref=invoice).amount, event.problem) == (7_000, "")
        assert (states(member), wallet(buyer)) == (("active", "full"), 0)
        assert nothing_is_wrong()

    @pytest.mark.parametrize(("included", "fee"), [(True, 0), (False, 0), (False, 250), (True, 333)])
    def test_vat_and_fee_are_ours_and_inside_what_stripe_took(self, double, price, monkeypatch, included, fee):
        rules = BillingPolicies(
            gateways=("stripe",),
            vat_basis_points={"EG": 1400},
            prices_include_vat=included,
            buyer_fee_basis_points=fee,
        )
        monkeypatch.setattr("majlis.engines.billing.services.pricing.policies", lambda: rules)
        salma = testing.person("Salma Hassan", country="EG")
        join_there(double, salma, price)
        bought, invoice = Order.objects.get(), Invoice.objects.get()
        assert (bought.status, bought.total) == ("paid", usd(10_000))
        assert bought.net + bought.tax + bought.fee == usd(10_000)
        assert invoice.tax.amount == pytest.approx(bought.net.amount * 0.14, abs=1)
        assert wallet(salma) == 0
        assert nothing_is_wrong()

    def test_a_refund_goes_back_through_the_charge_it_came_by(self, double, buyer, member):
        services.cancel_subscription(subscription_id=member.id, actor=buyer, at_once=True)
        back = wallet(buyer)
        assert back > 9_900
        payment = Payment.objects.get()
        refund = services.refund_payment(payment_id=payment.id, amount=usd(back), key="a", reason="Test", actor=None)
        services.send_refund(refund.id)
        assert double.given_back() == [usd(back)]
        assert nothing_is_wrong()


class TestWebhooksOfASubscription:
    def test_are_kept_byte_for_byte(self, double, member):
        delivery = double.word("customer.subscription.updated", member.provider_ref)
        event = hear(double, delivery)
        assert (event.status, bytes(WebhookEvent.objects.get(id=event.id).body)) == ("done", delivery.body)

    def test_an_altered_one_is_refused(self, double, member):
        delivery = double.word("customer.subscription.updated", member.provider_ref)
        before = WebhookEvent.objects.count()
        with pytest.raises(BadSignature):
            hear(double, Delivery(delivery.headers, delivery.body.replace(b'"active"', b'"paused"')))
        assert WebhookEvent.objects.count() == before

    def test_the_same_one_again_is_counted_and_does_nothing(self, double, buyer, member):
        with clock.travel(member.ends_at):
            delivery = double.word("invoice.paid", double.renew(member.provider_ref))
            for _time in range(3):
                event = hear(double, delivery)
        event.refresh_from_db()
        assert (event.deliveries, Charge.objects.count(), member.periods.count()) == (3, 2, 2)
        assert wallet(buyer) == 0

    def test_their_order_does_not_matter(self, double, buyer, price):
        taken = services.start_subscription(person=buyer, price_id=price.id, key="k", actor=buyer)
        ref = double.complete(Subscription.objects.get().provider_ref)
        begun = double.word("customer.subscription.created", ref)
        (invoice,) = double.invoices
        paid = double.word("invoice.paid", invoice)
        ended = double.end(ref) or double.word("customer.subscription.deleted", ref)
        for delivery in (ended, paid, begun):
            assert hear(double, delivery).status == "done"
        row = queries.subscription(taken.subscription_id, buyer)
        assert (row.status, Charge.objects.count()) == ("ended", 1)
        assert nothing_is_wrong()

    def test_an_answer_that_was_overtaken_changes_nothing(self, double, member):
        from majlis.engines.billing import gateways
        from majlis.engines.billing.services.mirroring import stand_as

        asked = clock.now()
        old = gateways.biller("stripe").read_subscription(member.provider_ref)
        double.subscriptions[member.provider_ref]["cancel_at_period_end"] = True
        services.mirror_subscription(member.id, now=asked + timedelta(seconds=2))
        stand_as(member.id, old, now=asked)
        assert fresh(member).status == "canceled"

    def test_a_strangers_is_kept_for_staff(self, double, member):
        strange = double.subscribe("cus_strange", member.price.provider_ref)
        assert tell(double, "customer.subscription.created", strange).status == "unknown"
        assert Subscription.objects.count() == 1

    def test_the_payments_own_word_that_came_first_is_understood_later(self, double, member):
        with clock.travel(member.ends_at):
            invoice = double.renew(member.provider_ref)
            (intent,) = [name for name, of in double.paid_by.items() if of == invoice]
            early = hear(double, double.signed("payment_intent.succeeded", double.intents[intent]))
            assert early.status == "unknown"
            tell(double, "invoice.paid", invoice)
            assert services.retry_unknown_webhooks() == 1
        early.refresh_from_db()
        assert (early.status, Charge.objects.count()) == ("done", 2)

    def test_without_any_everything_is_found_by_looking(self, double, buyer, price):
        services.start_subscription(person=buyer, price_id=price.id, key="k", actor=buyer)
        row = Subscription.objects.get()
        double.complete(row.provider_ref)
        assert services.look_at_subscriptions(now=clock.now() + timedelta(minutes=3)) == 1
        assert states(row) == ("active", "full")
        row = fresh(row)
        with clock.travel(row.ends_at + timedelta(hours=2)):
            double.renew(row.provider_ref)
            assert services.look_at_subscriptions() == 1
        assert Charge.objects.count() == 2

    def test_a_provider_that_is_away_is_asked_again(self, double, member):
        double.away = True
        due = fresh(member).look_at
        assert services.look_at_subscriptions(now=due) == 1
        assert due < fresh(member).look_at <= due + timedelta(minutes=10)


class TestStrangeAmounts:
    def test_more_than_our_price_leaves_the_rest_in_the_wallet(self, double, buyer, member):
        double.prices[member.price.provider_ref]["unit_amount"] = 12_500
        with clock.travel(member.ends_at):
            invoice = double.renew(member.provider_ref)
            event = tell(double, "invoice.paid", invoice)
        assert (states(member), wallet(buyer)) == (("active", "full"), 2_500)
        assert "125" in event.problem
        assert nothing_is_wrong()

    def test_less_is_kept_for_the_order_which_waits_for_the_rest(self, double, buyer, member):
        double.prices[member.price.provider_ref]["unit_amount"] = 6_000
        with clock.travel(member.ends_at):
            event = tell(double, "invoice.paid", double.renew(member.provider_ref))
        order = queries.open_order_of(fresh(member))
        assert queries.remaining(order) == usd(4_000)
        assert event.problem
        assert "paid_in_part" in told(buyer)
        give(buyer, 4_000)
        with clock.travel(member.ends_at + timedelta(hours=1)):
            services.pay_from_wallet(order_id=order.id, actor=buyer)
        assert fresh(member).ends_at == member.ends_at + MONTH
        assert nothing_is_wrong()

    def test_other_money_than_was_asked_is_the_wallets(self, double, buyer, member):
        double.declines = True
        with clock.travel(member.ends_at):
            invoice = renewed(double, member)
            double.declines = False
            double.collect(invoice, Money(10_000, "SAR"))
            tell(double, "invoice.paid", invoice)
        assert (wallet(buyer, "SAR"), wallet(buyer)) == (10_000, 0)
        assert nothing_is_wrong()

    def test_a_price_nobody_here_knows_is_strange(self, double, buyer, member):
        other = double.price(usd(30_000))
        double.subscriptions[member.provider_ref]["items"]["data"][0]["price"] = double.prices[other]
        with clock.travel(member.ends_at):
            event = tell(double, "invoice.paid", double.renew(member.provider_ref))
        assert (fresh(member).plan.slug, wallet(buyer)) == ("basic", 20_000)
        assert event.problem


class TestADayWithSubscriptions:
    def test_tells_the_same_as_our_books(self, double, member):
        check = services.check_day(provider="stripe", day=clock.now().date(), now=clock.now() + timedelta(days=1))
        assert (check.movements, list(check.differences.all())) == (1, [])

    def test_brings_an_invoice_nobody_told_us_of(self, double, buyer, member):
        with clock.travel(member.ends_at):
            double.renew(member.provider_ref)
        later = member.ends_at + timedelta(days=1)
        with clock.travel(later):
            check = services.check_day(provider="stripe", day=member.ends_at.date(), now=later)
        assert list(check.differences.all()) == []
        assert SubscriptionPeriod.objects.filter(status="paid").get().number == 2
