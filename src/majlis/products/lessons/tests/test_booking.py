from datetime import timedelta

import pytest

from majlis.engines.billing import services as billing
from majlis.engines.billing.tests.factories import wallet
from majlis.engines.scheduling import services as scheduling
from majlis.engines.scheduling.services import SlotTaken
from majlis.kernel.accounts.models import Guardianship
from majlis.kernel.notices import queries as notices
from majlis.kit import clock
from majlis.kit.errors import NotFound
from majlis.products.lessons import queries, services
from majlis.products.lessons.models import Lesson
from majlis.products.lessons.services import booking
from majlis.products.lessons.tests import factories
from majlis.products.lessons.types import LessonStatus, Mode, PlaceKind

pytestmark = pytest.mark.django_db


@pytest.fixture
def salma():
    return factories.teacher()


@pytest.fixture
def nadia():
    return factories.student()


class TestBookLesson:
    def test_holds_the_time_and_waits_for_payment(self, salma, nadia):
        lesson = factories.booked(salma, nadia)
        assert lesson.status == LessonStatus.PENDING_PAYMENT
        assert lesson.price.amount == factories.HOURLY
        with pytest.raises(SlotTaken):
            factories.booked(salma, factories.student("Somebody else"), lesson.starts_at)

    def test_is_confirmed_when_it_is_paid(self, salma, nadia):
        lesson = factories.paid(salma, nadia)
        assert lesson.status == LessonStatus.CONFIRMED
        assert lesson.room_id is not None
        assert wallet(nadia, "EGP") == 500_000 - factories.HOURLY
        told = {n.kind for n in notices.notices_of(salma).items}
        assert "lesson_booked" in told

    def test_books_once_per_key(self, salma, nadia):
        request = factories.wish(salma, factories.soon())
        first = services.book_lesson(actor=nadia, request=request, key="twice")
        second = services.book_lesson(actor=nadia, request=request, key="twice")
        assert first.id == second.id
        assert Lesson.objects.count() == 1

    def test_refuses_a_students_own_overlap(self, salma, nadia):
        lesson = factories.booked(salma, nadia)
        with pytest.raises(SlotTaken):
            factories.booked(factories.teacher("Omar"), nadia, lesson.starts_at + timedelta(minutes=30))

    def test_allows_back_to_back(self, salma, nadia):
        lesson = factories.booked(salma, nadia)
        assert factories.booked(salma, nadia, lesson.ends_at).starts_at == lesson.ends_at

    def test_refuses_oneself(self, salma):
        with pytest.raises(booking.OwnLesson):
            factories.booked(salma, salma)

    def test_refuses_a_lesson_in_person_without_a_place(self, salma, nadia):
        with pytest.raises(booking.PlaceMissing):
            factories.booked(salma, nadia, mode=Mode.OFFLINE, place_kind=PlaceKind.PUBLIC)

    def test_frees_the_time_when_it_is_not_paid(self, salma, nadia):
        lesson = factories.booked(salma, nadia)
        later = clock.now() + timedelta(minutes=16)
        with clock.travel(to=later):
            billing.expire_orders()
            lesson.refresh_from_db()
            assert lesson.status == LessonStatus.EXPIRED
            assert factories.paid(salma, factories.student("Next"), lesson.starts_at)

    def test_a_payment_after_the_time_went_to_another_ends_in_the_wallet(self, salma, nadia):
        lesson = factories.booked(salma, nadia)
        scheduling.free(reservation_id=lesson.reservation_id)
        other = factories.student("Quick")
        assert factories.paid(salma, other, lesson.starts_at).status == LessonStatus.CONFIRMED
        billing.pay_from_wallet(order_id=lesson.order_id, actor=nadia)
        lesson.refresh_from_db()
        assert lesson.status != LessonStatus.CONFIRMED
        assert wallet(nadia, "EGP") == 500_000


class TestTrialLesson:
    @pytest.fixture
    def salma(self):
        return factories.teacher(trial_price=5_000, trial_minutes=30)

    def test_has_its_own_price(self, salma, nadia):
        assert factories.booked(salma, nadia, minutes=30, trial=True).price.amount == 5_000

    def test_is_had_once(self, salma, nadia):
        factories.paid(salma, nadia, minutes=30, trial=True)
        with pytest.raises(booking.TrialTaken):
            factories.booked(salma, nadia, factories.soon(4), minutes=30, trial=True)

    def test_may_be_had_after_a_cancelled_one(self, salma, nadia):
        lesson = factories.paid(salma, nadia, minutes=30, trial=True)
        services.cancel_lesson(actor=nadia, lesson_id=lesson.id)
        assert factories.booked(salma, nadia, minutes=30, trial=True)

    def test_a_free_one_is_confirmed_at_once(self, nadia):
        kind = factories.teacher("Kind", trial_price=0, trial_minutes=30)
        lesson = factories.booked(kind, nadia, minutes=30, trial=True)
        assert (lesson.status, lesson.order_id) == (LessonStatus.CONFIRMED, None)


class TestAccess:
    def test_another_members_lesson_is_not_found(self, salma, nadia):
        lesson = factories.booked(salma, nadia)
        with pytest.raises(NotFound):
            queries.lesson(lesson.id, seen_by=factories.student("Curious"))
        with pytest.raises(NotFound):
            services.cancel_lesson(actor=factories.student("Malicious"), lesson_id=lesson.id)

    def test_both_sides_see_it(self, salma, nadia):
        lesson = factories.booked(salma, nadia)
        assert queries.lesson(lesson.id, seen_by=salma) == queries.lesson(lesson.id, seen_by=nadia)


class TestGuardian:
    def consented(self, guardian, ward):
        now = clock.now()
        return Guardianship.objects.create(
            ward=ward, guardian=guardian, email=guardian.email, state="consented", asked_at=now, answered_at=now
        )

    def test_sees_the_wards_lessons_and_changes_nothing(self, salma, nadia):
        huda = factories.student("Huda", money=0)
        lesson = factories.paid(salma, nadia)
        with pytest.raises(NotFound):
            queries.lesson(lesson.id, seen_by=huda)
        self.consented(huda, nadia)
        assert queries.lesson(lesson.id, seen_by=huda) == lesson
        assert queries.lessons_of_wards(huda) == [lesson]
        with pytest.raises(NotFound):
            services.cancel_lesson(actor=huda, lesson_id=lesson.id)


class TestWeekly:
    def test_books_the_free_dates_and_reports_the_others(self, salma, nadia):
        first = factories.soon()
        factories.paid(salma, factories.student("Early"), first + timedelta(weeks=1))
        request = factories.wish(salma, first)
        preview = services.preview_weekly(actor=nadia, request=request, weeks=4)
        assert [d.refusal for d in preview] == ["", "slot_taken", "", ""]
        assert Lesson.objects.filter(student=nadia).count() == 0
        report, lessons = services.book_weekly(actor=nadia, request=request, weeks=4, key="weeks")
        assert report == preview
        assert len({x.order_id for x in lessons}) == 1
        billing.pay_from_wallet(order_id=lessons[0].order_id, actor=nadia)
        confirmed = Lesson.objects.filter(student=nadia, status=LessonStatus.CONFIRMED)
        assert confirmed.count() == 3
        assert wallet(nadia, "EGP") == 500_000 - 3 * factories.HOURLY

    def test_the_same_key_books_once(self, salma, nadia):
        request = factories.wish(salma, factories.soon())
        _report, first = services.book_weekly(actor=nadia, request=request, weeks=2, key="weeks")
        _report, second = services.book_weekly(actor=nadia, request=request, weeks=2, key="weeks")
        assert [x.id for x in first] == [x.id for x in second]
