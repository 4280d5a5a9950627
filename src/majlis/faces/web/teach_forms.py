"""The forms of becoming a teacher. They read what was typed; what is right is decided by the services."""

from typing import Any

from babel import Locale
from django import forms
from django.utils.translation import gettext_lazy as _

from majlis.engines.experts import services
from majlis.engines.experts.types import DocumentKind, Employment, Fluency, Mode
from majlis.kernel.catalogue import queries as catalogue
from majlis.kit import locale
from majlis.kit.edition import edition
from majlis.kit.money import Money, exponent, parse_amount

ROWS = 5
"""How many languages the form has room for."""
COMMON = ["ar", "en", "fa", "id", "de", "fr", "es", "it", "tr", "ru", "ur", "hi", "ms", "ja", "ko", "zh", "pt", "nl"]


class MoneyField(forms.CharField):
    """An amount as people type it, in any digits; cleaned to minor units of the form's `currency`."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("max_length", 20)
        super().__init__(**options)
        self.widget.attrs.update({"inputmode": "decimal", "dir": "ltr"})


class Priced(forms.Form):
    """A form with amounts in one currency."""

    def minor(self, name: str, currency: str) -> int | None:
        """The amount typed into a field in minor units; an error at the field, and None, when it is no amount."""
        typed = self.cleaned_data.get(name, "")
        if not typed:
            return None
        try:
            return parse_amount(typed, currency).amount
        except ValueError:
            self.add_error(name, _("This is not an amount."))
            return None


def typed(amount: int | None, currency: str) -> str:
    """An amount as a form shows it: `250` or `12.50`."""
    if amount is None:
        return ""
    value = Money(amount, currency).decimal
    return str(int(value)) if value == value.to_integral_value() else f"{value:.{exponent(currency)}f}"


def language_choices() -> list[tuple[str, str]]:
    """Languages by name in the reader's language, the common ones of the house first."""
    names: dict[str, str] = dict(Locale.parse(locale.name()).languages)
    rest = sorted((code for code in names if len(code) == 2 and code not in COMMON), key=lambda code: names[code])
    return [("", "–"), *((code, names[code]) for code in [*COMMON, *rest] if code in names)]


class AboutForm(forms.Form):
    """Who somebody is, in their words."""

    headline = forms.CharField(
        label=_("Headline"),
        max_length=120,
        required=False,
        help_text=_("One sentence that makes people curious."),
    )
    bio = forms.CharField(
        label=_("In short"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Two or three sentences."),
    )
    about = forms.CharField(
        label=_("About you and your lessons"),
        max_length=8000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 9}),
        help_text=_("How do you teach? What does a first lesson look like? Leave an empty line between paragraphs."),
    )
    education = forms.CharField(
        label=_("Education"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    experience_years = forms.IntegerField(label=_("Years of teaching"), min_value=0, max_value=70, required=False)
    tags = forms.CharField(
        label=_("Good at"),
        required=False,
        max_length=600,
        help_text=_("A few words, divided by commas: exam preparation, children, conversation."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        names = language_choices()
        for row in range(ROWS):
            self.fields[f"language_{row}"] = forms.ChoiceField(label=_("Language"), choices=names, required=False)
            self.fields[f"fluency_{row}"] = forms.ChoiceField(
                label=_("How well"), choices=Fluency.choices, required=False, initial=Fluency.NATIVE
            )

    def languages(self) -> list[tuple[str, str]]:
        """The (code, fluency) pairs that were chosen."""
        rows = ((self.cleaned_data.get(f"language_{n}"), self.cleaned_data.get(f"fluency_{n}")) for n in range(ROWS))
        return [(code, fluency or Fluency.NATIVE) for code, fluency in rows if code]

    def words(self) -> list[str]:
        """The tags, divided by Latin or Arabic commas."""
        return self.cleaned_data.get("tags", "").replace("،", ",").split(",")


class SubjectForm(Priced):
    """One subject at some levels, perhaps for a price of its own."""

    subject = forms.ChoiceField(label=_("Subject"))
    levels = forms.MultipleChoiceField(label=_("Levels"), widget=forms.CheckboxSelectMultiple)
    hourly_rate = MoneyField(
        label=_("A price of its own for an hour"), required=False, help_text=_("Empty: your usual price.")
    )
    description = forms.CharField(label=_("A word about it"), max_length=500, required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        shelves: dict[str, list[tuple[str, str]]] = {}
        for subject in catalogue.subjects():
            shelves.setdefault(str(subject.category), []).append((subject.slug, str(subject)))
        self.fields["subject"].choices = [("", "–"), *shelves.items()]  # type: ignore[attr-defined]
        self.fields["levels"].choices = [(level.slug, str(level)) for level in catalogue.levels()]  # type: ignore[attr-defined]

    def teachings(self, currency: str) -> list[services.Teaching]:
        """What was chosen, one row per level."""
        rate = self.minor("hourly_rate", currency)
        chosen = self.cleaned_data
        return [services.Teaching(chosen["subject"], level, rate, chosen["description"]) for level in chosen["levels"]]


class PriceForm(Priced):
    """For how much, where and how."""

    currency = forms.ChoiceField(label=_("Currency"))
    hourly_rate = MoneyField(label=_("Your price for an hour"), required=False)
    offers_trial = forms.BooleanField(label=_("I offer a trial lesson"), required=False)
    trial_minutes = forms.TypedChoiceField(
        label=_("Its length in minutes"), coerce=int, choices=[(n, n) for n in (20, 25, 30, 45, 60)], required=False
    )
    trial_price = MoneyField(label=_("Its price"), required=False, help_text=_("0 makes it free."))
    modes = forms.MultipleChoiceField(
        label=_("How you teach"), choices=Mode.choices, widget=forms.CheckboxSelectMultiple, required=False
    )
    city = forms.ChoiceField(label=_("City"), required=False)
    zone = forms.ChoiceField(label=_("Time zone you work in"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["currency"].choices = [(c, c) for c in edition().currencies]  # type: ignore[attr-defined]
        lands: dict[str, list[tuple[str, str]]] = {}
        for city in catalogue.cities():
            lands.setdefault(str(city.country), []).append((city.slug, str(city)))
        self.fields["city"].choices = [("", "–"), *lands.items()]  # type: ignore[attr-defined]
        self.fields["zone"].choices = [(z, z.replace("_", " ")) for z in catalogue.zones()]  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """What `save_profile` takes."""
        chosen = self.cleaned_data
        currency = chosen["currency"]
        trial = self.minor("trial_price", currency) or 0 if chosen["offers_trial"] else None
        return {
            "currency": currency,
            "hourly_rate": self.minor("hourly_rate", currency),
            "trial_price": trial,
            "trial_minutes": (chosen["trial_minutes"] or 30) if chosen["offers_trial"] else None,
            "modes": chosen["modes"],
            "city": chosen["city"],
            "zone": chosen["zone"],
        }


class PictureForm(forms.Form):
    file = forms.FileField(
        label=_("Your picture"), help_text=_("A clear picture of your face. JPEG, PNG or WebP, 5 MB.")
    )


class VideoForm(forms.Form):
    file = forms.FileField(
        label=_("Introduction video"), help_text=_("One or two minutes, held sideways. MP4, WebM or MOV.")
    )


class DocumentForm(forms.Form):
    kind = forms.ChoiceField(label=_("What is it?"), choices=DocumentKind.choices)
    file = forms.FileField(label=_("Document"), help_text=_("PDF or a picture, 10 MB. Only our staff see it."))


class CertificateForm(forms.Form):
    title = forms.CharField(label=_("Certificate"), max_length=150)
    issuer = forms.CharField(label=_("Issued by"), max_length=150)
    issued_on = forms.DateField(
        label=_("Issued on"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    credential_url = forms.URLField(label=_("Its page"), required=False, max_length=300, assume_scheme="https")


class ExperienceForm(forms.Form):
    title = forms.CharField(label=_("Position"), max_length=150)
    company = forms.CharField(label=_("Where"), max_length=150)
    employment = forms.ChoiceField(label=_("How"), choices=[("", "–"), *Employment.choices], required=False)
    started_on = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    ended_on = forms.DateField(
        label=_("Until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Empty: to this day."),
    )
