"""What every page knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.middleware.csrf import get_token

from majlis.kit.edition import edition


def page(request: HttpRequest) -> dict[str, Any]:
    """`member` (or None), `csrf_token`, the edition and the stream's address."""
    user = getattr(request, "user", None)
    return {
        "request": request,
        "member": user if user is not None and user.is_authenticated else None,
        "csrf_token": get_token(request),
        "edition_now": edition(),
        "stream_url": settings.STREAM_URL,
    }
