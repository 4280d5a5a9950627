"""Many real connections at once: nothing is paid, refunded, withdrawn or numbered twice."""

import pytest
from django.db import transaction

from majlis.engines.billing import queries, services
from majlis.engines.billing.gateways import sandbox
from majlis.engines.billing.models import Charge, Invoice, Payment, WebhookEvent, WithdrawalMethod
from majlis.engines.billing.services.invoices import take_number
from majlis.engines.billing.tests.factories import SEATS, draft, free, give, house, order, pay, usd, wallet
from majlis.kernel.ledger.services import InsufficientFunds
from majlis.kernel.ledger.types import Purpose
from majlis.kit import audit, testing
from majlis.kit.money import Money

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
MANY = 32


def the_audit_finds_nothing():
    return [finding for outcome in audit.run("billing") for finding in outcome.findings] == []


@pytest.fixture
def buyer(transactional_db):
    return testing.person("Salma Hassan", country="XX")


@pytest.fixture
def seller(transactional_db):
    return testing.person("Omar Farouk")


class TestRaces:
    def test_an_order_paid_by_32_clicks_is_paid_once(self, buyer, seller):
        give(buyer, 1_000_000)
        bought = order(buyer, draft(10_000, seller))
        answers = testing.at_once([lambda: services.pay_from_wallet(order_id=bought.id, actor=buyer)] * MANY)
        assert {answer.status for answer in answers} == {"paid"}
        assert (wallet(buyer), house(Purpose.ESCROW), len(SEATS.fulfilled)) == (990_000, 10_000, 1)
        assert the_audit_finds_nothing()

    def test_32_orders_of_one_wallet_do_not_overdraw_it(self, buyer, seller):
        give(buyer, 50_000)
        bought = [order(buyer, draft(10_000, seller)) for _each in range(MANY)]
        answers = testing.at_once(
            [lambda each=each: services.pay_from_wallet(order_id=each.id, actor=buyer) for each in bought]
        )
        assert sum(not isinstance(answer, Exception) for answer in answers) == 5
        assert all(isinstance(answer, InsufficientFunds) for answer in answers if isinstance(answer, Exception))
        assert wallet(buyer) == 0
        assert the_audit_finds_nothing()

    def test_a_webhook_sent_32_times_takes_the_money_once(self, buyer):
        bought = order(buyer)
        started = services.start_payment(order_id=bought.id, gateway="sandbox", actor=buyer, return_url="/")
        ref = Payment.objects.get(id=started.payment_id).provider_ref
        sandbox.charge_at_provider(ref, usd(10_000))
        headers, body = sandbox.signed_event(ref, "payment.succeeded")

        def deliver():
            event = services.receive_webhook(gateway="sandbox", headers=headers, body=body)
            return services.process_webhook(event)

        answers = testing.at_once([deliver] * MANY)
        assert not [answer for answer in answers if isinstance(answer, Exception)]
        assert (Charge.objects.count(), WebhookEvent.objects.get().deliveries, wallet(buyer)) == (1, MANY, 0)
        assert queries.order(bought.id, buyer).status == "paid"
        assert the_audit_finds_nothing()

    def test_paying_while_the_order_ends_is_one_or_the_other(self, buyer):
        give(buyer, 10_000)
        bought = order(buyer)
        testing.at_once(
            [lambda: services.pay_from_wallet(order_id=bought.id, actor=buyer)] * (MANY // 2)
            + [lambda: services.void_order(order_id=bought.id, reason="Test")] * (MANY // 2)
        )
        status = queries.order(bought.id, buyer).status
        assert (status, free(buyer)) in {("paid", 0), ("void", 10_000)}
        assert len(SEATS.fulfilled) + len(SEATS.lapsed) == 1
        assert the_audit_finds_nothing()

    def test_a_line_settled_by_32_hands_is_divided_once(self, buyer, seller):
        give(buyer, 10_000)
        bought = order(buyer, draft(10_000, seller))
        services.pay_from_wallet(order_id=bought.id, actor=buyer)
        line = bought.lines[0].id
        answers = testing.at_once(
            [lambda key=key: services.release_line(line_id=line, key=f"release {key}") for key in range(MANY // 2)]
            + [
                lambda key=key: services.settle_line(
                    line_id=line, buyer=usd(10_000), seller=usd(0), key=f"refund {key}", reason="Test"
                )
                for key in range(MANY // 2)
            ]
        )
        assert sum(not isinstance(answer, Exception) for answer in answers) == 1
        assert house(Purpose.ESCROW) == 0
        assert (wallet(buyer), wallet(seller)) in {(10_000, 0), (0, 8_000)}
        assert the_audit_finds_nothing()

    def test_32_refunds_never_give_back_more_than_was_paid(self, buyer, seller):
        staff = testing.person()
        bought = order(buyer, draft(10_000, seller))
        payment_id = pay(bought)
        line = bought.lines[0].id
        services.settle_line(line_id=line, buyer=usd(0), seller=usd(10_000), key="end", reason="Test")
        answers = testing.at_once(
            [
                lambda key=key: services.refund_line(
                    line_id=line, amount=usd(1_500), key=f"{key}", reason="Test", actor=staff
                )
                for key in range(MANY)
            ]
        )
        assert sum(not isinstance(answer, Exception) for answer in answers) == 6
        assert wallet(buyer) == 9_000
        answers = testing.at_once(
            [
                lambda key=key: services.refund_payment(
                    payment_id=payment_id, amount=usd(4_000), key=f"p{key}", reason="Test", actor=staff
                )
                for key in range(MANY)
            ]
        )
        assert sum(not isinstance(answer, Exception) for answer in answers) == 2
        assert wallet(buyer) == 1_000
        assert the_audit_finds_nothing()

    def test_a_refund_32_hands_are_sent_for_is_sent_once(self, buyer, seller, doubles):
        for code, unit in (("paymob", "EGP"), ("stripe", "USD")):
            double = doubles[code]
            bought = order(buyer, draft(10_000, seller, unit=unit))
            started = services.start_payment(order_id=bought.id, gateway=code, actor=buyer, return_url="/")
            services.void_order(order_id=bought.id, reason="Test")
            double.pay(Payment.objects.get(id=started.payment_id).provider_ref)
            services.refresh_payment(started.payment_id)
            refund = services.refund_payment(
                payment_id=started.payment_id, amount=Money(4_000, unit), key=code, reason="Test", actor=None
            )
            answers = testing.at_once([lambda refund=refund: services.send_refund(refund.id)] * MANY)
            assert not [answer for answer in answers if isinstance(answer, Exception)]
            assert double.given_back() == [Money(4_000, unit)]
            refund.refresh_from_db()
            assert refund.status == "sent"
        assert the_audit_finds_nothing()

    def test_32_withdrawals_do_not_overdraw_the_wallet(self, seller):
        services.load_withdrawal_methods()
        method = WithdrawalMethod.objects.get(code="iban").id
        give(seller, 25_000)
        where = {"holder": "Omar", "iban": "EG380019000500000000263180002", "bic": "CIBEEGCX"}
        answers = testing.at_once(
            [
                lambda key=key: services.request_withdrawal(
                    person=seller,
                    amount=usd(10_000),
                    method_id=method,
                    destination=where,
                    key=f"{key}",
                    actor=seller,
                )
                for key in range(MANY)
            ]
        )
        assert sum(not isinstance(answer, Exception) for answer in answers) == 2
        assert (wallet(seller), house(Purpose.WITHDRAWALS)) == (5_000, 20_000)
        asked = queries.withdrawals_of(seller).items[0].id
        testing.at_once(
            [lambda: services.cancel_withdrawal(withdrawal_id=asked, actor=seller)] * (MANY // 2)
            + [lambda: services.reject_withdrawal(withdrawal_id=asked, reason="Test", actor=None)] * (MANY // 2)
        )
        assert wallet(seller) == 15_000
        assert the_audit_finds_nothing()

    def test_32_invoices_have_32_numbers_without_a_gap_also_when_some_fail(self, buyer):
        def take(fails):
            with transaction.atomic():
                number = take_number(None, "invoice", 2031)
                if fails:
                    raise ZeroDivisionError
            return number

        answers = testing.at_once([lambda fails=each % 4 == 0: take(fails) for each in range(MANY)])
        given = sorted(answer for answer in answers if not isinstance(answer, Exception))
        assert given == list(range(1, 25))

    def test_32_orders_paid_at_once_have_invoices_without_a_gap(self, seller):
        buyers = [testing.person(country="XX") for _each in range(MANY)]
        for person in buyers:
            give(person, 10_000)
        bought = [order(person, draft(10_000, seller)) for person in buyers]
        testing.at_once(
            [lambda each=each: services.pay_from_wallet(order_id=each.id, actor=each.buyer) for each in bought]
        )
        numbers = sorted(Invoice.objects.values_list("sequence", flat=True))
        assert numbers == list(range(1, MANY + 1))
        assert the_audit_finds_nothing()

    def test_the_same_order_placed_32_times_is_one(self, buyer):
        line = draft()
        placed = testing.at_once([lambda: order(buyer, line, key="same")] * MANY)
        assert len({answer.id for answer in placed}) == 1

    def test_32_uses_never_take_more_than_the_allowance(self, buyer):
        services.grant_allowance(person_id=buyer.id, unit="minute", amount=300, key="g", subject="test:1")
        answers = testing.at_once(
            [
                lambda key=key: services.use_allowance(
                    person_id=buyer.id, unit="minute", amount=60, key=f"u{key % 16}", subject="test:2"
                )
                for key in range(MANY)
            ]
        )
        assert len({use.id for answer in answers if isinstance(answer, list) for use in answer}) == 5
        assert {type(a) for a in answers if isinstance(a, Exception)} <= {services.AllowanceShort}
        assert queries.allowance_left(buyer.id, "minute").amount == 0
        testing.at_once([lambda key=key: services.return_use(key=f"u{key % 16}") for key in range(MANY)])
        assert queries.allowance_left(buyer.id, "minute").amount == 300
        assert the_audit_finds_nothing()
