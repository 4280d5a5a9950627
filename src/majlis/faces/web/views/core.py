"""Pages that belong to no area."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from babel import Locale
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from majlis.engines.experts import queries as experts
from majlis.faces.web.context import THEMES
from majlis.faces.web.navigation import Navigation
from majlis.faces.web.styleguide import Example, examples
from majlis.faces.web.views.experts import shown_to
from majlis.kernel.catalogue import queries as catalogue
from majlis.kit import clock, locale
from majlis.kit.edition import edition
from majlis.kit.errors import NotFound, Refusal

WHENS = {
    "": _("Any time"),
    "morning": _("Mornings (6–12)"),
    "afternoon": _("Afternoons (12–17)"),
    "evening": _("Evenings (17–22)"),
    "weekend": _("At the weekend"),
}


@login_required
@never_cache
def counters(request: HttpRequest) -> JsonResponse:
    """The numbers beside the places of the navigation, for a page that was drawn before it could hear of changes."""
    return JsonResponse(Navigation(request, request.user).counts())


def home(request: HttpRequest) -> HttpResponse:
    """The first page a visitor sees."""
    policies = edition().policies.get("lessons", {})
    tiers = policies.get("refund_tiers", [])
    shown = experts.featured_experts(6)
    subjects = catalogue.subjects()
    return render(
        request,
        "core/home.html",
        {
            "subjects": subjects,
            "varied": _varied(subjects)[:12],
            "experts": shown,
            "shown": shown_to(request, shown[:4]),
            "whens": WHENS.items(),
            "tiers": tiers,
            "free_hours": next((hours for hours, share in tiers if share == 100), 0),
            "example": _next_evening(),
        },
    )


def _varied(subjects: list[Any]) -> list[Any]:
    """The first of each category, then the second of each, and so on."""
    seen: Counter[Any] = Counter()
    turns = []
    for subject in subjects:
        turns.append((seen[subject.category_id], subject))
        seen[subject.category_id] += 1
    return [subject for _turn, subject in sorted(turns, key=lambda pair: pair[0])]


def _next_evening() -> datetime:
    """Tomorrow at seven, on the reader's wall: the hour of the little ticket in the picture."""
    tomorrow = clock.now().astimezone(timezone.get_current_timezone()) + timedelta(days=1)
    return tomorrow.replace(hour=19, minute=0, second=0, microsecond=0)


def find(request: HttpRequest) -> HttpResponse:
    """The search of the first page, said in the words of the search page."""
    asked = request.GET
    words: dict[str, Any] = {name: asked[name] for name in ("q", "subject") if asked.get(name)}
    match asked.get("when", ""):
        case "morning":
            words |= {"from": "06:00", "to": "12:00"}
        case "afternoon":
            words |= {"from": "12:00", "to": "17:00"}
        case "evening":
            words |= {"from": "17:00", "to": "22:00"}
        case "weekend":
            words |= {"days": weekend()}
    return HttpResponseRedirect(f"{reverse('search')}?{urlencode(words, doseq=True)}" if words else reverse("search"))


def weekend() -> list[int]:
    """The days (Monday = 0) that are free in the reader's culture: Friday and Saturday in Egypt, Friday in Iran."""
    culture = Locale.parse(locale.name())
    day, days = culture.weekend_start, [culture.weekend_start]
    while day != culture.weekend_end:
        day = (day + 1) % 7
        days.append(day)
    return days


def styleguide(request: HttpRequest) -> HttpResponse:
    """Every part of the design system with its example; only in a sandbox."""
    if not settings.SANDBOX:
        raise NotFound()
    if "refuse" in request.POST:
        raise Refusal(_("This hour was taken a moment ago. Choose another one."))
    form = Example(request.POST or None)
    return render(request, "core/styleguide.html", {"form": form, **examples()}, status=422 if form.errors else 200)


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Remember the language in a cookie and go back to the page they came from."""
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = "/"
    response = HttpResponseRedirect(back)
    language = request.POST.get("language", "")
    if language in edition().languages:
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, max_age=365 * 86400, samesite="Lax")
    return response


@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Remember light, dark or the system's choice, for readers without JavaScript."""
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = "/"
    response = HttpResponseRedirect(back)
    theme = request.POST.get("theme", "")
    if theme in THEMES:
        response.set_cookie("theme", theme, max_age=365 * 86400, samesite="Lax")
    return response
