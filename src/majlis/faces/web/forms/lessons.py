"""Forms about lessons."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from majlis.kit.ids import new_id
from majlis.products.lessons.types import BookingRequest, DisputeReason, Mode, PayWith, PlaceKind


class InstantField(forms.Field):
    """An instant with its offset (ISO 8601), as the time buttons send it."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> datetime | None:
        text = str(value or "").strip()
        if not text:
            return None
        try:
            instant = parse_datetime(text)
        except ValueError:
            instant = None
        if instant is None or instant.tzinfo is None:
            raise forms.ValidationError(_("Please choose a time again."), code="instant")
        return instant


def fresh_key() -> str:
    """A key made when the form is shown, so that sending it twice books once."""
    return str(new_id())


class BookingForm(forms.Form):
    """What a student wants: subject, level, length, time, where."""

    starts_at = InstantField()
    subject = forms.UUIDField(widget=forms.HiddenInput)
    level = forms.CharField(required=False, max_length=32, widget=forms.HiddenInput)
    minutes = forms.IntegerField(min_value=5, max_value=480, widget=forms.HiddenInput)
    trial = forms.BooleanField(required=False, widget=forms.HiddenInput)
    mode = forms.ChoiceField(label=_("How you meet"), choices=Mode.choices, initial=Mode.ONLINE)
    place_kind = forms.ChoiceField(label=_("Where"), choices=PlaceKind.choices[1:], required=False)
    place = forms.CharField(label=_("Address or meeting point"), required=False, max_length=300)
    note = forms.CharField(
        label=_("A note for the teacher"),
        help_text=_("What you would like to work on, what you have done so far."),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    pay_with = forms.ChoiceField(
        label=_("Pay with"),
        choices=PayWith.choices,
        required=False,
        initial=PayWith.MONEY,
        widget=forms.RadioSelect,
    )
    package = forms.UUIDField(required=False, widget=forms.HiddenInput)
    weeks = forms.IntegerField(label=_("How many weeks"), min_value=1, max_value=26, initial=1, required=False)
    rest_with_money = forms.BooleanField(
        label=_("Pay the dates with money that your package or your minutes do not cover"), required=False
    )
    key = forms.CharField(max_length=64, widget=forms.HiddenInput, initial=fresh_key)

    def request_to(self, teacher_id: Any) -> BookingRequest:
        """The cleaned form as the service wants it."""
        said = self.cleaned_data
        online = said["mode"] == Mode.ONLINE
        return BookingRequest(
            teacher_id=teacher_id,
            subject_id=said["subject"],
            starts_at=said["starts_at"],
            minutes=said["minutes"],
            level=said["level"],
            mode=said["mode"],
            place_kind=PlaceKind.ONLINE if online else said["place_kind"] or PlaceKind.PUBLIC,
            place="" if online else said["place"],
            note=said["note"],
            trial=said["trial"],
            pay_with=said["pay_with"] or PayWith.MONEY,
            purchase_id=said["package"],
            rest_with_money=said["rest_with_money"],
        )


class CancelForm(forms.Form):
    """Why, and what the person was shown."""

    reason = forms.CharField(
        label=_("Why? The other side will read this."),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    shown_percent = forms.IntegerField(widget=forms.HiddenInput)


class RescheduleForm(forms.Form):
    """Another time."""

    starts_at = InstantField()
    reason = forms.CharField(label=_("A word of explanation"), required=False, max_length=500)


class AnswerForm(forms.Form):
    """Yes or no to another time."""

    accept = forms.TypedChoiceField(choices=[("1", "yes"), ("0", "no")], coerce=lambda v: v == "1")
    answer = forms.CharField(required=False, max_length=500)


class DisputeForm(forms.Form):
    """What went wrong."""

    reason = forms.ChoiceField(label=_("What went wrong?"), choices=DisputeReason.choices)
    words = forms.CharField(
        label=_("Tell us what happened"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class StatementForm(forms.Form):
    """One more thing to say in a case."""

    words = forms.CharField(label=_("Your view"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))


class ProgressForm(forms.Form):
    """What a teacher writes down after a lesson."""

    summary = forms.CharField(label=_("What you did"), max_length=4000, widget=forms.Textarea(attrs={"rows": 4}))
    homework = forms.CharField(
        label=_("Homework"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 2})
    )
    next_plan = forms.CharField(
        label=_("What comes next"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 2})
    )
    understanding = forms.TypedChoiceField(
        label=_("How well it was understood"),
        choices=[("", "–"), *((str(n), str(n)) for n in range(1, 6))],
        coerce=int,
        empty_value=None,
        required=False,
    )
    attachment = forms.FileField(label=_("A file for the student"), required=False)


class WaitlistForm(forms.Form):
    """Which days would suit."""

    subject = forms.UUIDField(widget=forms.HiddenInput)
    level = forms.CharField(required=False, max_length=32, widget=forms.HiddenInput)
    minutes = forms.IntegerField(min_value=5, max_value=480, widget=forms.HiddenInput)
    from_on = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}))
    until_on = forms.DateField(label=_("Until"), widget=forms.DateInput(attrs={"type": "date"}))
