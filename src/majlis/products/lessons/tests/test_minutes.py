"""Lessons paid with the minutes of a plan."""

from datetime import timedelta

import pytest

from majlis.engines.billing import queries as bills
from majlis.engines.billing import services as billing
from majlis.engines.billing.tests.factories import wallet
from majlis.kit import audit, clock, testing
from majlis.kit.ids import new_id
from majlis.products.lessons import services
from majlis.products.lessons.models import Lesson
from majlis.products.lessons.tests.factories import booked, over, soon, student, teacher, wish

pytestmark = pytest.mark.django_db


def learner(minutes=240, scope="lesson", **more):
    person = student(money=0)
    billing.grant_allowance(
        person_id=person.id, unit="minute", amount=minutes, key=str(new_id()), subject="test:1", scope=scope, **more
    )
    return person


def left(person):
    return sum(each.total.amount for each in bills.allowances_of(person))


def by_minutes(of, who, starts_at=None):
    return booked(of, who, starts_at, pay_with="allowance")


class TestPayWithMinutes:
    def test_books_at_once_and_says_what_it_uses(self):
        salma, nadia = teacher(), learner()
        lesson = by_minutes(salma, nadia)
        assert (lesson.status, lesson.price.amount, lesson.earning.amount, left(nadia)) == (
            "confirmed",
            0,
            30_000,
            180,
        )
        order = bills.order(lesson.order_id, nadia)
        assert (order.status, order.lines[0].policy["words"]) == ("paid", ["Uses 60 minutes of your 240 minutes."])

    def test_too_few_book_nothing(self):
        salma, nadia = teacher(), learner(30)
        with pytest.raises(billing.AllowanceShort):
            by_minutes(salma, nadia)
        assert left(nadia) == 30

    def test_minutes_of_another_week_or_another_teacher_do_not_pay(self):
        salma, nadia = teacher(), learner(valid_until=clock.now() + timedelta(days=2))
        with pytest.raises(billing.AllowanceShort):
            by_minutes(salma, nadia, soon(3))
        lina = learner(scope=f"teacher:{new_id()}")
        with pytest.raises(billing.AllowanceShort):
            by_minutes(salma, lina)

    def test_the_teacher_earns_as_if_it_were_paid_in_money(self):
        salma, nadia = teacher(), learner()
        lesson = over(by_minutes(salma, nadia), salma, nadia)
        services.settle_lesson(lesson_id=lesson.id, now=lesson.release_at)
        kept = bills.commission_for(kind="lesson", seller_id=salma.id, unit="EGP").of(lesson.earning)
        assert wallet(salma, "EGP") == 30_000 - kept.amount
        assert left(nadia) == 180
        assert [f for outcome in audit.run("billing") for f in outcome.findings] == []

    def test_cancelled_early_the_minutes_are_back_and_nobody_earns(self):
        salma, nadia = teacher(), learner()
        lesson = by_minutes(salma, nadia, soon(5))
        services.cancel_lesson(actor=nadia, lesson_id=lesson.id)
        assert (left(nadia), wallet(salma, "EGP")) == (240, 0)

    def test_cancelled_late_half_of_each(self):
        salma, nadia = teacher(), learner()
        lesson = by_minutes(salma, nadia, soon(5))
        at = lesson.starts_at - timedelta(hours=3)
        whole = bills.commission_for(kind="lesson", seller_id=salma.id, unit="EGP").of(lesson.earning.share(5_000))
        services.cancel_lesson(actor=nadia, lesson_id=lesson.id, now=at)
        assert (left(nadia), wallet(salma, "EGP")) == (210, 15_000 - whole.amount)

    def test_the_coming_weeks_can_be_booked_until_one_is_short(self):
        salma, nadia = teacher(), learner(120)
        report, lessons = services.book_weekly(
            actor=nadia, request=wish(salma, soon(3), pay_with="allowance"), weeks=3, key="w"
        )
        assert [date.refusal for date in report] == ["", "", "allowance_short"]
        assert ([lesson.status for lesson in lessons], left(nadia)) == (["confirmed", "confirmed"], 0)


class TestMoved:
    """A lesson that moves to another week takes its minutes along."""

    WEEK = timedelta(weeks=1)

    def weeks(self, minutes=(60, 60)):
        person, begin = student(money=0), soon().replace(hour=0)
        for number, amount in enumerate(minutes):
            billing.grant_allowance(
                person_id=person.id,
                unit="minute",
                amount=amount,
                key=f"week:{number}",
                subject="test:1",
                scope="lesson",
                valid_from=begin + number * self.WEEK,
                valid_until=begin + (number + 1) * self.WEEK,
            )
        return person

    def move(self, lesson, salma, nadia, starts_at):
        asked = services.request_reschedule(actor=nadia, lesson_id=lesson.id, starts_at=starts_at)
        return services.answer_reschedule(actor=salma, request_id=asked.id, accept=True)

    def left_at(self, person, at):
        return bills.allowance_left(person.id, "minute", scope=["lesson"], at=at).amount

    def test_to_the_week_it_moves_to_and_back_by_journal(self):
        salma, nadia = teacher(), self.weeks()
        lesson = by_minutes(salma, nadia)
        first, second = lesson.starts_at, lesson.starts_at + self.WEEK
        effect = services.preview_move(lesson=lesson, starts_at=second)
        assert (effect.amount.amount, effect.left.amount) == (60, 0)
        self.move(lesson, salma, nadia, second)
        assert (self.left_at(nadia, first), self.left_at(nadia, second)) == (60, 0)
        lesson.refresh_from_db()
        self.move(lesson, salma, nadia, first)
        assert (self.left_at(nadia, first), self.left_at(nadia, second)) == (0, 60)
        lines = bills.allowance_statement(nadia, "minute").items
        assert [line.amount.amount for line in lines] == [-60, 60, -60, 60, -60, 60, 60]
        assert [f for outcome in audit.run("billing") for f in outcome.findings] == []

    def test_cancelled_afterwards_they_come_back_to_the_new_week(self):
        salma, nadia = teacher(), self.weeks()
        lesson = by_minutes(salma, nadia)
        self.move(lesson, salma, nadia, lesson.starts_at + self.WEEK)
        services.cancel_lesson(actor=nadia, lesson_id=lesson.id)
        assert self.left_at(nadia, lesson.starts_at + self.WEEK) == 60
        assert left(nadia) == 120

    def test_within_the_week_nothing_moves(self):
        salma, nadia = teacher(), self.weeks()
        lesson = by_minutes(salma, nadia)
        assert services.preview_move(lesson=lesson, starts_at=lesson.starts_at + timedelta(days=1)) is None
        self.move(lesson, salma, nadia, lesson.starts_at + timedelta(days=1))
        assert len(bills.allowance_statement(nadia, "minute").items) == 3

    def test_a_week_with_too_few_is_refused_in_words(self):
        salma, nadia = teacher(), self.weeks((60, 30))
        lesson = by_minutes(salma, nadia)
        with pytest.raises(services.MinutesMissing, match="60 minutes are needed"):
            services.request_reschedule(actor=nadia, lesson_id=lesson.id, starts_at=lesson.starts_at + self.WEEK)

    def test_outside_of_what_is_paid_it_is_refused(self):
        salma, nadia = teacher(), self.weeks((60,))
        lesson = by_minutes(salma, nadia)
        with pytest.raises(services.PlanNotPaidThen):
            services.request_reschedule(actor=salma, lesson_id=lesson.id, starts_at=lesson.starts_at + self.WEEK)

    def test_used_up_meanwhile_the_lesson_stays_where_it_is(self):
        salma, nadia = teacher(), self.weeks()
        lesson = by_minutes(salma, nadia)
        second = lesson.starts_at + self.WEEK
        asked = services.request_reschedule(actor=nadia, lesson_id=lesson.id, starts_at=second)
        by_minutes(salma, nadia, second + timedelta(days=1))
        with pytest.raises(services.MinutesMissing):
            services.answer_reschedule(actor=salma, request_id=asked.id, accept=True)
        before = lesson.starts_at
        lesson.refresh_from_db()
        assert (lesson.starts_at, self.left_at(nadia, before)) == (before, 0)

    def test_minutes_that_last_for_ever_pay_wherever_it_moves(self):
        salma, nadia = teacher(), learner()
        lesson = by_minutes(salma, nadia)
        assert services.preview_move(lesson=lesson, starts_at=lesson.starts_at + 10 * self.WEEK) is None


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_of_32_lessons_that_move_into_a_week_at_once_only_those_it_can_pay_for_move(self, transactional_db):
        salma, nadia = teacher(), TestMoved().weeks((32 * 30, 2 * 30))
        starts = [soon() + number * timedelta(minutes=30) for number in range(32)]
        asked = []
        for starts_at in starts:
            lesson = booked(salma, nadia, starts_at, minutes=30, pay_with="allowance")
            asked.append(
                services.request_reschedule(actor=nadia, lesson_id=lesson.id, starts_at=starts_at + TestMoved.WEEK)
            )
        testing.at_once(
            [lambda it=it: services.answer_reschedule(actor=salma, request_id=it.id, accept=True) for it in asked]
        )
        assert Lesson.objects.filter(starts_at__gte=starts[0] + TestMoved.WEEK).count() == 2
        there = bills.allowance_left(nadia.id, "minute", scope=["lesson"], at=starts[0] + TestMoved.WEEK)
        here = bills.allowance_left(nadia.id, "minute", scope=["lesson"], at=starts[0])
        assert (there.amount, here.amount) == (0, 60)
        assert [f for outcome in audit.run("billing") for f in outcome.findings] == []
