"""Several lessons at once, paid with a package, with the minutes of each week, and with money for the rest."""

from datetime import timedelta

import pytest

from majlis.engines.billing import queries as bills
from majlis.engines.billing import services as billing
from majlis.engines.billing.tests.factories import wallet
from majlis.kit import clock
from majlis.kit.errors import NotFound
from majlis.kit.ids import new_id
from majlis.products.lessons import queries, services
from majlis.products.lessons.models import Lesson
from majlis.products.lessons.services.weekly import NothingFree
from majlis.products.lessons.tests.factories import HOURLY, paid, soon, student, teacher, wish
from majlis.products.lessons.tests.test_packages import buy, offer, the_audit_finds_nothing

pytestmark = pytest.mark.django_db
WEEK = timedelta(weeks=1)


@pytest.fixture
def salma():
    return teacher()


@pytest.fixture
def nadia():
    return student(country="XX")


def weekly(of, by, weeks, key="w", **more):
    return services.book_weekly(actor=by, request=wish(of, soon(), **more), weeks=weeks, key=key)


def told(report):
    return [(date.payer or date.refusal, date.payment or date.words) for date in report]


def give_weeks(person, minutes, weeks=3):
    """So many minutes for each of the coming weeks, a grant each."""
    begin = soon().replace(hour=0)
    for number in range(weeks):
        billing.grant_allowance(
            person_id=person.id,
            unit="minute",
            amount=minutes,
            key=f"week:{number}",
            subject="test:1",
            scope="lesson",
            valid_from=begin + number * WEEK,
            valid_until=begin + (number + 1) * WEEK,
        )


def minutes_at(person, number):
    return bills.allowance_left(person.id, "minute", scope=["lesson"], at=soon() + number * WEEK).amount


class TestWithAPackage:
    def test_each_date_is_a_session_and_says_which(self, salma, nadia):
        purchase = buy(nadia, offer(salma))
        request = wish(salma, soon(), purchase_id=purchase.id)
        preview = services.preview_weekly(actor=nadia, request=request, weeks=3)
        assert told(preview)[2] == ("package", "Session 3 of 4 of your package.")
        assert queries.sessions_left(purchase) == 4
        report, lessons = weekly(salma, nadia, 3, purchase_id=purchase.id)
        assert report == preview
        assert [(each.status, each.order_id) for each in lessons] == [("confirmed", None)] * 3
        assert queries.sessions_left(purchase) == 1
        assert the_audit_finds_nothing()

    def test_dates_beyond_it_are_refused_in_words_unless_money_may_pay(self, salma, nadia):
        purchase = buy(nadia, offer(salma, sessions=2))
        report, lessons = weekly(salma, nadia, 3, purchase_id=purchase.id)
        assert told(report)[2] == ("allowance_short", "No session of your package is left for this date.")
        assert len(lessons) == 2

    def test_the_rest_is_an_ordinary_order_and_what_is_covered_stands_if_it_is_not_paid(self, salma, nadia):
        purchase = buy(nadia, offer(salma, sessions=2))
        report, lessons = weekly(salma, nadia, 4, purchase_id=purchase.id, rest_with_money=True)
        assert [date.payer for date in report] == ["package", "package", "money", "money"]
        assert [date.price and date.price.amount for date in report] == [None, None, HOURLY, HOURLY]
        assert [each.status for each in lessons] == ["confirmed"] * 2 + ["pending_payment"] * 2
        assert lessons[0].order_id is None
        assert lessons[2].order_id == lessons[3].order_id is not None
        billing.void_order(order_id=lessons[2].order_id, reason="not paid", actor=nadia)
        states = Lesson.objects.filter(student=nadia).order_by("starts_at").values_list("status", flat=True)
        assert list(states) == ["confirmed"] * 2 + ["expired"] * 2

    def test_dates_after_its_end_do_not_fit(self, salma, nadia):
        package = services.offer_package(actor=salma, sessions=4, minutes=60, price=offer(salma).price, valid_days=7)
        report, lessons = weekly(salma, nadia, 2, purchase_id=buy(nadia, package).id)
        assert ([date.refusal for date in report], len(lessons)) == (["", "package_does_not_fit"], 1)

    def test_a_taken_time_costs_no_session(self, salma, nadia):
        paid(salma, student("Early"), soon() + WEEK)
        purchase = buy(nadia, offer(salma, sessions=2))
        report, _lessons = weekly(salma, nadia, 3, purchase_id=purchase.id)
        assert [date.payer or date.refusal for date in report] == ["package", "slot_taken", "package"]

    def test_nothing_left_at_all_says_so(self, salma, nadia):
        purchase = buy(nadia, offer(salma, sessions=2))
        weekly(salma, nadia, 2, purchase_id=purchase.id)
        with pytest.raises(NothingFree, match="No session of your package is left for this date"):
            services.book_weekly(
                actor=nadia, request=wish(salma, soon(30), purchase_id=purchase.id), weeks=2, key="again"
            )

    def test_another_students_package_is_not_there(self, salma, nadia):
        purchase = buy(nadia, offer(salma))
        with pytest.raises(NotFound):
            weekly(salma, student("Omar Adel"), 2, purchase_id=purchase.id)

    def test_the_same_key_takes_its_sessions_once_and_tells_the_same(self, salma, nadia):
        purchase = buy(nadia, offer(salma))
        first, _lessons = weekly(salma, nadia, 3, purchase_id=purchase.id)
        second, _lessons = weekly(salma, nadia, 3, purchase_id=purchase.id)
        assert (second, queries.sessions_left(purchase)) == (first, 1)

    def test_cancelling_gives_the_session_back_and_says_so_before(self, salma, nadia):
        purchase = buy(nadia, offer(salma))
        _report, (first, _second) = weekly(salma, nadia, 2, purchase_id=purchase.id)
        terms = services.preview_cancel(lesson=first, actor=nadia)
        back = services.coming_back(first, terms)
        assert (back.payer, str(back.back), back.teacher.amount) == ("package", "1 session", 0)
        before = wallet(nadia, "EGP")
        services.cancel_lesson(actor=nadia, lesson_id=first.id)
        assert (queries.sessions_left(purchase), wallet(nadia, "EGP")) == (3, before)

    def test_cancelled_late_its_money_is_divided_as_was_said(self, salma, nadia):
        purchase = buy(nadia, offer(salma))
        _report, (first, _second) = weekly(salma, nadia, 2, purchase_id=purchase.id)
        now = first.starts_at - timedelta(hours=3)
        back = services.coming_back(first, services.preview_cancel(lesson=first, actor=nadia, now=now), now=now)
        before = wallet(nadia, "EGP")
        services.cancel_lesson(actor=nadia, lesson_id=first.id, now=now)
        assert wallet(nadia, "EGP") - before == back.back.amount == 12_500
        assert back.teacher.amount == 12_500


class TestWithMinutes:
    def test_each_date_takes_the_minutes_of_its_own_week(self, salma, nadia):
        give_weeks(nadia, 90)
        report, lessons = weekly(salma, nadia, 3, pay_with="allowance")
        assert told(report) == [("minutes", "Uses 60 minutes of your 90 minutes.")] * 3
        assert [each.status for each in lessons] == ["confirmed"] * 3
        assert [minutes_at(nadia, number) for number in range(3)] == [30, 30, 30]

    def test_a_short_week_is_refused_in_words_or_paid_with_money(self, salma, nadia):
        give_weeks(nadia, 60, weeks=2)
        services.book_lesson(
            actor=nadia, request=wish(salma, soon(12), minutes=30, pay_with="allowance"), key=str(new_id())
        )
        report, (first,) = weekly(salma, nadia, 2, key="refused", pay_with="allowance")
        assert told(report)[1] == (
            "allowance_short",
            "Your plan has 30 minutes left for that week, and 60 minutes are needed.",
        )
        services.cancel_lesson(actor=nadia, lesson_id=first.id)
        report, lessons = weekly(salma, nadia, 3, key="paid", pay_with="allowance", rest_with_money=True)
        assert [date.payer for date in report] == ["minutes", "money", "money"]
        billing.pay_from_wallet(order_id=lessons[1].order_id, actor=nadia)
        assert wallet(nadia, "EGP") == 500_000 - 2 * HOURLY
        assert the_audit_finds_nothing()

    def test_a_package_goes_first_then_minutes_then_money(self, salma, nadia):
        purchase = buy(nadia, offer(salma, sessions=2))
        give_weeks(nadia, 60)
        ways = {"purchase_id": purchase.id, "pay_with": "allowance", "rest_with_money": True}
        report, lessons = weekly(salma, nadia, 4, **ways)
        assert [date.payer for date in report] == ["package", "package", "minutes", "money"]
        for lesson in lessons:
            services.cancel_lesson(actor=nadia, lesson_id=lesson.id)
        assert (queries.sessions_left(purchase), minutes_at(nadia, 2)) == (2, 60)


class TestTrials:
    def test_weeks_are_never_at_the_price_of_a_trial(self, nadia):
        salma = teacher(trial_minutes=30, trial_price=100)
        plain = services.preview_weekly(actor=nadia, request=wish(salma, soon(), minutes=30), weeks=2)
        asked = services.preview_weekly(actor=nadia, request=wish(salma, soon(), minutes=30, trial=True), weeks=2)
        assert asked == plain
        assert plain[0].price.amount > 100
        assert clock.now() < plain[0].starts_at
