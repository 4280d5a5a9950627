"""What can be taught, where, at which level, and what can be bought in which money."""

from decimal import Decimal

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import Func, Q

from majlis.kernel.catalogue.types import OfferKind, Scale
from majlis.kit import clock
from majlis.kit.db import Record
from majlis.kit.money import MoneyOf
from majlis.kit.translated import TranslatedField, in_language


class Named(Record):
    """A row with a public `slug` and a name in the languages of the house."""

    slug = models.SlugField(max_length=64, unique=True)
    name = TranslatedField()
    position = models.PositiveSmallIntegerField(default=0)
    """Where it stands among its neighbours; equal positions sort by name."""
    active = models.BooleanField(default=True)
    """Off: offered to nobody any more; what already points at it stays readable."""

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return in_language(self.name) or self.slug


class Category(Named):
    """A shelf of subjects: languages, school, Quran, arts…"""

    class Meta:
        verbose_name_plural = "categories"


class Level(Named):
    """A step of a ladder, as learners name it: `sma`, `b1`, `professional`. Its slug is what other modules store."""

    scale = models.CharField(max_length=10, choices=Scale.choices)


class Subject(Named):
    """Something people learn. No price here: prices belong to those who teach it."""

    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="subjects")
    scales = ArrayField(models.CharField(max_length=10, choices=Scale.choices), default=list)
    """The ladders its levels are taken from."""
    symbol = models.CharField(max_length=32, blank=True)
    """The icon's name in the design system."""


class Topic(Named):
    """A part of a subject, or an interest: conversation, exam preparation, travel. Helps to choose and to be found."""

    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, null=True, blank=True, related_name="topics")
    """None: an interest that belongs to no one subject."""


class Currency(models.Model):
    """Money that prices may be in. `code` is ISO 4217, or a coin the house knows."""

    code = models.CharField(max_length=4, primary_key=True)
    name = TranslatedField()
    active = models.BooleanField(default=True)

    class Meta:
        verbose_name_plural = "currencies"

    def __str__(self) -> str:
        return self.code


class ExchangeRate(Record):
    """What one US dollar cost in a currency on a day, and who said so. Rows are added, never changed."""

    currency = models.ForeignKey(Currency, on_delete=models.PROTECT, related_name="rates")
    per_dollar = models.DecimalField(max_digits=24, decimal_places=12)
    on_day = models.DateField()
    source = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint("currency", "on_day", name="one_rate_per_currency_and_day"),
            models.CheckConstraint(condition=Q(per_dollar__gt=Decimal(0)), name="exchange_rate_is_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.currency_id} {self.per_dollar.normalize()} on {self.on_day}"


class Country(models.Model):
    """A country, by its ISO 3166-1 code; its names come from CLDR when it is loaded."""

    code = models.CharField(max_length=2, primary_key=True)
    name = TranslatedField()
    currency = models.ForeignKey(Currency, on_delete=models.PROTECT, related_name="+")
    calling_code = models.CharField(max_length=4)
    """Without the plus sign."""

    class Meta:
        verbose_name_plural = "countries"

    def __str__(self) -> str:
        return in_language(self.name) or self.code


class City(Named):
    """A city (in Egypt: a governorate), as a place where people can meet and as a zone people live in."""

    country = models.ForeignKey(Country, on_delete=models.PROTECT, related_name="cities")
    latitude = models.DecimalField(max_digits=7, decimal_places=4)
    longitude = models.DecimalField(max_digits=7, decimal_places=4)
    zone = models.CharField(max_length=64)
    """IANA name."""

    class Meta:
        verbose_name_plural = "cities"
        constraints = [
            models.CheckConstraint(
                condition=Q(latitude__range=(-90, 90), longitude__range=(-180, 180)), name="city_is_on_earth"
            )
        ]


class Offer(Named):
    """Something the house itself sells at a listed price. What it grants is in `facts`, read by the selling product."""

    kind = models.CharField(max_length=10, choices=OfferKind.choices)
    description = TranslatedField(blank=True)
    facts = models.JSONField(default=dict, blank=True)


class _Period(Func):
    function = "tstzrange"
    output_field = DateTimeRangeField()


class Price(Record):
    """What an offer costs in one unit during `[starts_at, ends_at)`. A new price ends the old one; none is changed."""

    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="prices")
    amount = models.BigIntegerField()
    """Minor units."""
    unit = models.CharField(max_length=8)
    starts_at = models.DateTimeField(default=clock.now)
    ends_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="price_is_not_negative"),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=models.F("starts_at")),
                name="price_ends_after_it_starts",
            ),
            ExclusionConstraint(
                name="one_price_per_offer_and_unit_at_a_time",
                expressions=[
                    ("offer", RangeOperators.EQUAL),
                    ("unit", RangeOperators.EQUAL),
                    (_Period("starts_at", "ends_at", RangeBoundary()), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return str(self.money)

    money = MoneyOf("amount")
