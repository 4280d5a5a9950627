"""Pages that belong to no area."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from majlis.faces.web.context import THEMES
from majlis.faces.web.styleguide import Example, examples
from majlis.kit.edition import edition
from majlis.kit.errors import NotFound


def home(request: HttpRequest) -> HttpResponse:
    """The first page a visitor sees."""
    return render(request, "core/home.html", {})


def styleguide(request: HttpRequest) -> HttpResponse:
    """Every part of the design system with its example; only in a sandbox."""
    if not settings.SANDBOX:
        raise NotFound()
    return render(request, "core/styleguide.html", {"form": Example(request.POST or None), **examples()})


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
