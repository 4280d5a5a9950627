"""What the house keeps: by product, seller, variant and the month's sales."""

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.engines.billing import queries, services
from majlis.engines.billing.policies import policies
from majlis.engines.billing.tests.factories import draft, give, order, usd, wallet
from majlis.engines.billing.types import Commission
from majlis.kit import clock, testing
from majlis.kit.errors import Invalid

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(db):
    return testing.person("Fatma Finance")


def rule(staff, percent, **more):
    return services.add_commission_rule(actor=staff, basis_points=percent * 100, **more)


def sell(buyer, seller, amount, **more):
    give(buyer, amount)
    bought = order(buyer, draft(amount, seller, **more))
    services.pay_from_wallet(order_id=bought.id, actor=buyer)
    return bought.lines[0]


class TestWhichRuleHolds:
    def test_the_most_particular_one(self, buyer, seller, staff):
        rule(staff, 18)
        rule(staff, 16, kind="seat")
        rule(staff, 100, variant="trial")
        assert sell(buyer, seller, 1_000).commission_basis_points == 1_600
        assert sell(buyer, seller, 1_000, traits={"variant": "trial"}).commission_basis_points == 10_000
        rule(staff, 10, seller=seller)
        assert sell(buyer, seller, 1_000, traits={"variant": "trial"}).commission_basis_points == 1_000

    def test_the_house_can_keep_all_of_a_trial(self, buyer, seller, monkeypatch):
        kept = dataclasses.replace(policies(), trial_commission_basis_points=10_000)
        monkeypatch.setattr("majlis.engines.billing.services.commissions.policies", lambda: kept)
        line = sell(buyer, seller, 1_000, traits={"variant": "trial"})
        services.release_line(line_id=line.id, key="a")
        assert wallet(seller) == 0
        assert sell(buyer, seller, 1_000).commission_basis_points == 2_000

    def test_an_order_keeps_the_rule_it_was_placed_under(self, buyer, seller, staff):
        first = rule(staff, 10)
        line = sell(buyer, seller, 1_000)
        services.end_commission_rule(actor=staff, rule_id=first.id)
        rule(staff, 50)
        services.release_line(line_id=line.id, key="a")
        assert wallet(seller) == 900


class TestVolume:
    def test_who_sells_more_this_month_gives_less(self, buyer, seller, staff):
        rule(staff, 15, turnover_from=usd(5_000))
        rule(staff, 10, turnover_from=usd(10_000))
        taken = [sell(buyer, seller, 5_000).commission_basis_points for _each in range(4)]
        assert taken == [2_000, 1_500, 1_000, 1_000]
        assert queries.turnover(seller.id, "USD") == usd(20_000)

    def test_a_new_month_begins_at_nothing_on_the_houses_wall(self, buyer, seller):
        sell(buyer, seller, 5_000)
        now = clock.now()
        after = (now.replace(day=1) + timedelta(days=32)).replace(day=2)
        assert queries.turnover(seller.id, "USD", now=after) == usd(0)

    def test_what_was_refunded_whole_does_not_count(self, buyer, seller):
        line = sell(buyer, seller, 5_000)
        services.settle_line(line_id=line.id, buyer=usd(5_000), seller=usd(0), key="a", reason="Test")
        assert queries.turnover(seller.id, "USD") == usd(0)

    def test_another_currency_does_not_count(self, buyer, seller):
        sell(buyer, seller, 5_000)
        assert queries.turnover(seller.id, "EGP").amount == 0


class TestRules:
    def test_refuses_a_turnover_in_another_currency_than_the_fixed_part(self, staff):
        with pytest.raises(Invalid):
            rule(staff, 10, fixed=usd(100), turnover_from=dataclasses.replace(usd(1), unit="EGP"))

    def test_one_that_has_ended_does_not_hold(self, buyer, seller, staff):
        rule(staff, 1, starts_at=datetime(2020, 1, 1, tzinfo=UTC), ends_at=datetime(2020, 2, 1, tzinfo=UTC))
        assert sell(buyer, seller, 1_000).commission_basis_points == 2_000


@given(
    points=st.integers(0, 10_000),
    fixed=st.integers(0, 10**6),
    part=st.integers(0, 10**12),
    more=st.integers(0, 10**6),
)
def test_a_commission_lies_between_nothing_and_everything_and_grows_with_the_part(points, fixed, part, more):
    commission = Commission(points, fixed)
    kept, later = commission.of(usd(part)), commission.of(usd(part + more))
    assert 0 <= kept.amount <= part
    assert kept.amount <= later.amount
