"""Lessons and a person who leaves."""

import pytest

from majlis.kernel.accounts import services as accounts
from majlis.kernel.accounts.models import User
from majlis.products.lessons.personal import LessonsOpen, lessons
from majlis.products.lessons.tests import factories

pytestmark = pytest.mark.django_db


class TestLeaving:
    @pytest.mark.parametrize("side", ["student", "teacher"])
    def test_nobody_leaves_before_what_was_booked(self, side):
        salma, nadia = factories.teacher(), factories.student(money=factories.HOURLY)
        lesson = factories.paid(salma, nadia)
        who = getattr(lesson, side)
        with pytest.raises(LessonsOpen):
            accounts.anonymise_person(actor=who, person=who)
        assert User.objects.get(id=who.id).is_active

    def test_the_data_of_each_side_holds_the_lesson(self):
        salma, nadia = factories.teacher(), factories.student()
        lesson = factories.booked(salma, nadia)
        for who in (salma, nadia):
            assert [row["id"] for row in lessons(who.id)["lessons"]] == [lesson.id]
