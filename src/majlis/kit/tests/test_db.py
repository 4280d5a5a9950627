import pytest

from majlis.kit.db import numbered, prepared


class TestPrepared:
    def test_fills_in_by_name_also_the_same_twice(self, db):
        asked = "SELECT %(one)s::int, %(two)s::text, %(one)s::int + 1, 7 %% 4, 'a%%'"
        assert prepared(asked, {"two": "x%s", "one": 5, "unused": 0}) == [(5, "x%s", 6, 3, "a%")]

    def test_fills_in_by_place(self, db):
        assert prepared("SELECT %s::int - %s::int", [5, 3]) == [(2,)]

    def test_needs_nothing_to_fill_in(self, db):
        assert prepared("SELECT 1", {}) == [(1,)]

    def test_says_which_name_is_missing(self, db):
        with pytest.raises(KeyError, match="two"):
            prepared("SELECT %(two)s::int", {"one": 1})

    def test_names_stand_in_their_order(self):
        assert numbered("%(b)s %(a)s %(b)s %% %(c)s") == (b"$1 $2 $1 % $3", ("b", "a", "c"))
