"""Exceptions to the hours: time off, and openings for once."""

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from majlis.engines.scheduling import queries, services
from majlis.faces.web.forms import calendar as ask
from majlis.faces.web.forms import mark
from majlis.faces.web.views.hours import cancels, preview_of
from majlis.kit.errors import Invalid


@login_required
def exceptions(request: HttpRequest) -> HttpResponse:
    """Time off and openings ahead, and the forms that add to them."""
    return _page(request)


@login_required
@require_POST
def add_time_off(request: HttpRequest) -> HttpResponse:
    """Close a time, after showing what is booked in it."""
    person: Any = request.user
    zone = queries.calendar_settings(person.pk).zone
    form = ask.TimeOff(request.POST, prefix="off")
    displaced = None
    if form.is_valid():
        starts_at, ends_at = form.span(zone)
        change = partial(
            services.add_time_off,
            person_id=person.pk,
            starts_at=starts_at,
            ends_at=ends_at,
            reason=form.cleaned_data["reason"],
            actor=person,
        )
        try:
            displaced = preview_of(person, change, request.POST)
            if displaced is None:
                change(cancel_displaced=cancels(request.POST))
                messages.success(request, _("Your time off is saved."))
                return redirect("calendar_exceptions")
        except Invalid as refusal:
            _mark(form, refusal)
    return _page(request, off_form=form, displaced=displaced)


@login_required
@require_POST
def remove_time_off(request: HttpRequest, time_off_id: UUID) -> HttpResponse:
    """Open the time again."""
    person: Any = request.user
    services.remove_time_off(person_id=person.pk, time_off_id=time_off_id, actor=person)
    messages.success(request, _("The time is open again."))
    return redirect("calendar_exceptions")


@login_required
@require_POST
def add_opening(request: HttpRequest) -> HttpResponse:
    """Open a time once."""
    person: Any = request.user
    form = ask.Opening(request.POST, prefix="opening")
    if form.is_valid():
        starts_at, ends_at = form.span(queries.calendar_settings(person.pk).zone)
        try:
            services.add_opening(
                person_id=person.pk,
                starts_at=starts_at,
                ends_at=ends_at,
                title=form.cleaned_data["title"],
                actor=person,
            )
            messages.success(request, _("The time is open."))
            return redirect("calendar_exceptions")
        except Invalid as refusal:
            _mark(form, refusal)
        except services.OpeningOverlaps as refusal:
            form.add_error(None, str(refusal))
    return _page(request, opening_form=form)


@login_required
@require_POST
def remove_opening(request: HttpRequest, opening_id: UUID) -> HttpResponse:
    """Take an opening away, after showing what is booked in it."""
    person: Any = request.user
    change = partial(services.remove_opening, person_id=person.pk, opening_id=opening_id, actor=person)
    displaced = preview_of(person, change, request.POST)
    if displaced is not None:
        return render(request, "calendar/displaced.html", {"section": "exceptions", "displaced": displaced})
    change(cancel_displaced=cancels(request.POST))
    messages.success(request, _("The opening is taken away."))
    return redirect("calendar_exceptions")


def _mark(form: Any, refusal: Invalid) -> None:
    """The service speaks of instants, the form of days."""
    refusal.errors = {{"ends_at": "last_day"}.get(field, field): text for field, text in refusal.errors.items()}
    mark(form, refusal)


def _page(request: HttpRequest, off_form: Any = None, opening_form: Any = None, displaced: Any = None) -> HttpResponse:
    person: Any = request.user
    wrong = any(form is not None and form.errors for form in (off_form, opening_form))
    context = {
        "section": "exceptions",
        "zone": queries.calendar_settings(person.pk).zone,
        "time_off": queries.time_off(person.pk),
        "openings": queries.one_off_openings(person.pk),
        "off_form": off_form or ask.TimeOff(prefix="off"),
        "opening_form": opening_form or ask.Opening(prefix="opening"),
        "displaced": displaced,
    }
    return render(request, "calendar/exceptions.html", context, status=422 if wrong else 200)
