"""Notices, and how one wants to be told."""

from datetime import time
from itertools import groupby
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from majlis.faces.web.forms import mark
from majlis.kernel.notices import queries, services
from majlis.kernel.notices.types import Pace
from majlis.kit import locale
from majlis.kit.errors import Invalid

WAYS = (
    ("now", gettext_lazy("Here and by mail at once"), True, Pace.NOW),
    ("daily", gettext_lazy("Here, and by mail once a day"), True, Pace.DAILY),
    ("app", gettext_lazy("Here only"), True, Pace.NEVER),
    ("none", gettext_lazy("Not at all"), False, Pace.NEVER),
)


class RhythmForm(forms.Form):
    """Quiet hours and the hour of the digest."""

    quiet_from = forms.TimeField(
        label=gettext_lazy("Quiet from"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    quiet_until = forms.TimeField(
        label=gettext_lazy("until"), required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    digest_hour = forms.TypedChoiceField(
        label=gettext_lazy("The daily mail comes at"),
        coerce=int,
        choices=lambda: [(hour, locale.time_text(time(hour))) for hour in range(24)],
    )


@login_required
@never_cache
def centre(request: HttpRequest) -> HttpResponse:
    """Everything one was told, newest first; with htmx, the next page alone."""
    page = queries.notices_of(request.user, request.GET.get("after"))
    days = [
        (date, list(group))
        for date, group in groupby(page.items, key=lambda n: n.at.astimezone(timezone.get_current_timezone()).date())
    ]
    context = {"days": days, "next": page.next, "unread": queries.unread_count(request.user)}
    return render(request, "notices/centre.html", context)


@login_required
@never_cache
def latest(request: HttpRequest) -> HttpResponse:
    """The few newest, for the bell."""
    return render(request, "notices/latest.html", {"notices": queries.notices_of(request.user, limit=6).items})


@login_required
@never_cache
def follow(request: HttpRequest, notice_id: UUID) -> HttpResponse:
    """Go where a notice leads; it is read by that."""
    notice = services.mark_read(actor=request.user, notice_id=notice_id)
    safe = url_has_allowed_host_and_scheme(notice.link, allowed_hosts=None)
    return HttpResponseRedirect(notice.link) if notice.link and safe else redirect("notices")


@login_required
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Everything is read."""
    services.mark_all_read(actor=request.user)
    return redirect("notices")


@login_required
def wishes(request: HttpRequest) -> HttpResponse:
    """What to be told, where and when."""
    person: Any = request.user
    rhythm = queries.rhythm_of(person)
    initial = {name: getattr(rhythm, name) for name in ("quiet_from", "quiet_until", "digest_hour")}
    form = RhythmForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.set_rhythm(actor=person, **form.cleaned_data)
            _keep_wishes(request, person)
        except Invalid as refusal:
            mark(form, refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("settings_notifications")
    context = {
        "form": form,
        "ways": WAYS,
        "categories": [(wish, _way(wish.in_app, wish.email)) for wish in queries.wishes_of(person)],
        "way_of": _way,
    }
    return render(request, "settings/notifications.html", context, status=422 if form.errors else 200)


def _keep_wishes(request: HttpRequest, person: Any) -> None:
    ways = {code: (in_app, email) for code, _label, in_app, email in WAYS}
    for shown in queries.wishes_of(person):
        way = request.POST.get(shown.category.value, "")
        if way in ways and way != _way(shown.in_app, shown.email):
            services.set_wish(actor=person, about=shown.category.value, in_app=ways[way][0], email=ways[way][1])
        for kind in shown.kinds:
            about = f"kind:{kind.code}"
            asked = request.POST.get(about)
            if asked == "" and kind.own:
                services.clear_wish(actor=person, about=about)
            elif asked in ways and not (kind.own and asked == _way(kind.in_app, kind.email)):
                services.set_wish(actor=person, about=about, in_app=ways[asked][0], email=ways[asked][1])


def _way(in_app: bool, email: str) -> str:
    return str(email) if email != Pace.NEVER else "app" if in_app else "none"


@csrf_exempt  # a mail program sends it by itself (RFC 8058); the token in the address is the right to do it
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Stop mails of one category: a page with a button, or one click in the mail program. Needs no sign-in."""
    if request.method == "POST":
        category = services.unsubscribe(token=token)
        return render(request, "notices/unsubscribed.html", {"category": category, "done": True})
    _person, category = queries.read_unsubscribe_token(token)
    return render(request, "notices/unsubscribed.html", {"category": category, "done": False})
