import pytest
from django.core.cache import cache

from majlis.kit import memo
from majlis.kit.memo import Near

pytestmark = pytest.mark.django_db


class TestNear:
    def test_what_was_asked_for_costs_no_second_statement(self, django_assert_num_queries):
        near = Near(most=2)
        cache.set("majlis:near", "first", 60)
        assert near.get("majlis:near") == "first"
        with django_assert_num_queries(0):
            assert near.get("majlis:near") == "first"

    def test_another_process_finds_what_was_set(self):
        Near(most=2).set("majlis:near", {"a": 1}, 60)
        assert Near(most=2).get("majlis:near") == {"a": 1}

    def test_what_was_absent_is_asked_for_again(self):
        near = Near(most=2)
        assert near.get("majlis:later") is None
        cache.set("majlis:later", 1, 60)
        assert near.get("majlis:later") == 1

    def test_never_holds_more_than_was_allowed(self):
        near = Near(most=2)
        for number in range(5):
            near.set(f"majlis:{number}", number, 60)
        assert len(near.memory) <= 2

    def test_can_be_made_to_forget(self):
        near = Near(most=2)
        near.set("majlis:near", 1, 60)
        cache.delete("majlis:near")
        memo.forget()
        assert near.get("majlis:near") is None
