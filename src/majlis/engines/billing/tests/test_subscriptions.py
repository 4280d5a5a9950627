"""Subscriptions: taken, paid, renewed, dunned, cancelled, paused and taken up again."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, transaction

from majlis.engines.billing import queries, registry, services
from majlis.engines.billing.models import Invoice, Subscription, SubscriptionPeriod, TrialClaim
from majlis.engines.billing.tests.factories import give, house, pay, usd, wallet
from majlis.engines.billing.tests.plans import (
    DAY,
    MINUTES,
    WEEK,
    card_declines,
    findings,
    fresh,
    grants,
    join,
    left,
    live_until,
    plan,
    price,
    renew,
    told,
)
from majlis.kernel.ledger.types import Purpose
from majlis.kit import clock, jobs, testing
from majlis.kit.errors import Invalid, NotFound
from majlis.kit.state import IllegalTransition

pytestmark = pytest.mark.django_db
NOW = testing.SOME_MONDAY
APRIL, MAY = NOW + 31 * DAY, NOW + 61 * DAY - timedelta(hours=1)  # the clocks of Cairo go forward in April


@pytest.fixture(autouse=True)
def _monday():
    with clock.travel(NOW):
        yield


class TestSubscribe:
    def test_runs_once_it_is_paid_and_gives_what_the_plan_says(self, buyer):
        taken = join(buyer, plan(benefits=[MINUTES, {"access": "course", "ref": "arabic"}]), paid=False)
        assert (taken.status, queries.has_access(buyer, "course", "arabic")) == ("incomplete", False)
        pay(services.open_order(taken))
        taken = fresh(taken)
        assert (taken.status, taken.entitlement, taken.starts_at, taken.ends_at) == ("active", "full", NOW, APRIL)
        assert (left(buyer), left(buyer, at=NOW + 4 * WEEK)) == (60, 60 * 3 // 7)
        assert queries.has_access(buyer, "course", "arabic")
        assert not queries.has_access(buyer, "course", "persian")
        assert findings() == []

    def test_its_order_is_called_by_the_plan_in_the_readers_language(self, buyer):
        taken = join(buyer, plan(), paid=False)
        named = registry.name_everywhere(services.open_order(taken).lines[0])
        assert (named["en"], named["ar"]) == ("Basic, Monthly", "خطة، شهريًا")

    def test_asking_again_before_paying_is_asking_once(self, buyer):
        basic = plan()
        assert join(buyer, basic, paid=False).id == join(buyer, basic, paid=False).id

    def test_choosing_another_before_paying_replaces_the_first(self, buyer):
        first = join(buyer, plan(), paid=False)
        second = join(buyer, plan("plus"), paid=False)
        assert (fresh(first).status, second.status) == ("ended", "incomplete")

    def test_a_second_of_the_family_is_refused(self, buyer):
        join(buyer, plan())
        with pytest.raises(services.AlreadySubscribed):
            join(buyer, plan("plus"))
        join(buyer, plan("vpn", family="vpn"))
        assert len(queries.subscriptions_of(buyer)) == 2

    def test_the_database_refuses_a_second_of_the_family(self, buyer):
        taken = join(buyer, plan())
        with pytest.raises(IntegrityError, match="one_live_subscription_per_family"), transaction.atomic():
            Subscription.objects.create(
                person=buyer, plan=taken.plan, price=taken.price, family=taken.family, key="x", zone="UTC"
            )

    def test_unpaid_it_ends_with_its_order(self, buyer):
        taken = join(buyer, plan(), paid=False)
        services.expire_orders(now=NOW + DAY)
        assert fresh(taken).status == "ended"

    def test_what_is_closed_or_only_for_others_is_not_found(self, buyer):
        secret = plan("secret", for_invites_only=True)
        with pytest.raises(NotFound):
            join(buyer, secret)
        closed = plan("closed")
        services.close_plan(actor=None, plan_id=closed.id)
        with pytest.raises(NotFound):
            join(buyer, closed)

    def test_a_quarter_costs_its_discounted_price(self, buyer):
        taken = join(buyer, plan(prices=[("quarter", 30_000, 10)]), "quarter")
        assert (taken.price.price, taken.ends_at) == (usd(27_000), NOW + 92 * DAY - timedelta(hours=1))

    def test_another_member_does_not_see_it(self, buyer, seller):
        taken = join(buyer, plan())
        with pytest.raises(NotFound):
            queries.subscription(taken.id, seller)
        with pytest.raises(NotFound):
            services.cancel_subscription(subscription_id=taken.id, actor=seller)


class TestTrial:
    def test_begins_without_money_and_its_end_is_announced_and_charged(self, buyer):
        taken = join(buyer, plan(trial_days=7, benefits=[MINUTES]))
        assert (taken.status, taken.ends_at, left(buyer)) == ("trialing", NOW + WEEK, 60)
        give(buyer, 10_000)
        live_until(NOW + WEEK)
        taken = fresh(taken)
        assert (taken.status, wallet(buyer), taken.starts_at) == ("active", 0, NOW + WEEK)
        assert "trial_ending" in told(buyer)
        assert findings() == []

    def test_is_once_per_person_under_whichever_account(self, buyer):
        basic = plan(trial_days=7)
        first = testing.person(email="salma.hassan@gmail.com")
        services.cancel_subscription(subscription_id=join(first, basic).id, actor=first, at_once=True)
        again = testing.person(email="s.a.lmahassan+x@googlemail.com")
        assert not queries.may_try(again, basic)
        assert join(again, basic, paid=False).status == "incomplete"
        assert queries.may_try(buyer, basic)

    def test_a_phone_number_is_known_again_after_the_account_is_deleted(self):
        from majlis.kernel.accounts import services as accounts

        basic = plan(trial_days=7)
        gone = testing.person(phone="+201001234567", phone_verified_at=NOW)
        join(gone, basic)
        accounts.anonymise_person(actor=gone, person=gone)
        back = testing.person(phone="+201001234567", phone_verified_at=NOW)
        assert not queries.may_try(back, basic)
        assert TrialClaim.objects.count() == 2

    def test_nobody_unproved_has_one(self):
        nobody = testing.person(email=None)
        with pytest.raises(services.ProveYourself):
            join(nobody, plan(trial_days=7))


class TestInvitation:
    def test_opens_the_plan_to_who_reads_that_mail(self, buyer, seller):
        secret_plan = plan("secret", for_invites_only=True)
        services.invite_to_plan(actor=seller, plan_id=secret_plan.id, email=buyer.email)
        jobs.run_due_jobs(["accounts.deliver_letter"])
        secret = re.findall(r"/plans/invitation/([\w-]+)/", str(mail.outbox[-1].body))[0]
        with pytest.raises(services.InvitedAnother):
            services.accept_plan_invite(secret=secret, actor=seller)
        assert services.accept_plan_invite(secret=secret, actor=buyer) == secret_plan
        assert services.accept_plan_invite(secret=secret, actor=buyer) == secret_plan
        assert join(buyer, secret_plan).status == "active"
        assert [each.slug for each in queries.plans_for(seller)] == []


class TestRenewal:
    def test_is_paid_from_the_wallet_when_that_is_enough(self, buyer):
        taken = join(buyer, plan())
        give(buyer, 10_000)
        assert renew(APRIL - timedelta(seconds=1)) == 0
        assert renew(APRIL) == 1
        taken = fresh(taken)
        assert (taken.status, taken.number, taken.starts_at, taken.ends_at) == ("active", 2, APRIL, MAY)
        assert wallet(buyer) == 0
        assert house(Purpose.FEES) == 10_000  # March is earned, April is in escrow
        assert house(Purpose.ESCROW) == 10_000
        assert renew(APRIL) == 0
        assert findings() == []

    def test_charges_the_kept_card_otherwise(self, buyer):
        taken = join(buyer, plan())
        renew(APRIL)
        assert (fresh(taken).status, fresh(taken).number) == ("active", 2)
        assert Invoice.objects.count() == 2
        assert findings() == []

    def test_31_january_renews_on_28_february_and_31_march(self, buyer):
        with clock.travel(NOW.replace(month=1, day=31)):
            taken = join(buyer, plan())
        renew(NOW)
        assert fresh(taken).ends_at.date().isoformat() == "2026-03-31"

    def test_what_may_roll_over_does(self, buyer):
        monthly = {"unit": "minute", "amount": 240, "per": "period", "carry_limit": 60}
        join(buyer, plan(benefits=[monthly]))
        services.use_allowance(person_id=buyer.id, unit="minute", amount=100, key="u", subject="test:1")
        renew(APRIL)
        assert left(buyer, at=APRIL) == 300
        live_until(MAY + 20 * DAY)
        assert sum(grant.expired for grant in grants(buyer)[:1]) == 80
        assert findings() == []

    def test_happens_once_for_each_period_also_after_a_long_silence(self, buyer):
        join(buyer, plan())
        give(buyer, 100_000)
        renew(NOW + 100 * DAY)
        assert SubscriptionPeriod.objects.count() == 4
        assert findings() == []

    def test_a_free_plan_renews_for_nothing(self, buyer):
        taken = join(buyer, plan(amount=0))
        renew(APRIL)
        assert (fresh(taken).status, fresh(taken).number) == ("active", 2)
        assert findings() == []


class TestDunning:
    def test_goes_step_by_step_until_it_ends(self, buyer):
        taken = join(buyer, plan(benefits=[{"access": "course", "ref": "*"}]))
        card_declines(buyer)
        seen = []
        for day in range(0, 30):
            live_until(APRIL + day * DAY, since=APRIL + (day - 1) * DAY)
            now = fresh(taken)
            state = (now.status, now.entitlement)
            if not seen or seen[-1][1] != state:
                seen.append((day, state))
        assert seen == [
            (0, ("past_due", "full")),
            (7, ("past_due", "reduced")),
            (14, ("unpaid", "none")),
            (28, ("ended", "none")),
        ]
        assert told(buyer).count("renewal_failed") == 4
        assert told(buyer)[-1] == "come_back"
        assert not queries.has_access(buyer, "course", "arabic")
        assert findings() == []

    def test_a_payment_in_time_goes_on_as_if_nothing_was(self, buyer):
        taken = join(buyer, plan())
        card_declines(buyer)
        live_until(APRIL + 8 * DAY)
        with clock.travel(APRIL + 8 * DAY):
            pay(services.open_order(fresh(taken)))
        taken = fresh(taken)
        assert (taken.status, taken.entitlement, taken.starts_at, taken.ends_at) == ("active", "full", APRIL, MAY)
        assert findings() == []

    def test_a_card_that_works_again_is_charged_on_the_next_retry(self, buyer):
        taken = join(buyer, plan())
        card_declines(buyer)
        live_until(APRIL + 3 * DAY)
        card_declines(buyer, False)
        live_until(APRIL + 4 * DAY)
        assert fresh(taken).status == "past_due"
        live_until(APRIL + 5 * DAY)
        assert fresh(taken).status == "active"
        assert findings() == []

    def test_paid_after_it_was_suspended_the_time_begins_then(self, buyer):
        taken = join(buyer, plan(benefits=[MINUTES]))
        card_declines(buyer)
        live_until(APRIL + 20 * DAY)
        assert fresh(taken).status == "unpaid"
        with clock.travel(APRIL + 20 * DAY):
            pay(services.open_order(fresh(taken)))
        assert (fresh(taken).starts_at, fresh(taken).status) == (APRIL + 20 * DAY, "active")
        assert findings() == []

    def test_a_plan_may_be_stricter(self, buyer):
        strict = plan(dunning={"retry": [], "warn": [0], "reduce": 0, "suspend": 0, "end": 1})
        taken = join(buyer, strict)
        card_declines(buyer)
        live_until(APRIL + DAY)
        assert fresh(taken).status == "ended"

    def test_giving_the_renewal_up_ends_it(self, buyer):
        taken = join(buyer, plan())
        card_declines(buyer)
        live_until(APRIL + DAY)
        services.cancel_order(order_id=services.open_order(fresh(taken)).id, actor=buyer)
        assert fresh(taken).status == "ended"
        assert findings() == []


class TestCancel:
    def test_runs_until_the_period_ends_and_renews_no_more(self, buyer):
        taken = join(buyer, plan())
        services.cancel_subscription(subscription_id=taken.id, actor=buyer, reason="Too dear")
        assert (fresh(taken).status, fresh(taken).entitlement) == ("canceled", "full")
        live_until(APRIL)
        assert (fresh(taken).status, house(Purpose.FEES), house(Purpose.ESCROW)) == ("ended", 10_000, 0)
        assert findings() == []

    def test_can_be_taken_back(self, buyer):
        taken = join(buyer, plan())
        services.cancel_subscription(subscription_id=taken.id, actor=buyer)
        services.keep_subscription(subscription_id=taken.id, actor=buyer)
        live_until(APRIL)
        assert (fresh(taken).status, fresh(taken).number) == ("active", 2)

    def test_what_is_late_cannot_be_kept_for_nothing(self, buyer):
        taken = join(buyer, plan())
        card_declines(buyer)
        live_until(APRIL)
        with pytest.raises(IllegalTransition):
            services.keep_subscription(subscription_id=taken.id, actor=buyer)

    def test_at_once_gives_back_what_the_preview_says(self, buyer):
        taken = join(buyer, plan(benefits=[{"unit": "minute", "amount": 240}]))
        services.use_allowance(person_id=buyer.id, unit="minute", amount=180, key="u", subject="test:1")
        half = NOW + (APRIL - NOW) / 2
        preview = services.preview_cancel(fresh(taken), at_once=True, now=half)
        assert (preview.back, [str(lost) for lost in preview.lost]) == (usd(2_500), ["60 minute"])
        services.cancel_subscription(
            subscription_id=taken.id, actor=buyer, at_once=True, shown_back=preview.back, now=half
        )
        assert (fresh(taken).status, wallet(buyer), left(buyer)) == ("ended", 2_500, 0)
        assert findings() == []

    def test_less_than_was_shown_is_refused(self, buyer):
        taken = join(buyer, plan(benefits=[{"unit": "minute", "amount": 240}]))
        shown = services.preview_cancel(taken, at_once=True).back
        services.use_allowance(person_id=buyer.id, unit="minute", amount=180, key="u", subject="test:1")
        with pytest.raises(services.LessComesBack):
            services.cancel_subscription(subscription_id=taken.id, actor=buyer, at_once=True, shown_back=shown)

    def test_while_late_it_ends_and_nothing_is_owed(self, buyer):
        taken = join(buyer, plan())
        card_declines(buyer)
        live_until(APRIL + DAY)
        services.cancel_subscription(subscription_id=taken.id, actor=buyer)
        services.cancel_subscription(subscription_id=taken.id, actor=buyer)
        assert (fresh(taken).status, services.open_order(fresh(taken))) == ("ended", None)
        assert findings() == []

    def test_who_comes_back_in_time_pays_less_once(self, buyer):
        basic = plan()
        services.cancel_subscription(subscription_id=join(buyer, basic).id, actor=buyer, at_once=True)
        assert queries.return_offer(buyer, "membership") is not None
        back = join(buyer, basic, paid=False)
        assert services.open_order(back).total == usd(8_000)
        pay(services.open_order(back))
        services.cancel_subscription(subscription_id=back.id, actor=buyer, at_once=True)
        late = queries.return_offer(buyer, "membership", now=NOW + 31 * DAY)
        assert late is None


class TestPause:
    def test_keeps_what_is_left_and_goes_on_later_by_its_length(self, buyer):
        taken = join(buyer, plan(benefits=[{"unit": "minute", "amount": 240}]))
        services.use_allowance(person_id=buyer.id, unit="minute", amount=40, key="u", subject="test:1")
        services.pause_subscription(subscription_id=taken.id, actor=buyer, until=NOW + 20 * DAY, now=NOW + 10 * DAY)
        assert (fresh(taken).status, left(buyer), fresh(taken).entitlement) == ("paused", 0, "none")
        live_until(NOW + 20 * DAY)
        taken = fresh(taken)
        assert (taken.status, taken.ends_at, left(buyer, at=NOW + 21 * DAY)) == ("active", APRIL + 10 * DAY, 200)
        give(buyer, 10_000)
        live_until(APRIL + 10 * DAY)
        assert fresh(taken).number == 2
        assert findings() == []

    def test_is_worth_at_its_end_what_it_was_at_its_beginning(self, buyer):
        taken = join(buyer, plan())
        before = services.preview_cancel(taken, at_once=True, now=NOW + 10 * DAY).back
        services.pause_subscription(subscription_id=taken.id, actor=buyer, until=NOW + 40 * DAY, now=NOW + 10 * DAY)
        assert services.preview_cancel(fresh(taken), at_once=True, now=NOW + 30 * DAY).back == before
        services.cancel_subscription(subscription_id=taken.id, actor=buyer, at_once=True, now=NOW + 30 * DAY)
        assert wallet(buyer) == before.amount
        assert findings() == []

    def test_too_long_a_pause_is_refused(self, buyer):
        taken = join(buyer, plan())
        with pytest.raises(Invalid):
            services.pause_subscription(subscription_id=taken.id, actor=buyer, until=NOW + 61 * DAY)

    def test_only_what_runs_is_paused(self, buyer):
        taken = join(buyer, plan(trial_days=7))
        with pytest.raises(IllegalTransition):
            services.pause_subscription(subscription_id=taken.id, actor=buyer, until=NOW + DAY)


class TestPrices:
    def test_a_new_price_is_for_those_who_come_later(self, buyer):
        basic = plan()
        taken = join(buyer, basic)
        services.set_plan_price(actor=None, plan_id=basic.id, cycle="month", full=usd(15_000))
        assert (fresh(taken).renewal, price(basic).price) == (usd(10_000), usd(15_000))
