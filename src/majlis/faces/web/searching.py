"""The search page's address in both directions: what `?subject=english&days=4&from=18:00` asks for, and the addresses
of the same search with one thing more or less. The address is the whole state of the page."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, time
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from babel import Locale
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from majlis.engines.experts.types import FreeWish, Mode, Search, Sort
from majlis.kernel.accounts.types import Gender
from majlis.kernel.catalogue import queries as catalogue
from majlis.kit import locale
from majlis.kit.edition import edition
from majlis.kit.errors import NotFound
from majlis.kit.money import Money, exponent, parse_amount

LISTS = ("language", "days")
SINGLE = (
    "q",
    "subject",
    "level",
    "min",
    "max",
    "rating",
    "country",
    "city",
    "radius",
    "mode",
    "gender",
    "trial",
    "from",
    "to",
    "on",
    "minutes",
    "sort",
)
RATINGS = ("4.8", "4.5", "4")
RADII = (10, 25, 50, 100)
CURRENCY_COOKIE = "currency"


@dataclass(frozen=True, slots=True)
class Chip:
    """One active filter: what it says, and where the search goes without it."""

    label: str
    href: str
    without: Search


def currency_of(request: HttpRequest) -> str:
    """The money a visitor thinks in: what they just chose, their account's, their cookie's, the edition's."""
    offered = edition().currencies
    member = request.user if request.user.is_authenticated else None
    own = getattr(member, "currency", None)
    for wish in (request.GET.get("currency"), own, request.COOKIES.get(CURRENCY_COOKIE)):
        if wish in offered:
            return str(wish)
    return edition().currency


def weekday_name(day: int) -> str:
    """0 is Monday."""
    return Locale.parse(locale.name()).days["stand-alone"]["wide"][day]


class Asked:
    """What an address asks for. Anything malformed is left out, never an error: addresses are typed and shared."""

    def __init__(self, request: HttpRequest) -> None:
        self.path = request.path
        self.currency = currency_of(request)
        self.words = self._clean(request.GET) if request.GET else {}
        self.cursor = request.GET.get("cursor") or None
        self.search = self._search() if self.words else Search(currency=self.currency, cursor=self.cursor)
        words = tuple((name, tuple(value) if name in LISTS else value) for name, value in self.words.items())
        self.key = words, self.path, self.currency, self.cursor
        """All of the above, hashable."""

    def _clean(self, given: QueryDict) -> dict[str, Any]:
        words: dict[str, Any] = {name: text for name in SINGLE if (text := str(given.get(name, "")).strip()[:200])}
        for name in LISTS:
            values = list(dict.fromkeys(v for v in given.getlist(name) if v and len(v) <= 8))[:10]
            if values:
                words[name] = values
        if given.get("currency") in edition().currencies:
            words["currency"] = given["currency"]
        if "days" in words:
            words["days"] = [d for d in words["days"] if d in "0123456"] or (words.pop("days") and [])
        # A level belongs to its subject: changing the subject drops a level that it is not taught at.
        if "subject" in words and "level" in words:
            try:
                levels = {level.slug for level in catalogue.levels_of(catalogue.subject(words["subject"]))}
            except NotFound:
                levels = set()
            if words["level"] not in levels:
                del words["level"]
        return {name: value for name, value in words.items() if value}

    def _search(self) -> Search:
        words = self.words
        low, high = self._amount("min"), self._amount("max")
        if low is not None and high is not None and low > high:
            low, high = high, low
        return Search(
            text=words.get("q", ""),
            subject=words.get("subject", ""),
            level=words.get("level", ""),
            price_min=low,
            price_max=high,
            currency=self.currency,
            rating_min=_decimal(words.get("rating", "")),
            languages=tuple(words.get("language", ())),
            country=words.get("country", "").upper(),
            city=words.get("city", ""),
            radius_km=_number(words.get("radius", "")),
            mode=words["mode"] if words.get("mode") in Mode.values else "",
            gender=words["gender"] if words.get("gender") in Gender.values else "",
            trial=bool(words.get("trial")),
            free=self._wish(),
            sort=words["sort"] if words.get("sort") in Sort.values else Sort.RELEVANCE,
            cursor=self.cursor,
        )

    def _amount(self, name: str) -> int | None:
        try:
            money = parse_amount(self.words.get(name, ""), self.currency)
        except ValueError:
            return None
        return money.amount if 0 <= money.amount < 2**60 else None

    def _wish(self) -> FreeWish | None:
        words = self.words
        starts, ends, on = _time(words.get("from", "")), _time(words.get("to", "")), _date(words.get("on", ""))
        days = frozenset(int(d) for d in words.get("days", ()))
        if starts is None and ends is None and on is None and not days:
            return None
        return FreeWish(
            zone=str(timezone.get_current_timezone()),
            starts=starts or time(0),
            ends=ends or time(0),
            weekdays=days,
            on=on,
            minutes=_number(words.get("minutes", "")) or 60,
        )

    def address(self, **changes: Any) -> str:
        """The address of this search with some words changed (None takes one away), from its first page."""
        words = {name: value for name, value in {**self.words, **changes}.items() if value}
        return f"{self.path}?{urlencode(words, doseq=True)}" if words else self.path

    @property
    def here(self) -> str:
        """The clean address of this search."""
        return self.address()

    def chips(self) -> list[Chip]:
        """Each active filter with the way to be without it."""
        return list(self._chips())

    def _chips(self) -> Iterator[Chip]:
        wanted, words = self.search, self.words
        if wanted.text:
            yield Chip(f"“{wanted.text}”", self.address(q=None), replace(wanted, text=""))
        if wanted.subject:
            without = replace(wanted, subject="", level="")
            yield Chip(_name(catalogue.subject, wanted.subject), self.address(subject=None, level=None), without)
        if wanted.level:
            yield Chip(_name(catalogue.level, wanted.level), self.address(level=None), replace(wanted, level=""))
        if wanted.price_min is not None or wanted.price_max is not None:
            without = replace(wanted, price_min=None, price_max=None)
            yield Chip(self._range(), self.address(min=None, max=None), without)
        if wanted.free is not None:
            away = dict.fromkeys(("days", "from", "to", "on", "minutes"))
            yield Chip(self._times(wanted.free), self.address(**away), replace(wanted, free=None))
        for code in wanted.languages:
            rest = [c for c in wanted.languages if c != code]
            yield Chip(locale.language_name(code), self.address(language=rest), replace(wanted, languages=tuple(rest)))
        if wanted.rating_min is not None:
            label = _("Rated %(rating)s and more") % {"rating": locale.number(wanted.rating_min)}
            yield Chip(label, self.address(rating=None), replace(wanted, rating_min=None))
        if wanted.mode:
            yield Chip(str(Mode(wanted.mode).label), self.address(mode=None), replace(wanted, mode=""))
        if wanted.city:
            label = _name(catalogue.city, wanted.city)
            if wanted.radius_km:
                label = _("%(city)s and %(count)s km around") % {
                    "city": label,
                    "count": locale.number(wanted.radius_km),
                }
            yield Chip(label, self.address(city=None, radius=None), replace(wanted, city="", radius_km=0))
        if wanted.country:
            label = _name(catalogue.country, wanted.country)
            yield Chip(label, self.address(country=None), replace(wanted, country=""))
        if wanted.gender:
            yield Chip(str(Gender(wanted.gender).label), self.address(gender=None), replace(wanted, gender=""))
        if words.get("trial"):
            yield Chip(_("Offers a trial lesson"), self.address(trial=None), replace(wanted, trial=False))

    def _range(self) -> str:
        low, high = self.search.price_min, self.search.price_max
        if low is None:
            return _("Up to %(amount)s an hour") % {"amount": Money(high or 0, self.currency).display()}
        if high is None:
            return _("From %(amount)s an hour") % {"amount": Money(low, self.currency).display()}
        ends = {"low": Money(low, self.currency).display(), "high": Money(high, self.currency).display()}
        return _("%(low)s to %(high)s an hour") % ends

    def _times(self, wish: FreeWish) -> str:
        from majlis.faces.web.filters import clock_time, day

        days = day(wish.on, "EEE d MMM") if wish.on else ""
        if wish.weekdays:
            days = ", ".join(weekday_name(d) for d in sorted(wish.weekdays))
        hours = ""
        if wish.starts != wish.ends:
            hours = f"\u2068{clock_time(wish.starts)}–{clock_time(wish.ends)}\u2069"
        return " · ".join(part for part in (days, hours) if part) or _("Has free time")

    @property
    def step(self) -> int:
        """The step of the price fields: whole units of money, whole thousands where money is small."""
        return 1 if exponent(self.currency) and catalogue.per_dollar(self.currency) < 1000 else 1000


def _name(find: Any, key: str) -> str:
    try:
        return str(find(key))
    except NotFound:
        return key


def _decimal(text: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() and 0 < value <= 5 else None


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 5 else 0


def _time(text: str) -> time | None:
    try:
        return time.fromisoformat(text)
    except ValueError:
        return None


def _date(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year < 2200 else None
