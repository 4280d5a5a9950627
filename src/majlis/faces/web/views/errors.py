"""Pages for what went wrong. They work when the database does not."""

from typing import Any

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template import loader
from django.utils import translation
from django.utils.translation import gettext as _

from majlis.kit.context import request_id
from majlis.kit.edition import edition


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """404: no such address."""
    return _answer(request, 404, "not_found", _("There is nothing at this address"))


def forbidden(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """403: seen, but not allowed."""
    return _answer(request, 403, "forbidden", _("This is not open to you"))


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """400: the request itself could not be read."""
    return _bare(request, 400, "bad_request", _("This request could not be understood"))


def fault(request: HttpRequest) -> HttpResponse:
    """500: our mistake. It has been reported; nothing is asked of the database here."""
    with translation.override(_language(request)):
        return _bare(request, 500, "fault", _("Something went wrong on our side"))


def _answer(request: HttpRequest, status: int, code: str, title: str) -> HttpResponse:
    if _wants_json(request):
        return _problem(status, code, title)
    try:
        return render(request, "core/error.html", {"title": title, "status": status}, status=status)
    except DatabaseError:
        return _bare(request, status, code, title)


def _bare(request: HttpRequest, status: int, code: str, title: str) -> HttpResponse:
    """A page of its own: no member, no counters, no context processors."""
    if _wants_json(request):
        return _problem(status, code, title)
    page = loader.get_template("core/bare.html").render({"title": title, "status": status, "trace": request_id.get("")})
    return HttpResponse(page, status=status)


def _wants_json(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def _problem(status: int, code: str, title: str) -> HttpResponse:
    facts = {
        "type": f"urn:majlis:problem:{code}",
        "title": title,
        "status": status,
        "code": code,
        "detail": title,
        "errors": {},
    }
    return JsonResponse(facts, status=status, content_type="application/problem+json")


def _language(request: HttpRequest) -> str:
    """The reader's language without asking who they are."""
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    offered = edition().languages
    if chosen in offered:
        return chosen
    best = translation.get_language_from_request(request).split("-")[0]
    return best if best in offered else offered[0]
