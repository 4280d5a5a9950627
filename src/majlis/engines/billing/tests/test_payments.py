"""Payments through a gateway, and money that comes late, twice, too much or too little."""

from datetime import timedelta

import pytest

from majlis.engines.billing import queries, services
from majlis.engines.billing.gateways import sandbox
from majlis.engines.billing.models import Charge, Payment, WebhookEvent
from majlis.engines.billing.tests.factories import SEATS, draft, free, give, house, order, pay, press, usd, wallet
from majlis.engines.billing.types import OrderStatus, PaymentStatus, WebhookStatus
from majlis.kernel.ledger.types import Purpose
from majlis.kernel.notices.models import Notice
from majlis.kit import clock
from majlis.kit.errors import NotFound
from majlis.kit.jobs import run_due_jobs

pytestmark = pytest.mark.django_db


def status(bought):
    return queries.order(bought.id, None).status


def told(person):
    return set(Notice.objects.filter(person_id=person.id).values_list("kind", flat=True))


class TestPayThroughTheSandbox:
    def test_pays_the_order(self, buyer, seller):
        bought = order(buyer, draft(10_000, seller))
        pay(bought)
        assert status(bought) == OrderStatus.PAID
        assert (wallet(buyer), house(Purpose.ESCROW), house(Purpose.CLEARING, name="sandbox")) == (0, 10_000, -10_000)
        assert "order_paid" in told(buyer)

    def test_a_declined_card_takes_nothing_and_can_be_tried_again(self, buyer):
        bought = order(buyer)
        first = pay(bought, "fail")
        assert queries.payment(first, buyer).status == PaymentStatus.FAILED
        assert status(bought) == OrderStatus.OPEN
        assert "payment_failed" in told(buyer)
        pay(bought)
        assert status(bought) == OrderStatus.PAID

    def test_starting_twice_is_one_attempt(self, buyer):
        bought = order(buyer)
        begin = {"order_id": bought.id, "gateway": "sandbox", "actor": buyer, "return_url": "/"}
        assert services.start_payment(**begin).payment_id == services.start_payment(**begin).payment_id

    def test_anothers_order_does_not_exist(self, buyer, seller):
        with pytest.raises(NotFound):
            services.start_payment(order_id=order(buyer).id, gateway="sandbox", actor=seller, return_url="/")

    def test_money_that_takes_a_minute_is_taken_when_it_comes(self, buyer):
        bought = order(buyer)
        pay(bought, "later")
        assert status(bought) == OrderStatus.OPEN
        with clock.travel(by=timedelta(minutes=2)):
            run_due_jobs()
        assert status(bought) == OrderStatus.PAID

    def test_a_lost_webhook_is_made_up_for_by_looking(self, buyer):
        bought = order(buyer)
        pay(bought, "silent")
        assert status(bought) == OrderStatus.OPEN
        services.poll_payments(now=clock.now() + timedelta(minutes=2))
        assert status(bought) == OrderStatus.PAID

    def test_wallet_and_gateway_pay_one_order_together(self, buyer):
        give(buyer, 4_000)
        bought = order(buyer)
        paid = pay(bought, from_wallet=usd(4_000))
        assert Payment.objects.get(id=paid).amount == 6_000
        assert status(bought) == OrderStatus.PAID
        assert wallet(buyer) == 0

    def test_what_is_set_aside_cannot_be_spent_meanwhile(self, buyer):
        give(buyer, 4_000)
        first, second = order(buyer), order(buyer, draft(4_000))
        services.start_payment(
            order_id=first.id, gateway="sandbox", actor=buyer, return_url="/", from_wallet=usd(4_000)
        )
        assert free(buyer) == 0
        with pytest.raises(services_refusal()):
            services.pay_from_wallet(order_id=second.id, actor=buyer)
        services.void_order(order_id=first.id, reason="Test")
        assert free(buyer) == 4_000


def services_refusal():
    from majlis.kernel.ledger.services import InsufficientFunds

    return InsufficientFunds


class TestMoneyThatComesOtherwise:
    def test_paid_twice_the_second_is_in_the_wallet(self, buyer):
        bought = order(buyer)
        pay(bought, "twice")
        assert status(bought) == OrderStatus.PAID
        assert wallet(buyer) == 10_000
        assert "paid_too_much" in told(buyer)

    def test_paid_again_later_the_second_is_in_the_wallet(self, buyer):
        bought = order(buyer)
        press(pay(bought), "pay")
        assert (wallet(buyer), house(Purpose.ESCROW)) == (10_000, 10_000)
        assert "paid_twice" in told(buyer)

    def test_too_much_pays_the_order_and_leaves_the_rest(self, buyer):
        bought = order(buyer)
        pay(bought, "wrong", 12_500)
        assert (status(bought), wallet(buyer)) == (OrderStatus.PAID, 2_500)
        assert "paid_too_much" in told(buyer)

    def test_too_little_is_kept_until_the_rest_comes(self, buyer):
        bought = order(buyer)
        pay(bought, "wrong", 6_000)
        assert (status(bought), wallet(buyer), free(buyer)) == (OrderStatus.OPEN, 6_000, 0)
        assert "paid_in_part" in told(buyer)
        rest = pay(bought)
        assert Payment.objects.get(id=rest).amount == 4_000
        assert (status(bought), wallet(buyer)) == (OrderStatus.PAID, 0)

    def test_too_little_is_free_again_when_the_order_ends(self, buyer):
        bought = order(buyer)
        pay(bought, "wrong", 6_000)
        services.expire_orders(now=clock.now() + timedelta(hours=1))
        assert (status(bought), free(buyer)) == (OrderStatus.VOID, 6_000)

    def test_too_late_is_in_the_wallet_and_the_buyer_is_told(self, buyer):
        bought = order(buyer)
        started = services.start_payment(order_id=bought.id, gateway="sandbox", actor=buyer, return_url="/")
        services.void_order(order_id=bought.id, reason="Test")
        press(started.payment_id, "pay")
        assert (status(bought), free(buyer)) == (OrderStatus.VOID, 10_000)
        assert "paid_too_late" in told(buyer)
        assert not SEATS.fulfilled

    def test_money_in_another_currency_goes_to_a_wallet_of_that_currency(self, buyer):
        bought = order(buyer)
        started = services.start_payment(order_id=bought.id, gateway="sandbox", actor=buyer, return_url="/")
        ref = Payment.objects.get(id=started.payment_id).provider_ref
        from majlis.kit.money import Money

        sandbox.charge_at_provider(ref, Money(50_000, "EGP"))
        services.refresh_payment(started.payment_id)
        assert (status(bought), free(buyer, "EGP")) == (OrderStatus.OPEN, 50_000)

    def test_a_failure_told_after_the_success_is_not_believed(self, buyer):
        bought = order(buyer)
        paid = pay(bought)
        from majlis.engines.billing.gateways.base import Reading

        services.take_reading(paid, Reading(PaymentStatus.FAILED))
        assert queries.payment(paid, buyer).status == PaymentStatus.SUCCEEDED


class TestWhenAProductFails:
    def test_the_money_is_kept_and_the_order_paid_once_it_is_mended(self, buyer, monkeypatch):
        bought = order(buyer)

        def faulty(line, now):
            raise ZeroDivisionError

        with monkeypatch.context() as broken:
            broken.setattr(SEATS, "fulfil", faulty)
            with pytest.raises(ZeroDivisionError):
                pay(bought)
            assert WebhookEvent.objects.get().status == WebhookStatus.FAILED
            assert (status(bought), wallet(buyer), free(buyer)) == (OrderStatus.OPEN, 10_000, 0)
        assert services.pay_covered_orders() == 1
        assert (status(bought), wallet(buyer)) == (OrderStatus.PAID, 0)


class TestTopUp:
    def test_puts_money_into_the_wallet(self, buyer):
        started = services.top_up(
            person=buyer, amount=usd(5_000), gateway="sandbox", return_url="/wallet/", key="a", actor=buyer
        )
        press(started.payment_id, "pay")
        assert free(buyer) == 5_000
        assert "topped_up" in told(buyer)

    def test_needs_no_purchase_before(self, seller):
        started = services.top_up(
            person=seller, amount=usd(5_000), gateway="sandbox", return_url="/", key="a", actor=seller
        )
        assert started.redirect_url

    def test_the_same_key_is_one_attempt(self, buyer):
        begin = {"person": buyer, "amount": usd(5_000), "gateway": "sandbox", "return_url": "/", "actor": buyer}
        first = services.top_up(key="same", **begin)
        assert services.top_up(key="same", **begin).payment_id == first.payment_id

    def test_refuses_less_than_the_least(self, buyer):
        with pytest.raises(services.TopUpOutOfRange):
            services.top_up(person=buyer, amount=usd(1), gateway="sandbox", return_url="/", key="a", actor=buyer)


class TestWebhooks:
    def begin(self, buyer):
        bought = order(buyer)
        started = services.start_payment(order_id=bought.id, gateway="sandbox", actor=buyer, return_url="/")
        ref = Payment.objects.get(id=started.payment_id).provider_ref
        return bought, ref

    def test_is_stored_byte_for_byte_and_worked_on_by_a_job(self, buyer):
        bought, ref = self.begin(buyer)
        sandbox.charge_at_provider(ref, usd(10_000))
        headers, body = sandbox.signed_event(ref, "payment.succeeded")
        event_id = services.receive_webhook(gateway="sandbox", headers=headers, body=body)
        assert bytes(WebhookEvent.objects.get(id=event_id).body) == body
        run_due_jobs()
        assert status(bought) == OrderStatus.PAID
        assert WebhookEvent.objects.get(id=event_id).status == WebhookStatus.DONE

    def test_the_same_event_again_is_counted_and_does_nothing(self, buyer):
        _bought, ref = self.begin(buyer)
        sandbox.charge_at_provider(ref, usd(10_000))
        headers, body = sandbox.signed_event(ref, "payment.succeeded")
        first = services.receive_webhook(gateway="sandbox", headers=headers, body=body)
        assert services.receive_webhook(gateway="sandbox", headers=headers, body=body) == first
        run_due_jobs()
        services.process_webhook(first)
        assert WebhookEvent.objects.get().deliveries == 2
        assert Charge.objects.count() == 1

    def test_what_it_claims_is_not_believed_but_looked_up(self, buyer):
        bought, ref = self.begin(buyer)
        headers, body = sandbox.signed_event(ref, "payment.succeeded")
        services.process_webhook(services.receive_webhook(gateway="sandbox", headers=headers, body=body))
        assert status(bought) == OrderStatus.OPEN

    @pytest.mark.parametrize("wrong", ["body", "signature", "none", "old", "id"])
    def test_without_a_true_signature_nothing_is_stored(self, buyer, wrong):
        _bought, ref = self.begin(buyer)
        headers, body = sandbox.signed_event(ref, "payment.succeeded")
        if wrong == "body":
            body = body.replace(b"payment", b"Payment")
        elif wrong == "signature":
            headers["webhook-signature"] = "v1,AAAA"
        elif wrong == "none":
            del headers["webhook-signature"]
        elif wrong == "id":
            headers["webhook-id"] = "evt_other"
        moved = timedelta(minutes=6) if wrong == "old" else timedelta()
        with clock.travel(by=moved), pytest.raises(services.BadSignature):
            services.receive_webhook(gateway="sandbox", headers=headers, body=body)
        assert not WebhookEvent.objects.exists()

    def test_a_bank_transfer_has_no_webhooks(self):
        with pytest.raises(services.BadSignature):
            services.receive_webhook(gateway="manual", headers={}, body=b"{}")

    def test_one_about_an_unknown_payment_waits_for_staff_and_is_tried_again(self, buyer):
        headers, body = sandbox.signed_event("sb_early", "payment.succeeded")
        event = services.process_webhook(services.receive_webhook(gateway="sandbox", headers=headers, body=body))
        assert event.status == WebhookStatus.UNKNOWN
        _bought, ref = self.begin(buyer)
        Payment.objects.update(provider_ref="sb_early")
        sandbox.SandboxSession.objects.filter(ref=ref).update(ref="sb_early")
        services.retry_unknown_webhooks()
        event.refresh_from_db()
        assert event.status == WebhookStatus.DONE

    def test_staff_can_run_one_again(self, buyer, seller):
        _bought, ref = self.begin(buyer)
        headers, body = sandbox.signed_event(ref, "payment.succeeded")
        event_id = services.receive_webhook(gateway="sandbox", headers=headers, body=body)
        assert services.rerun_webhook(event_id=event_id, actor=seller).status == WebhookStatus.DONE
