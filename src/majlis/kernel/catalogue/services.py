"""What the catalogue does."""

import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from babel import Locale
from babel.numbers import get_currency_name
from django.conf import settings
from django.db import models, transaction
from django.db.models import Q

from majlis.kernel.accounts import queries as people
from majlis.kernel.accounts import services as accounts
from majlis.kernel.accounts.types import Role
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
from majlis.kit import clock, memo
from majlis.kit.money import Money

DATA = Path(__file__).parent / "data"
BASE = UUID("6d616a6c-6973-5000-8000-636174616c6f")
"""The namespace of the ids of base rows: the same row has the same id on every installation."""


@transaction.atomic
def load_base_catalogue() -> int:
    """Add the shelves, ladders, subjects, topics, places and money that every installation starts with; how many rows
    were new. Rows that are there already, edited or retired by an operator, stay as they are."""
    before = sum(model._default_manager.count() for model in _BASE_MODELS)
    words = _read("subjects.toml")
    _add_money(_read("money.toml"))
    _add_places(_read("places.toml"))
    _add(Level, [{"scale": r["scale"]} for r in words["levels"]], words["levels"])
    _add(Category, [{} for _ in words["categories"]], words["categories"])
    shelf = dict(Category.objects.values_list("slug", "id"))
    _add(
        Subject,
        [{"category_id": shelf[r["category"]], "scales": r["scales"]} for r in words["subjects"]],
        words["subjects"],
    )
    parent = dict(Subject.objects.values_list("slug", "id"))
    _add(
        Topic,
        [{"subject_id": parent[r["subject"]] if "subject" in r else None} for r in words["topics"]],
        words["topics"],
    )
    memo.forget()
    return sum(model._default_manager.count() for model in _BASE_MODELS) - before


_BASE_MODELS: tuple[type[models.Model], ...] = (Level, Category, Subject, Topic, Currency, ExchangeRate, Country, City)


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((DATA / name).read_text(encoding="utf-8"))


def _languages() -> list[str]:
    return [code for code, _name in settings.LANGUAGES]


def _add(model: type[models.Model], columns: list[dict[str, Any]], rows: list[dict[str, Any]]) -> None:
    made = [
        model(
            id=uuid5(BASE, f"{model.__name__}:{row['slug']}"),
            slug=row["slug"],
            name={code: row[code] for code in _languages() if code in row},
            position=place,
            **extra,
        )
        for place, (row, extra) in enumerate(zip(rows, columns, strict=True))
    ]
    model._default_manager.bulk_create(made, ignore_conflicts=True)


def _add_money(data: dict[str, Any]) -> None:
    Currency.objects.bulk_create(
        [
            Currency(code=code, name={lang: get_currency_name(code, locale=lang) for lang in _languages()})
            for code in data["per_dollar"]
        ],
        ignore_conflicts=True,
    )
    ExchangeRate.objects.bulk_create(
        [
            ExchangeRate(
                id=uuid5(BASE, f"rate:{code}:{data['on_day']}"),
                currency_id=code,
                per_dollar=Decimal(rate),
                on_day=data["on_day"],
                source=data["source"],
            )
            for code, rate in data["per_dollar"].items()
        ],
        ignore_conflicts=True,
    )


def _add_places(data: dict[str, Any]) -> None:
    locales = {code: Locale.parse(code) for code in _languages()}
    Country.objects.bulk_create(
        [
            Country(
                code=code,
                name={lang: locale.territories[code] for lang, locale in locales.items()},
                currency_id=currency,
                calling_code=calling,
            )
            for code, currency, calling in data["countries"]
        ],
        ignore_conflicts=True,
    )
    _add(
        City,
        [
            {
                "country_id": row["country"],
                "latitude": Decimal(str(row["at"][0])),
                "longitude": Decimal(str(row["at"][1])),
                "zone": row["zone"],
            }
            for row in data["cities"]
        ],
        data["cities"],
    )


@transaction.atomic
def record_rates(*, source: str, on_day: date, per_dollar: Mapping[str, Decimal], actor: Any = None) -> None:
    """Add the day's rates (what one US dollar costs, by currency code), named after their source. A rate that stands
    for that day already stays: rates are evidence. The newest day counts from now on. `actor=None` is the house; a
    person must be of finance, an admin or an owner."""
    if actor is not None:
        people.require_role(actor, Role.FINANCE, Role.ADMIN, Role.OWNER)
        accounts.record_act(
            actor=actor,
            action="rates.recorded",
            target=f"catalogue.rates:{on_day}",
            facts={"source": source, **{code: str(rate) for code, rate in per_dollar.items()}},
        )
    ExchangeRate.objects.bulk_create(
        [
            ExchangeRate(currency_id=code, per_dollar=rate, on_day=on_day, source=source)
            for code, rate in per_dollar.items()
        ],
        ignore_conflicts=True,
    )
    memo.forget()


@transaction.atomic
def set_price(*, offer: Offer, price: Money, actor: Any = None, now: datetime | None = None) -> Price:
    """List `offer` at `price` from now on; the price it had in that unit ends at the same instant. `actor=None` is the
    house; a person must be an admin or an owner."""
    if actor is not None:
        people.require_role(actor, Role.ADMIN, Role.OWNER)
        accounts.record_act(
            actor=actor, action="price.set", target=f"catalogue.offer:{offer.pk}", facts={"price": str(price)}
        )
    at = now or clock.now()
    Offer.objects.select_for_update().get(pk=offer.pk)
    current = Price.objects.filter(offer=offer, unit=price.unit).filter(Q(ends_at__isnull=True) | Q(ends_at__gt=at))
    current.filter(starts_at__lt=at).update(ends_at=at)
    return Price.objects.create(offer=offer, amount=price.amount, unit=price.unit, starts_at=at)


@transaction.atomic
def save_entry(*, actor: Any, entry: models.Model) -> None:
    """Store a new or edited row of the catalogue (a category, subject, topic, level, city, currency or offer) and let
    every page see it. For admins and owners; refuses with `Forbidden`, and with Django's `ValidationError`."""
    people.require_role(actor, Role.ADMIN, Role.OWNER)
    entry.full_clean()
    entry.save()
    accounts.record_act(actor=actor, action="catalogue.saved", target=f"{entry._meta.label_lower}:{entry.pk}")
    memo.forget()
