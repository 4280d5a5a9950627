import pytest
from django.core.cache import cache

from majlis.kit import memo
from majlis.kit.memo import Near

pytestmark = pytest.mark.django_db


@pytest.fixture
def wall(monkeypatch):
    """A clock of seconds that stands where it is put."""
    now = [600.0]
    monkeypatch.setattr(memo.time, "monotonic", lambda: now[0])
    return now


class TestMemory:
    def test_makes_an_answer_once_a_minute(self, wall):
        made = []
        keep = memo.memo()(lambda key: made.append(key) or key)
        assert [keep("a"), keep("a"), keep("b")] == ["a", "a", "b"]
        assert made == ["a", "b"]
        wall[0] = 659.9
        keep("a")
        assert made == ["a", "b"]
        wall[0] = 660.0
        keep("a")
        assert made == ["a", "b", "a"]

    def test_what_was_made_of_remembered_things_is_never_older_than_they_are(self, wall):
        rate = ["old"]
        rates = memo.memo()(lambda: rate[0])
        price = memo.memo()(lambda: f"price by the {rates()} rate")
        rates()
        rate[0], wall[0] = "new", 650.0
        assert price() == "price by the old rate"
        wall[0] = 660.0
        assert price() == "price by the new rate"

    def test_what_raised_is_tried_again(self):
        tried = []

        @memo.memo()
        def fails():
            tried.append(1)
            raise LookupError

        for _ in range(2):
            with pytest.raises(LookupError):
                fails()
        assert len(tried) == 2

    def test_never_holds_more_than_was_allowed(self):
        memory = memo.Memory(most=3)
        for number in range(10):
            assert memory.recall(number, lambda number=number: number) == number
        assert len(memory.kept) <= 3

    def test_can_be_made_to_forget(self):
        memory = memo.Memory()
        memory.recall("a", lambda: 1)
        memo.forget()
        assert memory.recall("a", lambda: 2) == 2


class TestKnown:
    def test_holds_what_was_learned_until_all_is_forgotten(self):
        known = memo.Known(most=10)
        assert "a" not in known
        known.learn(["a", "b"])
        assert all(key in known for key in "ab")
        memo.forget()
        assert "a" not in known

    def test_never_holds_much_more_than_was_allowed(self):
        known = memo.Known(most=3)
        for number in range(10):
            known.learn([number])
            assert number in known
        assert len(known.keys) <= 3


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
