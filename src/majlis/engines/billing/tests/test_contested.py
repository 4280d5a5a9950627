"""Payments that are contested at the buyer's bank, in the sandbox: through its signed word, as with a real provider."""

from datetime import timedelta

import pytest

from majlis.engines.billing import services
from majlis.engines.billing.models import Dispute, Payment
from majlis.engines.billing.tests.factories import draft, house, order, pay, press, usd, wallet
from majlis.kernel.ledger.types import Purpose
from majlis.kit import audit, clock, testing
from majlis.kit.errors import NotFound

pytestmark = pytest.mark.django_db


@pytest.fixture
def paid(buyer, seller):
    return pay(order(buyer, draft(10_000, seller)))


def the_audit_finds_nothing():
    return [finding for outcome in audit.run("billing") for finding in outcome.findings] == []


def test_finance_is_told_until_when_to_answer(paid):
    press(paid, "contest")
    dispute = Dispute.objects.get()
    assert (dispute.status, dispute.amount, dispute.payment_id) == ("open", 10_000, paid)
    assert dispute.answer_by > clock.now()
    assert the_audit_finds_nothing()


@pytest.mark.parametrize(("decision", "lost"), [("won", 0), ("lost", -10_000)])
def test_lost_the_house_bears_it_won_nothing_moves(paid, decision, lost):
    press(paid, "contest")
    press(paid, decision)
    assert (Dispute.objects.get().status, house(Purpose.GOODWILL)) == (decision, lost)
    assert the_audit_finds_nothing()


def test_a_lost_one_is_what_the_provider_tells_of_the_day(paid):
    press(paid, "contest")
    press(paid, "lost")
    today = clock.now().date()
    with clock.travel(by=timedelta(days=1)):
        check = services.check_day(provider="sandbox", day=today)
    assert (check.movements, check.differences.count()) == (2, 0)


def test_only_what_was_paid_can_be_contested(buyer, seller):
    placed = order(buyer, draft(10_000, seller))
    started = services.start_payment(order_id=placed.id, gateway="sandbox", actor=buyer, return_url="/back/")
    with pytest.raises(NotFound):
        press(started.payment_id, "contest")


def test_a_contested_payment_is_not_refunded_to_its_card(buyer, seller, paid):
    press(paid, "contest")
    line = Payment.objects.get(id=paid).order.lines[0]
    boss = testing.person(roles=["finance"])
    sent = services.refund_line_to_source(line_id=line.id, amount=usd(10_000), key="k", reason="Test", actor=boss)
    assert (sent, wallet(buyer)) == ([], 10_000)
