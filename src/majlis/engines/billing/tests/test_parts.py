"""A line that leaves escrow part by part."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.engines.billing import queries, services
from majlis.engines.billing.models import Invoice
from majlis.engines.billing.splitting import between, split
from majlis.engines.billing.tests.factories import draft, give, house, order, usd, wallet
from majlis.engines.billing.types import Commission, LineStatus
from majlis.kernel.ledger.types import Purpose
from majlis.kit import audit, testing

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(buyer, seller):
    give(buyer, 10_000)
    bought = order(buyer, draft(10_000, seller))
    services.pay_from_wallet(order_id=bought.id, actor=buyer)
    return bought.lines[0]


def part(line, share, buyer=0, seller=None, key="1"):
    return services.settle_part(
        line_id=line.id,
        share=usd(share),
        buyer=usd(buyer),
        seller=usd(share - buyer if seller is None else seller),
        key=key,
        reason="Test",
    )


def the_audit_finds_nothing():
    return [finding for outcome in audit.run("billing") for finding in outcome.findings] == []


class TestParts:
    def test_each_goes_to_the_seller_and_the_rest_stays(self, line, seller):
        part(line, 2_500)
        assert (wallet(seller), house(Purpose.ESCROW)) == (2_000, 7_500)
        assert queries.seller_receives(queries.line(line.id)) == usd(6_000)
        assert the_audit_finds_nothing()

    def test_the_last_settles_the_line(self, line, seller):
        for key in range(4):
            after = part(line, 2_500, key=str(key))
        assert (after.status, wallet(seller), house(Purpose.ESCROW)) == (LineStatus.SETTLED, 8_000, 0)
        assert the_audit_finds_nothing()

    def test_the_rest_is_refunded_and_credited(self, line, buyer, seller):
        part(line, 2_500)
        services.settle_line(line_id=line.id, buyer=usd(7_500), seller=usd(0), key="rest", reason="Test")
        assert (wallet(buyer), wallet(seller)) == (7_500, 2_000)
        assert Invoice.objects.get(kind="credit_note").total == usd(7_500)
        assert the_audit_finds_nothing()

    def test_the_same_key_divides_once(self, line, seller):
        part(line, 2_500), part(line, 2_500)
        assert wallet(seller) == 2_000

    def test_never_beyond_what_is_left(self, line):
        part(line, 9_000)
        with pytest.raises(services.SplitTooLarge):
            part(line, 1_001, key="2")
        with pytest.raises(services.SplitTooLarge):
            services.settle_line(line_id=line.id, buyer=usd(1_001), seller=usd(0), key="a", reason="Test")

    def test_staff_refunds_what_still_waits(self, line, buyer):
        part(line, 2_500)
        with pytest.raises(services.RefundTooLarge):
            services.refund_line(line_id=line.id, amount=usd(7_501), key="a", reason="Test", actor=buyer)
        services.refund_line(line_id=line.id, amount=usd(7_500), key="a", reason="Test", actor=buyer)
        assert wallet(buyer) == 7_500
        assert the_audit_finds_nothing()


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
class TestRace:
    def test_32_parts_at_once_are_never_more_than_the_line(self, transactional_db):
        buyer, seller = testing.person(country="XX"), testing.person()
        give(buyer, 10_000)
        bought = order(buyer, draft(10_000, seller))
        services.pay_from_wallet(order_id=bought.id, actor=buyer)
        answers = testing.at_once([lambda key=key: part(bought.lines[0], 1_000, key=str(key)) for key in range(32)])
        assert sum(not isinstance(answer, Exception) for answer in answers) == 10
        assert (wallet(seller), house(Purpose.ESCROW)) == (8_000, 0)
        assert the_audit_finds_nothing()


@given(
    price=st.integers(1, 10**9),
    off=st.integers(0, 100),
    rate=st.integers(0, 3_000),
    commission=st.builds(Commission, st.integers(0, 10_000), st.integers(0, 500)),
    cuts=st.lists(st.integers(0, 100), max_size=6),
    shares=st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), min_size=7, max_size=7),
)
def test_parts_add_up_to_the_line_whatever_is_cut(price, off, rate, commission, cuts, shares):
    listed, charged = usd(price), usd(price).share((100 - off) * 100)
    net = charged.prorate(10_000, 10_000 + rate)
    tax = charged - net
    subsidy = listed.prorate(10_000, 10_000 + rate) - net
    stops = sorted({0, price, *(price * cut // 100 for cut in cuts)})
    whole = 0
    for (start, end), (one, other) in zip(itertools.pairwise(stops), shares, strict=False):
        share = usd(end - start)
        to_buyer = usd(share.amount * one // 100)
        to_seller = usd((share - to_buyer).amount * other // 100)
        parts = split(
            price=share,
            net=between(net, listed, start, end),
            tax=between(tax, listed, start, end),
            fee=usd(0),
            commission=commission,
            buyer=to_buyer,
            seller=to_seller,
            house=False,
            subsidy=between(subsidy, listed, start, end),
        )
        amounts = (parts.buyer, parts.seller, parts.fees, parts.tax, parts.coupons)
        assert all(each.amount >= 0 for each in amounts)
        whole += sum(each.amount for each in amounts)
    assert whole == (net + tax + subsidy).amount
