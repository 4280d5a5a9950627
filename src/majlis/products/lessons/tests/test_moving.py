from datetime import timedelta

import pytest

from majlis.engines.scheduling.services import SlotTaken
from majlis.kit import clock
from majlis.kit.errors import NotFound
from majlis.kit.jobs import run_due_jobs
from majlis.products.lessons import services
from majlis.products.lessons.services import rescheduling, waitlist
from majlis.products.lessons.tests import factories
from majlis.products.lessons.types import LessonStatus, RequestState, WaitState

pytestmark = pytest.mark.django_db


@pytest.fixture
def salma():
    return factories.teacher()


@pytest.fixture
def nadia():
    return factories.student()


@pytest.fixture
def lesson(salma, nadia):
    return factories.paid(salma, nadia)


@pytest.fixture
def asked(lesson, nadia):
    return services.request_reschedule(actor=nadia, lesson_id=lesson.id, starts_at=lesson.starts_at + timedelta(days=1))


class TestReschedule:
    def test_holds_the_new_time_for_both(self, asked, salma):
        with pytest.raises(SlotTaken):
            factories.booked(salma, factories.student("Other"), asked.starts_at)

    def test_moves_when_the_other_side_accepts(self, lesson, asked, salma):
        services.answer_reschedule(actor=salma, request_id=asked.id, accept=True)
        old, lesson_version = lesson.starts_at, lesson.version
        lesson.refresh_from_db()
        assert (lesson.starts_at, lesson.version) == (asked.starts_at, lesson_version + 1)
        assert factories.paid(salma, factories.student("Other"), old)

    def test_stays_when_the_other_side_declines(self, lesson, asked, salma):
        services.answer_reschedule(actor=salma, request_id=asked.id, accept=False)
        before = lesson.starts_at
        lesson.refresh_from_db()
        assert lesson.starts_at == before
        assert factories.paid(salma, factories.student("Other"), asked.starts_at)

    def test_who_asked_cannot_answer(self, asked, nadia):
        with pytest.raises(NotFound):
            services.answer_reschedule(actor=nadia, request_id=asked.id, accept=True)

    def test_only_who_asked_can_take_it_back(self, asked, salma, nadia):
        with pytest.raises(NotFound):
            services.withdraw_reschedule(actor=salma, request_id=asked.id)
        assert services.withdraw_reschedule(actor=nadia, request_id=asked.id).state == RequestState.WITHDRAWN

    def test_taking_it_back_frees_the_held_time(self, asked, salma, nadia):
        services.withdraw_reschedule(actor=nadia, request_id=asked.id)
        assert factories.paid(salma, factories.student("Other"), asked.starts_at)

    def test_there_is_one_open_request(self, asked, lesson, salma):
        with pytest.raises(rescheduling.AlreadyAsked):
            services.request_reschedule(
                actor=salma, lesson_id=lesson.id, starts_at=lesson.starts_at + timedelta(days=2)
            )

    def test_an_unanswered_one_lapses(self, asked, salma):
        with clock.travel(to=asked.answer_by + timedelta(minutes=1)):
            assert services.lapse_reschedules() == 1
            with pytest.raises(rescheduling.CannotMove):
                services.answer_reschedule(actor=salma, request_id=asked.id, accept=True)

    def test_by_half_an_hour_into_its_own_time(self, lesson, salma, nadia):
        at = lesson.starts_at + timedelta(minutes=30)
        asked = services.request_reschedule(actor=nadia, lesson_id=lesson.id, starts_at=at)
        services.answer_reschedule(actor=salma, request_id=asked.id, accept=True)
        lesson.refresh_from_db()
        assert lesson.starts_at == at


class TestWaitlist:
    @pytest.fixture
    def waiting(self, lesson, salma):
        people = [factories.student("First"), factories.student("Second")]
        return [
            services.join_waitlist(
                actor=p,
                teacher_id=salma.id,
                subject_id=lesson.subject_id,
                level="b1",
                minutes=60,
                from_at=lesson.starts_at,
                until_at=lesson.ends_at,
            )
            for p in people
        ]

    def states(self, waiting):
        for entry in waiting:
            entry.refresh_from_db()
        return [entry.state for entry in waiting]

    def test_a_freed_time_is_held_for_the_first_in_line(self, lesson, waiting, nadia, salma):
        services.cancel_lesson(actor=nadia, lesson_id=lesson.id)
        run_due_jobs()
        assert self.states(waiting) == [WaitState.OFFERED, WaitState.WAITING]
        with pytest.raises(SlotTaken):
            factories.booked(salma, factories.student("Quick"), lesson.starts_at)

    def test_taking_the_offer_books_it(self, lesson, waiting, nadia):
        services.cancel_lesson(actor=nadia, lesson_id=lesson.id)
        run_due_jobs()
        taken = services.accept_offer(actor=waiting[0].student, entry_id=waiting[0].id, key="mine")
        assert (taken.starts_at, taken.status) == (lesson.starts_at, LessonStatus.PENDING_PAYMENT)

    def test_an_offer_nobody_takes_goes_to_the_next(self, lesson, waiting, nadia):
        services.cancel_lesson(actor=nadia, lesson_id=lesson.id)
        run_due_jobs()
        with clock.travel(by=timedelta(minutes=31)):
            assert services.lapse_offers() == 1
            run_due_jobs()
            assert self.states(waiting) == [WaitState.WAITING, WaitState.OFFERED]
            with pytest.raises(waitlist.OfferOver):
                services.accept_offer(actor=waiting[0].student, entry_id=waiting[0].id, key="late")

    def test_another_cannot_take_it(self, lesson, waiting, nadia):
        services.cancel_lesson(actor=nadia, lesson_id=lesson.id)
        run_due_jobs()
        with pytest.raises(NotFound):
            services.accept_offer(actor=waiting[1].student, entry_id=waiting[0].id, key="mine")
