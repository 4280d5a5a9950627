"""The catalogue, edited in every language of the house."""

from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from majlis.faces.backoffice.billing import read_amount
from majlis.faces.backoffice.languages import LanguagesField
from majlis.faces.backoffice.site import BOSSES, ReadOnlyAdmin, ReadOnlyRows, office, service_action
from majlis.kernel.accounts import queries as people
from majlis.kernel.accounts.types import Role
from majlis.kernel.catalogue import services
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
from majlis.kernel.catalogue.types import Scale
from majlis.kit import clock
from majlis.kit.edition import edition
from majlis.kit.translated import TranslatedField, in_language

WATCHERS = (Role.COORDINATOR, Role.SUPPORT, Role.MODERATOR, Role.FINANCE, *BOSSES)


class CatalogueAdmin(ReadOnlyAdmin):
    """Rows that admins may add and change; all see them. Nothing is deleted: it is retired (`active`)."""

    view_roles = WATCHERS
    change_form_template = "admin/change_form.html"
    list_per_page = 100

    def has_add_permission(self, request: HttpRequest, *rest: Any) -> bool:
        return people.has_role(request.user, *BOSSES)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return people.has_role(request.user, *BOSSES)

    def formfield_for_dbfield(self, db_field: models.Field, request: HttpRequest, **options: Any) -> Any:
        if isinstance(db_field, TranslatedField):
            long = db_field.name == "description"
            return LanguagesField(label=db_field.verbose_name, required=not db_field.blank, long=long)
        if db_field.name == "scales":
            return forms.MultipleChoiceField(
                label=_("Levels are taken from"), choices=Scale.choices, widget=forms.CheckboxSelectMultiple
            )
        return super().formfield_for_dbfield(db_field, request, **options)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        services.save_entry(actor=request.user, entry=obj)


class NamedAdmin(CatalogueAdmin):
    """Rows with a slug and a name."""

    list_display: Any = ("__str__", "slug", "position", "active")
    list_filter: ClassVar[Any] = ("active",)
    search_fields = ("slug", "name")
    ordering: ClassVar[Any] = ("position", "slug")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("slug",) if obj else ()  # addresses and other modules' rows know it


office.register(Category, NamedAdmin)


@admin.register(Subject, site=office)
class SubjectPage(NamedAdmin):
    list_display = ("__str__", "slug", "category", "position", "active")
    list_filter = ("active", "category")
    list_select_related = ("category",)
    ordering = ("category__position", "position", "slug")


@admin.register(Topic, site=office)
class TopicPage(NamedAdmin):
    list_display = ("__str__", "slug", "subject", "position", "active")
    list_filter = ("active", "subject")
    list_select_related = ("subject",)


@admin.register(Level, site=office)
class LevelPage(NamedAdmin):
    list_display = ("__str__", "slug", "scale", "position", "active")


@admin.register(City, site=office)
class CityPage(NamedAdmin):
    list_display = ("__str__", "slug", "country", "zone", "active")
    list_filter = ("active", "country")
    list_select_related = ("country",)


class PricesInline(ReadOnlyRows):
    """Every price an offer had."""

    model = Price
    verbose_name_plural = _("Prices")
    fields = readonly_fields = ("price", "starts_at", "ends_at")

    @admin.display(description=_("Price"))
    def price(self, row: Price) -> str:
        return row.money.display()


class PriceForm(forms.Form):
    """What an offer costs from now on."""

    offer = forms.ModelChoiceField(label=_("Offer"), queryset=Offer.objects.filter(active=True).order_by("slug"))
    amount = forms.CharField(label=_("Price"), max_length=20)
    unit = forms.ChoiceField(label=_("Currency"), choices=lambda: [(unit, unit) for unit in edition().currencies])


@admin.register(Offer, site=office)
class OfferPage(NamedAdmin):
    list_display = ("__str__", "slug", "kind", "position", "active")
    list_filter = ("active", "kind")
    inlines = (PricesInline,)

    @service_action(
        _("Set a price"),
        form=PriceForm,
        on_list=True,
        consequence=lambda row: _("It holds from now on; the price before it ends. What was ordered keeps its price."),
    )
    def set_price(self, request: HttpRequest, row: None, data: dict[str, Any]) -> str:
        price = read_amount(data["amount"], data["unit"])
        services.set_price(actor=request.user, offer=data["offer"], price=price)
        return str(_("%(offer)s costs %(price)s now.") % {"offer": data["offer"], "price": price.display()})


@admin.register(Currency, site=office)
class CurrencyPage(CatalogueAdmin):
    list_display = ("code", "called", "active")
    ordering = ("code",)

    @admin.display(description=_("Name"))
    def called(self, currency: Currency) -> str:
        return in_language(currency.name)


@admin.register(Country, site=office)
class CountryPage(CatalogueAdmin):
    list_display = ("code", "__str__", "currency", "calling_code")
    ordering = ("code",)


class RateForm(forms.Form):
    """What one US dollar cost on a day."""

    currency = forms.ModelChoiceField(
        label=_("Currency"), queryset=Currency.objects.filter(active=True).exclude(code="USD").order_by("code")
    )
    per_dollar = forms.DecimalField(
        label=_("One US dollar costs"), min_value=Decimal("0.000000000001"), max_digits=24, decimal_places=12
    )
    on_day = forms.DateField(label=_("Day"), widget=forms.DateInput(attrs={"type": "date"}))
    source = forms.CharField(label=_("Who says so"), max_length=64)

    def clean_on_day(self) -> date:
        day = self.cleaned_data["on_day"]
        if day > clock.now().date():
            raise forms.ValidationError(_("This day has not come yet."))
        return day

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        currency, day = said.get("currency"), said.get("on_day")
        if currency and day and ExchangeRate.objects.filter(currency=currency, on_day=day).exists():
            self.add_error("on_day", _("This day has a rate already, and rates never change: take another day."))
        return said


@admin.register(ExchangeRate, site=office)
class RatePage(ReadOnlyAdmin):
    """Rates are added and never changed."""

    view_roles = WATCHERS
    names = (_("Exchange rate"), _("Exchange rates"))
    labels: ClassVar = {
        "currency": _("Currency"),
        "per_dollar": _("One US dollar costs"),
        "on_day": _("Day"),
        "source": _("Who says so"),
    }
    list_display = ("currency", "per_dollar", "on_day", "source")
    list_filter = ("currency",)
    ordering = ("-on_day", "currency")

    @service_action(
        _("Record a rate"),
        roles=(Role.FINANCE, *BOSSES),
        form=RateForm,
        on_list=True,
        consequence=lambda row: _("Prices are shown by the newest day's rate. Orders keep the rate they had."),
    )
    def record_rate(self, request: HttpRequest, row: None, data: dict[str, Any]) -> None:
        services.record_rates(
            actor=request.user,
            source=data["source"],
            on_day=data["on_day"],
            per_dollar={data["currency"].code: data["per_dollar"]},
        )
