"""Refusals as pages: the one place where a `Refusal` becomes HTML."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from majlis.kit.errors import Refusal, TooMany


def refusal_page(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The page (or, for htmx, the fragment) that says what was refused and what to do next, with its HTTP status."""
    template = "parts/refusal.html" if request.headers.get("HX-Request") else "core/refusal.html"
    response = render(request, template, {"refusal": refusal}, status=refusal.status)
    # Tells our scripts a refusal (to show) from a form that came back with errors (to swap).
    response["X-Refusal"] = refusal.code
    if isinstance(refusal, TooMany):
        response["Retry-After"] = str(refusal.retry_after)
    return response


class FormExpired(Refusal):
    """The form was open too long, or cookies are off."""

    code = "csrf_failed"
    status = 403


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's answer to a form without a valid token, in our words."""
    return refusal_page(
        request,
        FormExpired(_("This form was open for too long. Go back, reload the page and send it again.")),
    )
