"""Forms of the calendar. Times of day are on the wall of the calendar's own zone, which the page names."""

from datetime import datetime, time, timedelta
from typing import Any

from babel.dates import get_day_names
from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from majlis.engines.scheduling.types import GRIDS, Frequency, Settings, instant
from majlis.faces.web.filters import span
from majlis.kernel.catalogue import queries as catalogue
from majlis.kit import locale
from majlis.kit.errors import Invalid

DURATIONS = (15, 20, 25, 30, 45, 50, 60, 75, 90, 120, 180)


def weekday_choices() -> list[tuple[int, str]]:
    """(ISO weekday, its name), in the order of the reader's week."""
    names = get_day_names("wide", locale=locale.name())
    first = locale.first_weekday()
    return [((first + n) % 7 + 1, names[(first + n) % 7]) for n in range(7)]


def _day(**attrs: Any) -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date", **attrs}, format="%Y-%m-%d")


def _clock() -> forms.TimeInput:
    return forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class Span(forms.Form):
    """From a day and time to another. Without times: whole days."""

    first_day = forms.DateField(label=_("From"), widget=_day())
    begins = forms.TimeField(label=_("At"), required=False, widget=_clock(), help_text=_("Empty: the whole day."))
    last_day = forms.DateField(label=_("Until"), required=False, widget=_day(), help_text=_("Empty: the same day."))
    ends = forms.TimeField(label=_("At"), required=False, widget=_clock())

    def span(self, zone: str) -> tuple[datetime, datetime]:
        """The instants it means, on the wall of `zone`."""
        data = self.cleaned_data
        last = data["last_day"] or data["first_day"]
        if data["ends"] is None:
            until = datetime.combine(last + timedelta(days=1), time())
        else:
            until = datetime.combine(last, data["ends"])
            if data["last_day"] is None and data["begins"] and data["ends"] <= data["begins"]:
                until += timedelta(days=1)
        return instant(datetime.combine(data["first_day"], data["begins"] or time()), zone), instant(until, zone)


class TimeOff(Span):
    """A time at which nobody can book."""

    reason = forms.CharField(
        label=_("Reason"), required=False, max_length=200, help_text=_("For yourself; members do not see it.")
    )


class Opening(Span):
    """A time to open once."""

    title = forms.CharField(label=_("Note"), required=False, max_length=120)


class Rule(forms.Form):
    """Hours that repeat in their own way."""

    title = forms.CharField(label=_("Name"), required=False, max_length=120)
    frequency = forms.ChoiceField(label=_("Repeats"), choices=Frequency.choices, initial=Frequency.WEEKLY)
    interval = forms.IntegerField(
        label=_("Every"),
        min_value=1,
        max_value=99,
        initial=1,
        help_text=_("2 with “weekly” means every second week."),
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=_("On"),
        required=False,
        coerce=int,
        choices=weekday_choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None: the weekday of the first day, for weekly hours; any day otherwise."),
    )
    month_day = forms.IntegerField(
        label=_("Day of the month"),
        required=False,
        min_value=1,
        max_value=31,
        help_text=_("Together with weekdays: days that are both. Months without that day are skipped."),
    )
    starts_on = forms.DateField(label=_("First day"), widget=_day())
    ends_on = forms.DateField(label=_("Last day"), required=False, widget=_day())
    begins = forms.TimeField(label=_("From"), widget=_clock())
    ends = forms.TimeField(label=_("Until"), widget=_clock(), help_text=_("Earlier than the beginning: the next day."))
    activated = forms.BooleanField(
        label=_("Open for booking"), required=False, initial=True, help_text=_("Off: a draft that opens nothing.")
    )

    def values(self) -> dict[str, Any]:
        """As `services.save_rule` takes them."""
        data = dict(self.cleaned_data)
        data["minutes"] = minutes_between(data["begins"], data.pop("ends"))
        return data


class BookingRules(forms.Form):
    """How the calendar is offered."""

    zone = forms.ChoiceField(
        label=_("Time zone of your hours"),
        choices=lambda: [(z, z.replace("_", " ")) for z in catalogue.zones()],
        help_text=_("New hours are on its wall; hours you have keep theirs."),
    )
    durations = forms.TypedMultipleChoiceField(
        label=_("Durations"), coerce=int, choices=(), widget=forms.CheckboxSelectMultiple
    )
    slot_grid = forms.TypedChoiceField(label=_("Times begin every"), coerce=int, choices=())
    buffer_before = forms.IntegerField(label=_("Kept free before"), min_value=0, max_value=240)
    buffer_after = forms.IntegerField(label=_("Kept free after"), min_value=0, max_value=240)
    minimum_notice = forms.TypedChoiceField(label=_("Booked at least before"), coerce=int, choices=())
    horizon_days = forms.IntegerField(label=_("Open how far ahead"), min_value=1, max_value=366)
    day_limit = forms.IntegerField(
        label=_("At most per day"), required=False, min_value=1, max_value=48, help_text=_("Empty: no limit.")
    )

    def __init__(self, data: Any = None, *, current: Settings) -> None:
        initial = {name: getattr(current, name) for name in Settings.__slots__}
        super().__init__(data, initial=initial)

        def said(values: Any) -> list[tuple[int, str]]:
            return [(value, _length(value)) for value in values]

        fields: dict[str, Any] = self.fields
        fields["durations"].choices = said(sorted({*DURATIONS, *current.durations}))
        fields["slot_grid"].choices = said(GRIDS)
        notices = sorted({0, 30, 60, 120, 240, 480, 720, 1440, 2880, 4320, 10080, current.minimum_notice})
        fields["minimum_notice"].choices = [(0, _("No notice needed")), *said(notices[1:])]


class Subscription(forms.Form):
    """An ICS address to read."""

    address = forms.CharField(
        label=_("Address of the calendar (ICS)"),
        max_length=2000,
        widget=forms.URLInput(attrs={"placeholder": "https://…", "dir": "ltr", "inputmode": "url"}),
        help_text=_("Your calendar program calls it “secret address” or “public address in iCal format”."),
    )
    title = forms.CharField(label=_("Name"), required=False, max_length=120)


def _length(minutes: int) -> str:
    """`45 minutes`, `2 hours`: whole hours and days as such, everything else in minutes."""
    if minutes >= 120 and minutes % 60 == 0:
        return span(timedelta(minutes=minutes))
    return ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": locale.number(minutes)}


def minutes_between(begins: time, ends: time) -> int:
    """From one time of day to another; to the next day's when it is not later. The same time: a whole day."""
    minutes = (ends.hour - begins.hour) * 60 + ends.minute - begins.minute
    return minutes if minutes > 0 else minutes + 1440


def read_time(text: str, field: str) -> time:
    """`09:30`. Refuses `Invalid` at `field`."""
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise Invalid(errors={field: _("Enter a time such as 09:30.")}) from None
