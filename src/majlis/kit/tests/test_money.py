import pytest
from django.utils import translation

from majlis.kit.money import Money, parse_amount


class TestMoney:
    def test_refuses_a_float(self):
        with pytest.raises(TypeError):
            Money(1.5, "USD")

    def test_does_not_add_different_units(self):
        with pytest.raises(ValueError, match="do not add up"):
            Money(1, "USD") + Money(1, "EGP")

    def test_splits_without_losing_a_unit(self):
        parts = Money(100, "USD").split(3)
        assert [p.amount for p in parts] == [34, 33, 33]

    def test_rounds_a_share_half_to_even(self):
        assert Money(25, "USD").share(1_000).amount == 2
        assert Money(35, "USD").share(1_000).amount == 4

    @pytest.mark.parametrize(("language", "text"), [("en", "IDR 150,000"), ("id", "Rp 150.000")])
    def test_reads_in_the_readers_language(self, language, text):
        with translation.override(language):
            assert Money(15_000_000, "IDR").display().replace("\xa0", " ") == text

    @pytest.mark.parametrize(
        ("language", "money", "text"),
        [
            ("en", Money(1, "session"), "1 session"),
            ("ar", Money(7, "session"), "٧ جلسات"),
            ("fa", Money(3, "message"), "۳ پیام"),
            ("id", Money(1_500, "token"), "1.500 token"),
            ("en", Money(999, "byte"), "999 byte"),
            ("en", Money(50_000_000_000, "byte"), "50 GB"),
            ("id", Money(1_250_000_000, "byte"), "1,25 GB"),
            ("en", Money(0, "byte"), "0 byte"),
            ("en", Money(-2_000_000, "byte"), "-2 MB"),
        ],
    )
    def test_counts_in_the_readers_language(self, language, money, text):
        assert money.display(language).replace("\xa0", " ") == text


class TestParseAmount:
    @pytest.mark.parametrize("typed", ["1250.5", "1,250.50", " ١٬٢٥٠٫٥ "])
    def test_reads_what_people_type(self, typed):
        assert parse_amount(typed, "EGP") == Money(125_050, "EGP")

    @pytest.mark.parametrize("typed", ["", "abc", "1.234", "NaN", "Infinity"])
    def test_refuses_what_is_no_amount(self, typed):
        with pytest.raises(ValueError, match="is not an amount"):
            parse_amount(typed, "EGP")
