"""The audit finds what it is there for: faults planted behind the services' back."""

import pytest
from django.db import connection

from majlis.engines.billing import services
from majlis.engines.billing.models import InvoiceSeries, Order, OrderLine, Payment, Withdrawal, WithdrawalMethod
from majlis.engines.billing.tests.factories import draft, give, order, pay, usd
from majlis.kit import audit

pytestmark = pytest.mark.django_db


def findings():
    return {outcome.claim for outcome in audit.run("billing") if outcome.findings}


@pytest.fixture
def business(buyer, seller):
    """Something of everything: paid, refunded in part, open, withdrawn."""
    services.load_withdrawal_methods()
    bought = order(buyer, draft(10_000, seller), draft(5_000))
    pay(bought, "wrong", 20_000)
    services.settle_line(line_id=bought.lines[0].id, buyer=usd(3_000), seller=usd(7_000), key="a", reason="Test")
    order(buyer)
    give(seller, 10_000)
    services.request_withdrawal(
        person=seller,
        amount=usd(5_000),
        method_id=WithdrawalMethod.objects.get(code="iban").id,
        destination={"holder": "Omar", "iban": "EG380019000500000000263180002", "bic": "CIBEEGCX"},
        key="a",
        actor=seller,
    )
    return bought


def without_triggers(statement):
    """Change what never changes, as a careless hand at the database would."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in ("billing_invoice", "billing_charge"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER written_once")
        cursor.execute(statement)


class TestAudit:
    def test_finds_nothing_in_honest_books(self, business):
        assert findings() == set()

    @pytest.mark.parametrize(
        ("fault", "claim"),
        [
            (lambda o: Order.objects.filter(id=o.id).update(total_amount=1, net_amount=1), "went into escrow once"),
            (
                lambda o: OrderLine.objects.filter(order=o, position=0).update(to_buyer=2_999, to_seller=5_601),
                "went where it says",
            ),
            (
                lambda o: OrderLine.objects.filter(order=o, position=1).update(total_amount=6_000, net_amount=6_000),
                "held lines are worth",
            ),
            (lambda o: Payment.objects.filter(order=o).update(received_amount=1), "are their charges"),
            (
                lambda o: Order.objects.filter(id=o.id).update(wallet_hold_id="0" * 32, wallet_hold_amount=1),
                "order that is not open",
            ),
            (lambda o: InvoiceSeries.objects.update(last=7), "no gaps"),
            (lambda o: without_triggers("UPDATE billing_invoice SET sequence = sequence + 5"), "no gaps"),
            (lambda o: without_triggers("DELETE FROM billing_invoice WHERE kind = 'credit_note'"), "its credit note"),
            (lambda o: without_triggers("UPDATE billing_charge SET amount = amount + 1"), "are their charges"),
            (lambda o: Withdrawal.objects.update(status="cancelled"), "asked for and not answered"),
        ],
    )
    def test_finds_a_planted_fault(self, business, fault, claim):
        fault(business)
        assert any(claim in found for found in findings())
