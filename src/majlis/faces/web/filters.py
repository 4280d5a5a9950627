"""How dates, times and money look to the reader: CLDR through Babel, in their language and zone."""

import re
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import (
    format_timedelta,
    get_datetime_format,
    get_timezone_location,
)
from django.utils import timezone
from markupsafe import Markup, escape

from majlis.faces.web.sign_in.others import device
from majlis.kernel.catalogue import queries as catalogue
from majlis.kit import clock, locale
from majlis.kit.money import Money
from majlis.kit.translated import in_language, said


def _zone(zone: Any) -> Any:
    """`zone` (IANA name or tzinfo), or the reader's when none is named."""
    return timezone.get_current_timezone() if zone is None else ZoneInfo(zone) if isinstance(zone, str) else zone


def day(value: datetime | date, pattern: str = "EEEE d MMMM", zone: Any = None) -> str:
    """`Tuesday 3 March`, on the reader's wall."""
    if isinstance(value, datetime):
        value = value.astimezone(_zone(zone)).date()
    return locale.date_text(value, pattern)


def clock_time(value: datetime | time, zone: Any = None) -> str:
    """`19:00` or `7:00 PM`, as the reader's locale writes it, on the reader's wall (or in `zone`)."""
    if isinstance(value, datetime):
        value = value.astimezone(_zone(zone))
    return locale.time_text(value.timetz() if isinstance(value, datetime) else value)


def moment(value: datetime, zone: Any = None) -> str:
    """`3 Mar 2026, 19:00`."""
    joined = str(get_datetime_format("medium", locale=locale.name())).replace("'", "")
    return joined.format(clock_time(value, zone), day(value, "medium", zone))


def occasion(value: datetime, zone: Any = None) -> str:
    """`Tue 3 Mar, 19:00`: an appointment in the coming weeks, whose year goes without saying."""
    return locale.moment(value, _zone(zone))


def zone_name(zone: Any = None) -> str:
    """The place a zone is named after, in the reader's language: `Cairo`, `القاهرة`."""
    where = _zone(zone)
    return get_timezone_location(where, locale=locale.name(), return_city=True)


def ago(value: datetime) -> str:
    """`3 hours ago`, `in 2 days`."""
    return locale.digits(format_timedelta(value - clock.now(), add_direction=True, locale=locale.name()))


def span(value: timedelta) -> str:
    """`2 hours`."""
    return locale.digits(format_timedelta(value, locale=locale.name()))


def number(value: Any) -> str:
    """A number in the reader's digits and separators."""
    return locale.number(value)


def digits(text: Any) -> str:
    """A text with its figures in the reader's digits (a version, a code that is not copied)."""
    return locale.digits(text)


def percent(value: Any) -> str:
    """A share (0.15) as `15%`."""
    return locale.percent(value)


def money(value: Money) -> Markup:
    """An amount in the reader's language, kept together and in figures of one width."""
    return Markup('<bdi class="money">{}</bdi>').format(value.display())


def name(value: Any) -> Markup:
    """Somebody's name (or a title, a subject) inside a sentence: isolated, so that a Latin name does not turn an Arabic
    sentence round, or the other way about."""
    return Markup("<bdi>{}</bdi>").format(value)


def iso(value: datetime) -> str:
    """For `<time datetime>` and scripts."""
    return value.isoformat()


def told(value: Any) -> Markup:
    """The sentence of a notice: what was filled in stands in its own direction, a number or code (`K7Q2-9FXD`) in one
    piece."""
    parts = _FILLED.split(str(value))
    return Markup("").join(_element(part) if nth % 2 else part for nth, part in enumerate(parts))


_FILLED = re.compile(f"{locale.ISOLATE}([^{locale.ISOLATE}{locale.END}]*){locale.END}")


def _element(text: str) -> Markup:
    whole = len(text) <= 24 and " " not in text
    return (Markup('<bdi class="nowrap">{}</bdi>') if whole else Markup("<bdi>{}</bdi>")).format(text)


def initials(value: Any) -> str:
    """One or two letters that stand for a person without a picture."""
    words = [word for word in str(value).split() if word[:1].isalpha()]
    letters = [word[0].upper() for word in (words[:1] + words[-1:] if len(words) > 1 else words)]
    # Letters of the Arabic script would join into a false word: one is enough.
    return letters[0] if letters and letters[0] >= "\u0590" else "".join(letters)


def lines(value: Any) -> Markup:
    """A text of a member with its paragraphs kept."""
    paragraphs = [part.strip() for part in str(value or "").replace("\r\n", "\n").split("\n\n") if part.strip()]
    return Markup("").join(
        Markup('<p dir="auto">{}</p>').format(Markup("<br>").join(escape(line) for line in part.split("\n")))
        for part in paragraphs
    )


FILTERS = {
    "day": day,
    "clock_time": clock_time,
    "moment": moment,
    "occasion": occasion,
    "zone_name": zone_name,
    "ago": ago,
    "span": span,
    "number": number,
    "digits": digits,
    "percent": percent,
    "money": money,
    "name": name,
    "iso": iso,
    "initials": initials,
    "lines": lines,
    "told": told,
    "in_language": in_language,
    "said": said,
    "device": device,
    "converted": catalogue.convert,
    "language_name": locale.language_name,
}
