"""Many real connections at once: no withdrawal is written into two files or paid twice, no earning taken back twice."""

import pytest

from majlis.engines.billing import services
from majlis.engines.billing.models import PayoutBatch, WithdrawalMethod
from majlis.engines.billing.tests.factories import draft, give, house, order, usd, wallet
from majlis.kernel.ledger import queries as ledger
from majlis.kernel.ledger.types import Purpose
from majlis.kit import audit, testing

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
MANY = 32


def the_audit_finds_nothing():
    return [finding for outcome in audit.run("billing") for finding in outcome.findings] == []


class TestBatches:
    def test_exported_and_paid_by_32_at_once_is_exported_and_paid_once(self, transactional_db):
        services.load_withdrawal_methods()
        method, staff = WithdrawalMethod.objects.get(code="paypal"), testing.person("Fatma Finance")
        for number in range(4):
            person = testing.person(f"Seller {number}")
            give(person, 10_000)
            asked = services.request_withdrawal(
                person=person,
                amount=usd(10_000),
                method_id=method.id,
                destination={"email": "a@example.org"},
                key="a",
                actor=person,
            )
            services.approve_withdrawal(withdrawal_id=asked.id, actor=staff)
        answers = testing.at_once([lambda: services.export_batch(method_id=method.id, actor=staff)] * MANY)
        assert sum(not isinstance(answer, Exception) for answer in answers) == 1
        batch = PayoutBatch.objects.get()
        testing.at_once(
            [lambda: services.mark_batch_paid(batch_id=batch.id, actor=staff, transfer_ref="BANK-7")] * MANY
        )
        assert house(Purpose.CLEARING, name="payouts") == 39_600
        assert the_audit_finds_nothing()


class TestClawBacks:
    def test_32_at_once_take_no_more_than_was_earned(self, transactional_db):
        buyer, seller, staff = testing.person(country="XX"), testing.person(), testing.person()
        give(buyer, 10_000)
        bought = order(buyer, draft(10_000, seller))
        services.pay_from_wallet(order_id=bought.id, actor=buyer)
        line = services.release_line(line_id=bought.lines[0].id, key="done")
        answers = testing.at_once(
            [
                lambda key=key: services.claw_back(
                    line_id=line.id, amount=usd(3_000), key=f"{key}", reason="Test", actor=staff
                )
                for key in range(MANY)
            ]
        )
        assert sum(not isinstance(answer, Exception) for answer in answers) == 2
        assert (wallet(seller), ledger.balance(seller.id, "USD", Purpose.DEBT).amount) == (2_000, 0)
        assert the_audit_finds_nothing()

    def test_earnings_that_come_at_once_settle_a_debt_exactly(self, transactional_db):
        buyer, seller, staff = testing.person(country="XX"), testing.person(), testing.person()
        give(buyer, 500_000)
        bought = [order(buyer, draft(10_000, seller)) for _each in range(MANY + 1)]
        for each in bought:
            services.pay_from_wallet(order_id=each.id, actor=buyer)
        first = services.release_line(line_id=bought[0].lines[0].id, key="done")
        services.load_withdrawal_methods()
        services.request_withdrawal(
            person=seller,
            amount=usd(8_000),
            method_id=WithdrawalMethod.objects.get(code="paypal").id,
            destination={"email": "a@example.org"},
            key="a",
            actor=seller,
        )
        services.claw_back(line_id=first.id, amount=usd(8_000), key="c", reason="Test", actor=staff)
        testing.at_once(
            [lambda each=each: services.release_line(line_id=each.lines[0].id, key="done") for each in bought[1:]]
        )
        assert wallet(seller) == MANY * 8_000 - 8_000
        assert ledger.balance(seller.id, "USD", Purpose.DEBT).amount == 0
        assert the_audit_finds_nothing()
