"""What a newcomer says about themselves, whichever way they come."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from majlis.kernel.accounts import services


class Newcomer(forms.Form):
    """Name and birth date: asked at every kind of sign-up (allauth mixes this into its own forms)."""

    name = forms.CharField(label=_("Your name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    birth_date = forms.DateField(
        label=_("Date of birth"),
        help_text=_("Others never see it. Under age, a parent or guardian must agree before you can buy."),
        widget=forms.DateInput(attrs={"type": "date", "autocomplete": "bday"}, format="%Y-%m-%d"),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        wanted: dict[str, Any] = {k: cleaned[k] for k in ("name", "birth_date") if k in cleaned}
        values, errors = services.read_settings(wanted)
        cleaned.update(values)
        for field, sentence in errors.items():
            self.add_error(field, sentence)
        return cleaned

    def signup(self, request: HttpRequest, user: Any) -> None:
        """allauth calls this at the end; the adapter has written everything already."""
