from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import translation

from majlis.kit import locale
from majlis.kit.money import Money


class TestNumbers:
    @pytest.mark.parametrize(
        ("language", "text"), [("en", "1,250.5"), ("id", "1.250,5"), ("ar", "١٬٢٥٠٫٥"), ("fa", "۱٬۲۵۰٫۵")]
    )
    def test_are_written_in_the_readers_digits_and_separators(self, language, text):
        assert locale.number(1250.5, language) == text

    @pytest.mark.parametrize(("language", "text"), [("en", "50%"), ("fa", "۵۰٪"), ("ar", "٥٠٪")])
    def test_shares(self, language, text):
        assert locale.percent(0.5, language).replace("\u061c", "").replace("\u200e", "") == text

    def test_digits_leave_everything_else(self):
        assert locale.digits("v 2.0 – ok", "ar") == "v ٢.٠ – ok"
        assert locale.digits("v 2.0", "id") == "v 2.0"


class TestMoney:
    @pytest.mark.parametrize(
        ("language", "text"), [("en", "EGP 191.25"), ("ar", "١٩١٫٢٥ ج.م"), ("fa", "EGP ۱۹۱٫۲۵"), ("id", "EGP 191,25")]
    )
    def test_reads_in_the_readers_digits(self, language, text):
        shown = Money(19_125, "EGP").display(language)
        for mark in "\u200e\u200f\u061c":
            shown = shown.replace(mark, "")
        assert shown.replace("\xa0", " ") == text

    def test_counted_units_too(self):
        with translation.override("ar"):
            assert "٤٥" in Money(45, "minute").display()


class TestPersianCalendar:
    @pytest.mark.parametrize(
        ("gregorian", "persian"),
        [
            (date(1979, 2, 11), (1357, 11, 22)),
            (date(2021, 3, 20), (1399, 12, 30)),
            (date(2021, 3, 21), (1400, 1, 1)),
            (date(2025, 3, 20), (1403, 12, 30)),
            (date(2026, 11, 21), (1405, 8, 30)),
            (date(2030, 3, 20), (1408, 12, 30)),
        ],
    )
    def test_known_days(self, gregorian, persian):
        assert locale.persian(gregorian) == persian

    def test_no_day_is_skipped_or_doubled(self):
        day, before = date(1925, 3, 21), (1304, 1, 1)
        assert locale.persian(day) == before
        while day < date(2087, 12, 31):
            day += timedelta(1)
            now = locale.persian(day)
            assert now[2] == before[2] + 1 or (now[2] == 1 and before[2] >= 29)
            before = now


class TestDateText:
    @pytest.mark.parametrize(
        ("language", "pattern", "text"),
        [
            ("en", "EEE d MMM", "Sat 21 Nov"),
            ("id", "d MMMM y", "21 November 2026"),
            ("ar", "d MMMM y", "٢١ نوفمبر ٢٠٢٦"),
            ("fa", "d MMMM y", "۳۰ آبان ۱۴۰۵"),
            ("fa", "EEEE d MMMM", "شنبه ۳۰ آبان"),
            ("fa", "short", "۱۴۰۵/۰۸/۳۰"),
            ("fa", "d", "۳۰"),
        ],
    )
    def test_speaks_the_readers_calendar(self, language, pattern, text):
        assert locale.date_text(date(2026, 11, 21), pattern, language) == text

    def test_a_month_of_ours_touches_two_of_theirs(self):
        assert locale.date_text(date(2026, 11, 1), "LLLL y", "fa") == "آبان – آذر ۱۴۰۵"
        assert locale.date_text(date(2026, 3, 1), "LLLL y", "fa") == "اسفند ۱۴۰۴ – فروردین ۱۴۰۵"
        assert locale.date_text(date(2026, 11, 1), "LLLL y", "en") == "November 2026"


class TestMoment:
    @pytest.mark.parametrize(
        ("language", "text"),
        [
            ("en", "Sat 21 Nov, 19:05"),
            ("fa", "شنبه ۳۰ آبان، ۱۹:۰۵"),
            ("ar", "السبت ٢١ نوفمبر، ٧:٠٥ م"),
            ("id", "Sab 21 Nov, 19.05"),
        ],
    )
    def test_is_told_on_the_wall_of_its_zone(self, language, text):
        assert locale.moment(datetime(2026, 11, 21, 17, 5, tzinfo=UTC), "Africa/Cairo", language) == text


class TestWeeks:
    @pytest.mark.parametrize(("language", "starts"), [("ar", 5), ("fa", 5), ("id", 6), ("en", 0)])
    def test_start_as_the_culture_has_it(self, language, starts):
        assert locale.first_weekday(language) == starts


class TestOneLanguage:
    def test_speaks_the_language_it_began_with(self):
        with translation.override("ar"), locale.one_language():
            assert locale.code() == "ar"
        assert locale.code() == "en"

    def test_another_language_can_be_named_inside(self):
        with translation.override("ar"), locale.one_language():
            assert locale.number(12, "en") == "12"
            assert locale.number(12) == "١٢"

    def test_a_letter_written_while_a_page_is_drawn_has_its_own(self):
        with translation.override("ar"), locale.one_language():
            with translation.override("id"), locale.one_language():
                assert locale.code() == "id"
            assert locale.code() == "ar"
