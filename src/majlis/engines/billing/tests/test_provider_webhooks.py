"""What real providers send, in their own formats and with their own signatures: true, altered, again, late, in the
wrong order, with other money, and about orders that are not ours."""

from datetime import timedelta

import pytest

from majlis.engines.billing import gateways, services
from majlis.engines.billing.gateways.base import BadSignature, Delivery
from majlis.engines.billing.models import Charge, Dispute, Payment, Refund, WebhookEvent
from majlis.engines.billing.tests.factories import draft, house, order, wallet
from majlis.engines.billing.tests.providers import DOUBLES
from majlis.engines.billing.tests.providers.stripe import StripeDouble
from majlis.engines.billing.types import OrderStatus, PaymentStatus, RefundStatus, WebhookStatus
from majlis.kernel.ledger.types import Purpose
from majlis.kernel.notices import queries as notices
from majlis.kit import audit, clock, testing
from majlis.kit.jobs import run_due_jobs
from majlis.kit.money import Money

pytestmark = pytest.mark.django_db
OWED = 10_000_000


@pytest.fixture
def buyer(db):
    return testing.person("Salma Hassan", country="EG", phone="+201012345678")


CODES = sorted(kind.codes[0] for kind in DOUBLES)


@pytest.fixture(params=CODES)
def code(request):
    return request.param


@pytest.fixture
def double(code, doubles):
    return doubles[gateways.gateway(code).provider]


@pytest.fixture
def bought(buyer, double):
    return order(buyer, draft(OWED, unit=double.unit))


@pytest.fixture
def payment(code, bought, buyer):
    started = services.start_payment(order_id=bought.id, gateway=code, actor=buyer, return_url="/back/")
    return Payment.objects.get(id=started.payment_id)


def deliver(double, delivery):
    """As the web server hands it over; the event as it stands when it was worked on."""
    event_id = services.receive_webhook(
        gateway=double.provider, headers=delivery.headers, body=delivery.body, query=delivery.query
    )
    return services.process_webhook(event_id)


def the_books_are_right():
    return [finding for outcome in audit.run("billing") for finding in outcome.findings] == []


class TestWebhooksOfARealProvider:
    def test_a_true_one_pays_the_order_and_is_kept_byte_for_byte(self, double, payment, bought):
        double.pay(payment.provider_ref)
        delivery = double.event(payment.provider_ref)
        event = deliver(double, delivery)
        bought.refresh_from_db()
        assert (event.status, bought.status) == (WebhookStatus.DONE, OrderStatus.PAID)
        assert bytes(WebhookEvent.objects.get().body) == delivery.body
        assert event.problem == ""
        assert the_books_are_right()

    def test_an_altered_one_is_refused_and_not_kept(self, double, payment):
        double.pay(payment.provider_ref)
        with pytest.raises(BadSignature):
            deliver(double, double.tampered(double.event(payment.provider_ref)))
        assert not WebhookEvent.objects.exists()
        assert not Charge.objects.exists()

    def test_without_its_proof_it_is_refused(self, double, payment):
        double.pay(payment.provider_ref)
        delivery = double.event(payment.provider_ref)
        bare = Delivery({}, delivery.body.replace(b"ignature", b"ignatura"))
        with pytest.raises(BadSignature):
            deliver(double, bare)

    def test_the_same_one_again_is_counted_and_takes_nothing(self, double, payment, buyer):
        double.pay(payment.provider_ref)
        delivery = double.event(payment.provider_ref)
        for _time in range(3):
            deliver(double, delivery)
        assert (WebhookEvent.objects.get().deliveries, Charge.objects.count()) == (3, 1)
        assert wallet(buyer, double.unit) == 0

    def test_no_secret_of_ours_is_kept_with_it(self, double, payment):
        double.pay(payment.provider_ref)
        event = deliver(double, double.event(payment.provider_ref))
        kept = f"{event.headers}"
        secret = {name: value for name, value in double.settings().items() if "secret" in name or "token" in name}
        assert not [name for name, value in secret.items() if value in kept]

    def test_an_old_word_after_the_good_one_changes_nothing(self, double, payment, bought):
        early = double.event(payment.provider_ref)
        double.pay(payment.provider_ref)
        deliver(double, double.event(payment.provider_ref))
        deliver(double, early)
        bought.refresh_from_db()
        payment.refresh_from_db()
        assert (bought.status, payment.status) == (OrderStatus.PAID, PaymentStatus.SUCCEEDED)
        assert Charge.objects.count() == 1

    def test_one_that_comes_after_the_order_ended_fills_the_wallet(self, double, payment, bought, buyer):
        services.void_order(order_id=bought.id, reason="Too late")
        double.pay(payment.provider_ref)
        deliver(double, double.event(payment.provider_ref))
        assert wallet(buyer, double.unit) == OWED
        assert the_books_are_right()

    def test_without_any_the_money_is_found_by_looking(self, double, payment, bought):
        double.pay(payment.provider_ref)
        services.poll_payments(now=clock.now() + timedelta(hours=1))
        bought.refresh_from_db()
        assert bought.status == OrderStatus.PAID

    def test_less_than_was_asked_is_kept_for_the_order_and_noted_for_staff(self, double, payment, bought):
        double.pay(payment.provider_ref, Money(OWED - 1_000_000, double.unit))
        event = deliver(double, double.event(payment.provider_ref))
        bought.refresh_from_db()
        assert bought.status == OrderStatus.OPEN
        assert Payment.objects.get().hold_amount == OWED - 1_000_000
        assert event.problem

    def test_more_than_was_asked_leaves_the_rest_in_the_wallet(self, double, payment, bought, buyer):
        double.pay(payment.provider_ref, Money(OWED + 1_000_000, double.unit))
        deliver(double, double.event(payment.provider_ref))
        bought.refresh_from_db()
        assert (bought.status, wallet(buyer, double.unit)) == (OrderStatus.PAID, 1_000_000)

    # Fawry knows no other money than pounds.
    @pytest.mark.parametrize("code", [code for code in CODES if code != "fawry"])
    def test_another_currency_does_not_pay_the_order(self, double, payment, bought, buyer):
        other = "SAR" if double.provider != "paypal" else "EUR"
        double.pay(payment.provider_ref, Money(OWED, other))
        event = deliver(double, double.event(payment.provider_ref))
        bought.refresh_from_db()
        assert (bought.status, wallet(buyer, other)) == (OrderStatus.OPEN, OWED)
        assert event.problem

    def test_one_about_a_strangers_order_is_kept_for_staff(self, double, payment):
        event = deliver(double, double.event_of_stranger())
        assert event.status == WebhookStatus.UNKNOWN
        assert not Charge.objects.exists()

    def test_one_of_an_attempt_that_failed_leaves_the_order_open(self, double, payment, bought):
        double.fail(payment.provider_ref)
        services.refresh_payment(payment.id)
        bought.refresh_from_db()
        payment.refresh_from_db()
        assert bought.status == OrderStatus.OPEN
        assert payment.status in (PaymentStatus.FAILED, PaymentStatus.EXPIRED)


class TestRefundsAtARealProvider:
    def test_the_whole_and_a_part_go_back_and_never_more(self, double, payment, bought, buyer):
        double.pay(payment.provider_ref)
        services.refresh_payment(payment.id)
        services.settle_line(
            line_id=bought.lines[0].id,
            buyer=bought.total,
            seller=Money(0, double.unit),
            key="back",
            reason="Test",
        )
        for key, amount in (("a", 4_000_000), ("b", 6_000_000)):
            money = Money(amount, double.unit)
            refund = services.refund_payment(payment_id=payment.id, amount=money, key=key, reason="Test", actor=None)
            services.send_refund(refund.id)
        assert {row.status for row in Refund.objects.all()} == {RefundStatus.SENT}
        assert sum(money.amount for money in double.given_back()) == OWED
        with pytest.raises(services.RefundTooLarge):
            services.refund_payment(
                payment_id=payment.id, amount=Money(100, double.unit), key="c", reason="Test", actor=None
            )
        assert the_books_are_right()

    # The others answer at once.
    @pytest.mark.parametrize("code", ["paypal", "stripe", "xendit"])
    def test_one_that_takes_its_time_is_asked_about_until_it_is_done(self, double, payment, buyer):
        double.pay(payment.provider_ref)
        services.void_order(order_id=payment.order_id, reason="Test")
        services.refresh_payment(payment.id)
        double.refund_waits = True
        money = Money(OWED, double.unit)
        refund = services.refund_payment(payment_id=payment.id, amount=money, key="a", reason="Test", actor=None)
        run_due_jobs(["billing.send_refund"])
        assert Refund.objects.get().status == RefundStatus.REQUESTED
        double.settle_refunds()
        assert services.resend_refunds(now=clock.now() + timedelta(hours=1)) == 1
        run_due_jobs(["billing.send_refund"])
        refund.refresh_from_db()
        assert refund.status == RefundStatus.SENT
        assert len(double.given_back()) == 1

    @pytest.mark.parametrize("code", ["stripe"])
    def test_one_whose_asker_died_is_asked_about_soon_however_old_it_is(self, double, payment, buyer):
        double.pay(payment.provider_ref)
        services.void_order(order_id=payment.order_id, reason="Test")
        services.refresh_payment(payment.id)
        money = Money(OWED, double.unit)
        refund = services.refund_payment(payment_id=payment.id, amount=money, key="a", reason="Test", actor=None)
        later = clock.now() + timedelta(days=100)
        waiting = Refund.objects.filter(id=refund.id)
        waiting.update(asked_at=later)  # and then the machine lost its power
        assert services.resend_refunds(now=later + timedelta(minutes=1)) == 0
        assert services.send_refund(refund.id, now=later + timedelta(minutes=1)).status == RefundStatus.REQUESTED
        assert double.given_back() == []
        assert services.resend_refunds(now=later + timedelta(minutes=3)) == 1
        waiting.update(answered_at=later)  # but one that was answered waits for a quarter of its age
        assert services.resend_refunds(now=later + timedelta(minutes=3)) == 0
        assert services.resend_refunds(now=later + timedelta(days=40)) == 1
        waiting.update(answered_at=None)
        assert services.send_refund(refund.id, now=later + timedelta(minutes=3)).status == RefundStatus.SENT
        assert double.given_back() == [money]


class TestADayAtARealProvider:
    def test_tells_the_same_as_our_books(self, double, payment):
        double.pay(payment.provider_ref)
        services.refresh_payment(payment.id)
        check = services.check_day(
            provider=double.provider, day=clock.now().date(), now=clock.now() + timedelta(days=1)
        )
        assert check.movements == 1
        assert check.totals[0]["taken"] == OWED
        assert list(check.differences.all()) == []

    def test_brings_money_nobody_told_us_of(self, double, payment, bought):
        double.pay(payment.provider_ref)
        check = services.check_day(
            provider=double.provider, day=clock.now().date(), now=clock.now() + timedelta(days=1)
        )
        bought.refresh_from_db()
        assert bought.status == OrderStatus.PAID
        assert list(check.differences.all()) == []


class TestStripesOwn:
    @pytest.fixture
    def code(self):
        return "stripe"

    def test_a_message_that_is_too_old_is_refused(self, double, payment):
        session = double.sessions[payment.provider_ref]
        with pytest.raises(BadSignature):
            deliver(
                double, StripeDouble.signed("checkout.session.completed", session, at=clock.now().timestamp() - 600)
            )

    def test_the_payer_has_one_name_there(self, double, payment, bought, buyer):
        other = order(buyer, draft(OWED))
        services.start_payment(order_id=other.id, gateway="stripe", actor=buyer, return_url="/")
        assert len(double.customers) == 1

    def test_a_contested_payment_is_told_to_finance_and_booked_when_lost(self, double, payment, bought):
        finance = testing.person("Fatma Finance", roles=["finance"])
        double.pay(payment.provider_ref)
        deliver(double, double.event(payment.provider_ref))
        deliver(double, double.contest(payment.provider_ref))
        dispute = Dispute.objects.get()
        assert (dispute.status, dispute.amount) == ("open", OWED)
        deliver(double, double.contest(payment.provider_ref, "lost"))
        dispute.refresh_from_db()
        assert dispute.status == "lost"
        assert house(Purpose.GOODWILL) == -OWED
        assert house(Purpose.CLEARING, name="stripe") == 0
        assert [n.count for n in notices.notices_of(finance).items if n.kind == "payment_disputed"] == [2]
        deliver(double, double.contest(payment.provider_ref, "won"))
        assert house(Purpose.GOODWILL) == 0
        assert the_books_are_right()

    def test_a_difference_is_listed_until_staff_says_why(self, double, payment):
        staff = testing.person("Fatma Finance", roles=["finance"])
        double.pay(payment.provider_ref)
        services.refresh_payment(payment.id)
        double.balance[0]["source"]["amount"] -= 500
        double._book(
            "charge",
            900,
            {
                "id": "ch_x",
                "object": "charge",
                "payment_intent": "pi_x",
                "amount": 900,
                "currency": "usd",
                "metadata": {},
            },
        )
        day, later = clock.now().date(), clock.now() + timedelta(days=1)
        check = services.check_day(provider="stripe", day=day, actor=staff, now=later)
        found = {row.kind: row for row in check.differences.open()}
        assert set(found) == {"amount", "unknown_here"}
        assert (found["amount"].ours, found["amount"].theirs) == (OWED, OWED - 500)
        services.settle_difference(difference_id=found["unknown_here"].id, note="The old shop's.", actor=staff)
        double.balance[0]["source"]["amount"] += 500
        services.check_day(provider="stripe", day=day, now=later)
        assert not check.differences.open().exists()

    def test_our_refund_that_stripe_does_not_know_is_a_difference(self, double, payment, buyer):
        services.void_order(order_id=payment.order_id, reason="Test")
        double.pay(payment.provider_ref)
        services.refresh_payment(payment.id)
        refund = services.refund_payment(
            payment_id=payment.id, amount=Money(OWED, "USD"), key="a", reason="Test", actor=None
        )
        services.send_refund(refund.id)
        double.balance.pop()
        day, later = clock.now().date(), clock.now() + timedelta(days=1)
        check = services.check_day(provider="stripe", day=day, now=later)
        assert [(row.kind, row.movement) for row in check.differences.open()] == [("unknown_there", "refund")]

    def test_a_day_that_is_not_over_is_not_compared(self, doubles):
        with pytest.raises(services.DayNotOver):
            services.check_day(provider="stripe", day=clock.now().date())


class TestPayPalsOwn:
    @pytest.fixture
    def code(self):
        return "paypal"

    def test_takes_nothing_for_an_order_that_ended(self, double, payment, buyer):
        services.void_order(order_id=payment.order_id, reason="Test")
        run_due_jobs(["billing.stop_payment"])
        double.approve(payment.provider_ref)
        deliver(double, double.event(payment.provider_ref))
        assert (double.orders[payment.provider_ref]["status"], wallet(buyer)) == ("APPROVED", 0)

    def test_takes_the_money_when_the_buyer_agreed(self, double, payment, bought):
        double.approve(payment.provider_ref)
        deliver(double, double.event(payment.provider_ref))
        bought.refresh_from_db()
        assert bought.status == OrderStatus.PAID

    def test_a_certificate_from_elsewhere_proves_nothing(self, double, payment):
        delivery = double.event(payment.provider_ref)
        elsewhere = {**delivery.headers, "paypal-cert-url": f"{double.url}/evil/v1/notifications/certs/CERT-1"}
        with pytest.raises(BadSignature):
            deliver(double, Delivery(elsewhere, delivery.body))

    def test_a_message_older_than_paypal_sends_is_refused(self, double, payment):
        old = double.signed("CHECKOUT.ORDER.APPROVED", {"id": payment.provider_ref}, age=timedelta(days=4))
        with pytest.raises(BadSignature):
            deliver(double, old)

    def test_a_contested_capture_is_found_by_its_name(self, double, payment):
        double.pay(payment.provider_ref)
        services.refresh_payment(payment.id)
        deliver(double, double.contest(payment.provider_ref))
        assert Dispute.objects.get().payment_id == payment.id


class TestFawrysOwn:
    @pytest.fixture
    def code(self):
        return "fawry"

    def test_gives_a_number_to_pay_and_a_day_to_pay_it(self, double, payment):
        assert payment.steps["Fawry number"] == double.orders[payment.provider_ref]["fawryRefNumber"]
        assert payment.redirect_url == ""

    @pytest.mark.parametrize(("way", "method"), [("fawry_card", "CARD"), ("fawry_wallet", "MWALLET")])
    def test_card_and_wallet_are_paid_on_its_page_and_told_at_one_address(self, doubles, buyer, way, method):
        double = doubles["fawry"]
        placed = order(buyer, draft(OWED, unit="EGP"))
        started = services.start_payment(order_id=placed.id, gateway=way, actor=buyer, return_url="/back/")
        ref = Payment.objects.get(id=started.payment_id).provider_ref
        assert started.redirect_url.startswith(double.url)
        assert double.pages[ref]["paymentMethod"] == method
        double.pay(ref)
        deliver(double, double.event(ref))
        placed.refresh_from_db()
        assert placed.status == OrderStatus.PAID

    def test_a_refund_whose_answer_was_lost_is_not_sent_twice(self, double, payment, buyer):
        services.void_order(order_id=payment.order_id, reason="Test")
        double.pay(payment.provider_ref)
        services.refresh_payment(payment.id)
        money = Money(4_000_000, "EGP")
        way, nothing = gateways.gateway("fawry"), Money(0, "EGP")
        way.give_back(payment.provider_ref, money, "lost", "Test", before=nothing)
        assert way.give_back(payment.provider_ref, money, "lost", "Test", before=nothing, again=True).done
        assert double.given_back() == [money]
