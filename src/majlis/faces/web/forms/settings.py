"""Forms of the settings. They ask; the services of accounts judge."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from majlis.kernel.accounts.types import Gender, Scope
from majlis.kernel.catalogue import queries as catalogue
from majlis.kit.edition import edition
from majlis.kit.translated import in_language


def _languages() -> list[tuple[str, str]]:
    return [(code, name) for code, name in settings.LANGUAGES if code in edition().languages]


def _countries() -> list[tuple[str, str]]:
    named = sorted((in_language(row.name), row.code) for row in catalogue.countries())
    return [("", "–"), *((code, name) for name, code in named)]


def _cities() -> list[tuple[str, Any]]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for row in catalogue.cities():
        groups.setdefault(in_language(row.country.name), []).append((row.slug, in_language(row.name)))
    return [("", "–"), *sorted(groups.items())]


class Profile(forms.Form):
    """What a member tells about themselves."""

    name = forms.CharField(label=_("Your name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    gender = forms.ChoiceField(
        label=_("Gender"), required=False, choices=[("", _("I'd rather not say")), *Gender.choices]
    )
    birth_date = forms.DateField(
        label=_("Date of birth"),
        required=False,
        help_text=_("Can be set once. Others never see it."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    country = forms.ChoiceField(label=_("Country"), required=False, choices=_countries)
    city = forms.ChoiceField(label=_("City"), required=False, choices=_cities)
    language = forms.ChoiceField(
        label=_("Language"), choices=_languages, help_text=_("Of these pages and of what we write to you.")
    )
    zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=lambda: [(z, z.replace("_", " ")) for z in catalogue.zones()],
        help_text=_("All times are shown in it."),
    )
    currency = forms.ChoiceField(label=_("Currency"), choices=lambda: [(c, c) for c in edition().currencies])

    def __init__(self, data: Any = None, *, person: Any) -> None:
        initial = {name: getattr(person, name) for name in self.base_fields}
        super().__init__(data, initial=initial)
        if person.birth_date:
            del self.fields["birth_date"]


class Picture(forms.Form):
    """A picture of them."""

    picture = forms.FileField(label=_("Picture"), help_text=_("JPEG, PNG or WebP, up to 5 MB. A face, please."))


class Place(forms.Form):
    """An address."""

    label = forms.CharField(label=_("Name of the place"), max_length=50, help_text=_("Home, office…"))
    country = forms.ChoiceField(label=_("Country"), required=False, choices=_countries)
    province = forms.CharField(label=_("Province"), max_length=100, required=False)
    city = forms.CharField(label=_("City"), max_length=100)
    district = forms.CharField(label=_("District"), max_length=100, required=False)
    detail = forms.CharField(
        label=_("Street, house, floor"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    lat = forms.CharField(label=_("Latitude"), required=False, widget=forms.TextInput(attrs={"inputmode": "decimal"}))
    lng = forms.CharField(label=_("Longitude"), required=False, widget=forms.TextInput(attrs={"inputmode": "decimal"}))
    is_primary = forms.BooleanField(label=_("This is my main place"), required=False)


class Guardian(forms.Form):
    """Who must agree."""

    email = forms.EmailField(
        label=_("E-mail address of a parent or guardian"), widget=forms.EmailInput(attrs={"dir": "ltr"})
    )


class Consent(forms.Form):
    """A guardian's signature."""

    name = forms.CharField(label=_("Your full name"), max_length=150, required=False)
    sure = forms.BooleanField(label=_("I am of age and a parent or legal guardian of this person."), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.data.get("answer") == "agree" and not cleaned.get("sure"):
            self.add_error("sure", _("Please confirm this."))
        return cleaned


class Privacy(forms.Form):
    """What others see."""

    show_presence = forms.BooleanField(label=_("Others see when I am here"), required=False)
    show_city = forms.BooleanField(label=_("Others see my city"), required=False)


class Key(forms.Form):
    """An access key to be made."""

    name = forms.CharField(label=_("What is it for?"), max_length=80)
    scopes = forms.MultipleChoiceField(
        label=_("What may it do?"), choices=Scope.choices, widget=forms.CheckboxSelectMultiple
    )
    days = forms.TypedChoiceField(
        label=_("How long is it good?"),
        coerce=lambda text: int(text) or None,
        choices=[("30", _("30 days")), ("90", _("90 days")), ("365", _("One year")), ("0", _("Until I revoke it"))],
        initial="90",
        empty_value=None,
    )


class Deletion(forms.Form):
    """The last word before an account is deleted."""

    sure = forms.BooleanField(label=_("I understand that this cannot be undone."))
