"""Earnings taken back: the wallet stays above nothing, and what is owed is settled by what is earned next."""

import dataclasses
from datetime import timedelta

import pytest

from majlis.engines.billing import queries, services
from majlis.engines.billing.models import ClawBack, WithdrawalMethod
from majlis.engines.billing.policies import policies
from majlis.engines.billing.tests.factories import draft, free, give, house, order, usd, wallet
from majlis.engines.billing.types import Waits
from majlis.kernel.accounts.models import AuditEntry
from majlis.kernel.ledger import queries as ledger
from majlis.kernel.ledger import services as ledger_services
from majlis.kernel.ledger.services import InsufficientFunds
from majlis.kernel.ledger.types import JournalKind, Line, Purpose, of_house, of_person
from majlis.kernel.notices.models import Notice
from majlis.kit import audit, clock, testing
from majlis.kit.ids import new_id

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(db):
    return testing.person("Fatma Finance")


def sold(buyer, seller, amount=10_000):
    """A line that was paid and released: the seller has 80 % of it."""
    give(buyer, amount)
    bought = order(buyer, draft(amount, seller))
    services.pay_from_wallet(order_id=bought.id, actor=buyer)
    return services.release_line(line_id=bought.lines[0].id, key="done")


def spend(person, amount):
    ledger_services.post(
        key=f"spent:{new_id()}",
        kind=JournalKind.ADJUSTMENT,
        lines=[
            Line(of_person(person.id, Purpose.WALLET, "USD"), usd(-amount)),
            Line(of_house(Purpose.CLEARING, "USD", "test"), usd(amount)),
        ],
    )


def claw(line, amount, staff, key="c"):
    return services.claw_back(line_id=line.id, amount=usd(amount), key=key, reason="The bank took it.", actor=staff)


def owed(person):
    return -ledger.balance(person.id, "USD", Purpose.DEBT).amount


def the_audit_finds_nothing():
    return [finding for outcome in audit.run("billing") for finding in outcome.findings] == []


class TestClawBack:
    def test_takes_it_out_of_the_wallet_while_it_is_there(self, buyer, seller, staff):
        line = sold(buyer, seller)
        taken = claw(line, 8_000, staff)
        assert (taken.taken, taken.owed, wallet(seller), owed(seller)) == (usd(8_000), usd(0), 0, 0)
        assert house(Purpose.GOODWILL) == 8_000
        assert the_audit_finds_nothing()

    def test_what_is_gone_is_owed_and_the_wallet_stays_at_nothing(self, buyer, seller, staff):
        line = sold(buyer, seller)
        spend(seller, 7_000)
        taken = claw(line, 8_000, staff)
        assert (taken.taken, taken.owed, wallet(seller), owed(seller)) == (usd(1_000), usd(7_000), 0, 7_000)
        told = Notice.objects.get(person_id=seller.id, kind="earning_owed")
        assert "70" in str(told.facts["owed"])
        assert the_audit_finds_nothing()

    def test_the_same_key_takes_once(self, buyer, seller, staff):
        line = sold(buyer, seller)
        assert claw(line, 3_000, staff).id == claw(line, 3_000, staff).id
        assert wallet(seller) == 5_000

    def test_never_takes_more_than_was_earned(self, buyer, seller, staff):
        line = sold(buyer, seller)
        claw(line, 5_000, staff)
        with pytest.raises(services.ClawBackTooLarge):
            claw(line, 3_001, staff, key="d")
        claw(line, 3_000, staff, key="e")

    def test_is_in_the_trail(self, buyer, seller, staff):
        claw(sold(buyer, seller), 8_000, staff)
        assert AuditEntry.objects.get(action="billing.earning_clawed_back").reason == "The bank took it."


class TestSettling:
    def test_the_next_earnings_go_into_the_debt_first(self, buyer, seller, staff):
        line = sold(buyer, seller)
        spend(seller, 8_000)
        claw(line, 8_000, staff)
        sold(buyer, seller, 5_000)
        assert (wallet(seller), owed(seller)) == (0, 4_000)
        sold(buyer, seller, 10_000)
        assert (wallet(seller), owed(seller)) == (4_000, 0)
        journals = [line for line in ledger.statement(seller.id, "USD").items if line.kind == JournalKind.DEBT]
        assert [line.amount for line in journals] == [usd(-4_000), usd(-4_000)]
        assert the_audit_finds_nothing()

    def test_money_put_into_the_wallet_stays_there_until_it_is_withdrawn(self, buyer, seller, staff):
        line = sold(buyer, seller)
        spend(seller, 8_000)
        claw(line, 8_000, staff)
        give(seller, 10_000)
        assert (wallet(seller), owed(seller)) == (10_000, 8_000)
        told = queries.withdrawable(seller, "USD")
        assert (told.now, told.owed) == (usd(2_000), usd(8_000))
        services.load_withdrawal_methods()
        wish = {
            "person": seller,
            "method_id": WithdrawalMethod.objects.get(code="paypal").id,
            "destination": {"email": "omar@example.org"},
            "actor": seller,
        }
        with pytest.raises(InsufficientFunds):
            services.request_withdrawal(**wish, amount=usd(2_001), key="a")
        services.request_withdrawal(**wish, amount=usd(2_000), key="b")
        assert (wallet(seller), owed(seller)) == (0, 0)
        assert the_audit_finds_nothing()


@pytest.fixture
def reserve(monkeypatch):
    kept = dataclasses.replace(policies(), reserve_basis_points=1_000, reserve_days=90)
    monkeypatch.setattr("majlis.engines.billing.services.debts.policies", lambda: kept)


class TestReserve:
    def test_a_part_of_each_earning_is_kept_and_explained(self, buyer, seller, reserve):
        line = sold(buyer, seller)
        assert (wallet(seller), free(seller)) == (8_000, 7_200)
        told = queries.withdrawable(seller, "USD")
        assert (told.now, [(each.amount, each.waits) for each in told.held]) == (
            usd(7_200),
            [(usd(800), Waits.RESERVE)],
        )
        assert told.held[0].releases_at.date() == (line.settled_at + timedelta(days=90)).date()

    def test_comes_free_by_itself(self, buyer, seller, reserve):
        sold(buyer, seller)
        ledger_services.expire_holds(now=clock.now() + timedelta(days=91))
        assert free(seller) == 8_000
        assert queries.withdrawable(seller, "USD").held == ()

    def test_goes_first_when_its_line_is_taken_back(self, buyer, seller, staff, reserve):
        line = sold(buyer, seller)
        spend(seller, 7_200)
        taken = claw(line, 8_000, staff)
        assert (taken.taken, taken.owed) == (usd(800), usd(7_200))
        assert ClawBack.objects.count() == 1


class TestCalendar:
    def test_says_what_can_be_withdrawn_on_which_day(self, buyer, seller):
        give(buyer, 30_000)
        bought = order(buyer, draft(10_000, seller), draft(5_000, seller), draft(15_000, seller))
        services.pay_from_wallet(order_id=bought.id, actor=buyer)
        give(seller, 100)
        late = clock.now().replace(hour=23, minute=30) + timedelta(days=2)
        services.expect_release(line_id=bought.lines[0].id, at=late, because="Two days after the lesson.")
        services.expect_release(line_id=bought.lines[1].id, at=late)
        days = queries.withdrawable(seller, "USD").days("Africa/Cairo")
        assert [(day.on, day.amount, day.so_far) for day in days] == [
            ((late + timedelta(hours=3)).date(), usd(12_000), usd(12_100)),
            (None, usd(12_000), usd(24_100)),
        ]
