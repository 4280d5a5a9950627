from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.conf import settings

from majlis.kernel.catalogue import queries, services
from majlis.kernel.catalogue.models import Category, City, ExchangeRate, Level, Offer, Subject, Topic
from majlis.kernel.catalogue.types import OfferKind
from majlis.kit import clock, memo
from majlis.kit.errors import NotFound
from majlis.kit.money import Money
from majlis.kit.translated import in_language

pytestmark = pytest.mark.django_db


class TestBaseCatalogue:
    def test_loads_once_however_often_it_is_run(self):
        assert services.load_base_catalogue() > 250
        assert services.load_base_catalogue() == 0

    def test_names_everything_in_every_language(self):
        services.load_base_catalogue()
        for model in (Category, Subject, Topic, Level, City):
            for row in model.objects.all():
                for code, _name in settings.LANGUAGES:
                    assert row.name.get(code), f"{row.slug} has no name in {code}"

    def test_keeps_what_an_operator_renamed(self):
        services.load_base_catalogue()
        Subject.objects.filter(slug="oud").update(name={"en": "Oud and buzuq"})
        services.load_base_catalogue()
        assert in_language(queries.subject("oud").name, "en") == "Oud and buzuq"

    def test_offers_every_governorate_of_egypt(self):
        services.load_base_catalogue()
        assert len(queries.cities("EG")) == 27

    def test_takes_the_levels_of_a_language_from_its_ladders(self):
        services.load_base_catalogue()
        slugs = [level.slug for level in queries.levels_of(queries.subject("german"))]
        assert slugs == ["general", "professional", "a1", "a2", "b1", "b2", "c1", "c2"]

    def test_hides_a_retired_subject_from_lists_but_still_names_it(self):
        services.load_base_catalogue()
        Subject.objects.filter(slug="chess").update(active=False)
        memo.forget()
        assert "chess" not in [s.slug for s in queries.subjects()]
        assert queries.subject("chess").slug == "chess"

    def test_refuses_a_slug_nobody_has(self):
        with pytest.raises(NotFound):
            queries.subject("alchemy")


class TestCitiesNear:
    def test_finds_giza_from_cairo_but_not_aswan(self):
        services.load_base_catalogue()
        near = [city.slug for city in queries.cities_near("cairo", 40)]
        assert near[0] == "cairo"
        assert "giza" in near
        assert "aswan" not in near

    def test_finds_the_city_itself_without_a_radius(self):
        services.load_base_catalogue()
        assert [city.slug for city in queries.cities_near("jakarta", 0)] == ["jakarta"]


class TestConvert:
    def test_converts_between_units_of_different_size(self):
        services.load_base_catalogue()
        services.record_rates(
            source="test", on_day=date(2026, 12, 1), per_dollar={"EGP": Decimal("50"), "KWD": Decimal("0.3")}
        )
        assert queries.convert(Money(10_000, "USD"), "EGP") == Money(500_000, "EGP")
        assert queries.convert(Money(10_000, "USD"), "KWD") == Money(30_000, "KWD")  # three digits after the point
        assert queries.convert(Money(500_000, "EGP"), "KWD") == Money(30_000, "KWD")

    def test_uses_the_newest_day_and_keeps_the_older_as_evidence(self):
        services.load_base_catalogue()
        services.record_rates(source="test", on_day=date(2026, 12, 1), per_dollar={"EGP": Decimal("60")})
        services.record_rates(source="test", on_day=date(2026, 12, 1), per_dollar={"EGP": Decimal("99")})
        assert queries.convert(Money(100, "USD"), "EGP") == Money(6000, "EGP")
        assert ExchangeRate.objects.filter(currency="EGP").count() == 2

    def test_refuses_a_currency_without_a_rate(self):
        with pytest.raises(queries.NoExchangeRate):
            queries.convert(Money(100, "USD"), "XAU")


class TestPrices:
    def test_a_new_price_ends_the_old_one(self):
        offer = Offer.objects.create(slug="plan-150", name={"en": "150 minutes"}, kind=OfferKind.PLAN)
        start = clock.now()
        services.set_price(offer=offer, price=Money(250_000, "EGP"), now=start)
        services.set_price(offer=offer, price=Money(300_000, "EGP"), now=start + timedelta(days=1))
        assert queries.price(offer, "EGP", now=start) == Money(250_000, "EGP")
        assert queries.price(offer, "EGP", now=start + timedelta(days=2)) == Money(300_000, "EGP")
        assert queries.prices([offer], now=start) == {offer.pk: [Money(250_000, "EGP")]}
