"""Lessons in the office."""

import pytest

from majlis.kit.testing import person
from majlis.products.lessons.tests.factories import paid, student, teacher

pytestmark = pytest.mark.django_db


class TestLessonPage:
    def test_says_money_as_money_and_every_step(self, client):
        lesson = paid(teacher(), student())
        client.force_login(person("Boss", roles=["owner"]))
        page = client.get(f"/office/lessons/lesson/{lesson.id}/change/").content.decode()
        assert lesson.price.display() in page
        assert "Price amount" not in page
        assert "State before" in page

    def test_in_arabic_has_no_names_of_the_code(self, client):
        lesson = paid(teacher(), student())
        client.force_login(person("Boss", roles=["owner"]))
        client.cookies["language"] = "ar"
        page = client.get(f"/office/lessons/lesson/{lesson.id}/change/").content.decode()
        assert "الحالة السابقة" in page
        assert "From status" not in page
