"""Packages: bought once, taken session by session, paid out session by session."""

from datetime import timedelta

import pytest

from majlis.engines.billing import queries as money
from majlis.engines.billing import services as billing
from majlis.engines.billing.services.allowances import AllowanceShort
from majlis.engines.billing.tests.factories import house, wallet
from majlis.kernel.ledger.types import Purpose
from majlis.kit import audit, clock, testing
from majlis.kit.errors import Invalid, NotFound
from majlis.kit.ids import new_id
from majlis.kit.money import Money
from majlis.products.lessons import queries, services
from majlis.products.lessons.models import Lesson, PackagePurchase
from majlis.products.lessons.services.booking import OwnLesson
from majlis.products.lessons.tests.factories import over, soon, student, teacher, wish
from majlis.products.lessons.types import PurchaseStatus

pytestmark = pytest.mark.django_db


def egp(amount):
    return Money(amount, "EGP")


@pytest.fixture
def salma(db):
    return teacher()


@pytest.fixture
def nadia(db):
    return student(country="XX")


def offer(of, sessions=4, price=100_000, **more):
    return services.offer_package(actor=of, sessions=sessions, minutes=60, price=egp(price), valid_days=90, **more)


def buy(by, package, **more):
    """Out of the cart and from the wallet."""
    billing.add_to_cart(person=by, kind="package", choice={"package": str(package.id)})
    seen = money.cart_of(by).version
    order = billing.order_cart(person=by, unit="EGP", version=seen, actor=by)
    billing.pay_from_wallet(order_id=order.id, actor=by)
    return PackagePurchase.objects.get(line_id=order.lines[0].id)


def book(of, by, purchase, days=3):
    request = wish(of, soon(days), purchase_id=purchase.id)
    return services.book_lesson(actor=by, request=request, key=str(new_id()))


def the_audit_finds_nothing():
    return [finding for outcome in audit.run("billing") for finding in outcome.findings] == []


class TestOffer:
    def test_stands_on_the_teachers_profile_until_it_is_ended(self, salma, nadia):
        package = offer(salma)
        assert [each.id for each in queries.packages_of(salma.id)] == [package.id]
        with pytest.raises(NotFound):
            services.end_package(actor=nadia, package_id=package.id)
        services.end_package(actor=salma, package_id=package.id)
        assert queries.packages_of(salma.id) == []
        with pytest.raises(services.PackageEnded):
            buy(nadia, package)

    @pytest.mark.parametrize("wrong", [{"sessions": 1}, {"price": 0}])
    def test_refuses_numbers_that_make_no_sense(self, salma, wrong):
        with pytest.raises(Invalid):
            offer(salma, **wrong)

    def test_a_teacher_does_not_buy_their_own(self, salma):
        with pytest.raises(OwnLesson):
            buy(salma, offer(salma))


class TestBuy:
    def test_grants_sessions_and_keeps_the_money(self, salma, nadia):
        purchase = buy(nadia, offer(salma))
        assert (purchase.status, queries.sessions_left(purchase)) == (PurchaseStatus.ACTIVE, 4)
        assert (wallet(salma, "EGP"), house(Purpose.ESCROW, "EGP")) == (0, 100_000)
        assert the_audit_finds_nothing()


class TestUse:
    def test_a_lesson_takes_a_session_and_is_confirmed_at_once(self, salma, nadia):
        purchase = buy(nadia, offer(salma))
        lesson = book(salma, nadia, purchase)
        assert (lesson.status, lesson.order_id, queries.sessions_left(purchase)) == ("confirmed", None, 3)

    def test_the_same_key_takes_one(self, salma, nadia):
        purchase = buy(nadia, offer(salma))
        request = wish(salma, soon(), purchase_id=purchase.id)
        for _twice in range(2):
            services.book_lesson(actor=nadia, request=request, key="same")
        assert queries.sessions_left(purchase) == 3

    def test_its_money_goes_to_the_teacher_when_it_has_taken_place(self, salma, nadia):
        purchase = buy(nadia, offer(salma))
        lesson = over(book(salma, nadia, purchase), salma, nadia)
        services.settle_lesson(lesson_id=lesson.id, now=lesson.release_at)
        assert (wallet(salma, "EGP"), house(Purpose.ESCROW, "EGP")) == (20_000, 75_000)
        assert the_audit_finds_nothing()

    def test_after_the_last_nothing_is_left(self, salma, nadia):
        purchase = buy(nadia, offer(salma, sessions=3, price=100_000))
        for days in (3, 4, 5):
            lesson = over(book(salma, nadia, purchase, days), salma, nadia)
            services.settle_lesson(lesson_id=lesson.id, now=lesson.release_at)
        purchase.refresh_from_db()
        # Each session's commission is rounded by itself.
        assert (purchase.status, wallet(salma, "EGP"), house(Purpose.ESCROW, "EGP")) == ("used", 79_999, 0)
        assert the_audit_finds_nothing()

    def test_no_more_than_were_bought(self, salma, nadia):
        purchase = buy(nadia, offer(salma, sessions=2))
        book(salma, nadia, purchase, 3), book(salma, nadia, purchase, 4)
        with pytest.raises(AllowanceShort):
            book(salma, nadia, purchase, 5)

    def test_not_for_another_length_nor_after_its_end_nor_by_somebody_else(self, salma, nadia):
        purchase = buy(nadia, offer(salma))
        request = wish(salma, soon(), minutes=30, purchase_id=purchase.id)
        with pytest.raises(services.PackageDoesNotFit):
            services.book_lesson(actor=nadia, request=request, key="a")
        with pytest.raises(services.PackageDoesNotFit):
            book(salma, nadia, purchase, 100)
        with pytest.raises(NotFound):
            book(salma, student("Omar Adel"), purchase)

    def test_cancelled_in_time_the_session_comes_back(self, salma, nadia):
        purchase = buy(nadia, offer(salma))
        lesson = book(salma, nadia, purchase)
        services.cancel_lesson(actor=nadia, lesson_id=lesson.id)
        assert (queries.sessions_left(purchase), house(Purpose.ESCROW, "EGP")) == (4, 100_000)

    def test_cancelled_late_it_is_used_and_the_money_divided_by_the_policy(self, salma, nadia):
        purchase = buy(nadia, offer(salma))
        lesson = book(salma, nadia, purchase)
        before = wallet(nadia, "EGP")
        services.cancel_lesson(actor=nadia, lesson_id=lesson.id, now=lesson.starts_at - timedelta(hours=3))
        assert (queries.sessions_left(purchase), wallet(nadia, "EGP") - before) == (3, 12_500)
        assert wallet(salma, "EGP") == 10_000
        assert the_audit_finds_nothing()

    def test_a_teacher_who_does_not_come_gives_the_session_back(self, salma, nadia):
        purchase = buy(nadia, offer(salma))
        lesson = over(book(salma, nadia, purchase), nadia)
        services.settle_lesson(lesson_id=lesson.id, now=lesson.release_at)
        assert (queries.sessions_left(purchase), wallet(salma, "EGP")) == (4, 0)


class TestGiveBack:
    def test_exactly_what_was_shown_comes_back(self, salma, nadia):
        purchase = buy(nadia, offer(salma))
        lesson = over(book(salma, nadia, purchase), salma, nadia)
        services.settle_lesson(lesson_id=lesson.id, now=lesson.release_at)
        purchase.refresh_from_db()
        shown, before = services.preview_refund(purchase), wallet(nadia, "EGP")
        assert (shown.sessions, shown.back) == (3, egp(75_000))
        services.refund_package(actor=nadia, purchase_id=purchase.id, shown_amount=shown.back.amount)
        purchase.refresh_from_db()
        assert (purchase.status, wallet(nadia, "EGP") - before) == ("refunded", 75_000)
        assert (queries.sessions_left(purchase), house(Purpose.ESCROW, "EGP")) == (0, 0)
        with pytest.raises(services.PackageEnded):
            services.refund_package(actor=nadia, purchase_id=purchase.id)
        assert the_audit_finds_nothing()

    def test_booked_lessons_stay_and_are_paid(self, salma, nadia):
        purchase = buy(nadia, offer(salma))
        lesson = book(salma, nadia, purchase)
        services.refund_package(actor=nadia, purchase_id=purchase.id)
        assert house(Purpose.ESCROW, "EGP") == 25_000
        over(lesson, salma, nadia)
        lesson.refresh_from_db()
        services.settle_lesson(lesson_id=lesson.id, now=lesson.release_at)
        assert (wallet(salma, "EGP"), house(Purpose.ESCROW, "EGP")) == (20_000, 0)
        assert the_audit_finds_nothing()

    def test_with_a_coupon_what_was_paid_comes_back(self, salma, nadia):
        billing.add_coupon(actor=None, code="SPRING", discounts=[("", 2_000)])
        package, before = offer(salma), wallet(nadia, "EGP")
        billing.add_to_cart(person=nadia, kind="package", choice={"package": str(package.id)})
        billing.set_cart_coupons(person=nadia, codes=["SPRING"])
        purchase = buy(nadia, package)
        assert before - wallet(nadia, "EGP") == 80_000
        assert services.preview_refund(purchase).back == egp(80_000)
        services.refund_package(actor=nadia, purchase_id=purchase.id)
        assert wallet(nadia, "EGP") == before
        assert the_audit_finds_nothing()

    def test_is_nobody_elses_business(self, salma, nadia):
        purchase = buy(nadia, offer(salma))
        with pytest.raises(NotFound):
            services.refund_package(actor=salma, purchase_id=purchase.id)


class TestCart:
    def test_lessons_and_a_package_are_one_order_and_the_times_are_held_once_it_is_placed(self, salma, nadia):
        from majlis.kernel.catalogue.tests import factories as catalogue

        billing.add_to_cart(person=nadia, kind="package", choice={"package": str(offer(salma).id)})
        lesson = {
            "teacher": str(salma.id),
            "subject": str(catalogue.subject("english").id),
            "level": "b1",
            "starts_at": soon().isoformat(),
            "minutes": 60,
        }
        billing.add_to_cart(person=nadia, kind="lesson", choice=lesson)
        omar = student("Omar Adel", country="XX")
        billing.add_to_cart(person=omar, kind="lesson", choice=lesson)
        order = billing.order_cart(person=nadia, unit="EGP", version=money.cart_of(nadia).version, actor=nadia)
        assert [line.kind for line in order.lines] == ["package", "lesson"]
        assert len(money.cart_of(omar).gone) == 1
        with pytest.raises(billing.CartItemGone):
            billing.order_cart(person=omar, unit="EGP", version=money.cart_of(omar).version, actor=omar)
        billing.pay_from_wallet(order_id=order.id, actor=nadia)
        booked = Lesson.objects.get(student=nadia)
        assert (booked.status, booked.order_id, booked.line_id) == ("confirmed", order.id, order.lines[1].id)
        assert the_audit_finds_nothing()


class TestExpiry:
    def test_what_is_unused_goes_by_the_policy(self, salma, nadia):
        purchase = buy(nadia, offer(salma))
        before = wallet(nadia, "EGP")
        services.expire_packages(now=purchase.expires_at)
        purchase.refresh_from_db()
        assert (purchase.status, wallet(nadia, "EGP") - before, wallet(salma, "EGP")) == ("expired", 0, 80_000)
        assert services.expire_packages(now=purchase.expires_at) == 0
        assert the_audit_finds_nothing()

    def test_the_student_is_reminded_a_week_before_once(self, salma, nadia):
        purchase = buy(nadia, offer(salma))
        assert services.remind_of_packages(now=purchase.expires_at - timedelta(days=8)) == 0
        assert services.remind_of_packages(now=purchase.expires_at - timedelta(days=6)) == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_32_bookings_at_once_take_no_more_sessions_than_there_are(self, transactional_db):
        salma, nadia = teacher(), student(country="XX")
        purchase = buy(nadia, offer(salma, sessions=3))
        testing.at_once([lambda days=days: book(salma, nadia, purchase, days) for days in range(3, 35)])
        assert purchase.lessons.count() == 3
        assert queries.sessions_left(purchase) == 0

    def test_given_back_32_times_it_is_given_back_once(self, transactional_db):
        salma, nadia = teacher(), student(country="XX")
        before = wallet(nadia, "EGP")
        purchase = buy(nadia, offer(salma))
        testing.at_once([lambda: services.refund_package(actor=nadia, purchase_id=purchase.id)] * 32)
        assert wallet(nadia, "EGP") == before
        assert clock.now() < purchase.expires_at
