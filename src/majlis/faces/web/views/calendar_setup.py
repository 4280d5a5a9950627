"""How the calendar is offered, and what it is connected with."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from majlis.engines.scheduling import queries, services
from majlis.faces.web.forms import calendar as ask
from majlis.faces.web.forms import mark
from majlis.faces.web.views.calendar import feed_address
from majlis.kit.errors import Invalid


@login_required
def rules(request: HttpRequest) -> HttpResponse:
    """Zone, durations, steps, buffers, notice, horizon, limit."""
    person: Any = request.user
    form = ask.BookingRules(request.POST or None, current=queries.calendar_settings(person.pk))
    if request.method == "POST" and form.is_valid():
        try:
            services.change_calendar(person_id=person.pk, actor=person, **form.cleaned_data)
        except Invalid as refusal:
            mark(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("calendar_settings")
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "calendar/settings.html", {"section": "settings", "form": form}, status=status)


@login_required
@never_cache
def connections(request: HttpRequest) -> HttpResponse:
    """The feed for calendar programs, and calendars that are read here."""
    person: Any = request.user
    form = ask.Subscription(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.add_external_calendar(person_id=person.pk, actor=person, **form.cleaned_data)
        except Invalid as refusal:
            mark(form, refusal)
        except (services.SameCalendar, services.TooManyCalendars) as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The calendar is added. Its times appear in a moment."))
            return redirect("calendar_connections")
    feed = queries.open_feed_of(person.pk)
    address = feed_address(queries.feed_token(feed)) if feed else ""
    context = {
        "section": "connections",
        "form": form,
        "feed": feed,
        "address": address,
        "webcal": "webcal://" + address.partition("://")[2] if address else "",
        "calendars": queries.external_calendars(person.pk),
        "failures": services.FAILURES,
    }
    return render(request, "calendar/connections.html", context, status=422 if form.is_bound and form.errors else 200)


@login_required
@require_POST
def feed(request: HttpRequest) -> HttpResponse:
    """`act=open`: make the link; `act=renew`: another one, the old one ends; `act=revoke`: end it."""
    person: Any = request.user
    act = request.POST.get("act", "")
    if act in {"renew", "revoke"}:
        services.revoke_feed(person_id=person.pk, actor=person)
    if act in {"open", "renew"}:
        services.open_feed(person_id=person.pk, actor=person)
    messages.success(request, _("The link has ended.") if act == "revoke" else _("Your link is ready."))
    return redirect("calendar_connections")


@login_required
@require_POST
def connection(request: HttpRequest, calendar_id: UUID) -> HttpResponse:
    """`act=retry`: read it again now; `act=remove`: stop reading it."""
    person: Any = request.user
    if request.POST.get("act") == "remove":
        services.remove_external_calendar(person_id=person.pk, calendar_id=calendar_id, actor=person)
        messages.success(request, _("The calendar is no longer read."))
    else:
        services.retry_external_calendar(person_id=person.pk, calendar_id=calendar_id, actor=person)
        messages.success(request, _("We read it again in a moment."))
    return redirect("calendar_connections")
