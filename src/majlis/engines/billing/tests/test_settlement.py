"""Escrow divided, refunds, and the splits as properties."""

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from majlis.engines.billing import queries, services
from majlis.engines.billing.models import Dispute, OrderLine, Payment, Refund, SandboxCharge
from majlis.engines.billing.splitting import split
from majlis.engines.billing.tests.factories import draft, give, house, order, pay, usd, wallet
from majlis.engines.billing.types import Commission, LineStatus, RefundStatus
from majlis.kernel.ledger.services import InsufficientFunds
from majlis.kernel.ledger.types import Purpose
from majlis.kit import testing
from majlis.kit.errors import Invalid
from majlis.kit.jobs import run_due_jobs
from majlis.kit.money import Money


def bought(buyer, *lines):
    give(buyer, sum(line.amount.amount for line in lines))
    placed = order(buyer, *lines)
    services.pay_from_wallet(order_id=placed.id, actor=buyer)
    return placed.lines


def settle(line, buyer, seller, key="end"):
    return services.settle_line(
        line_id=line.id, buyer=Money(buyer, "USD"), seller=Money(seller, "USD"), key=key, reason="Test"
    )


@pytest.mark.django_db
class TestSettleLine:
    def test_released_whole_the_house_keeps_its_commission(self, buyer, seller):
        (line,) = bought(buyer, draft(10_000, seller))
        services.release_line(line_id=line.id, key="end")
        assert (wallet(seller), house(Purpose.FEES), house(Purpose.ESCROW)) == (8_000, 2_000, 0)

    # price 100.00: what the refund policy gives each, and where the money is then
    @pytest.mark.parametrize(
        ("buyer_part", "seller_part", "expected"),
        [
            (10_000, 0, (10_000, 0, 0)),
            (5_000, 4_000, (5_000, 3_200, 1_800)),
            (5_000, 5_000, (5_000, 4_000, 1_000)),
            (0, 10_000, (0, 8_000, 2_000)),
            (0, 0, (0, 0, 10_000)),
            (1, 9_999, (1, 7_999, 2_000)),
        ],
    )
    def test_divides_as_the_policy_says(self, buyer, seller, buyer_part, seller_part, expected):
        (line,) = bought(buyer, draft(10_000, seller))
        settled = settle(line, buyer_part, seller_part)
        assert (wallet(buyer), wallet(seller), house(Purpose.FEES)) == expected
        assert house(Purpose.ESCROW) == 0
        assert settled.status == (LineStatus.REFUNDED if buyer_part == 10_000 else LineStatus.SETTLED)

    def test_vat_goes_to_the_state_and_comes_back_with_a_refund(self, seller):
        egyptian = testing.person(country="EG")
        (line,) = bought(egyptian, draft(11_400, seller))
        settle(line, 5_700, 5_700)
        assert wallet(egyptian) == 5_700
        assert (house(Purpose.TAX), wallet(seller), house(Purpose.FEES)) == (700, 4_000, 1_000)

    def test_the_same_key_again_changes_nothing(self, buyer, seller):
        (line,) = bought(buyer, draft(10_000, seller))
        settle(line, 0, 10_000)
        settle(line, 0, 10_000)
        assert wallet(seller) == 8_000

    def test_another_key_is_refused(self, buyer, seller):
        (line,) = bought(buyer, draft(10_000, seller))
        settle(line, 0, 10_000)
        with pytest.raises(services.LineNotHeld):
            settle(line, 10_000, 0, key="other")

    def test_an_unpaid_line_cannot_be_settled(self, buyer, seller):
        placed = order(buyer, draft(10_000, seller))
        with pytest.raises(services.LineNotHeld):
            settle(placed.lines[0], 0, 10_000)

    @pytest.mark.parametrize(("buyer_part", "seller_part"), [(10_000, 1), (20_000, 0)])
    def test_refuses_more_than_was_paid(self, buyer, seller, buyer_part, seller_part):
        (line,) = bought(buyer, draft(10_000, seller))
        with pytest.raises(services.SplitTooLarge):
            settle(line, buyer_part, seller_part)

    def test_refuses_negative_parts(self, buyer, seller):
        (line,) = bought(buyer, draft(10_000, seller))
        with pytest.raises(Invalid):
            settle(line, -1, 10_001)

    def test_the_house_as_seller_earns_it_itself(self, buyer):
        (line,) = bought(buyer, draft(10_000))
        services.release_line(line_id=line.id, key="end")
        assert house(Purpose.FEES) == 10_000

    def test_keeps_the_commission_agreed_at_purchase(self, buyer, seller):
        (line,) = bought(buyer, draft(10_000, seller))
        services.add_commission_rule(actor=testing.person(), basis_points=5_000, seller=seller)
        services.release_line(line_id=line.id, key="end")
        assert wallet(seller) == 8_000


@pytest.mark.django_db
class TestCommissionRules:
    def take(self, buyer, seller):
        return services.quote(buyer=buyer, lines=[draft(10_000, seller)]).lines[0].seller_receives.amount

    def test_the_most_particular_rule_wins(self, buyer, seller):
        boss = testing.person()
        services.add_commission_rule(actor=boss, basis_points=1_000)
        assert self.take(buyer, seller) == 9_000
        services.add_commission_rule(actor=boss, basis_points=500, kind="seat")
        assert self.take(buyer, seller) == 9_500
        services.add_commission_rule(actor=boss, basis_points=2_500, fixed=usd(100), seller=seller)
        assert self.take(buyer, seller) == 7_400
        assert self.take(buyer, testing.person()) == 9_500

    def test_a_rule_that_ended_or_has_not_begun_does_not_count(self, buyer, seller):
        boss = testing.person()
        rule = services.add_commission_rule(actor=boss, basis_points=0, seller=seller)
        services.end_commission_rule(actor=boss, rule_id=rule.id)
        assert self.take(buyer, seller) == 8_000
        with pytest.raises(services.RuleEnded):
            services.end_commission_rule(actor=boss, rule_id=rule.id)


@pytest.mark.django_db
class TestRefundLine:
    def test_of_a_held_line_leaves_the_rest_to_the_seller(self, buyer, seller):
        (line,) = bought(buyer, draft(10_000, seller))
        services.refund_line(line_id=line.id, amount=usd(2_500), key="r", reason="Late", actor=testing.person())
        assert (wallet(buyer), wallet(seller)) == (2_500, 6_000)

    def test_of_a_settled_line_is_paid_by_the_house(self, buyer, seller):
        (line,) = bought(buyer, draft(10_000, seller))
        services.release_line(line_id=line.id, key="end")
        staff = testing.person()
        for _again in range(2):
            services.refund_line(line_id=line.id, amount=usd(2_500), key="r", reason="Kindness", actor=staff)
        assert (wallet(buyer), wallet(seller), house(Purpose.GOODWILL)) == (2_500, 8_000, -2_500)

    def test_never_more_than_was_paid(self, buyer, seller):
        (line,) = bought(buyer, draft(10_000, seller))
        settle(line, 4_000, 6_000)
        staff = testing.person()
        with pytest.raises(services.RefundTooLarge):
            services.refund_line(line_id=line.id, amount=usd(6_001), key="r", reason="Test", actor=staff)
        services.refund_line(line_id=line.id, amount=usd(6_000), key="r", reason="Test", actor=staff)
        with pytest.raises(services.RefundTooLarge):
            services.refund_line(line_id=line.id, amount=usd(1), key="s", reason="Test", actor=staff)

    def test_the_database_refuses_it_too(self, buyer, seller):
        (line,) = bought(buyer, draft(10_000, seller))
        settle(line, 4_000, 6_000)
        with pytest.raises(IntegrityError), transaction.atomic():
            OrderLine.objects.filter(id=line.id).update(goodwill_amount=6_001)


@pytest.mark.django_db
class TestRefundPayment:
    def paid(self, buyer):
        placed = order(buyer)
        payment_id = pay(placed)
        settle(placed.lines[0], 10_000, 0)
        return payment_id

    def refund(self, payment_id, amount=10_000, key="r"):
        return services.refund_payment(
            payment_id=payment_id, amount=usd(amount), key=key, reason="Asked", actor=testing.person()
        )

    def test_sends_it_back_to_where_it_came_from(self, buyer):
        payment_id = self.paid(buyer)
        refund = self.refund(payment_id)
        assert wallet(buyer) == 0
        run_due_jobs()
        assert Refund.objects.get(id=refund.id).status == RefundStatus.SENT
        assert SandboxCharge.objects.filter(amount=-10_000).count() == 1
        assert house(Purpose.CLEARING, name="sandbox") == 0

    def test_the_same_key_refunds_once(self, buyer):
        payment_id = self.paid(buyer)
        self.refund(payment_id)
        self.refund(payment_id)
        assert Refund.objects.count() == 1

    def test_never_more_than_came(self, buyer):
        payment_id = self.paid(buyer)
        self.refund(payment_id, 6_000)
        with pytest.raises(services.RefundTooLarge):
            self.refund(payment_id, 4_001, key="s")

    def test_money_that_was_spent_cannot_be_sent_back(self, buyer):
        payment_id = pay(order(buyer))
        with pytest.raises(InsufficientFunds):
            self.refund(payment_id)

    def test_refused_by_the_gateway_it_is_in_the_wallet_again(self, buyer):
        payment_id = self.paid(buyer)
        refund = self.refund(payment_id)
        SandboxCharge.objects.filter(amount__gt=0).update(amount=1)
        run_due_jobs()
        assert Refund.objects.get(id=refund.id).status == RefundStatus.FAILED
        assert wallet(buyer) == 10_000
        assert Payment.objects.get(id=payment_id).refundable == usd(10_000)

    def test_the_database_refuses_more_too(self, buyer):
        payment_id = self.paid(buyer)
        with pytest.raises(IntegrityError), transaction.atomic():
            Payment.objects.filter(id=payment_id).update(refunded_amount=10_001)

    def test_a_bank_transfer_is_not_sent_back_by_itself(self, buyer):
        placed = order(buyer)
        started = services.start_payment(order_id=placed.id, gateway="manual", actor=buyer, return_url="/")
        sent = services.send_receipt(payment_id=started.payment_id, file_id=None, actor=buyer)
        services.confirm_transfer(transfer_id=sent.id, found=usd(10_000), bank_ref="B1", actor=testing.person())
        assert queries.order(placed.id, buyer).status == "paid"
        with pytest.raises(services.CannotRefund):
            self.refund(started.payment_id)


amounts = st.integers(0, 10**9)


class TestSplit:
    @given(
        net=amounts,
        tax=amounts,
        fee=amounts,
        price=st.integers(1, 10**9),
        parts=st.tuples(st.integers(0, 10_000), st.integers(0, 10_000)),
        points=st.integers(0, 10_000),
        fixed=st.integers(0, 10**6),
        house=st.booleans(),
    )
    def test_every_cent_goes_somewhere_and_nobody_pays(self, net, tax, fee, price, parts, points, fixed, house):
        buyer, seller = min(parts), abs(parts[0] - parts[1])
        unit = Money(price, "USD")
        done = split(
            price=unit,
            net=usd(net),
            tax=usd(tax),
            fee=usd(fee),
            commission=Commission(points, fixed),
            buyer=unit.prorate(buyer, 20_000),
            seller=unit.prorate(seller, 20_000),
            house=house,
        )
        assert done.buyer + done.seller + done.fees + done.tax == usd(net + tax + fee)
        assert all(part.amount >= 0 for part in (done.buyer, done.seller, done.fees, done.tax, done.commission))
        assert done.commission <= done.fees

    @given(price=st.integers(1, 10**9), rate=st.integers(0, 3_000), points=st.integers(0, 10_000))
    def test_a_whole_refund_is_whole_and_a_whole_release_leaves_no_rest(self, price, rate, points):
        whole = usd(price)
        net = whole.prorate(10_000, 10_000 + rate)
        shared = {"price": whole, "net": net, "tax": whole - net, "fee": usd(0), "house": False}
        back = split(**shared, commission=Commission(points, 0), buyer=whole, seller=usd(0))
        assert (back.buyer, back.seller, back.fees, back.tax) == (whole, usd(0), usd(0), usd(0))
        released = split(**shared, commission=Commission(points, 0), buyer=usd(0), seller=whole)
        assert released.fees == released.commission
        assert released.seller == net - net.share(points)

    @given(price=st.integers(1, 10**7), part=st.integers(0, 10**7), rate=st.integers(0, 3_000))
    def test_a_part_of_a_price_with_vat_in_it_comes_back_to_the_cent(self, price, part, rate):
        whole, part = usd(price), usd(min(part, price))
        net = whole.prorate(10_000, 10_000 + rate)
        done = split(
            price=whole,
            net=net,
            tax=whole - net,
            fee=usd(0),
            commission=Commission(0, 0),
            buyer=part,
            seller=usd(0),
            house=False,
        )
        assert done.buyer == part


@pytest.mark.django_db
class TestRefundToSource:
    def back(self, line, amount, boss, key="b"):
        return services.refund_line_to_source(line_id=line.id, amount=usd(amount), key=key, reason="Test", actor=boss)

    @pytest.fixture
    def boss(self):
        return testing.person(roles=["finance"])

    def test_what_a_card_paid_goes_back_to_the_card(self, buyer, seller, boss):
        placed = order(buyer, draft(10_000, seller))
        payment_id = pay(placed)
        (refund,) = self.back(placed.lines[0], 4_000, boss)
        assert (refund.amount, refund.payment_id, wallet(buyer)) == (4_000, payment_id, 0)
        assert Payment.objects.get().refundable == usd(6_000)

    def test_what_the_wallet_paid_stays_in_the_wallet(self, buyer, seller, boss):
        give(buyer, 7_000)
        placed = order(buyer, draft(10_000, seller))
        pay(placed, from_wallet=usd(7_000))
        assert queries.refundable_to_source(OrderLine.objects.get()) == usd(3_000)
        (refund,) = self.back(placed.lines[0], 10_000, boss)
        assert (refund.amount, wallet(buyer)) == (3_000, 7_000)

    def test_paid_from_the_wallet_alone_nothing_leaves_it(self, buyer, seller, boss):
        (line,) = bought(buyer, draft(10_000, seller))
        assert self.back(line, 10_000, boss) == []
        assert wallet(buyer) == 10_000

    def test_never_more_than_was_paid_however_it_is_asked(self, buyer, seller, boss):
        placed = order(buyer, draft(10_000, seller))
        payment_id = pay(placed)
        (line,) = placed.lines
        self.back(line, 6_000, boss, key="a")
        with pytest.raises(services.RefundTooLarge):
            self.back(line, 6_000, boss, key="b")
        with pytest.raises(services.RefundTooLarge):
            services.refund_payment(payment_id=payment_id, amount=usd(5_000), key="c", reason="Test", actor=boss)

    def test_what_went_back_by_the_other_way_already_does_not_go_twice(self, buyer, seller, boss):
        placed = order(buyer, draft(6_000, seller), draft(4_000, seller))
        payment_id = pay(placed)
        first, second = placed.lines
        services.refund_line(line_id=first.id, amount=usd(6_000), key="a", reason="Test", actor=boss)
        services.refund_payment(payment_id=payment_id, amount=usd(6_000), key="p", reason="Test", actor=boss)
        (refund,) = self.back(second, 4_000, boss)
        assert refund.amount == 4_000
        assert Payment.objects.get().refundable == usd(0)

    def test_the_same_key_refunds_once(self, buyer, seller, boss):
        placed = order(buyer, draft(10_000, seller))
        pay(placed)
        assert self.back(placed.lines[0], 4_000, boss) == self.back(placed.lines[0], 4_000, boss)
        assert Refund.objects.count() == 1

    def test_of_a_settled_line_the_house_pays_it(self, buyer, seller, boss):
        placed = order(buyer, draft(10_000, seller))
        pay(placed)
        services.release_line(line_id=placed.lines[0].id, key="end")
        self.back(placed.lines[0], 2_500, boss)
        assert (wallet(buyer), wallet(seller), house(Purpose.GOODWILL)) == (0, 8_000, -2_500)

    def test_what_a_bank_is_asked_to_take_back_does_not_go_to_the_card_too(self, buyer, seller, boss):
        placed = order(buyer, draft(10_000, seller))
        payment_id = pay(placed)
        Dispute.objects.create(payment_id=payment_id, gateway="sandbox", ref="d", unit="USD", amount=10_000)
        assert self.back(placed.lines[0], 10_000, boss) == []
        assert wallet(buyer) == 10_000

    def test_a_gateway_that_refuses_leaves_it_in_the_wallet(self, buyer, seller, boss):
        placed = order(buyer, draft(10_000, seller))
        pay(placed)
        SandboxCharge.objects.filter(amount__gt=0).update(amount=1)
        self.back(placed.lines[0], 10_000, boss)
        run_due_jobs()
        assert (Refund.objects.get(payment__isnull=False).status, wallet(buyer)) == (RefundStatus.FAILED, 10_000)
