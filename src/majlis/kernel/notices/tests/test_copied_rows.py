"""Rows by COPY are the rows that `bulk_create` makes."""

import pytest
from django.db import IntegrityError, transaction

from majlis.kernel.notices.models import Notice
from majlis.kernel.notices.types import Category
from majlis.kit import clock, testing
from majlis.kit.db import insert_all

pytestmark = pytest.mark.django_db
ODD = ["", "a\tb\nc\\d\r", "\\N", "سلمى, \"quoted\" 'and' {braces}", "\u2068isolated\u2069 🙂"]


def notice(person, text, **more):
    return Notice(
        person=person, kind="tea", category="lessons", link=f"/{text}", facts={"said": text, "n": None}, **more
    )


class TestInsertAll:
    def test_writes_what_bulk_create_writes(self):
        salma, omar = testing.person(), testing.person()
        insert_all([notice(salma, text, read_at=clock.now()) for text in ODD])
        Notice.objects.bulk_create(notice(omar, text, read_at=clock.now()) for text in ODD)
        copied, created = (
            list(Notice.objects.filter(person=each).order_by("id").values_list("link", "facts", "key", "in_app"))
            for each in (salma, omar)
        )
        assert copied == created
        assert [facts["said"] for _link, facts, _key, _app in copied] == ODD

    def test_writes_a_choice_as_its_word(self):
        salma = testing.person()
        row = notice(salma, "x")
        row.category = Category.MONEY
        insert_all([row])
        assert Notice.objects.get(person=salma).category == "money"

    def test_writes_none_of_them_when_one_breaks_a_law(self):
        salma = testing.person()
        with pytest.raises(IntegrityError), transaction.atomic():
            insert_all([notice(salma, "one", key="k"), notice(salma, "two", key="k")])
        assert not Notice.objects.filter(person=salma).exists()

    def test_writes_nothing_without_complaint(self):
        insert_all([])
        assert not Notice.objects.exists()
