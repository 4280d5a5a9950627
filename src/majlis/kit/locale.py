"""How the reader's culture writes numbers and counts weeks: CLDR, through Babel.

Interface languages are short codes (`en ar fa id`); CLDR needs a territory to know which digits are used: Arabic is
written with ٠١٢٣ in Egypt and with 0123 in Morocco.

What has been written once is remembered: a page writes the same few hundred numbers, days and prices as the one before,
and CLDR patterns are slow.
"""

import calendar
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, time, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time
from babel.numbers import format_decimal, format_percent
from django.utils import translation
from django.utils.translation import get_language

TERRITORIES = {"ar": "ar_EG", "en": "en_GB", "fa": "fa_IR", "id": "id_ID"}
"""The CLDR locale an interface language stands for."""

DIGITS = {"ar": "arab", "fa": "arabext"}
"""The CLDR numbering system of languages that do not use 0123456789."""

ISOLATE, END = "\u2068", "\u2069"

REMEMBERED = 10_000
"""How many texts of a kind each process remembers."""

_TABLES = {
    "arab": str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"),
    "arabext": str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"),
}


_read: ContextVar[str] = ContextVar("read", default="")


def code(language: str | None = None) -> str:
    """The interface language (`ar`), the active one by default."""
    return (language or _read.get() or get_language() or "en").split("-")[0]


@contextmanager
def one_language() -> Iterator[None]:
    """For a stretch that speaks the active language only, as a page does: Django is asked once, not a thousand times.
    Inside, another language must be named, not activated."""
    token = _read.set((get_language() or "en").split("-")[0])
    try:
        yield
    finally:
        _read.reset(token)


def name(language: str | None = None) -> str:
    """The CLDR locale Babel is asked with: `ar_EG`, `fa_IR`, `en_GB`, `id_ID`."""
    short = code(language)
    return TERRITORIES.get(short, short)


def tag(language: str | None = None) -> str:
    """The same for browsers (BCP 47), with the digits named: `ar-EG-u-nu-arab`."""
    short = code(language)
    base = name(short).replace("_", "-")
    return f"{base}-u-nu-{DIGITS[short]}" if short in DIGITS else base


def numbering(language: str | None = None) -> str:
    """The CLDR numbering system: `latn`, `arab` or `arabext`."""
    return DIGITS.get(code(language), "latn")


def digits(text: Any, language: str | None = None) -> str:
    """`text` with its figures written in the reader's digits; everything else stays."""
    system = numbering(language)
    return str(text).translate(_TABLES[system]) if system in _TABLES else str(text)


def number(value: Any, language: str | None = None, pattern: str | None = None) -> str:
    """A number in the reader's digits and separators: `1,250.5`, `١٬٢٥٠٫٥`."""
    return _number(value, code(language), pattern)


@lru_cache(maxsize=REMEMBERED, typed=True)
def _number(value: Any, language: str, pattern: str | None) -> str:
    written = format_decimal(value, pattern, locale=name(language), numbering_system=numbering(language))
    return digits(written, language)


def language_name(spoken: str, language: str | None = None) -> str:
    """What the language `spoken` (ISO 639-1) is called; the code itself when CLDR does not know it."""
    return _language_name(spoken, code(language))


@lru_cache(maxsize=REMEMBERED)
def _language_name(spoken: str, language: str) -> str:
    return Locale.parse(name(language)).languages.get(spoken, spoken)


def percent(value: Any, language: str | None = None, *, exact: bool = False) -> str:
    """A share (0.15) as `15%`, `١٥٪؜`; `exact`: with two decimals where it has them (a rate of 7.25%)."""
    pattern = "#,##0.##%" if exact else None
    written = format_percent(value, pattern, locale=name(language), numbering_system=numbering(language))
    # Babel leaves the sign in Latin script.
    return digits(written.replace("%", "٪") if code(language) in DIGITS else written, language)


def first_weekday(language: str | None = None) -> int:
    """The day a week begins with, Monday = 0: 5 (Saturday) in Egypt and Iran, 6 (Sunday) in Indonesia."""
    return Locale.parse(name(language)).first_week_day


PERSIAN_MONTHS = (
    "فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور", "مهر", "آبان", "آذر", "دی", "بهمن", "اسفند",
)  # fmt: skip
"""The months of the calendar Iran lives by; Babel knows the Gregorian one only."""


def persian(day: date) -> tuple[int, int, int]:
    """Year, month and day of the Persian (Solar Hijri) calendar, by the 33-year rule: exact from 1925 to 2088."""
    # Days since 1 Farvardin 979 (20 March 1600), counted in cycles of 33 years with 8 leap years.
    days = day.toordinal() - date(1600, 3, 20).toordinal()
    year = 979 + 33 * (days // 12_053)
    days %= 12_053
    year += 4 * (days // 1_461)
    days %= 1_461
    if days >= 366:
        year += (days - 1) // 365
        days = (days - 1) % 365
    month, rest = (days // 31, days % 31) if days < 186 else (6 + (days - 186) // 30, (days - 186) % 30)
    return year, month + 1, rest + 1


def date_text(value: date, pattern: str = "medium", language: str | None = None) -> str:
    """A date in the reader's words and digits: `21 Nov 2026`, and for readers of Persian in their own calendar:
    `۳۰ آبان ۱۴۰۵`. `pattern` is CLDR's (`EEE d MMM`) or one of `short medium long full`. A pattern without a day,
    asked for the first of a month, names the month; in Persian both months that it touches: `آبان – آذر ۱۴۰۵`."""
    day = value.date() if isinstance(value, datetime) else value
    return _date_text(day, pattern, code(language))


@lru_cache(maxsize=REMEMBERED)
def _date_text(value: date, pattern: str, language: str) -> str:
    if language != "fa":
        return digits(format_date(value, pattern, locale=name(language)), language)
    pattern = _PERSIAN_PATTERNS.get(pattern, pattern)
    if value.day == 1 and "d" not in pattern and "E" not in pattern:
        ends = value.replace(day=calendar.monthrange(value.year, value.month)[1])
        first, last = _in_persian(value, pattern), _in_persian(ends, pattern)
        year = str(persian(value)[0])
        if first.endswith(year) and last.endswith(year):
            first = first.removesuffix(year).strip()
        return digits(f"{first} – {last}" if first != last else first, language)
    return digits(_in_persian(value, pattern), language)


_PERSIAN_PATTERNS = {"short": "y/MM/dd", "medium": "d MMM y", "long": "d MMMM y", "full": "EEEE d MMMM y"}
_PERSIAN_PART = re.compile(r"'[^']*'|y+|[ML]+|d+")


def _in_persian(value: date, pattern: str) -> str:
    return format_date(value, _persian_pattern(value, pattern), locale="fa_IR")


def _persian_pattern(value: date, pattern: str) -> str:
    """The pattern with year, month and day of the Persian calendar written out. What is left for CLDR, weekdays and
    hours, is the same in both calendars."""
    year, month, day = persian(value)

    def part(match: re.Match[str]) -> str:
        letters = match[0]
        match letters[0]:
            case "'":
                return letters
            case "y":
                return f"'{year % 100:02d}'" if letters == "yy" else f"'{year}'"
            case "d":
                return f"'{day:0{len(letters)}d}'"
        return f"'{PERSIAN_MONTHS[month - 1]}'" if len(letters) > 2 else f"'{month:0{len(letters)}d}'"

    return _PERSIAN_PART.sub(part, pattern).replace("''", "")


def time_text(value: time, language: str | None = None) -> str:
    """A time of day as the reader's culture writes it: `19:00`, `٧:٠٠ م`, `19.00`."""
    return _time_text(value.hour, value.minute, code(language))


@lru_cache(maxsize=REMEMBERED)
def _time_text(hour: int, minute: int, language: str) -> str:
    return digits(format_time(time(hour, minute), "short", locale=name(language)), language)


def moment(at: datetime, zone: str | tzinfo, language: str | None = None) -> str:
    """An instant of these weeks on the wall in `zone` (a zone or its IANA name), in `language`: `Tue 3 Mar, 19:00`."""
    wall = at.astimezone(ZoneInfo(zone) if isinstance(zone, str) else zone)
    short = code(language)
    parts = {"day": date_text(wall.date(), "EEE d MMM", short), "time": time_text(wall.time(), short)}
    return _day_and_time(short) % parts


@lru_cache
def _day_and_time(language: str) -> str:
    with translation.override(language):
        return translation.gettext("%(day)s, %(time)s")


def isolated(text: Any) -> str:
    """`text` with marks that keep its direction its own (first strong isolate), for a sentence outside of HTML: an
    Arabic name does not turn an English sentence round, nor a number an Arabic one."""
    return f"{ISOLATE}{text}{END}"
