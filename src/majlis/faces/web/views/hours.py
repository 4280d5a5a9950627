"""Opening hours: the weekly timetable, and rules that repeat otherwise. What a change would leave outside the hours is
shown before it is made."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import time
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from majlis.engines.scheduling import queries, services
from majlis.engines.scheduling.types import Hours, Misfit
from majlis.faces.web.forms import calendar as ask
from majlis.faces.web.forms import mark
from majlis.kernel.accounts import queries as accounts
from majlis.kit.errors import Invalid, Refusal

BLANKS = 1
MOST_STRETCHES = 8


@dataclass(frozen=True, slots=True)
class WeekDay:
    """A day of the timetable's form."""

    number: int
    name: str
    stretches: list[tuple[str, str]]
    """(from, to) as the form writes them; the last is blank."""


def preview_of(person: Any, change: Callable[..., Any], post: QueryDict) -> list[tuple[Misfit, str]] | None:
    """The bookings that `change` would leave outside the hours, each with the names of the others in it; None when
    there are none, or the member has seen them and decided (`decided` in the form)."""
    if post.get("decided"):
        return None
    misfits = services.preview(change, person_id=person.pk)
    people = accounts.people({p for misfit in misfits for p in misfit.people})
    return [
        (misfit, ", ".join(people[p].name for p in misfit.people if p != person.pk and p in people))
        for misfit in misfits
    ] or None


def cancels(post: QueryDict) -> bool:
    """Whether the member wants what no longer fits cancelled."""
    return post.get("displaced") == "cancel"


@login_required
def hours(request: HttpRequest) -> HttpResponse:
    """The weekly timetable: drag it open, or type it."""
    person: Any = request.user
    zone = queries.calendar_settings(person.pk).zone
    context: dict[str, Any] = {"section": "hours", "zone": zone, "rules": queries.rules(person.pk), "error": ""}
    stretches = [
        (h.weekday, _clock(h.begins), _clock((h.begins + h.minutes) % 1440)) for h in queries.timetable(person.pk)
    ]
    status = 200
    if request.method == "POST":
        stretches = _typed(request.POST)
        try:
            wanted = [_stretch(*each) for each in stretches]
            change = partial(services.set_weekly_hours, person_id=person.pk, hours=wanted, actor=person)
            context["displaced"] = preview_of(person, change, request.POST)
            if context["displaced"] is None:
                change(cancel_displaced=cancels(request.POST))
                messages.success(request, _("Your hours are saved."))
                return redirect("hours")
        except Refusal as refusal:
            errors = getattr(refusal, "errors", {})
            context["error"] = next(iter(errors.values()), refusal)
            status = 422
    context["days"] = [
        WeekDay(number, name, [(a, b) for day, a, b in stretches if day == number] + [("", "")] * BLANKS)
        for number, name in ask.weekday_choices()
    ]
    return render(request, "calendar/hours.html", context, status=status)


@login_required
def rule(request: HttpRequest, rule_id: UUID | None = None) -> HttpResponse:
    """Hours that repeat in their own way: a new rule, or one of theirs."""
    person: Any = request.user
    found = queries.rule(person.pk, rule_id) if rule_id else None
    initial = {name: getattr(found, name) for name in ask.Rule.base_fields if name != "ends"} if found else {}
    if found:
        ends = (found.begins.hour * 60 + found.begins.minute + found.minutes) % 1440
        initial["ends"] = time(*divmod(ends, 60))
    form = ask.Rule(request.POST or None, initial=initial)
    context: dict[str, Any] = {"section": "hours", "form": form, "rule": found}
    context["zone"] = found.zone if found else queries.calendar_settings(person.pk).zone
    if request.method == "POST" and form.is_valid():
        change = partial(services.save_rule, person_id=person.pk, rule_id=rule_id, actor=person, **form.values())
        if found:
            change = partial(change, zone=found.zone)
        try:
            context["displaced"] = preview_of(person, change, request.POST)
            if context["displaced"] is None:
                change(cancel_displaced=cancels(request.POST))
                messages.success(request, _("Your hours are saved."))
                return redirect("hours")
        except Invalid as refusal:
            mark(form, refusal)
        except services.RulesOverlap as refusal:
            form.add_error(None, str(refusal))
    return render(request, "calendar/rule.html", context, status=422 if form.is_bound and form.errors else 200)


@login_required
@require_POST
def delete_rule(request: HttpRequest, rule_id: UUID) -> HttpResponse:
    """Take a rule away, after showing what would no longer fit."""
    person: Any = request.user
    change = partial(services.delete_rule, person_id=person.pk, rule_id=rule_id, actor=person)
    displaced = preview_of(person, change, request.POST)
    if displaced is not None:
        return render(request, "calendar/displaced.html", {"section": "hours", "displaced": displaced})
    change(cancel_displaced=cancels(request.POST))
    messages.success(request, _("Your hours are saved."))
    return redirect("hours")


def _typed(post: QueryDict) -> list[tuple[int, str, str]]:
    """What the form holds, days copied to others included."""
    days: dict[int, list[tuple[str, str]]] = {}
    for number in range(1, 8):
        pairs = zip(post.getlist(f"from-{number}"), post.getlist(f"to-{number}"), strict=False)
        days[number] = [(a.strip(), b.strip()) for a, b in pairs if a.strip() or b.strip()][:MOST_STRETCHES]
    typed = dict(days)
    for number in range(1, 8):
        for target in post.getlist(f"copy-{number}"):
            if target.isdigit() and 1 <= int(target) <= 7:
                days[int(target)] = typed[number]
    return [(number, a, b) for number, pairs in days.items() for a, b in pairs]


def _stretch(weekday: int, begins: str, ends: str) -> Hours:
    first, last = ask.read_time(begins, "hours"), ask.read_time(ends, "hours")
    return Hours(weekday, first.hour * 60 + first.minute, ask.minutes_between(first, last))


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
