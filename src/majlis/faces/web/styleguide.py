"""The examples on the page of the design system."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from majlis.kit import clock
from majlis.kit.money import Money


class Example(forms.Form):
    """A form with one field of each kind."""

    name = forms.CharField(label=_("Name"), help_text=_("As it stands on your certificate."))
    email = forms.EmailField(label=_("E-mail address"))
    price = forms.DecimalField(label=_("Price of an hour"), required=False)
    level = forms.ChoiceField(label=_("Level"), choices=[("a", _("Beginner")), ("b", _("Intermediate"))])
    about = forms.CharField(label=_("About you"), widget=forms.Textarea(attrs={"rows": 3}), required=False)
    password = forms.CharField(label=_("Password"), widget=forms.PasswordInput)
    way = forms.ChoiceField(
        label=_("Way to pay"), choices=[("wallet", _("Wallet")), ("card", _("Card"))], widget=forms.RadioSelect
    )
    days = forms.MultipleChoiceField(
        label=_("Days"),
        choices=[("sat", _("Saturday")), ("sun", _("Sunday")), ("mon", _("Monday"))],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    remind = forms.BooleanField(label=_("Remind me an hour before"), required=False)
    live = forms.BooleanField(label=_("Show me as online"), required=False, help_text=_("Only people you talk to."))
    code = forms.CharField(label=_("Code"), help_text=_("We sent six figures to your address."))
    rating = forms.IntegerField(label=_("How was it?"))
    paper = forms.FileField(label=_("Certificate"), help_text=_("PDF or picture, up to 10 MB."))


def examples() -> dict[str, Any]:
    """What the page shows beside the form."""
    now = clock.now()
    return {
        "price": Money(2450, "USD"),
        "total": Money(2640, "USD"),
        "fee": Money(190, "USD"),
        "moment": now + timedelta(days=1, hours=3),
        "history": [
            {"title": _("Booked"), "when": now - timedelta(days=2)},
            {"title": _("Paid"), "when": now - timedelta(days=1), "text": _("The money waits with us.")},
            {"title": _("Lesson"), "when": now + timedelta(days=1), "look": "now"},
            {"title": _("Money released"), "when": now + timedelta(days=4), "look": "ahead"},
        ],
    }
