"""The cart: several kinds of things, one order."""

from uuid import uuid4

import pytest

from majlis.engines.billing import queries, services
from majlis.engines.billing.models import CartItem, Order
from majlis.engines.billing.tests.factories import SEATS, give, pay, usd
from majlis.kit import testing
from majlis.kit.errors import NotFound, TooMany

pytestmark = pytest.mark.django_db


def seat(amount=1_000, **more):
    return {"id": str(uuid4()), "amount": amount, **more}


def add(person, choice):
    return services.add_to_cart(person=person, kind="seat", choice=choice)


def order_it(person, version=None):
    seen = queries.cart_of(person).version if version is None else version
    return services.order_cart(person=person, unit="USD", version=seen, actor=person)


class TestTogether:
    def test_what_is_put_in_is_priced_at_this_moment(self, buyer):
        add(buyer, seat(1_000)), add(buyer, seat(2_000))
        (group,) = queries.cart_of(buyer).groups
        assert (group.unit, group.quote.total, len(group.rows)) == ("USD", usd(3_000), 2)

    def test_twice_the_same_is_once(self, buyer):
        choice = seat()
        assert add(buyer, choice).id == add(buyer, choice).id
        assert queries.items_in_cart(buyer) == 1

    def test_a_kind_nobody_sells_is_not_found(self, buyer):
        with pytest.raises(NotFound):
            services.add_to_cart(person=buyer, kind="moon", choice={})

    def test_taken_out(self, buyer, seller):
        item = add(buyer, seat())
        with pytest.raises(NotFound):
            services.remove_from_cart(person=seller, item_id=item.id)
        services.remove_from_cart(person=buyer, item_id=item.id)
        assert queries.cart_of(buyer).count == 0

    def test_holds_thirty_things(self, buyer):
        for _each in range(30):
            add(buyer, seat())
        with pytest.raises(services.CartFull):
            add(buyer, seat())


class TestOrder:
    def test_one_order_of_all_of_it_and_each_thing_kept(self, buyer):
        first, second = seat(1_000), seat(2_000)
        add(buyer, first), add(buyer, second)
        placed = order_it(buyer)
        assert (placed.total, len(placed.lines)) == (usd(3_000), 2)
        assert SEATS.taken == [first["id"], second["id"]]
        assert queries.cart_of(buyer).count == 0

    def test_in_two_tabs_it_is_one_order(self, buyer):
        add(buyer, seat())
        seen = queries.cart_of(buyer).version
        first = order_it(buyer, seen)
        assert order_it(buyer, seen).id == first.id
        assert order_it(buyer, seen + 1).id == first.id
        assert Order.objects.count() == 1

    def test_an_empty_one_is_refused(self, buyer):
        with pytest.raises(services.CartEmpty):
            order_it(buyer, 0)

    def test_what_is_gone_meanwhile_stops_all_of_it(self, buyer):
        gone = seat()
        add(buyer, seat()), add(buyer, gone)
        SEATS.gone = {gone["id"]}
        view = queries.cart_of(buyer)
        assert [row.item.choice for row in view.gone] == [gone]
        with pytest.raises(services.CartItemGone) as refused:
            order_it(buyer)
        assert "given away" in str(refused.value)
        assert Order.objects.count() == 0

    def test_comes_back_when_the_order_ends_unpaid(self, buyer):
        add(buyer, seat())
        placed = order_it(buyer)
        services.cancel_order(order_id=placed.id, actor=buyer)
        assert queries.cart_of(buyer).count == 1
        assert order_it(buyer).id != placed.id

    def test_is_empty_once_it_is_paid(self, buyer):
        add(buyer, seat())
        pay(order_it(buyer))
        assert CartItem.objects.count() == 0

    def test_a_part_from_the_wallet_and_the_rest_by_card(self, buyer):
        add(buyer, seat(10_000))
        give(buyer, 4_000)
        placed = order_it(buyer)
        pay(placed, from_wallet=usd(4_000))
        assert queries.order(placed.id, buyer).status == "paid"
        assert queries.payments_of(placed)[0].money == usd(6_000)


class TestCoupons:
    def test_holds_for_what_it_is_for_and_goes_into_the_order(self, buyer):
        services.add_coupon(actor=None, code="SPRING", discounts=[("", 1_000)])
        add(buyer, seat(10_000))
        services.set_cart_coupons(person=buyer, codes=["spring"])
        (group,) = queries.cart_of(buyer).groups
        assert (group.quote.total, group.quote.coupons) == (usd(9_000), (("SPRING", usd(1_000)),))
        assert order_it(buyer).total == usd(9_000)

    def test_refused_it_is_not_kept(self, buyer):
        add(buyer, seat(10_000))
        with pytest.raises(services.CouponUnknown):
            services.set_cart_coupons(person=buyer, codes=["NOSUCH"])
        assert queries.cart_of(buyer).coupons == ()

    def test_guessing_is_slowed_down(self, buyer):
        add(buyer, seat(10_000))
        for guess in range(20):
            with pytest.raises(services.CouponUnknown):
                services.set_cart_coupons(person=buyer, codes=[f"GUESS{guess}"])
        with pytest.raises(TooMany):
            services.set_cart_coupons(person=buyer, codes=["SPRING"])


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_ordered_32_times_at_once_it_is_one_order(self, transactional_db):
        buyer = testing.person(country="XX")
        add(buyer, seat())
        seen = queries.cart_of(buyer).version
        answers = testing.at_once([lambda: order_it(buyer, seen)] * 32)
        assert len({answer.id for answer in answers}) == 1

    def test_a_coupon_for_five_is_used_five_times_by_32(self, transactional_db):
        made = services.add_coupon(actor=None, code="SPRING", discounts=[("", 1_000)], total_uses=5)
        people = [testing.person(country="XX") for _each in range(32)]
        for person in people:
            add(person, seat(10_000))
            services.set_cart_coupons(person=person, codes=["SPRING"])
        orders = testing.at_once([lambda person=person: order_it(person) for person in people])
        made.refresh_from_db()
        assert made.uses == 5
        assert sum(not isinstance(each, Exception) and each.total == usd(9_000) for each in orders) == 5

    def test_one_person_uses_it_once_in_32_orders(self, transactional_db):
        from majlis.engines.billing.tests.test_coupons import buy

        services.add_coupon(actor=None, code="SPRING", discounts=[("", 1_000)])
        buyer = testing.person(country="XX")
        orders = testing.at_once([lambda: buy(buyer)] * 32)
        assert sum(not isinstance(each, Exception) for each in orders) == 1
