"""What the catalogue knows. The small tables are remembered for a minute per process (`kit.memo`), so reading them
costs nothing; treat the returned rows as read-only."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from math import asin, cos, radians, sin, sqrt
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from majlis.kernel.catalogue.models import (
    Category,
    City,
    Country,
    Currency,
    ExchangeRate,
    Level,
    Offer,
    Price,
    Subject,
    Topic,
)
from majlis.kit import clock
from majlis.kit.errors import NotFound, Refusal
from majlis.kit.memo import memo
from majlis.kit.money import Money, exponent

Row = TypeVar("Row")


class NoExchangeRate(Refusal):
    """The rate table has nothing for this currency."""

    code = "no_exchange_rate"
    sentence = _("There is no exchange rate for %(unit)s.")
    status = 422


@memo()
def categories() -> list[Category]:
    """Active categories in their order."""
    return list(Category.objects.filter(active=True).order_by("position", "slug"))


@memo()
def subjects() -> list[Subject]:
    """Active subjects with their category, in the order of categories, then their own."""
    rows = Subject.objects.filter(active=True, category__active=True).select_related("category")
    return list(rows.order_by("category__position", "position", "slug"))


@memo()
def _subjects() -> dict[str | UUID, Subject]:
    rows = Subject.objects.select_related("category")
    return {key: row for row in rows for key in (row.slug, row.pk)}


def subject(slug: str) -> Subject:
    """The subject of this slug, also a retired one. Refuses with `NotFound`."""
    return _one(_subjects(), slug)


def subject_by_id(subject_id: UUID) -> Subject:
    """The subject of this id, also a retired one. Refuses with `NotFound`."""
    return _one(_subjects(), subject_id)


@memo()
def topics(subject_slug: str | None = None) -> list[Topic]:
    """Active topics of a subject, or (None) all of them, interests included."""
    rows = Topic.objects.filter(active=True).select_related("subject")
    if subject_slug is not None:
        rows = rows.filter(subject__slug=subject_slug)
    return list(rows.order_by("position", "slug"))


@memo()
def levels() -> list[Level]:
    """Active levels, from the first year of school to C2."""
    return list(Level.objects.filter(active=True).order_by("position", "id"))


@memo()
def _levels() -> dict[str, Level]:
    return {row.slug: row for row in Level.objects.all()}


def level(slug: str) -> Level:
    """The level of this slug. Refuses with `NotFound`."""
    return _one(_levels(), slug)


def levels_of(subject: Subject) -> list[Level]:
    """The levels a subject can be taught at."""
    return [row for row in levels() if row.scale in subject.scales]


@memo()
def countries() -> list[Country]:
    """Every country we know, by code."""
    return list(Country.objects.order_by("code"))


def country(code: str) -> Country:
    """The country of this ISO code. Refuses with `NotFound`."""
    return _one({row.code: row for row in countries()}, code)


@memo()
def _cities() -> dict[str, City]:
    return {row.slug: row for row in City.objects.select_related("country").order_by("country_id", "position", "slug")}


def cities(country: str | None = None) -> list[City]:
    """Active cities, of one country (ISO code) or of all, with their country."""
    return [row for row in _cities().values() if row.active and country in (None, row.country_id)]


def city(slug: str) -> City:
    """The city of this slug. Refuses with `NotFound`."""
    return _one(_cities(), slug)


@memo()
def _cities_by_id() -> dict[UUID, City]:
    return {row.pk: row for row in _cities().values()}


def city_by_id(city_id: UUID) -> City:
    """The city of this id. Refuses with `NotFound`."""
    return _one(_cities_by_id(), city_id)


def cities_near(slug: str, radius_km: int) -> list[City]:
    """The city and every active one at most `radius_km` away (great circle), nearest first."""
    centre = city(slug)
    near = [(kilometres(centre, other), other) for other in cities()]
    return [
        other for distance, other in sorted(near, key=lambda pair: pair[0]) if distance <= radius_km or other is centre
    ]


def kilometres(one: City, other: City) -> int:
    """How far two cities are apart, along the great circle."""
    lat1, lon1, lat2, lon2 = (radians(x) for x in (one.latitude, one.longitude, other.latitude, other.longitude))
    half = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return round(2 * 6371 * asin(sqrt(half)))


@memo(3600)
def zones() -> list[str]:
    """IANA names a person can choose, sorted: places, no abbreviations and no fixed offsets."""
    plain = (z for z in clock.zones() if "/" in z and not z.startswith(("Etc/", "SystemV/")))
    return sorted([*plain, "UTC"])


@memo()
def currencies() -> list[Currency]:
    """Active currencies, by code."""
    return list(Currency.objects.filter(active=True).order_by("code"))


@memo()
def rates() -> dict[str, ExchangeRate]:
    """The newest rate of each currency."""
    rows = ExchangeRate.objects.order_by("currency_id", "-on_day").distinct("currency_id")
    return {row.currency_id: row for row in rows}


def per_dollar(unit: str) -> Decimal:
    """What one US dollar costs in `unit`. Refuses with `NoExchangeRate`."""
    if unit == "USD":
        return Decimal(1)
    rate = rates().get(unit)
    if rate is None:
        raise NoExchangeRate(unit=unit)
    return rate.per_dollar


def convert(money: Money, unit: str) -> Money:
    """The same value in `unit` by the newest rates, rounded half to even to a minor unit: to show and to compare, not
    to book. Refuses with `NoExchangeRate`."""
    if money.unit == unit:
        return money
    value = (
        Decimal(money.amount).scaleb(exponent(unit) - exponent(money.unit)) * per_dollar(unit) / per_dollar(money.unit)
    )
    return Money(int(value.quantize(Decimal(1), ROUND_HALF_EVEN)), unit)


def offers(kind: str | None = None) -> list[Offer]:
    """Active offers, of one kind or all, in their order."""
    rows = Offer.objects.filter(active=True)
    if kind is not None:
        rows = rows.filter(kind=kind)
    return list(rows.order_by("position", "slug"))


def offer(slug: str) -> Offer:
    """The offer of this slug, also a retired one. Refuses with `NotFound`."""
    return _found(Offer.objects.filter(slug=slug).first())


def price(offer: Offer, unit: str, *, now: datetime | None = None) -> Money:
    """What `offer` costs at `now`: its listed price in `unit`, else its first listed price converted. Refuses with
    `NotFound` when it has none."""
    found = {p.unit: p.money for p in _prices([offer.pk], now)}
    if not found:
        raise NotFound
    return found.get(unit) or convert(next(iter(found.values())), unit)


def prices(offers: Iterable[Offer], *, now: datetime | None = None) -> dict[UUID, list[Money]]:
    """The listed prices of each offer at `now`, by offer id."""
    found: dict[UUID, list[Money]] = {o.pk: [] for o in offers}
    for row in _prices(list(found), now):
        found[row.offer_id].append(row.money)
    return found


def _prices(offer_ids: list[UUID], now: datetime | None) -> list[Price]:
    at = now or clock.now()
    rows = Price.objects.filter(offer__in=offer_ids, starts_at__lte=at).filter(
        Q(ends_at__isnull=True) | Q(ends_at__gt=at)
    )
    return list(rows.order_by("created_at", "id"))


def _one(rows: Mapping[Any, Row], key: Any) -> Row:
    return _found(rows.get(key))


def _found(row: Row | None) -> Row:
    if row is None:
        raise NotFound
    return row
