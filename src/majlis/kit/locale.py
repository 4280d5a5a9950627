"""How the reader's culture writes numbers and counts weeks: CLDR, through Babel.

Interface languages are short codes (`en ar fa id`); CLDR needs a territory to know which digits are used: Arabic is
written with ٠١٢٣ in Egypt and with 0123 in Morocco.
"""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_datetime
from babel.numbers import format_decimal, format_percent
from django.utils.translation import get_language

TERRITORIES = {"ar": "ar_EG", "en": "en_GB", "fa": "fa_IR", "id": "id_ID"}
"""The CLDR locale an interface language stands for."""

DIGITS = {"ar": "arab", "fa": "arabext"}
"""The CLDR numbering system of languages that do not use 0123456789."""

_TABLES = {
    "arab": str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"),
    "arabext": str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"),
}


def code(language: str | None = None) -> str:
    """The interface language (`ar`), the active one by default."""
    return (language or get_language() or "en").split("-")[0]


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
    written = format_decimal(value, pattern, locale=name(language), numbering_system=numbering(language))
    return digits(written, language)


def percent(value: Any, language: str | None = None) -> str:
    """A share (0.15) as `15%`, `١٥٪؜`."""
    written = format_percent(value, locale=name(language), numbering_system=numbering(language))
    return digits(written, language)


def first_weekday(language: str | None = None) -> int:
    """The day a week begins with, Monday = 0: 5 (Saturday) in Egypt and Iran, 6 (Sunday) in Indonesia."""
    return Locale.parse(name(language)).first_week_day


def moment(at: datetime, zone: str, language: str | None = None, pattern: str = "EEE d MMM, HH:mm") -> str:
    """An instant on the wall in `zone` (IANA name), in `language`: `Tue 3 Mar, 19:00`."""
    return digits(format_datetime(at, pattern, tzinfo=ZoneInfo(zone), locale=name(language)), language)
