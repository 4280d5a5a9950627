"""allauth's forms, with the house's words and an e-mail address or a telephone number as one chooses."""

from typing import Any

from allauth.account.forms import BaseSignupForm, LoginForm, RequestLoginCodeForm, SignupForm
from allauth.core import context
from allauth.headless.account.inputs import SignupInput
from django import forms
from django.utils.translation import gettext_lazy as _

from majlis.kernel.accounts import services
from majlis.kit.errors import Invalid


class PhoneField(forms.CharField):
    """A telephone number, read as the edition's country writes it; clean value in E.164."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("label", _("Phone number"))
        attrs = {"type": "tel", "autocomplete": "tel", "dir": "ltr", "placeholder": "+20 10 0123 4567"}
        options.setdefault("widget", forms.TextInput(attrs=attrs))
        super().__init__(**options)

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if not text:
            return ""
        try:
            return services.read_phone(text)
        except Invalid as refusal:
            raise forms.ValidationError(list(refusal.errors.values())) from None


class EitherAddress(BaseSignupForm):
    """A sign-up with an e-mail address or a telephone number: which of the two is sent (or, of an empty form, asked
    for) is required."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        asked = context.request.GET.get("by") if context.request else ""
        self.by_phone = "phone" in self.data and "email" not in self.data if self.is_bound else asked == "phone"
        self.fields["email"].required, self.fields["phone"].required = not self.by_phone, self.by_phone

    def clean_email(self) -> str:
        return super().clean_email() if self.cleaned_data.get("email") else ""


class AppSignUp(EitherAddress, SignupInput):
    """What an app with pages of its own sends."""


class SignUp(EitherAddress, SignupForm):
    """An e-mail address or a telephone number, a password, a name, a birth date."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["email"].label = _("E-mail address")
        self.fields["password1"].label = _("Password")
        self.fields["password1"].help_text = _("At least 8 characters. A short sentence is good.")
        for name in ("email", "password1"):
            self.fields[name].widget.attrs.pop("placeholder", None)
        self.order_fields(["name", "email", "phone", "password1", "birth_date"])


class SignIn(LoginForm):
    """One field for either address."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        login, password = self.fields["login"], self.fields["password"]
        login.label = _("E-mail address or phone number")
        login.widget.attrs.update({"autocomplete": "username", "dir": "ltr", "autocapitalize": "none"})
        password.label, password.help_text = _("Password"), ""
        for field in (login, password):
            field.widget.attrs.pop("placeholder", None)

    def clean_login(self) -> str:
        text = super().clean_login()
        if "@" in text:
            return text.lower()
        try:
            return services.read_phone(text)
        except Invalid:
            return text


class AskCode(RequestLoginCodeForm):
    """Where a code to sign in with should go."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["email"].label = _("E-mail address")
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
