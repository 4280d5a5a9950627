import pytest

from majlis.engines.scheduling.services import SlotTaken
from majlis.kernel.ledger import queries as ledger
from majlis.kit.state import IllegalTransition
from majlis.kit.testing import at_once
from majlis.products.lessons import services
from majlis.products.lessons.models import Lesson
from majlis.products.lessons.tests import factories
from majlis.products.lessons.types import LessonStatus


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_64_students_who_want_one_time_exactly_one_gets_it_and_nobody_else_is_charged():
    salma = factories.teacher()
    students = [factories.student(f"Student {n}") for n in range(64)]
    at = factories.soon()

    def fight(who):
        def run():
            try:
                return factories.paid(salma, who, at)
            except SlotTaken as taken:
                return taken.code

        return run

    results = at_once([fight(who) for who in students])
    won = [r for r in results if isinstance(r, Lesson)]
    assert len(won) == 1
    assert [r for r in results if not isinstance(r, Lesson)] == ["slot_taken"] * 63
    assert Lesson.objects.filter(status=LessonStatus.CONFIRMED).count() == 1
    charged = [s for s in students if ledger.balance(s.id, "EGP").amount != 500_000]
    assert [s.id for s in charged] == [won[0].student_id]


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_32_clicks_on_cancel_return_the_money_once():
    salma, nadia = factories.teacher(), factories.student()
    lesson = factories.paid(salma, nadia)

    def click():
        try:
            services.cancel_lesson(actor=nadia, lesson_id=lesson.id)
        except IllegalTransition:
            return "refused"
        return "done"

    results = at_once([click] * 32)
    assert results.count("done") == 1
    assert ledger.balance(nadia.id, "EGP").amount == 500_000
