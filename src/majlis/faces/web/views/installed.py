"""What makes the site an app on a phone, and what robots read."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template import loader
from django.templatetags.static import static
from django.utils.translation import get_language, get_language_bidi
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from majlis.faces.web.environment import url_or_none
from majlis.kit.edition import edition
from majlis.kit.translated import in_language


@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """The web app manifest of this edition in the reader's language."""
    name = in_language(edition().name)
    shortcuts = [
        {"name": str(label), "url": url}
        for label, route in ((_("Find a teacher"), "search"), (_("Lessons"), "lessons"), (_("Inbox"), "inbox"))
        if (url := url_or_none(route))
    ]
    marks = f"img/icons/{edition().palette}"
    icons = [
        {"src": static(f"{marks}/icon-192.png"), "sizes": "192x192", "type": "image/png"},
        {"src": static(f"{marks}/icon-512.png"), "sizes": "512x512", "type": "image/png"},
        {"src": static(f"{marks}/icon-maskable.png"), "sizes": "512x512", "type": "image/png", "purpose": "maskable"},
        {"src": static(f"{marks}/icon.svg"), "sizes": "any", "type": "image/svg+xml"},
    ]
    answer = JsonResponse(
        {
            "id": "/",
            "name": name,
            "short_name": name,
            "description": _("Find a teacher, book a free hour, meet and learn."),
            "lang": get_language(),
            "dir": "rtl" if get_language_bidi() else "ltr",
            "start_url": url_or_none("dashboard") or "/",
            "scope": "/",
            "display": "standalone",
            "background_color": "#faf7f1",
            "theme_color": "#faf7f1",
            "categories": ["education"],
            "icons": icons,
            "shortcuts": shortcuts,
        },
        content_type="application/manifest+json",
    )
    answer["Vary"] = "Cookie, Accept-Language"
    return answer


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """The script that keeps static files and the offline page. A new release (another style sheet) is a new worker."""
    answer = render(
        request,
        "core/service-worker.js",
        {"keep": (*KEPT, f"img/icons/{edition().palette}/icon.svg")},
        content_type="text/javascript",
    )
    answer["Cache-Control"] = "no-cache"
    return answer


KEPT = ("css/majlis.css", "img/tiling.svg", "vendor/lucide/icons.svg", "vendor/htmx/htmx.min.js")
"""Static files an installed app has before it is opened the second time."""


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """What an installed app shows when there is no line. Kept by the service worker, so it knows nobody."""
    facts = {"title": _("No connection"), "status": 0, "trace": ""}
    return HttpResponse(loader.get_template("core/bare.html").render(facts))


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """What search engines may visit."""
    closed = ("/account/", "/checkout/", "/dashboard/", "/inbox/", "/office/", "/settings/", "/wallet/", "/api/")
    return HttpResponse(
        "User-agent: *\n" + "".join(f"Disallow: {path}\n" for path in closed),
        content_type="text/plain",
    )
