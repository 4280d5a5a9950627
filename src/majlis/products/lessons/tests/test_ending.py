from datetime import timedelta

import pytest
from django.utils.translation import override

from majlis.engines.billing.tests.factories import house, wallet
from majlis.engines.experts import queries as experts
from majlis.engines.reviews import services as reviews
from majlis.kernel.accounts.types import Role
from majlis.kernel.ledger.types import Purpose
from majlis.kernel.notices.models import Notice
from majlis.kernel.notices.words import say
from majlis.kit.errors import Forbidden, NotFound
from majlis.kit.jobs import run_due_jobs
from majlis.kit.testing import person
from majlis.products.lessons import services
from majlis.products.lessons.services import cancelling, disputes, settling
from majlis.products.lessons.tests import factories
from majlis.products.lessons.types import DisputeReason, LessonStatus, Presence

pytestmark = pytest.mark.django_db
PRICE, COMMISSION, MONEY = factories.HOURLY, 2000, 500_000
MINUTE = timedelta(minutes=1)


@pytest.fixture
def salma():
    return factories.teacher()


@pytest.fixture
def nadia():
    return factories.student()


@pytest.fixture
def lesson(salma, nadia):
    return factories.paid(salma, nadia)


def earned(salma):
    return wallet(salma, "EGP")


def escrow():
    return house(Purpose.ESCROW, "EGP")


class TestCancelling:
    @pytest.mark.parametrize(("hours", "percent"), [(48, 100), (12, 50), (1, 0)])
    def test_returns_what_the_tier_says_and_pays_the_teacher_the_rest(self, lesson, salma, nadia, hours, percent):
        now = lesson.starts_at - timedelta(hours=hours)
        shown = services.preview_cancel(lesson=lesson, actor=nadia, now=now)
        services.cancel_lesson(actor=nadia, lesson_id=lesson.id, shown_percent=shown.percent, now=now)
        assert shown.percent == percent
        assert wallet(nadia, "EGP") == MONEY - PRICE + PRICE * percent // 100
        assert bool(earned(salma)) == (percent < 100)
        assert escrow() == 0

    def test_a_teacher_who_cancels_returns_everything(self, lesson, salma, nadia):
        services.cancel_lesson(actor=salma, lesson_id=lesson.id, now=lesson.starts_at - MINUTE)
        assert (wallet(nadia, "EGP"), earned(salma)) == (MONEY, 0)

    def test_says_why_money_came_back_in_the_readers_language(self, lesson, salma, nadia):
        with override("ar"):
            services.cancel_lesson(actor=salma, lesson_id=lesson.id)
        (notice,) = Notice.objects.filter(person=nadia, kind="purchase_refunded")
        for language, words in (("en", "The lesson was cancelled."), ("id", "Pelajaran dibatalkan.")):
            assert words in say(notice.kind, notice.facts, language=language).body

    def test_is_refused_when_less_would_come_back_than_was_shown(self, lesson, nadia):
        with pytest.raises(cancelling.TermsChanged):
            services.cancel_lesson(
                actor=nadia, lesson_id=lesson.id, shown_percent=100, now=lesson.starts_at - timedelta(hours=3)
            )

    def test_is_refused_once_it_has_begun(self, lesson, nadia):
        with pytest.raises(cancelling.AlreadyStarted):
            services.cancel_lesson(actor=nadia, lesson_id=lesson.id, now=lesson.starts_at)

    def test_frees_the_time(self, lesson, salma, nadia):
        services.cancel_lesson(actor=nadia, lesson_id=lesson.id)
        assert factories.paid(salma, factories.student("Next"), lesson.starts_at)

    def test_letting_an_unpaid_one_go_costs_nothing(self, salma):
        poor = factories.student("Poor", money=0)
        lesson = services.cancel_lesson(actor=poor, lesson_id=factories.booked(salma, poor).id)
        assert lesson.status == LessonStatus.EXPIRED
        assert factories.paid(salma, factories.student("Next"), lesson.starts_at)


class TestVerdict:
    def test_both_there_is_completed_and_paid_after_the_window(self, lesson, salma, nadia):
        closed = factories.over(lesson, salma, nadia)
        assert closed.status == LessonStatus.COMPLETED
        assert services.settle_due_lessons(now=closed.release_at - MINUTE) == 0
        assert escrow() == PRICE
        assert services.settle_due_lessons(now=closed.release_at) == 1
        net_of_vat = PRICE * 10_000 // 11_400
        assert earned(salma) == pytest.approx(net_of_vat * (10_000 - COMMISSION) / 10_000, abs=2)
        assert escrow() == 0
        run_due_jobs()
        assert experts.expert(salma.id).completed_lessons == 1

    def test_a_missing_teacher_costs_the_house_goodwill(self, lesson, nadia, salma):
        closed = factories.over(lesson, nadia)
        assert closed.status == LessonStatus.NO_SHOW
        services.settle_due_lessons(now=closed.release_at)
        assert wallet(nadia, "EGP") == MONEY + PRICE * 20 // 100
        assert (earned(salma), house(Purpose.GOODWILL, "EGP")) == (0, -PRICE * 20 // 100)

    def test_a_missing_student_pays(self, lesson, salma, nadia):
        closed = factories.over(lesson, salma)
        services.settle_due_lessons(now=closed.release_at)
        assert wallet(nadia, "EGP") == MONEY - PRICE
        assert earned(salma) > 0

    def test_a_broken_connection_returns_the_money(self, lesson, salma, nadia):
        factories.attend(lesson, salma)
        factories.attend(lesson, nadia, minutes=5)
        closed = services.close_lesson(lesson_id=lesson.id, now=lesson.ends_at + MINUTE)
        assert (closed.verdict.teacher, closed.verdict.student) == (Presence.PRESENT, Presence.TECHNICAL)
        services.settle_due_lessons(now=closed.release_at)
        assert wallet(nadia, "EGP") == MONEY

    def test_closing_and_settling_twice_is_doing_it_once(self, lesson, salma, nadia):
        closed = factories.over(lesson, salma, nadia)
        services.close_lesson(lesson_id=lesson.id, now=closed.release_at)
        for _again in range(3):
            services.settle_lesson(lesson_id=lesson.id, now=closed.release_at)
        assert escrow() == 0

    def test_only_the_student_releases_early(self, lesson, salma, nadia):
        factories.over(lesson, salma, nadia)
        with pytest.raises(settling.NotYours):
            services.release_early(actor=salma, lesson_id=lesson.id)
        services.release_early(actor=nadia, lesson_id=lesson.id)
        assert earned(salma) > 0

    def test_a_review_needs_a_lesson_that_took_place(self, lesson, salma, nadia):
        with pytest.raises(NotFound):
            reviews.write_review(actor=nadia, kind="lesson", subject_id=lesson.id, rating=5)
        factories.over(lesson, salma, nadia)
        assert reviews.write_review(actor=nadia, kind="lesson", subject_id=lesson.id, rating=5)


class TestDispute:
    @pytest.fixture
    def closed(self, lesson, salma, nadia):
        return factories.over(lesson, salma, nadia)

    @pytest.fixture
    def support(self):
        return person("Dewi", roles=[Role.SUPPORT])

    def contest(self, closed, who):
        return services.open_dispute(
            actor=who, lesson_id=closed.id, reason=DisputeReason.CUT_SHORT, now=closed.completed_at
        )

    def test_keeps_the_money_and_the_evidence(self, closed, nadia, salma):
        case = self.contest(closed, nadia)
        services.settle_due_lessons(now=closed.release_at + timedelta(days=9))
        assert (escrow(), earned(salma)) == (PRICE, 0)
        assert case.evidence["verdict"]["people"][str(nadia.id)]["seconds"] == 3600

    def test_a_second_click_is_the_same_case(self, closed, nadia):
        assert self.contest(closed, nadia).id == self.contest(closed, nadia).id

    def test_the_office_divides_the_price(self, closed, nadia, salma, support):
        case = self.contest(closed, nadia)
        services.resolve_dispute(actor=support, dispute_id=case.id, student_percent=30, decision="A third was missing.")
        assert wallet(nadia, "EGP") == MONEY - PRICE + PRICE * 30 // 100
        assert earned(salma) > 0
        assert escrow() == 0
        with pytest.raises(disputes.DisputeClosed):
            services.resolve_dispute(actor=support, dispute_id=case.id, student_percent=100, decision="Again.")

    def test_a_member_cannot_decide(self, closed, nadia):
        case = self.contest(closed, nadia)
        with pytest.raises(Forbidden):
            services.resolve_dispute(actor=nadia, dispute_id=case.id, student_percent=100, decision="Mine.")

    def test_comes_too_late_after_the_window(self, closed, nadia):
        services.settle_due_lessons(now=closed.release_at)
        with pytest.raises(disputes.WindowClosed):
            services.open_dispute(actor=nadia, lesson_id=closed.id, reason=DisputeReason.OTHER, now=closed.release_at)

    def test_a_stranger_does_not_find_it(self, closed):
        with pytest.raises(NotFound):
            self.contest(closed, factories.student("Stranger"))


class TestProgress:
    def test_only_the_teacher_writes(self, lesson, salma, nadia):
        factories.over(lesson, salma, nadia)
        with pytest.raises(NotFound):
            services.write_progress(actor=nadia, lesson_id=lesson.id, summary="I was brilliant.", now=lesson.ends_at)
        log = services.write_progress(actor=salma, lesson_id=lesson.id, summary="Past tense.", now=lesson.ends_at)
        again = services.write_progress(actor=salma, lesson_id=lesson.id, summary="Past perfect.", now=lesson.ends_at)
        assert (log.id, again.summary) == (again.id, "Past perfect.")
