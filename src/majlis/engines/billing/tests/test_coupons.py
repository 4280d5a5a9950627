"""Coupons: what they take off, who bears it, and every reason why one does not hold."""

from datetime import timedelta
from uuid import uuid4

import pytest

from majlis.engines.billing import queries, services
from majlis.engines.billing.models import Coupon, CouponUse, Invoice
from majlis.engines.billing.services import coupons
from majlis.engines.billing.tests.factories import draft, give, house, order, pay, usd, wallet
from majlis.engines.billing.types import Bearer
from majlis.kernel.accounts.models import AuditEntry
from majlis.kernel.ledger.types import Purpose
from majlis.kit import audit, clock, testing
from majlis.kit.errors import Invalid, NotFound, TooMany
from majlis.kit.money import Money

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(db):
    return testing.person("Fatma Finance")


def coupon(staff, code="SPRING", percent=None, discounts=None, **rules):
    given = discounts or [("", (percent or 25) * 100)]
    return services.add_coupon(actor=staff, code=code, discounts=given, **rules)


def buy(person, *lines, codes=("SPRING",), **more):
    return services.place_order(
        buyer=person,
        lines=lines or (draft(),),
        key=str(uuid4()),
        expires_at=clock.now() + timedelta(minutes=30),
        actor=person,
        coupons=codes,
        **more,
    )


def the_audit_finds_nothing():
    return [finding for outcome in audit.run("billing") for finding in outcome.findings] == []


class TestWhatItTakesOff:
    def test_a_share_of_the_list_price(self, buyer, staff):
        coupon(staff)
        bought = buy(buyer)
        assert (bought.total, bought.lines[0].amount, bought.lines[0].discount) == (usd(7_500), usd(10_000), usd(2_500))

    def test_a_fixed_amount_is_spread_to_the_last_cent(self, buyer, staff):
        coupon(staff, discounts=[("", usd(1_000))])
        bought = buy(buyer, draft(3_333), draft(3_333), draft(3_334))
        assert sum(line.discount_amount for line in bought.lines) == 1_000
        assert bought.total == usd(9_000)

    def test_never_more_than_the_price(self, buyer, staff):
        coupon(staff, discounts=[("", usd(50_000))])
        bought = buy(buyer)
        assert (bought.total, bought.status) == (usd(0), "paid")

    def test_each_cycle_its_own(self, buyer, staff):
        coupon(staff, discounts=[("month", 1_000), ("year", 3_000)])
        bought = buy(buyer, draft(traits={"cycle": "month"}), draft(traits={"cycle": "year"}), draft())
        assert [line.discount_amount for line in bought.lines] == [1_000, 3_000, 0]

    def test_only_its_kinds_families_and_seller(self, buyer, seller, staff):
        coupon(staff, families=["vpn"], seller=seller)
        bought = buy(
            buyer,
            draft(seller=seller, traits={"family": "vpn"}),
            draft(seller=seller),
            draft(traits={"family": "vpn"}),
        )
        assert [line.discount_amount for line in bought.lines] == [2_500, 0, 0]

    def test_a_single_thing_by_its_id(self, buyer, staff):
        line = draft()
        coupon(staff, families=[str(line.subject_id)])
        assert buy(buyer, line).total == usd(7_500)

    def test_capitals_and_spaces_do_not_matter(self, buyer, staff):
        coupon(staff)
        assert buy(buyer, codes=(" spr ing ",)).total == usd(7_500)

    def test_two_that_stack_come_off_one_after_the_other(self, buyer, staff):
        coupon(staff, percent=50, stacks=True)
        coupon(staff, "EXTRA", percent=10, stacks=True)
        bought = buy(buyer, codes=("SPRING", "EXTRA"))
        assert bought.total == usd(4_500)
        assert [(use.coupon.code, use.money) for use in queries.coupons_on(bought)] == [
            ("SPRING", usd(5_000)),
            ("EXTRA", usd(500)),
        ]


class TestWhoBearsIt:
    def test_the_house_and_the_seller_earns_as_if_there_were_none(self, buyer, seller, staff):
        coupon(staff)
        give(buyer, 7_500)
        bought = buy(buyer, draft(10_000, seller))
        services.pay_from_wallet(order_id=bought.id, actor=buyer)
        assert house(Purpose.ESCROW) == 10_000
        services.release_line(line_id=bought.lines[0].id, key="a")
        assert (wallet(seller), house(Purpose.FEES), house(Purpose.GOODWILL, name="coupons")) == (8_000, 2_000, -2_500)
        assert the_audit_finds_nothing()

    def test_the_seller_and_the_commission_is_of_what_was_paid(self, buyer, seller, staff):
        coupon(staff, borne_by=Bearer.SELLER)
        give(buyer, 7_500)
        bought = buy(buyer, draft(10_000, seller))
        services.pay_from_wallet(order_id=bought.id, actor=buyer)
        services.release_line(line_id=bought.lines[0].id, key="a")
        assert (wallet(seller), house(Purpose.FEES), house(Purpose.GOODWILL, name="coupons")) == (6_000, 1_500, 0)
        assert the_audit_finds_nothing()

    def test_refunded_the_buyer_gets_what_they_paid_and_the_house_what_it_added(self, buyer, seller, staff):
        coupon(staff)
        give(buyer, 7_500)
        bought = buy(buyer, draft(10_000, seller))
        services.pay_from_wallet(order_id=bought.id, actor=buyer)
        services.settle_line(line_id=bought.lines[0].id, buyer=usd(10_000), seller=usd(0), key="a", reason="Test")
        assert (wallet(buyer), house(Purpose.GOODWILL, name="coupons"), house(Purpose.ESCROW)) == (7_500, 0, 0)
        assert the_audit_finds_nothing()

    def test_a_free_order_still_pays_the_seller(self, buyer, seller, staff):
        coupon(staff, percent=100)
        bought = buy(buyer, draft(10_000, seller))
        assert bought.status == "paid"
        services.release_line(line_id=bought.lines[0].id, key="a")
        assert (wallet(seller), wallet(buyer), house(Purpose.GOODWILL, name="coupons")) == (8_000, 0, -10_000)
        assert the_audit_finds_nothing()

    def test_vat_is_of_what_is_paid_and_the_invoice_shows_the_coupon(self, seller, staff):
        buyer = testing.person(country="DE")
        coupon(staff)
        bought = buy(buyer, draft(11_900, seller))
        pay(bought)
        line = bought.lines[0]
        assert (line.net, line.tax, line.total) == (usd(7_500), usd(1_425), usd(8_925))
        rows = Invoice.objects.get(order=bought).lines
        assert [(row["net"], row["tax"], row["total"]) for row in rows] == [
            (10_000, 1_900, 11_900),
            (-2_500, -475, -2_975),
        ]
        assert "SPRING" in rows[1]["title"]
        assert the_audit_finds_nothing()


class TestRefusals:
    @pytest.mark.parametrize(
        ("rules", "refusal"),
        [
            ({"starts_at": clock.now() + timedelta(days=400)}, coupons.CouponNotYet),
            ({"kinds": ["lesson"]}, coupons.CouponNotForThis),
            ({"minimum": usd(10_001)}, coupons.CouponMinimum),
            ({"minimum": Money(1, "EGP")}, coupons.CouponMinimum),
        ],
    )
    def test_says_which_rule_it_is(self, buyer, staff, rules, refusal):
        coupon(staff, **rules)
        with pytest.raises(refusal) as refused:
            buy(buyer)
        assert "SPRING" in str(refused.value)

    def test_unknown_and_switched_off_look_the_same(self, buyer, staff):
        made = coupon(staff)
        services.change_coupon(actor=staff, coupon_id=made.id, reason="Over", enabled=False)
        with pytest.raises(coupons.CouponUnknown):
            buy(buyer)
        with pytest.raises(coupons.CouponUnknown):
            buy(buyer, codes=("NOSUCH",))

    def test_expired(self, buyer, staff):
        made = coupon(staff, expires_at=clock.now() + timedelta(days=1))
        with pytest.raises(coupons.CouponExpired):
            buy(buyer, now=made.expires_at)

    def test_used_by_this_person(self, buyer, staff):
        coupon(staff)
        buy(buyer)
        with pytest.raises(coupons.CouponUsed):
            buy(buyer)

    def test_used_up(self, buyer, seller, staff):
        coupon(staff, total_uses=1)
        buy(buyer)
        with pytest.raises(coupons.CouponUsedUp):
            buy(seller)

    def test_not_a_first_purchase(self, buyer, staff):
        coupon(staff, first_purchase=True)
        pay(order(buyer))
        with pytest.raises(coupons.CouponFirstOnly):
            buy(buyer)

    def test_two_where_one_does_not_stack(self, buyer, staff):
        coupon(staff, stacks=True)
        coupon(staff, "EXTRA")
        with pytest.raises(coupons.CouponsDoNotStack):
            buy(buyer, codes=("SPRING", "EXTRA"))


class TestGivenBack:
    def test_when_the_order_ends_unpaid(self, buyer, staff):
        made = coupon(staff, total_uses=1)
        bought = buy(buyer)
        services.void_order(order_id=bought.id, reason="Test")
        made.refresh_from_db()
        assert made.uses == 0
        assert buy(buyer).total == usd(7_500)
        assert the_audit_finds_nothing()


class TestOnAnOpenOrder:
    def test_prices_it_anew_and_back(self, buyer, staff):
        coupon(staff)
        bought = order(buyer)
        assert services.set_coupons(order_id=bought.id, codes=["spring"], actor=buyer).total == usd(7_500)
        assert services.set_coupons(order_id=bought.id, codes=[], actor=buyer).total == usd(10_000)
        assert Coupon.objects.get().uses == 0

    def test_a_refused_code_leaves_everything_as_it_was(self, buyer, staff):
        coupon(staff)
        bought = buy(buyer)
        with pytest.raises(coupons.CouponUnknown):
            services.set_coupons(order_id=bought.id, codes=["NOSUCH"], actor=buyer)
        assert queries.order(bought.id, buyer).total == usd(7_500)
        assert CouponUse.objects.filter(returned_at__isnull=True).count() == 1

    def test_not_once_money_has_arrived(self, buyer, staff):
        coupon(staff)
        bought = order(buyer)
        pay(bought, "wrong", 4_000)
        with pytest.raises(services.MoneyHasArrived):
            services.set_coupons(order_id=bought.id, codes=["SPRING"], actor=buyer)

    def test_anothers_order_does_not_exist(self, buyer, seller, staff):
        coupon(staff)
        with pytest.raises(NotFound):
            services.set_coupons(order_id=order(buyer).id, codes=["SPRING"], actor=seller)

    def test_guessing_is_slowed_down(self, buyer):
        bought = order(buyer)
        for guess in range(20):
            with pytest.raises(coupons.CouponUnknown):
                services.set_coupons(order_id=bought.id, codes=[f"GUESS{guess}"], actor=buyer)
        with pytest.raises(TooMany):
            services.set_coupons(order_id=bought.id, codes=["SPRING"], actor=buyer)


class TestOffice:
    def test_refuses_what_makes_no_sense(self, staff):
        coupon(staff)
        for wrong in (
            {"code": "SPRING"},
            {"code": "no"},
            {"code": "خصم"},
            {"code": "A-B-C", "discounts": [("", 10_001)]},
            {"code": "A-B-C", "total_uses": 0},
        ):
            with pytest.raises(Invalid):
                coupon(staff, **wrong)

    def test_every_change_is_in_the_trail(self, staff):
        made = coupon(staff)
        services.change_coupon(actor=staff, coupon_id=made.id, reason="More", total_uses=50)
        assert list(AuditEntry.objects.order_by("id").values_list("action", flat=True)) == [
            "billing.coupon_added",
            "billing.coupon_changed",
        ]
