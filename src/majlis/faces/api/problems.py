"""Refusals as `application/problem+json` (RFC 9457): the one place where a `Refusal` becomes an API answer."""

import json

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from majlis.kit.errors import Refusal, TooMany


class SignInFirst(Refusal):
    """No valid session, token or key came with the request."""

    code = "sign_in_first"
    sentence = _("Please sign in first.")
    status = 401


def problem(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """`{type, title, status, code, detail, errors}` with the refusal's status."""
    body = {
        "type": f"urn:majlis:problem:{refusal.code}",
        "title": str(type(refusal).sentence),
        "status": refusal.status,
        "code": refusal.code,
        "detail": str(refusal),
        "errors": {k: str(v) for k, v in getattr(refusal, "errors", {}).items()},
    }
    response = HttpResponse(
        json.dumps(body, ensure_ascii=False),
        status=refusal.status,
        content_type="application/problem+json",
    )
    if isinstance(refusal, TooMany):
        response["Retry-After"] = str(refusal.retry_after)
    return response
