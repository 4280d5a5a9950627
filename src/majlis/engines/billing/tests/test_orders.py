"""What is ordered, what it costs, and how an order is paid or ends."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from majlis.engines.billing import queries, services
from majlis.engines.billing.models import Order, OrderLine
from majlis.engines.billing.tests.factories import SEATS, draft, free, give, house, order, usd, wallet
from majlis.engines.billing.types import LineStatus, OrderStatus
from majlis.kernel.ledger.services import InsufficientFunds
from majlis.kernel.ledger.types import Purpose
from majlis.kit import clock, testing
from majlis.kit.errors import NotFound

pytestmark = pytest.mark.django_db


class TestQuote:
    def test_is_exactly_what_the_order_charges(self, buyer, seller):
        lines = [draft(3_333, seller), draft(1, seller), draft(99_999)]
        price = services.quote(buyer=buyer, lines=lines)
        placed = order(buyer, *lines)
        assert (placed.net, placed.tax, placed.fee, placed.total) == (price.net, price.tax, price.fee, price.total)
        assert [line.total for line in placed.lines] == [line.total for line in price.lines]

    def test_takes_the_vat_of_the_buyers_country_out_of_the_price(self, seller):
        price = services.quote(buyer=testing.person(country="EG"), lines=[draft(11_400, seller)])
        assert (price.net, price.tax, price.total) == (usd(10_000), usd(1_400), usd(11_400))

    def test_asks_the_editions_country_of_who_named_none(self, seller):
        assert services.quote(buyer=testing.person(country=""), lines=[draft(11_400, seller)]).tax == usd(1_400)

    def test_tells_what_the_seller_receives(self, buyer, seller):
        assert services.quote(buyer=buyer, lines=[draft(10_000, seller)]).lines[0].seller_receives == usd(8_000)

    def test_refuses_an_empty_order(self, buyer):
        with pytest.raises(services.EmptyOrder):
            services.quote(buyer=buyer, lines=[])


class TestPlaceOrder:
    def test_the_same_key_is_the_same_order(self, buyer):
        line = draft()
        assert order(buyer, line, key="twice").id == order(buyer, line, key="twice").id

    def test_the_same_key_with_other_lines_is_refused(self, buyer):
        order(buyer, draft(100), key="twice")
        with pytest.raises(services.OrderKeyReused):
            order(buyer, draft(200), key="twice")

    def test_nobody_buys_from_themselves(self, buyer):
        with pytest.raises(services.OwnOffer):
            order(buyer, draft(100, buyer))

    def test_what_costs_nothing_is_paid_at_once(self, buyer, seller):
        placed = order(buyer, draft(0, seller))
        assert placed.status == OrderStatus.PAID
        assert SEATS.fulfilled == [placed.lines[0].id]
        assert not queries.invoices_of(buyer).items

    def test_writes_each_step(self, buyer):
        give(buyer, 10_000)
        placed = order(buyer)
        services.pay_from_wallet(order_id=placed.id, actor=buyer)
        assert [step.target for step in queries.history(placed)] == ["draft", "open", "paid"]


class TestPayFromWallet:
    def test_moves_the_money_into_escrow_and_fulfils(self, buyer, seller):
        give(buyer, 15_000)
        placed = order(buyer, draft(10_000, seller))
        paid = services.pay_from_wallet(order_id=placed.id, actor=buyer)
        assert paid.status == OrderStatus.PAID
        assert wallet(buyer) == 5_000
        assert house(Purpose.ESCROW) == 10_000
        assert SEATS.fulfilled == [placed.lines[0].id]

    def test_refuses_what_the_wallet_does_not_have(self, buyer):
        give(buyer, 9_999)
        placed = order(buyer)
        with pytest.raises(InsufficientFunds):
            services.pay_from_wallet(order_id=placed.id, actor=buyer)
        assert wallet(buyer) == 9_999

    def test_paying_twice_takes_once(self, buyer):
        give(buyer, 20_000)
        placed = order(buyer)
        services.pay_from_wallet(order_id=placed.id, actor=buyer)
        services.pay_from_wallet(order_id=placed.id, actor=buyer)
        assert wallet(buyer) == 10_000

    def test_anothers_order_does_not_exist(self, buyer, seller):
        placed = order(buyer)
        give(seller, 10_000)
        with pytest.raises(NotFound):
            services.pay_from_wallet(order_id=placed.id, actor=seller)

    def test_what_cannot_be_fulfilled_goes_back_whole(self, buyer, seller):
        give(buyer, 20_000)
        gone, there = draft(7_000, seller), draft(3_000, seller)
        SEATS.gone.add(gone.subject_id)
        placed = order(buyer, gone, there)
        services.pay_from_wallet(order_id=placed.id, actor=buyer)
        assert wallet(buyer) == 17_000
        first, second = Order.objects.get(id=placed.id).lines
        assert (first.status, second.status) == (LineStatus.REFUNDED, LineStatus.HELD)
        assert first.settle_reason == "The seat was given away meanwhile."
        assert house(Purpose.ESCROW) == 3_000

    def test_a_line_that_need_not_wait_is_the_sellers_at_once(self, buyer, seller):
        give(buyer, 10_000)
        placed = order(buyer, draft(10_000, seller, held=False))
        services.pay_from_wallet(order_id=placed.id, actor=buyer)
        assert (wallet(seller), house(Purpose.FEES), house(Purpose.ESCROW)) == (8_000, 2_000, 0)


class TestEnd:
    def test_an_unpaid_order_ends_by_itself(self, buyer):
        placed = order(buyer, minutes=30)
        assert services.expire_orders(now=clock.now() + timedelta(minutes=29)) == 0
        assert services.expire_orders(now=clock.now() + timedelta(minutes=31)) == 1
        assert queries.order(placed.id, buyer).status == OrderStatus.VOID
        assert SEATS.lapsed == [placed.lines[0].id]

    def test_one_products_fault_keeps_no_other_order_open(self, buyer, monkeypatch):
        first, second = order(buyer, minutes=10), order(buyer, minutes=20)
        lapse = SEATS.lapse

        def faulty(line, now):
            if line.order_id == first.id:
                raise ZeroDivisionError
            lapse(line, now)

        monkeypatch.setattr(SEATS, "lapse", faulty)
        services.expire_orders(now=clock.now() + timedelta(hours=1))
        assert queries.order(first.id, buyer).status == OrderStatus.OPEN
        assert queries.order(second.id, buyer).status == OrderStatus.VOID

    def test_an_ended_order_cannot_be_paid(self, buyer):
        give(buyer, 10_000)
        placed = order(buyer)
        services.void_order(order_id=placed.id, reason="Test")
        with pytest.raises(services.OrderEnded):
            services.pay_from_wallet(order_id=placed.id, actor=buyer)
        assert free(buyer) == 10_000

    def test_an_order_past_its_time_cannot_be_paid_before_the_job_ran(self, buyer):
        give(buyer, 10_000)
        placed = order(buyer, minutes=1)
        with pytest.raises(services.OrderEnded):
            services.pay_from_wallet(order_id=placed.id, actor=buyer, now=clock.now() + timedelta(minutes=2))

    def test_ending_it_twice_is_ending_it_once(self, buyer):
        placed = order(buyer)
        services.void_order(order_id=placed.id, reason="Test")
        services.void_order(order_id=placed.id, reason="Test")
        assert len(SEATS.lapsed) == 1

    def test_a_paid_order_does_not_end(self, buyer):
        give(buyer, 10_000)
        placed = order(buyer)
        services.pay_from_wallet(order_id=placed.id, actor=buyer)
        with pytest.raises(services.AlreadyPaid):
            services.void_order(order_id=placed.id, reason="Test")

    def test_only_the_buyer_gives_it_up(self, buyer, seller):
        placed = order(buyer)
        with pytest.raises(NotFound):
            services.cancel_order(order_id=placed.id, actor=seller)
        assert services.cancel_order(order_id=placed.id, actor=buyer).status == OrderStatus.VOID


class TestTheDatabaseItself:
    def test_refuses_a_line_that_is_settled_to_less_than_its_total(self, buyer):
        give(buyer, 10_000)
        placed = order(buyer)
        services.pay_from_wallet(order_id=placed.id, actor=buyer)
        with pytest.raises(IntegrityError), transaction.atomic():
            OrderLine.objects.filter(order=placed).update(status="settled", settled_at=clock.now(), to_seller=9_999)

    def test_refuses_a_total_that_is_not_the_sum(self, buyer):
        placed = order(buyer)
        with pytest.raises(IntegrityError), transaction.atomic():
            Order.objects.filter(id=placed.id).update(total_amount=1)
